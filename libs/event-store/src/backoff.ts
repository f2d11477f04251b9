import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 50;
const LONGEST_MS = 5_000;

/** Waits longer after each failure, up to 5 s, with some chance in it so that many clients do not come back at once. */
export class Backoff {
  #failures = 0;

  get failures(): number {
    return this.#failures;
  }

  reset(): void {
    this.#failures = 0;
  }

  /** @throws the signal's reason when it is aborted meanwhile */
  async wait(signal?: AbortSignal): Promise<void> {
    const longest = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(this.#failures++, 10));
    await sleep(longest * (0.5 + Math.random() / 2), undefined, signal ? { signal } : {});
  }
}
