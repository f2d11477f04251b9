import { hashOf, KeyBytes } from '../bson/key-bytes.js';
import type { Stretch } from './stretch.js';
import type { Table } from './table.js';

/** Words of a change: see the constants below. */
const WORDS = 6;
const KEY_START = 0;
const KEY_END = 1;
const VALUE_START = 2;
const VALUE_END = 3;
const HASH = 4;
/** The next change in the same bucket, by its number plus one. */
const NEXT = 5;

const FIRST_CHANGES = 64;
const FIRST_KEY_BYTES = 4096;
/** What has grown beyond this is not used again. */
const KEPT_KEY_BYTES = 1024 * 1024;

/**
 * Decided changes in their order, to be stored as one batch, and found by key meanwhile. All of them lie in a few arrays, and are used
 * again when the batch is stored: thousands of changes under way are no work for the garbage collector. Values stay where they came in.
 */
export class Changes {
  count = 0;
  #words = new Int32Array(FIRST_CHANGES * WORDS);
  #buckets = new Int32Array(FIRST_CHANGES);
  readonly #tables: (Table | undefined)[] = [];
  readonly #values: (Buffer | null)[] = [];
  readonly #keys = new KeyBytes(FIRST_KEY_BYTES);
  readonly #key = new KeyBytes(0);

  /** `seen`: may be looked up by its key. A null value removes. */
  add(table: Table, key: KeyBytes, value: Buffer | null, start: number, end: number, seen: boolean): void {
    const change = this.count;
    if ((change + 1) * WORDS > this.#words.length) this.#grow();
    const at = change * WORDS;
    const words = this.#words;
    words[at + KEY_START] = this.#keys.end;
    this.#keys.append(key.bytes, key.start, key.end);
    words[at + KEY_END] = this.#keys.end;
    words[at + VALUE_START] = start;
    words[at + VALUE_END] = end;
    this.#tables[change] = table;
    this.#values[change] = value;
    this.count = change + 1;
    words[at + HASH] = seen ? hashOf(key) : 0;
    words[at + NEXT] = UNSEEN;
    if (seen) this.#link(change);
  }

  #link(change: number): void {
    const at = change * WORDS;
    const bucket = (this.#words[at + HASH] as number) & (this.#buckets.length - 1);
    this.#words[at + NEXT] = this.#buckets[bucket] as number;
    this.#buckets[bucket] = change + 1;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
    this.#buckets = new Int32Array(words.length / WORDS);
    for (let change = 0; change < this.count; change += 1) {
      if (words[change * WORDS + NEXT] !== UNSEEN) this.#link(change);
    }
  }

  /** What was decided last for a key, whose hash is known; false when nothing was. */
  find(key: KeyBytes, hash: number, into: Stretch): boolean {
    const words = this.#words;
    let change = (this.#buckets[hash & (this.#buckets.length - 1)] as number) - 1;
    while (change >= 0) {
      const at = change * WORDS;
      if (words[at + HASH] === hash && this.#hasKey(at, key)) {
        into.at(this.#values[change] ?? null, words[at + VALUE_START] as number, words[at + VALUE_END] as number);
        return true;
      }
      change = (words[at + NEXT] as number) - 1;
    }
    return false;
  }

  #hasKey(at: number, key: KeyBytes): boolean {
    const start = this.#words[at + KEY_START] as number;
    const length = (this.#words[at + KEY_END] as number) - start;
    if (length !== key.end - key.start) return false;
    const own = this.#keys.bytes;
    for (let i = 0; i < length; i += 1) if (own[start + i] !== key.bytes[key.start + i]) return false;
    return true;
  }

  /** Hands every change to its table, within a batch of the store's. */
  write(): void {
    const words = this.#words;
    let view: StretchView | undefined;
    let other: StretchView | undefined;
    for (let change = 0; change < this.count; change += 1) {
      const at = change * WORDS;
      const key = this.#key.at(this.#keys.bytes, words[at + KEY_START] as number, words[at + KEY_END] as number);
      const value = this.#values[change] ?? null;
      const table = this.#tables[change] as Table;
      if (value === null) {
        table.remove(key);
        continue;
      }
      const start = words[at + VALUE_START] as number;
      const end = words[at + VALUE_END] as number;
      if (start === 0 && end === value.length) {
        table.write(key, value);
        continue;
      }
      // Documents and record numbers come by turns, from two buffers.
      if (view?.buffer !== value.buffer) {
        [view, other] = [other, view];
        if (view?.buffer !== value.buffer) view = Buffer.from(value.buffer) as StretchView;
      }
      view.start = value.byteOffset + start;
      view.end = value.byteOffset + end;
      table.write(key, view);
    }
  }

  /** Forgets all, to be used again; false when it has grown too large for that. */
  clear(): boolean {
    if (this.#keys.bytes.length > KEPT_KEY_BYTES) return false;
    this.#values.fill(null);
    this.#buckets.fill(0);
    this.#keys.end = 0;
    this.count = 0;
    return true;
  }
}

/** In the place of `NEXT`: not in any bucket. */
const UNSEEN = -1;

/**
 * What lmdb takes from encoders of its own: a buffer of which it writes the stretch from `start` to `end`, counted in the ArrayBuffer.
 * Documents of one message are stretches of one buffer, and share a view.
 */
interface StretchView extends Buffer {
  start: number;
  end: number;
}
