import { fail } from '../errors.js';
import { Store, type Change, type StoreOptions } from './store.js';
import type { Table } from './table.js';

/** Decided values by key; null is removed. */
type Decided = Map<string, Buffer | null>;

export const RID_BYTES = 6;

/**
 * What is stored, and what is on its way there. Writers decide on the main thread against the latest state, one command after
 * another; lmdb's own thread writes each command's changes as atomic batches and joins the batches that wait into one
 * transaction with one fsync. Readers see what is on disk.
 */
export class Environment {
  readonly records: Table;
  readonly indexes: Table;
  readonly meta: Table;
  readonly #store: Store;
  #changes: Change[] = [];
  /** Record keys are 10 bytes, index keys longer: one map holds both. */
  #decided: Decided = new Map();
  /** What was handed over and is not on disk yet, the oldest batch first. */
  #underway: Decided[] = [];
  #inFlight = 0;
  /** The batch handed over last: it is written after all others. */
  #last: Promise<unknown> = Promise.resolve();
  #writers: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #losses = 0;
  /** Called before changes are handed over: what is derived from them joins them. */
  beforeFlush: () => void = () => undefined;
  /** Called when decided changes were lost: only what is on disk counts. */
  onLost: () => void = () => undefined;

  constructor(path: string, options: StoreOptions = {}) {
    this.#store = new Store(path, options);
    ({ records: this.records, indexes: this.indexes, meta: this.meta } = this.#store);
    this.#store.onLost = () => {
      this.#losses += 1;
      this.#changes = [];
      this.#last = Promise.resolve();
      this.#decided = new Map();
      this.#underway = [];
      this.onLost();
    };
  }

  /** Resolves when the files cannot be used any more. */
  get failed(): Promise<Error> {
    return this.#store.failed;
  }

  get reopenings(): number {
    return this.#store.reopenings;
  }

  /** Runs one writer at a time; resolves when its changes are on disk, those of a failed task included. */
  async write<T>(task: () => T | Promise<T>): Promise<T> {
    const before = this.#writers;
    let release = (): void => undefined;
    this.#writers = new Promise<void>((resolve) => (release = resolve));
    this.#waiting += 1;
    if (this.#waiting > 1) await before;
    const losses = this.#losses;
    let committed: Promise<unknown>;
    try {
      return await task();
    } finally {
      committed = this.flush();
      this.#waiting -= 1;
      release();
      await committed;
      if (losses !== this.#losses) refused(new Error('the write was lost with others that could not be stored'));
    }
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.#change(table, key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.#change(table, key, null);
  }

  #change(table: Table, key: Buffer, value: Buffer | null): void {
    this.#changes.push({ table, key, value });
    this.#decided.set(key.toString('latin1'), value);
  }

  /** For entries that no writer looks up by key (non-unique indexes). */
  putUnseen(table: Table, key: Buffer, value: Buffer | null): void {
    this.#changes.push({ table, key, value });
  }

  /** The latest value, on disk or not. For writers. */
  latest(table: Table, key: Buffer): Buffer | undefined {
    if (this.#decided.size > 0 || this.#underway.length > 0) {
      const name = key.toString('latin1');
      let value = this.#decided.get(name);
      for (let i = this.#underway.length - 1; value === undefined && i >= 0; i -= 1) {
        value = this.#underway[i]?.get(name);
      }
      if (value !== undefined) return value ?? undefined;
    }
    return table.get(key);
  }

  /** Hands the changes so far to the store as one atomic batch; resolves when all that was decided is on disk. */
  flush(): Promise<unknown> {
    if (this.#changes.length === 0) return this.#last;
    this.beforeFlush();
    const changes = this.#changes;
    const decided = this.#decided;
    this.#changes = [];
    this.#decided = new Map();
    this.#underway.push(decided);
    this.#inFlight += 1;
    this.#last = this.#store
      .commit(changes)
      .then(() => {
        this.#underway = this.#underway.filter((one) => one !== decided);
      }, refused)
      .finally(() => (this.#inFlight -= 1));
    this.#last.catch(() => undefined); // who waits for it is told
    return this.#last;
  }

  /** Waits until everything decided so far is on disk: a writer's range scans then see it. */
  async settle(): Promise<void> {
    while (!this.isSettled) await this.flush();
  }

  get isSettled(): boolean {
    return this.#changes.length === 0 && this.#inFlight === 0;
  }

  async close(): Promise<void> {
    while (this.#waiting > 0) await this.#writers;
    await this.settle().catch(() => undefined);
    await this.#store.close();
  }
}

/** mongod's error for a disk that is full, which lmdb also takes for the reason of a write that was cut short (EIO). */
function refused(error: Error): never {
  const full = /MDB_MAP_FULL|No space left|Input\/output error|File too large|Disk quota|lost with others/i;
  if (full.test(error.message)) fail('OutOfDiskSpace', `the write was not stored: ${error.message}`);
  throw error;
}
