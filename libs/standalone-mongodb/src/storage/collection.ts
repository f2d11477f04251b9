import { Doc, Field } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { KeyBuilder } from '../bson/key.js';
import type { Binary, Value } from '../bson/values.js';
import { CODES, fail, MongoError } from '../errors.js';
import { compileFilter, type Filter } from '../query/filter.js';
import { shellText } from '../query/shell-text.js';
import { MAX_DOCUMENT_BYTES } from '../wire/message.js';
import { RID_BYTES, type Environment } from './environment.js';
import { extractKeys, type KeyTuple } from './index-keys.js';
import type { IndexInfo } from './index-info.js';
import { Validator } from './validator.js';

export interface CollectionInit {
  readonly db: string;
  readonly name: string;
  readonly table: number;
  /** Undefined: what is stored must be counted. */
  readonly size: CollectionSize | undefined;
  readonly uuid: Binary;
  readonly options: Doc;
  readonly indexes: readonly IndexInfo[];
}

/** How many documents there are, and their bytes. */
export interface CollectionSize {
  readonly count: number;
  readonly bytes: number;
}

/** What a collection needs of the catalog. */
export interface Keeper {
  readonly env: Environment;
  nextRid(): number;
  save(collection: Collection): void;
  resized(collection: Collection): void;
}

interface Entry {
  readonly key: Buffer;
  readonly index: IndexInfo;
}

/** A collection's documents and their index entries; the write methods are for writers of the environment only. */
export class Collection {
  db: string;
  name: string;
  options: Doc;
  indexes: readonly IndexInfo[];
  dropped = false;
  readonly table: number;
  readonly uuid: Binary;
  readonly env: Environment;
  #size: CollectionSize | undefined;
  #validator: Validator;
  readonly #partials = new Map<IndexInfo, Filter>();

  constructor(
    private readonly catalog: Keeper,
    init: CollectionInit,
  ) {
    this.env = catalog.env;
    this.db = init.db;
    this.name = init.name;
    this.table = init.table;
    this.#size = init.size;
    this.uuid = init.uuid;
    this.options = init.options;
    this.indexes = init.indexes;
    this.#validator = new Validator(init.options);
  }

  get namespace(): string {
    return `${this.db}.${this.name}`;
  }

  /** The latest state, what is on its way to disk included. */
  get size(): CollectionSize {
    this.#size ??= this.#measure();
    return this.#size;
  }

  get count(): number {
    return this.size.count;
  }

  /** Folders of earlier versions have no sizes. */
  #measure(): CollectionSize {
    let [count, bytes] = [0, 0];
    const end = this.recordKey(2 ** 48 - 1);
    for (let start = this.recordKey(0), more = true; more;) {
      const chunk = this.env.records.entries({ start, end, limit: 1000, exclusiveStart: true }, 2 ** 20);
      for (const { value } of chunk.items) bytes += value.length;
      count += chunk.items.length;
      start = chunk.items[chunk.items.length - 1]?.key ?? end;
      more = chunk.more;
    }
    return { count, bytes };
  }

  #resize(count: number, bytes: number): void {
    this.#size = { count: this.size.count + count, bytes: this.size.bytes + bytes };
    this.catalog.resized(this);
  }

  recordKey(rid: number): Buffer {
    const key = Buffer.allocUnsafe(4 + RID_BYTES);
    key.writeUInt32BE(this.table, 0);
    key.writeUIntBE(rid, 4, RID_BYTES);
    return key;
  }

  lastRid(): number {
    const range = { start: this.recordKey(2 ** 48 - 1), end: this.recordKey(0), reverse: true, limit: 1 };
    const [key] = this.env.records.keys(range).items;
    return key === undefined ? 0 : key.readUIntBE(4, RID_BYTES);
  }

  /** What is on disk. */
  read(rid: number): Doc | undefined {
    const bytes = this.env.records.get(this.recordKey(rid));
    return bytes === undefined ? undefined : Doc.raw(bytes);
  }

  /** The latest state, for writers. */
  latest(rid: number): Doc | undefined {
    const bytes = this.env.latest(this.env.records, this.recordKey(rid));
    return bytes === undefined ? undefined : Doc.raw(bytes);
  }

  get idIndex(): IndexInfo {
    return this.indexes[0] as IndexInfo;
  }

  idKey(id: Value): Buffer {
    KeyBuilder.begin(this.idIndex.table);
    KeyBuilder.add(id, false);
    return KeyBuilder.takeBounded().key;
  }

  /** The record of an _id in the latest state, for writers. */
  latestRidOf(id: Value): number | undefined {
    return this.env.latest(this.env.indexes, this.idKey(id))?.readUIntBE(0, RID_BYTES);
  }

  /** Stores a new document that has its _id. Throws 11000 before anything is changed. `unchecked`: past the validator. */
  insert(doc: Doc, unchecked = false): void {
    if (!unchecked) this.#validator.check(doc, undefined);
    const bytes = sized(doc);
    const rid = this.catalog.nextRid();
    const entries = this.indexes.flatMap((index) => this.#entries(index, doc, rid));
    for (const entry of entries) if (entry.index.unique) this.#checkUnique(entry, doc, rid);
    this.env.put(this.env.records, this.recordKey(rid), bytes);
    for (const entry of entries) this.#putEntry(entry, rid);
    this.#resize(1, bytes.length);
  }

  /** Puts `next` in the place of `previous`; only entries that differ are touched. */
  replace(rid: number, previous: Doc, next: Doc, unchecked = false): void {
    if (!unchecked) this.#validator.check(next, previous);
    const bytes = sized(next);
    const removed: Entry[] = [];
    const added: Entry[] = [];
    for (const index of this.indexes) {
      if (index.name === '_id_') continue;
      const before = this.#entries(index, previous, rid);
      const after = this.#entries(index, next, rid);
      removed.push(...before.filter((entry) => !after.some((other) => other.key.equals(entry.key))));
      added.push(...after.filter((entry) => !before.some((other) => other.key.equals(entry.key))));
    }
    for (const entry of added) if (entry.index.unique) this.#checkUnique(entry, next, rid);
    for (const entry of removed) this.#removeEntry(entry);
    for (const entry of added) this.#putEntry(entry, rid);
    this.env.put(this.env.records, this.recordKey(rid), bytes);
    this.#resize(0, bytes.length - previous.rawLength);
  }

  remove(rid: number, doc: Doc): void {
    for (const index of this.indexes) {
      for (const entry of this.#entries(index, doc, rid)) this.#removeEntry(entry);
    }
    this.env.remove(this.env.records, this.recordKey(rid));
    this.#resize(-1, -doc.rawLength);
  }

  /** Adds one document's entries to an index that is being built. */
  addToIndex(index: IndexInfo, doc: Doc, rid: number): void {
    const entries = this.#entries(index, doc, rid);
    for (const entry of entries) {
      if (index.unique) this.#checkUnique(entry, doc, rid);
      this.#putEntry(entry, rid);
    }
  }

  setIndexes(indexes: readonly IndexInfo[]): void {
    this.indexes = indexes;
    this.#partials.clear();
    this.catalog.save(this);
  }

  setOptions(options: Doc): void {
    this.options = options;
    this.#validator = new Validator(options);
    this.catalog.save(this);
  }

  save(): void {
    this.catalog.save(this);
  }

  covers(index: IndexInfo, doc: Doc): boolean {
    if (index.partial === undefined) return true;
    let filter = this.#partials.get(index);
    if (filter === undefined) {
      filter = compileFilter(index.partial);
      this.#partials.set(index, filter);
    }
    return filter.matches(doc);
  }

  #entries(index: IndexInfo, doc: Doc, rid: number): Entry[] {
    if (!this.covers(index, doc)) return [];
    const { tuples, multikey, allMissing } = extractKeys(doc, index.paths);
    if (index.sparse && allMissing) return [];
    if (multikey !== undefined) this.#learnMultikey(index, multikey);
    const entries = tuples.map((tuple) => ({ key: this.#entryKey(index, tuple, rid), index }));
    if (entries.length < 2) return entries;
    const distinct = new Map(entries.map((entry) => [entry.key.toString('latin1'), entry]));
    return [...distinct.values()];
  }

  #entryKey(index: IndexInfo, tuple: KeyTuple, rid: number): Buffer {
    KeyBuilder.begin(index.table);
    for (let i = 0; i < tuple.length; i += 1) KeyBuilder.add(tuple[i] as Value, index.descending[i] === true);
    const { key, hashed } = KeyBuilder.takeBounded();
    if (hashed && !index.hashed) {
      index.hashed = true;
      if (this.indexes.includes(index)) this.save();
    }
    if (index.unique) return key;
    const withRid = Buffer.allocUnsafe(key.length + RID_BYTES);
    key.copy(withRid);
    withRid.writeUIntBE(rid, key.length, RID_BYTES);
    return withRid;
  }

  #learnMultikey(index: IndexInfo, multikey: readonly boolean[]): void {
    if (multikey.every((flag, i) => !flag || index.multikey[i] === true)) return;
    index.multikey = index.multikey.map((flag, i) => flag || multikey[i] === true);
    if (this.indexes.includes(index)) this.save();
  }

  #checkUnique(entry: Entry, doc: Doc, rid: number): void {
    const owner = this.env.latest(this.env.indexes, entry.key);
    if (owner === undefined || owner.readUIntBE(0, RID_BYTES) === rid) return;
    throw this.#duplicate(entry.index, doc);
  }

  #duplicate(index: IndexInfo, doc: Doc): MongoError {
    const tuple = extractKeys(doc, index.paths).tuples[0] ?? [];
    const keyValue = Doc.of(index.fields.map((name, i) => Field.of(name, tuple[i] ?? null)));
    const where = `${this.namespace} index: ${index.name} dup key: ${shellText(keyValue)}`;
    const message = `E11000 duplicate key error collection: ${where}`;
    return new MongoError(CODES.DuplicateKey, 'DuplicateKey', message, { keyPattern: index.key, keyValue });
  }

  #putEntry(entry: Entry, rid: number): void {
    if (entry.index.unique) this.env.put(this.env.indexes, entry.key, ridBytes(rid));
    else this.env.putUnseen(this.env.indexes, entry.key, NOTHING);
  }

  #removeEntry(entry: Entry): void {
    if (entry.index.unique) this.env.remove(this.env.indexes, entry.key);
    else this.env.putUnseen(this.env.indexes, entry.key, null);
  }
}

const NOTHING = Buffer.alloc(0);

function ridBytes(rid: number): Buffer {
  const bytes = Buffer.allocUnsafe(RID_BYTES);
  bytes.writeUIntBE(rid, 0, RID_BYTES);
  return bytes;
}

function sized(doc: Doc): Buffer {
  const bytes = encodeDoc(doc);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    fail('BSONObjectTooLarge', `object to insert too large. size in bytes: ${bytes.length}, max size: 16777216`);
  }
  return bytes;
}
