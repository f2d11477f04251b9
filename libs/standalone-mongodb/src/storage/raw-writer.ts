import { KeyBytes } from '../bson/key-bytes.js';
import { KEY_LIMIT, KeyBuilder } from '../bson/key.js';
import { sameBytes, type Place } from '../bson/locate.js';
import type { PlainType } from '../bson/raw-key.js';
import { valueEnd } from '../bson/skip.js';
import { RID_BYTES, type Environment } from './environment.js';
import type { IndexInfo } from './index-info.js';
import { isStorable } from './limits.js';
import { RawKeyReader } from './raw-keys.js';
import { Stretch } from './stretch.js';

/** A document as it came, and where its _id lies, which is its first field and of a plain type. */
export interface RawDocument {
  readonly buf: Buffer;
  readonly start: number;
  readonly id: Place;
  readonly idEnd: number;
}

/** What it needs of a collection. */
export interface RawTarget {
  readonly env: Environment;
  readonly table: number;
  readonly keptUp: readonly IndexInfo[];
  readonly idIndex: IndexInfo;
  readonly isValidated: boolean;
  nextRid(): number;
  resize(count: number, bytes: number): void;
}

/** What became of a replacement; `general`: nothing yet, the general way must look at it. */
export type Outcome = 'general' | 'unmatched' | 'unchanged' | 'modified' | 'upserted';

export interface RawReplacement extends RawDocument {
  readonly upsert: boolean;
  /** Whether the stored document passes what the filter asks beside its _id; undefined when it is not known here. */
  passes(doc: Buffer, start: number): boolean | undefined;
}

/** Texts are at most this long in keys of _id that are made here: a byte of them gives at most three of the key. */
const MAX_ID_BYTES = KEY_LIMIT / 4;
const RIDS_AT_ONCE = 1000;
const NOTHING = Buffer.alloc(0);

/**
 * Stores documents as the bytes that came, without decoding them or the ones in whose place they go. It does what `Collection` does with
 * documents, indexes and validators of the usual kind, and leaves all else, errors included, to it.
 */
export class RawWriter {
  #indexes: readonly IndexInfo[] = [];
  #readers: readonly RawKeyReader[] | undefined;
  readonly #record = new KeyBytes(4 + RID_BYTES);
  readonly #found = new Stretch();
  #rids = NOTHING;
  #ridsUsed = 0;

  constructor(private readonly collection: RawTarget) {}

  /** Readers of the indexes but that of _id; undefined when there is one of a kind that it does not know. */
  #indexReaders(): readonly RawKeyReader[] | undefined {
    const { keptUp: indexes } = this.collection;
    if (this.#indexes !== indexes) {
      this.#indexes = indexes;
      const readers = indexes.slice(1).map((index) => new RawKeyReader(index));
      this.#readers = readers.every((reader) => reader.isUsable) ? readers : undefined;
    }
    return this.#readers;
  }

  #canStore({ buf, start, id, idEnd }: RawDocument): boolean {
    return !this.collection.isValidated && idEnd - id.at <= MAX_ID_BYTES && isStorable(buf, start);
  }

  /** Stores a new document; false when nothing was done, and the general way must look at it. */
  insert(doc: RawDocument): boolean {
    const readers = this.#indexReaders();
    if (readers === undefined || !this.#canStore(doc)) return false;
    for (const reader of readers) if (!reader.readNew(doc.buf, doc.start)) return false;
    const { env } = this.collection;
    if (env.peek(env.indexes, this.#idKey(doc)) !== undefined) return false;
    this.#insert(doc, readers);
    return true;
  }

  #idKey({ buf, id }: Pick<RawDocument, 'buf' | 'id'>): KeyBytes {
    KeyBuilder.begin(this.collection.idIndex.table);
    KeyBuilder.addRaw(buf, id.type as PlainType, id.at, false);
    return KeyBuilder.current;
  }

  /** The document on disk with an _id of a plain type, until the next is looked for; 'general' when its key is too long. */
  find(buf: Buffer, id: Place): Stretch | 'none' | 'general' {
    if (valueEnd(buf, id.type, id.at) - id.at > MAX_ID_BYTES) return 'general';
    const { env } = this.collection;
    if (!env.indexes.peek(this.#idKey({ buf, id }), this.#found)) return 'none';
    const rid = (this.#found.buf as Buffer).readUIntBE(this.#found.start, RID_BYTES);
    return env.records.peek(this.#recordKey(rid), this.#found) ? this.#found : 'none';
  }

  /** The key of its _id is the one that was built last. */
  #insert({ buf, start }: RawDocument, readers: readonly RawKeyReader[]): void {
    const { collection } = this;
    const { env } = collection;
    const rid = collection.nextRid();
    if (this.#ridsUsed === this.#rids.length) {
      this.#rids = Buffer.allocUnsafeSlow(RIDS_AT_ONCE * RID_BYTES);
      this.#ridsUsed = 0;
    }
    const at = this.#ridsUsed;
    this.#ridsUsed = this.#rids.writeUIntBE(rid, at, RID_BYTES);
    env.putStretch(env.indexes, KeyBuilder.current, this.#rids, at, this.#ridsUsed);
    for (const reader of readers) {
      if (reader.buildNew(buf, rid)) env.putUnseen(env.indexes, KeyBuilder.current, NOTHING);
    }
    const length = buf.readInt32LE(start);
    env.putStretch(env.records, this.#recordKey(rid), buf, start, start + length);
    collection.resize(1, length);
  }

  #recordKey(rid: number): KeyBytes {
    const key = this.#record;
    key.bytes.writeUInt32BE(this.collection.table, 0);
    key.end = key.bytes.writeUIntBE(rid, 4, RID_BYTES);
    return key;
  }

  /** Puts a document in the place of the one that has its _id, or stores it if it may. */
  replace(next: RawReplacement): Outcome {
    const readers = this.#indexReaders();
    if (readers === undefined || !this.#canStore(next)) return 'general';
    const { env } = this.collection;
    const entry = env.peek(env.indexes, this.#idKey(next));
    if (entry === undefined) {
      if (!next.upsert) return 'unmatched';
      for (const reader of readers) if (!reader.readNew(next.buf, next.start)) return 'general';
      this.#insert(next, readers);
      return 'upserted';
    }
    return this.#replace((entry.buf as Buffer).readUIntBE(entry.start, RID_BYTES), next, readers);
  }

  #replace(rid: number, next: RawReplacement, readers: readonly RawKeyReader[]): Outcome {
    const { env } = this.collection;
    const record = this.#recordKey(rid);
    const old = env.peek(env.records, record);
    if (old === undefined) return 'general';
    const { start, end } = old;
    const before = old.buf as Buffer;
    const passes = next.passes(before, start);
    // Whose _id is there and does not pass cannot be upserted either: the general way says so.
    if (passes !== true) return passes === false && !next.upsert ? 'unmatched' : 'general';
    const nextEnd = next.start + next.buf.readInt32LE(next.start);
    if (sameBytes(before, start, end, next.buf, next.start, nextEnd)) return 'unchanged';
    for (const reader of readers) {
      if (!reader.readOld(before, start) || !reader.readNew(next.buf, next.start)) return 'general';
    }
    for (const reader of readers) {
      if (reader.isUnchanged(before, next.buf)) continue;
      if (reader.buildOld(before, rid)) env.putUnseen(env.indexes, KeyBuilder.current, null);
      if (reader.buildNew(next.buf, rid)) env.putUnseen(env.indexes, KeyBuilder.current, NOTHING);
    }
    env.putStretch(env.records, record, next.buf, next.start, nextEnd);
    this.collection.resize(0, nextEnd - next.start - (end - start));
    return 'modified';
  }
}
