import { IF_EXISTS, type Database } from 'lmdb';
import type { KeyBytes } from '../bson/key-bytes.js';
import type { Stretch } from './stretch.js';

export interface Range {
  readonly start: Buffer;
  readonly end: Buffer;
  readonly limit: number;
  readonly reverse?: boolean;
  readonly exclusiveStart?: boolean;
  readonly inclusiveEnd?: boolean;
}
export interface Entry {
  readonly key: Buffer;
  readonly value: Buffer;
}

/** Entries of a range, and whether it was cut off before its end. */
export interface Chunk<T> {
  readonly items: T[];
  readonly more: boolean;
}

const PAGE_BYTES = 4096;

/**
 * One of lmdb's tables. The handle behind it is exchanged when the files are reopened, so nothing here leaves a cursor open:
 * ranges are read to their end, or to a limit, at once.
 */
export class Table {
  #db: Database<Buffer, Buffer> | undefined;

  /** @param touch hears how many pages of the file a read has touched, about */
  constructor(private readonly touch: (pages: number) => void) {}

  attach(db: Database<Buffer, Buffer> | undefined): void {
    this.#db = db;
  }

  get #open(): Database<Buffer, Buffer> {
    if (this.#db === undefined) throw new Error('the storage is closed');
    return this.#db;
  }

  get(key: Buffer): Buffer | undefined {
    const value = this.#open.get(key);
    this.touch(value === undefined ? 1 : 1 + value.length / PAGE_BYTES);
    return value;
  }

  /** A value as it lies in a buffer that the next read of any table uses again; false when there is none. */
  peek(key: KeyBytes, into: Stretch): boolean {
    const db = this.#open as Database<Buffer, Buffer> & { readonly lastSize: number };
    const value = db.getBinaryFast(asKey(key));
    if (value === undefined) {
      this.touch(1);
      return false;
    }
    into.at(plainView(value, db.lastSize), 0, db.lastSize);
    this.touch(1 + into.end / PAGE_BYTES);
    return true;
  }

  /** Up to `limit` entries, and no more than `maxBytes` of values but for the first. */
  entries(range: Range, maxBytes = Infinity): Chunk<Entry> {
    const items: Entry[] = [];
    let bytes = 0;
    let more = false;
    for (const entry of this.#open.getRange(range)) {
      items.push(entry);
      bytes += entry.key.length + entry.value.length;
      more = bytes >= maxBytes;
      if (more) break;
    }
    this.touch(1 + bytes / PAGE_BYTES);
    return { items, more: more || items.length >= range.limit };
  }

  keys(range: Range): Chunk<Buffer> {
    const items: Buffer[] = [];
    let bytes = 0;
    for (const key of this.#open.getKeys(range)) {
      items.push(key);
      bytes += key.length;
    }
    this.touch(1 + bytes / PAGE_BYTES);
    return { items, more: items.length >= range.limit };
  }

  /** Writes at once, outside any batch. */
  putNow(key: Buffer, value: Buffer): void {
    this.#open.putSync(key, value);
  }

  /** For a batch of the store's; the bytes stay as they are until it is written. */
  write(key: Buffer | KeyBytes, value: Buffer): void {
    this.touch(1);
    void this.#open.put(asKey(key), value);
  }

  /** For a batch of the store's. */
  remove(key: Buffer | KeyBytes): void {
    this.touch(1);
    void this.#open.remove(asKey(key));
  }

  /** For a batch that depends on the presence of a key. */
  ifExists(key: Buffer, batch: () => void): Promise<boolean> {
    return this.#open.ifVersion(key, IF_EXISTS, batch);
  }
}

/** Our key encoder takes both. */
function asKey(key: Buffer | KeyBytes): Buffer {
  return key as Buffer;
}

/** lmdb's own buffer for reading, of which it overwrites `length`, and a view of all of it that is like any other buffer. */
let shared: { readonly own: Buffer; readonly view: Buffer } | undefined;

function plainView(value: Buffer & { readonly isGlobal?: boolean }, size: number): Buffer {
  if (value.isGlobal !== true) return Buffer.from(value.buffer, value.byteOffset, size);
  if (shared?.own !== value) {
    shared = { own: value, view: Buffer.from(value.buffer, value.byteOffset, value.byteLength) };
  }
  return shared.view;
}
