import { Doc } from '../bson/document.js';
import { KeyBuilder } from '../bson/key.js';
import type { Binary, Value } from '../bson/values.js';
import { RID_BYTES, type Environment } from './environment.js';
import { IndexEntries } from './index-entries.js';
import type { IndexInfo } from './index-info.js';
import { sized } from './limits.js';
import { RawWriter } from './raw-writer.js';
import { Validator } from './validator.js';
import { documentParts } from './walk.js';

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

/** A collection's documents and their index entries; the write methods are for writers of the environment only. */
export class Collection {
  db: string;
  name: string;
  options: Doc;
  /** What searches may use. */
  indexes: readonly IndexInfo[];
  /** What writes keep up: those, and what is being built. */
  keptUp: readonly IndexInfo[];
  dropped = false;
  readonly table: number;
  readonly uuid: Binary;
  readonly env: Environment;
  #size: CollectionSize | undefined;
  #builds: Promise<unknown> = Promise.resolve();
  #validator: Validator;
  readonly entries: IndexEntries;
  /** Writes what is of the usual kind faster. */
  readonly raw = new RawWriter(this);

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
    this.keptUp = init.indexes;
    this.#validator = new Validator(init.options);
    this.entries = new IndexEntries(this.env, (index) => {
      if (this.indexes.includes(index)) this.save();
    });
  }

  get namespace(): string {
    return `${this.db}.${this.name}`;
  }

  get uuidText(): string {
    return this.uuid.bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
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
    for (const part of documentParts(this)) {
      for (const document of part) bytes += document.bytes.length;
      count += part.length;
    }
    return { count, bytes };
  }

  resize(count: number, bytes: number): void {
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

  nextRid(): number {
    return this.catalog.nextRid();
  }

  get isValidated(): boolean {
    return this.#validator.isOn;
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
    const bytes = sized(doc, true);
    const rid = this.catalog.nextRid();
    const keys = this.keptUp.map((index) => this.entries.keysOf(index, doc, rid));
    this.keptUp.forEach((index, i) => this.#checkUnique(index, keys[i] as readonly Buffer[], doc, rid));
    this.env.put(this.env.records, this.recordKey(rid), bytes);
    this.keptUp.forEach((index, i) => this.entries.put(index, keys[i] as readonly Buffer[], rid));
    this.resize(1, bytes.length);
  }

  /** Puts `next` in the place of `previous`; only entries that differ are touched. */
  replace(rid: number, previous: Doc, next: Doc, unchecked = false): void {
    if (!unchecked) this.#validator.check(next, previous);
    const bytes = sized(next, false);
    if (this.keptUp.length > 1) this.#replaceEntries(rid, previous, next);
    this.env.put(this.env.records, this.recordKey(rid), bytes);
    this.resize(0, bytes.length - previous.rawLength);
  }

  #replaceEntries(rid: number, previous: Doc, next: Doc): void {
    const changed = this.keptUp.slice(1).map((index) => {
      const before = this.entries.keysOf(index, previous, rid);
      const after = this.entries.keysOf(index, next, rid);
      return { index, removed: without(before, after), added: without(after, before) };
    });
    for (const { index, added } of changed) this.#checkUnique(index, added, next, rid);
    for (const { index, removed } of changed) this.entries.remove(index, removed);
    for (const { index, added } of changed) this.entries.put(index, added, rid);
  }

  remove(rid: number, doc: Doc): void {
    for (const index of this.keptUp) this.entries.remove(index, this.entries.keysOf(index, doc, rid));
    this.env.remove(this.env.records, this.recordKey(rid));
    this.resize(-1, -doc.rawLength);
  }

  /** Adds one document's entries to an index that is being built. */
  addToIndex(index: IndexInfo, doc: Doc, rid: number): void {
    const keys = this.entries.keysOf(index, doc, rid);
    this.#checkUnique(index, keys, doc, rid);
    this.entries.put(index, keys, rid);
  }

  #checkUnique(index: IndexInfo, keys: readonly Buffer[], doc: Doc, rid: number): void {
    if (this.entries.isTaken(index, keys, rid)) throw this.entries.duplicateKey(this.namespace, index, doc, rid);
  }

  setIndexes(indexes: readonly IndexInfo[]): void {
    const building = this.keptUp.filter((index) => !this.indexes.includes(index) && !indexes.includes(index));
    this.indexes = indexes;
    this.keptUp = building.length === 0 ? indexes : [...indexes, ...building];
    this.catalog.save(this);
  }

  /** From now on writes keep up these as well, which no search uses yet; none: only those that searches use. */
  setBuilding(building: readonly IndexInfo[]): void {
    this.keptUp = [...this.indexes, ...building];
  }

  setOptions(options: Doc): void {
    this.options = options;
    this.#validator = new Validator(options);
    this.catalog.save(this);
  }

  /** Builds of indexes wait for each other. */
  inBuildTurn<T>(task: () => Promise<T>): Promise<T> {
    const own = this.#builds.then(task);
    this.#builds = own.catch(() => undefined);
    return own;
  }

  save(): void {
    this.catalog.save(this);
  }
}

/** The keys of `keys` that are not in `others`. */
function without(keys: readonly Buffer[], others: readonly Buffer[]): readonly Buffer[] {
  return keys.filter((key) => !others.some((other) => other.equals(key)));
}
