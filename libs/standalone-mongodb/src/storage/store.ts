import { mkdirSync } from 'node:fs';
import { open, type RootDatabase } from 'lmdb';
import { keyEncoder } from '../bson/key-bytes.js';
import type { Changes } from './changes.js';
import { freePageOptions, isOfFreePages } from './free-pages.js';
import { MappedMemory } from './mapped-memory.js';
import { Table } from './table.js';

export interface StoreOptions {
  /** How much may be mapped of the files before they are reopened. */
  readonly mappedBytes?: number;
}

interface Held {
  readonly changes: Changes;
  readonly resolve: (written: Promise<void>) => void;
}

const MAPPED_BYTES = 48 * 1024 * 1024;
/**
 * How many changes lmdb is handed at once; it makes one transaction of all that it finds. Its list of the pages of a transaction is a sorted array:
 * with pages here and there in the file each costs as much more as there are pages already.
 */
const MOST_CHANGES_AT_ONCE = 16_000;
/** How many pages are touched between two looks at what is mapped: the kernel maps up to 64 KiB around each. */
const LOOK_EVERY_PAGES = 256;
/** Milliseconds. lmdb says why a commit failed some time behind saying that it did, and now and then never. */
const LONGEST_WAIT_FOR_CAUSE_MS = 1_000;
const SEQUENCE = 'q\0';
const NOTHING = Buffer.alloc(0);

/**
 * The lmdb files and their three tables. lmdb maps what it reads into memory, and only closing its files lets go of that: when too
 * much is mapped the files are closed and opened again, which takes a millisecond, at a moment when nothing is being written;
 * batches wait meanwhile. Reads are never in the way: they end within the turn in which they began.
 *
 * Each batch depends on the one before it by a sequence number, so that nothing is written on top of what failed to be.
 */
export class Store {
  readonly records = new Table((pages) => this.#touch(pages));
  readonly indexes = new Table((pages) => this.#touch(pages));
  readonly meta = new Table((pages) => this.#touch(pages));
  /** Resolves when the files cannot be used any more. */
  readonly failed: Promise<Error>;
  /** Called when batches were lost: what is on disk is all there is. */
  onLost: () => void = () => undefined;
  /** How often the files were opened again. */
  reopenings = 0;
  readonly #mapped: MappedMemory;
  #root: RootDatabase<Buffer, Buffer> | undefined;
  #fail: (error: Error) => void = () => undefined;
  #sequence: bigint;
  #touchedPages = 0;
  #lookScheduled = false;
  #wantsReopening = false;
  #writing = 0;
  #changesUnderway = 0;
  /** Of the first batch that failed; those after it are lost with it. */
  #cause: Promise<Error> | undefined;
  #lost: Error | undefined;
  /** Refused for lmdb's list of free pages, or nobody knows why, to be written again. */
  #refused: Held[] = [];
  #isSecondTry = false;
  #held: Held[] = [];

  constructor(
    private readonly path: string,
    options: StoreOptions = {},
  ) {
    mkdirSync(path, { recursive: true });
    this.failed = new Promise((resolve) => (this.#fail = resolve));
    this.#open();
    this.#mapped = new MappedMemory(options.mappedBytes ?? MAPPED_BYTES);
    this.#sequence = this.#storedSequence();
  }

  #open(): void {
    const binary = { keyEncoder, encoding: 'binary' } as const;
    // Without its batches of an event turn: nobody could catch what those reject with.
    const options = { ...binary, maxDbs: 8, overlappingSync: false, noSubdir: false, eventTurnBatching: false };
    this.#root = open<Buffer, Buffer>({ path: this.path, ...options, ...freePageOptions(this.#isSecondTry) });
    this.records.attach(this.#root.openDB('records', binary));
    this.indexes.attach(this.#root.openDB('indexes', binary));
    this.meta.attach(this.#root.openDB('meta', binary));
  }

  async #close(): Promise<void> {
    for (const table of [this.records, this.indexes, this.meta]) table.attach(undefined);
    await this.#root?.close();
    this.#root = undefined;
  }

  #storedSequence(): bigint {
    const range = { start: sequenceKey(0n), end: sequenceKey(2n ** 63n), limit: 1 };
    const [key] = this.meta.keys(range).items;
    if (key !== undefined) return key.readBigUInt64BE(SEQUENCE.length);
    this.meta.putNow(sequenceKey(0n), NOTHING);
    return 0n;
  }

  /** Writes changes as one atomic batch, after all batches before it; rejects when they did not reach the disk. */
  commit(changes: Changes): Promise<void> {
    if (this.#lost !== undefined) return Promise.reject(this.#lost);
    if (this.#held.length === 0 && this.#takes(changes)) return this.#submit(changes);
    return new Promise((resolve) => this.#held.push({ changes, resolve }));
  }

  #takes({ count }: Changes): boolean {
    if (this.#wantsReopening) return false;
    return this.#writing === 0 || this.#changesUnderway + count <= MOST_CHANGES_AT_ONCE;
  }

  /** In their order, those that waited and need not any more. */
  #release(): void {
    for (let next = this.#held[0]; next !== undefined && this.#takes(next.changes); next = this.#held[0]) {
      this.#held.shift();
      next.resolve(this.#submit(next.changes));
    }
  }

  async #submit(changes: Changes): Promise<void> {
    const before = sequenceKey(this.#sequence);
    this.#sequence += 1n;
    const own = sequenceKey(this.#sequence);
    this.#writing += 1;
    const { count } = changes;
    this.#changesUnderway += count;
    try {
      const written = await this.meta.ifExists(before, () => {
        changes.write();
        this.meta.remove(before);
        this.meta.write(own, NOTHING);
      });
      if (!written) throw new Error('a write before this one failed');
      this.#root?.resetReadTxn();
    } catch (error) {
      this.#cause ??= causeOf(error);
      const cause = await this.#cause;
      if (!this.#isSecondTry && (isOfFreePages(cause) || cause instanceof UnexplainedError)) {
        this.#wantsReopening = true;
        return new Promise((resolve) => this.#refused.push({ changes, resolve }));
      }
      this.#lost = cause;
      throw cause;
    } finally {
      this.#writing -= 1;
      this.#changesUnderway -= count;
      if (this.#writing === 0) this.#rest();
      if (this.#cause === undefined) this.#release();
    }
  }

  /** Nothing is being written. */
  #rest(): void {
    if (this.#lost !== undefined) this.#recover(this.#lost);
    else if (this.#refused.length > 0) this.#tryAgain();
    else if (this.#isSecondTry) {
      this.#isSecondTry = false;
      this.#wantsReopening = true;
    }
    if (this.#wantsReopening) setImmediate(() => void this.#reopen());
  }

  /** What was refused comes before what waits, in its order, once the files are open again. */
  #tryAgain(): void {
    this.#held.unshift(...this.#refused);
    this.#refused = [];
    this.#root?.resetReadTxn();
    this.#sequence = this.#storedSequence();
    this.#cause = undefined;
    this.#isSecondTry = true;
  }

  /** What waited was decided on what was lost: it is lost, too. */
  #recover(lost: Error): void {
    for (const { resolve } of this.#held) resolve(Promise.reject(lost));
    this.#held = [];
    this.#root?.resetReadTxn();
    this.#sequence = this.#storedSequence();
    this.onLost();
    this.#lost = undefined;
    this.#cause = undefined;
    this.#isSecondTry = false;
    // What lmdb keeps in memory of free pages may be why it failed: it reads them anew.
    this.#wantsReopening = true;
  }

  #touch(pages: number): void {
    this.#touchedPages += pages;
    if (this.#touchedPages < LOOK_EVERY_PAGES || this.#lookScheduled) return;
    this.#lookScheduled = true;
    setImmediate(() => this.#look());
  }

  #look(): void {
    this.#lookScheduled = false;
    this.#mapped.touched(this.#touchedPages);
    this.#touchedPages = 0;
    if (this.#wantsReopening || this.#root === undefined || !this.#mapped.isExceeded) return;
    this.#wantsReopening = true;
    if (this.#writing === 0) void this.#reopen();
  }

  /**
   * To be called first thing in a turn of the event loop: with no write under way lmdb closes within the promise jobs of that turn,
   * so that nobody can ask for anything before the files are open again.
   */
  async #reopen(): Promise<void> {
    if (this.#root === undefined || this.#writing > 0) return;
    try {
      await this.#close();
      this.#open();
    } catch (error) {
      this.#lost = new Error(`the data files could not be opened again: ${String(error)}`);
      for (const { resolve } of this.#held) resolve(Promise.reject(this.#lost));
      this.#fail(this.#lost);
      return;
    }
    this.reopenings += 1;
    this.#mapped.reset();
    this.#wantsReopening = false;
    this.#release();
  }

  /** To be called when all that was committed has been written. */
  async close(): Promise<void> {
    if (this.#root === undefined) return;
    await this.#close();
    this.#mapped.close();
  }
}

function sequenceKey(sequence: bigint): Buffer {
  const key = Buffer.alloc(SEQUENCE.length + 8);
  key.write(SEQUENCE);
  key.writeBigUInt64BE(sequence, SEQUENCE.length);
  return key;
}

/** lmdb's own error is behind the one that a batch rejects with. */
async function causeOf(error: unknown): Promise<Error> {
  const behind = (error as { commitError?: Promise<never> }).commitError;
  const known = error instanceof Error ? error : new Error(String(error));
  if (behind === undefined) return known;
  const unexplained = new UnexplainedError(known.message);
  const timeout = new Promise<Error>((resolve) => setTimeout(resolve, LONGEST_WAIT_FOR_CAUSE_MS, unexplained).unref());
  return Promise.race([behind.catch((cause: Error) => cause), timeout]);
}

/** A commit failed, and lmdb did not say why. */
class UnexplainedError extends Error {}
