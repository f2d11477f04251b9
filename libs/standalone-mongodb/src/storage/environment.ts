import { mkdirSync } from 'node:fs';
import { open, type Database, type RootDatabase } from 'lmdb';

type Table = Database<Buffer, Buffer>;
interface Change {
  readonly table: Table;
  readonly key: Buffer;
  /** The key as writers look it up; undefined when none does. */
  readonly name: string | undefined;
  readonly value: Buffer | null;
}
interface Pending {
  readonly value: Buffer | null;
  readonly batch: number;
}

export const RID_BYTES = 6;

/**
 * The lmdb files. Writers decide on the main thread against the latest state (what is stored, and what is still on its way), one
 * command after another; lmdb's own thread writes each command's changes as one atomic batch and joins the batches that wait into
 * one transaction with one fsync. Readers see what is on disk.
 */
export class Environment {
  readonly records: Table;
  readonly indexes: Table;
  readonly meta: Table;
  readonly #root: RootDatabase<Buffer, Buffer>;
  #changes: Change[] = [];
  #batch = 1;
  /** Record keys are 10 bytes, index keys longer: one map holds both. */
  readonly #pending = new Map<string, Pending>();
  readonly #inFlight = new Set<Promise<unknown>>();
  #writers: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(path: string) {
    mkdirSync(path, { recursive: true });
    const binary = { keyEncoding: 'binary', encoding: 'binary' } as const;
    this.#root = open<Buffer, Buffer>({ path, ...binary, maxDbs: 8, overlappingSync: false, noSubdir: false });
    this.records = this.#root.openDB('records', binary);
    this.indexes = this.#root.openDB('indexes', binary);
    this.meta = this.#root.openDB('meta', binary);
  }

  /** Runs one writer at a time; resolves when its changes are on disk, those of a failed task included. */
  async write<T>(task: () => T | Promise<T>): Promise<T> {
    const before = this.#writers;
    let release = (): void => undefined;
    this.#writers = new Promise<void>((resolve) => (release = resolve));
    this.#waiting += 1;
    if (this.#waiting > 1) await before;
    let committed: Promise<unknown>;
    try {
      const result = task();
      if (!(result instanceof Promise)) {
        committed = this.flush();
        this.#leave(release);
        await committed;
        return result;
      }
      const value = await result;
      committed = this.flush();
      this.#leave(release);
      await committed;
      return value;
    } catch (error) {
      committed = this.flush();
      this.#leave(release);
      await committed;
      throw error;
    }
  }

  #leave(release: () => void): void {
    this.#waiting -= 1;
    release();
  }

  put(table: Table, key: Buffer, value: Buffer): void {
    this.#change(table, key, value);
  }

  remove(table: Table, key: Buffer): void {
    this.#change(table, key, null);
  }

  #change(table: Table, key: Buffer, value: Buffer | null): void {
    const name = key.toString('latin1');
    this.#changes.push({ table, key, name, value });
    this.#pending.set(name, { value, batch: this.#batch });
  }

  /** For entries that no writer looks up by key (non-unique indexes). */
  putUnseen(table: Table, key: Buffer, value: Buffer | null): void {
    this.#changes.push({ table, key, name: undefined, value });
  }

  /** The latest value, on disk or not. For writers. */
  latest(table: Table, key: Buffer): Buffer | undefined {
    if (this.#pending.size > 0) {
      const pending = this.#pending.get(key.toString('latin1'));
      if (pending !== undefined) return pending.value ?? undefined;
    }
    return table.get(key);
  }

  /** Hands the changes so far to lmdb as one atomic batch. */
  flush(): Promise<unknown> {
    const changes = this.#changes;
    if (changes.length === 0) return Promise.resolve();
    const batch = this.#batch;
    this.#changes = [];
    this.#batch += 1;
    const committed = this.#root
      .batch(() => {
        for (const { table, key, value } of changes) void (value === null ? table.remove(key) : table.put(key, value));
      })
      .then(() => {
        this.#root.resetReadTxn();
        for (const { name } of changes) if (name !== undefined) this.#settled(name, batch);
      });
    this.#inFlight.add(committed);
    const done = (): boolean => this.#inFlight.delete(committed);
    committed.then(done, done);
    return committed;
  }

  #settled(name: string, batch: number): void {
    if (this.#pending.get(name)?.batch === batch) this.#pending.delete(name);
  }

  /** Waits until everything decided so far is on disk: a writer's range scans then see it. */
  async settle(): Promise<void> {
    void this.flush();
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  get isSettled(): boolean {
    return this.#changes.length === 0 && this.#inFlight.size === 0;
  }

  async close(): Promise<void> {
    await this.#writers;
    await this.settle();
    await this.#root.close();
  }
}
