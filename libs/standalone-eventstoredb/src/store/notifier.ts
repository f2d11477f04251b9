/** Wakes those who wait for a stream (or for $all) to grow. */
export class Notifier {
  private readonly waiting = new Map<string, Set<() => void>>();

  /** Calls everyone who waits for this key. */
  notify(key: string): void {
    const callbacks = this.waiting.get(key);
    if (callbacks === undefined) return;
    this.waiting.delete(key);
    for (const callback of callbacks) callback();
  }

  /** Settles at the next notification, or when the signal is aborted. Check the condition before, in the same turn. */
  wait(key: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const callbacks = this.waiting.get(key) ?? new Set();
      this.waiting.set(key, callbacks);
      const settle = (): void => {
        signal.removeEventListener('abort', settle);
        callbacks.delete(settle);
        if (callbacks.size === 0 && this.waiting.get(key) === callbacks) this.waiting.delete(key);
        resolve();
      };
      callbacks.add(settle);
      signal.addEventListener('abort', settle);
    });
  }
}
