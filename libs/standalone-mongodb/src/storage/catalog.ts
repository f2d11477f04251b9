import { randomUUID } from 'node:crypto';
import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { toDouble } from '../bson/numbers.js';
import { Binary } from '../bson/values.js';
import { fail } from '../errors.js';
import { Collection } from './collection.js';
import type { Environment } from './environment.js';
import { ServerParameters } from './parameters.js';
import type { Entry } from './table.js';
import { indexFromSpec, indexFromStored, storedIndex } from './index-info.js';
import { checkNamespace } from './names.js';

const COLLECTION = 'c';
const DROPPED = 'd';
const SIZE = 'n';
const NEXT_TABLE = Buffer.from('next');
const PURGE_CHUNK = 2000;

/** Databases and collections by name, kept in memory and in lmdb's `meta` table. */
export class Catalog {
  readonly #collections = new Map<string, Collection>();
  /** Those whose size on disk is not the latest. */
  readonly #resized = new Set<Collection>();
  #nextTable = 1;
  #nextRid = 1;
  #closing = false;
  #purging: Promise<void> = Promise.resolve();

  readonly parameters = new ServerParameters();

  constructor(readonly env: Environment) {
    this.#loadAll();
    for (const { key } of this.#all(DROPPED)) this.#purge(Number(key.toString().split('\0')[1]));
    env.beforeFlush = () => this.#saveSizes();
    env.onLost = () => this.#loadAll();
  }

  #all(kind: string): readonly Entry[] {
    const range = { start: Buffer.from(`${kind}\0`), end: Buffer.from(`${kind}\x01`), limit: Infinity };
    return this.env.meta.entries(range).items;
  }

  /** Forgets everything, and reads what is on disk. Record numbers only ever grow: none is used twice. */
  #loadAll(): void {
    this.#collections.clear();
    this.#resized.clear();
    const next = this.env.meta.get(NEXT_TABLE);
    this.#nextTable = next === undefined ? 1 : next.readUInt32BE(0);
    for (const { key, value } of this.#all(COLLECTION)) {
      const [, db, name] = key.toString().split('\0') as [string, string, string];
      const collection = this.#load(db, name, Doc.raw(value));
      this.#collections.set(`${db}.${name}`, collection);
      this.#nextRid = Math.max(this.#nextRid, collection.lastRid() + 1);
    }
  }

  #load(db: string, name: string, stored: Doc): Collection {
    const indexes = (stored.get('indexes') as Arr).items.map((item) => indexFromStored(item as Doc));
    const table = toDouble(stored.get('table') as number);
    const size = this.env.meta.get(sizeKey(table));
    return new Collection(this, {
      db,
      name,
      table,
      size: size === undefined ? undefined : { count: size.readUIntBE(0, 6), bytes: size.readUIntBE(6, 6) },
      uuid: stored.get('uuid') as Binary,
      options: stored.get('options') as Doc,
      indexes,
    });
  }

  find(db: string, name: string): Collection | undefined {
    return this.#collections.get(`${db}.${name}`);
  }

  /** The collections of a database by name. */
  list(db: string): readonly Collection[] {
    const found = [...this.#collections.values()].filter((collection) => collection.db === db);
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  all(): readonly Collection[] {
    return [...this.#collections.values()];
  }

  databases(): readonly string[] {
    return [...new Set([...this.#collections.values()].map((collection) => collection.db))].sort();
  }

  nextTable(): number {
    const table = this.#nextTable;
    this.#nextTable += 1;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(this.#nextTable);
    this.env.put(this.env.meta, NEXT_TABLE, bytes);
    return table;
  }

  /** Tables that are to be filled step by step: what a crash leaves of them is removed at the next start, unless they were kept before. */
  draftTables(tables: readonly number[]): void {
    for (const table of tables) this.env.put(this.env.meta, droppedKey(table), Buffer.alloc(1));
  }

  keepTables(tables: readonly number[]): void {
    for (const table of tables) this.env.remove(this.env.meta, droppedKey(table));
  }

  nextRid(): number {
    const rid = this.#nextRid;
    this.#nextRid += 1;
    return rid;
  }

  /** The collection's size goes to disk with its next change. */
  resized(collection: Collection): void {
    this.#resized.add(collection);
  }

  #saveSizes(): void {
    for (const collection of this.#resized) {
      if (collection.dropped) continue;
      const value = Buffer.alloc(12);
      value.writeUIntBE(collection.size.count, 0, 6);
      value.writeUIntBE(collection.size.bytes, 6, 6);
      this.env.putUnseen(this.env.meta, sizeKey(collection.table), value);
    }
    this.#resized.clear();
  }

  /** The collection, made if it is not there, as a write to it does. For writers. */
  ensure(db: string, name: string, options: Doc = Doc.EMPTY): Collection {
    const existing = this.find(db, name);
    if (existing !== undefined) return existing;
    checkNamespace(db, name);
    this.#checkCase(db);
    const idIndex = { ...indexFromSpec(docOf({ key: { _id: 1 }, name: '_id_' }), this.nextTable()), unique: true };
    const uuid = new Binary(4, Buffer.from(randomUUID().replaceAll('-', ''), 'hex'));
    const size = { count: 0, bytes: 0 };
    const table = this.nextTable();
    const collection = new Collection(this, { db, name, table, size, uuid, options, indexes: [idIndex] });
    this.#collections.set(`${db}.${name}`, collection);
    this.save(collection);
    return collection;
  }

  /** Names of databases differ by more than their case. */
  #checkCase(db: string): void {
    const lower = db.toLowerCase();
    for (const known of this.databases()) {
      if (known === db || known.toLowerCase() !== lower) continue;
      const names = `already have: [${known}] trying to create [${db}]`;
      fail('DatabaseDifferCase', `db already exists with different case ${names}`);
    }
  }

  save(collection: Collection): void {
    const { table, uuid, options, indexes } = collection;
    const stored = docOf({ table, uuid, options, indexes: indexes.map(storedIndex) });
    this.env.put(this.env.meta, nameKey(collection.db, collection.name), encodeDoc(stored));
  }

  drop(collection: Collection): void {
    this.#collections.delete(collection.namespace);
    this.env.remove(this.env.meta, nameKey(collection.db, collection.name));
    collection.dropped = true;
    this.env.remove(this.env.meta, sizeKey(collection.table));
    this.dropTables([collection.table, ...collection.indexes.map((index) => index.table)]);
  }

  rename(collection: Collection, db: string, name: string): void {
    checkNamespace(db, name);
    this.#checkCase(db);
    this.#collections.delete(collection.namespace);
    this.env.remove(this.env.meta, nameKey(collection.db, collection.name));
    collection.db = db;
    collection.name = name;
    this.#collections.set(collection.namespace, collection);
    this.save(collection);
  }

  /** Forgets tables at once and removes their entries in the background, also after a restart. */
  dropTables(tables: readonly number[]): void {
    this.draftTables(tables);
    for (const table of tables) this.#purge(table);
  }

  #purge(table: number): void {
    this.#purging = this.#purging.then(() => this.#removeEntries(table)).catch(() => undefined);
  }

  async #removeEntries(table: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    // What was decided for the table is on disk then, and nothing comes behind it: others write on while it is emptied.
    await this.env.write(() => undefined);
    if (this.env.meta.get(droppedKey(table)) === undefined) return; // that it was dropped could not be stored
    const start = Buffer.alloc(4);
    const end = Buffer.alloc(4);
    start.writeUInt32BE(table);
    end.writeUInt32BE(table + 1);
    for (const entries of [this.env.records, this.env.indexes]) {
      for (;;) {
        if (this.#closing) return;
        const keys = await this.env.write(() => {
          const found = entries.keys({ start, end, limit: PURGE_CHUNK }).items;
          for (const key of found) this.env.putUnseen(entries, key, null);
          return found;
        });
        if (keys.length < PURGE_CHUNK) break;
      }
    }
    await this.env.write(() => this.env.remove(this.env.meta, droppedKey(table)));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#purging;
    await this.env.close();
  }
}

function droppedKey(table: number): Buffer {
  return Buffer.from(`${DROPPED}\0${table}`);
}

function sizeKey(table: number): Buffer {
  return Buffer.from(`${SIZE}\0${table}`);
}

function nameKey(db: string, name: string): Buffer {
  return Buffer.from(`${COLLECTION}\0${db}\0${name}`);
}
