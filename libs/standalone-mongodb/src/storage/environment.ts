import { fail } from '../errors.js';
import { hashOf, KeyBytes } from '../bson/key-bytes.js';
import { Changes } from './changes.js';
import { Store, type StoreOptions } from './store.js';
import { Stretch } from './stretch.js';
import type { Table } from './table.js';

export { RID_BYTES } from '../bson/key.js';

/** How many emptied batches are kept to be filled again. */
const SPARE = 8;

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
  /** Keys begin with their table's number: those of records and of indexes cannot be the same. */
  #changes = new Changes();
  /** What was handed over and is not on disk yet, the oldest batch first. */
  #underway: Changes[] = [];
  readonly #spare: Changes[] = [];
  readonly #key = new KeyBytes(0);
  readonly #seen = new Stretch();
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
      this.#changes = new Changes();
      this.#last = Promise.resolve();
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

  /**
   * Runs one writer at a time; resolves when its changes are on disk, those of a failed task included; or, `later`, when it has run: they go
   * there with those of the next.
   */
  async write<T>(task: () => T | Promise<T>, later = false): Promise<T> {
    const before = this.#writers;
    let release = (): void => undefined;
    this.#writers = new Promise<void>((resolve) => (release = resolve));
    this.#waiting += 1;
    if (this.#waiting > 1) await before;
    const losses = this.#losses;
    let committed: Promise<unknown> | undefined;
    try {
      return await task();
    } finally {
      const isPartlyLost = losses !== this.#losses;
      if (!later) committed = this.flush();
      this.#waiting -= 1;
      release();
      await committed;
      // What is lost from here on is that of others: its own last batch says so itself.
      if (isPartlyLost) refused(new Error('the write was lost with others that could not be stored'));
    }
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.putStretch(table, this.#key.at(key, 0, key.length), value, 0, value.length);
  }

  /** Puts a stretch of a buffer, which stays as it is until it is on disk. */
  putStretch(table: Table, key: KeyBytes, value: Buffer, start: number, end: number): void {
    this.#changes.add(table, key, value, start, end, true);
  }

  remove(table: Table, key: Buffer): void {
    this.#changes.add(table, this.#key.at(key, 0, key.length), null, 0, 0, true);
  }

  /** For entries that no writer looks up by key (non-unique indexes). */
  putUnseen(table: Table, key: Buffer | KeyBytes, value: Buffer | null): void {
    const bytes = key instanceof KeyBytes ? key : this.#key.at(key, 0, key.length);
    this.#changes.add(table, bytes, value, 0, value === null ? 0 : value.length, false);
  }

  /** The latest value, on disk or not. For writers. */
  latest(table: Table, key: Buffer): Buffer | undefined {
    const decided = this.#find(this.#key.at(key, 0, key.length));
    if (!decided) return table.get(key);
    const { buf, start, end } = this.#seen;
    return buf?.subarray(start, end);
  }

  /** The latest value as it lies somewhere, until the next is looked for; undefined when there is none. For writers. */
  peek(table: Table, key: KeyBytes): Stretch | undefined {
    const seen = this.#seen;
    if (this.#find(key)) return seen.buf === null ? undefined : seen;
    return table.peek(key, seen) ? seen : undefined;
  }

  #find(key: KeyBytes): boolean {
    if (this.#changes.count === 0 && this.#underway.length === 0) return false;
    const hash = hashOf(key);
    if (this.#changes.find(key, hash, this.#seen)) return true;
    for (let i = this.#underway.length - 1; i >= 0; i -= 1) {
      if ((this.#underway[i] as Changes).find(key, hash, this.#seen)) return true;
    }
    return false;
  }

  /** Hands the changes so far to the store as one atomic batch; resolves when all that was decided is on disk. */
  flush(): Promise<unknown> {
    if (this.#changes.count === 0) return this.#last;
    this.beforeFlush();
    const changes = this.#changes;
    this.#changes = this.#spare.pop() ?? new Changes();
    this.#underway.push(changes);
    this.#inFlight += 1;
    this.#last = this.#store
      .commit(changes)
      .then(() => this.#written(changes), refused)
      .finally(() => (this.#inFlight -= 1));
    this.#last.catch(() => undefined); // who waits for it is told
    return this.#last;
  }

  #written(changes: Changes): void {
    this.#underway = this.#underway.filter((one) => one !== changes);
    if (changes.clear() && this.#spare.length < SPARE) this.#spare.push(changes);
  }

  /** Waits until everything decided so far is on disk: a writer's range scans then see it. */
  async settle(): Promise<void> {
    while (!this.isSettled) await this.flush();
  }

  get isSettled(): boolean {
    return this.#changes.count === 0 && this.#inFlight === 0;
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
