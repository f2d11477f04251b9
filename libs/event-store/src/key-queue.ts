/** Runs tasks with the same key one after the other, in the order in which they came; others run side by side. */
export class KeyQueue {
  /** Those who wait, by the keys that are taken. */
  readonly #waiting = new Map<string, (() => void)[]>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const line = this.#waiting.get(key);
    if (line) await new Promise<void>((resolve) => line.push(resolve));
    else this.#waiting.set(key, []);
    try {
      return await task();
    } finally {
      this.#handOver(key);
    }
  }

  /** The key stays taken when somebody waits for it. */
  #handOver(key: string): void {
    const next = this.#waiting.get(key)?.shift();
    if (next) next();
    else this.#waiting.delete(key);
  }
}

/** At most `limit` tasks at a time; the others wait in the order in which they came. */
export class Semaphore {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(limit: number) {
    this.#free = limit;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free++;
    }
  }
}
