import { randomUUID } from 'node:crypto';
import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { toDouble } from '../bson/numbers.js';
import { Binary } from '../bson/values.js';
import { fail } from '../errors.js';
import { Collection } from './collection.js';
import type { Environment } from './environment.js';
import { indexFromSpec, indexFromStored, storedIndex } from './index-info.js';

const COLLECTION = 'c';
const DROPPED = 'd';
const NEXT_TABLE = Buffer.from('next');
const PURGE_CHUNK = 2000;

/** Databases and collections by name, kept in memory and in lmdb's `meta` table. */
export class Catalog {
  readonly #collections = new Map<string, Collection>();
  #nextTable = 1;
  #nextRid = 1;
  #closing = false;
  #purging: Promise<void> = Promise.resolve();

  constructor(readonly env: Environment) {
    const next = env.meta.get(NEXT_TABLE);
    if (next !== undefined) this.#nextTable = next.readUInt32BE(0);
    for (const { key, value } of env.meta.getRange({ start: Buffer.from('c\0'), end: Buffer.from('c\x01') })) {
      const [, db, name] = key.toString().split('\0') as [string, string, string];
      const collection = this.#load(db, name, Doc.raw(value));
      this.#collections.set(`${db}.${name}`, collection);
      this.#nextRid = Math.max(this.#nextRid, collection.lastRid() + 1);
    }
    for (const { key } of env.meta.getRange({ start: Buffer.from('d\0'), end: Buffer.from('d\x01') })) {
      this.#purge(Number(key.toString().split('\0')[1]));
    }
  }

  #load(db: string, name: string, stored: Doc): Collection {
    const indexes = (stored.get('indexes') as Arr).items.map((item) => indexFromStored(item as Doc));
    return new Collection(this, {
      db,
      name,
      table: toDouble(stored.get('table') as number),
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

  nextRid(): number {
    const rid = this.#nextRid;
    this.#nextRid += 1;
    return rid;
  }

  /** The collection, made if it is not there, as a write to it does. For writers. */
  ensure(db: string, name: string, options: Doc = Doc.EMPTY): Collection {
    const existing = this.find(db, name);
    if (existing !== undefined) return existing;
    checkNamespace(db, name);
    const idIndex = { ...indexFromSpec(docOf({ key: { _id: 1 }, name: '_id_' }), this.nextTable()), unique: true };
    const uuid = new Binary(4, Buffer.from(randomUUID().replaceAll('-', ''), 'hex'));
    const collection = new Collection(this, { db, name, table: this.nextTable(), uuid, options, indexes: [idIndex] });
    this.#collections.set(`${db}.${name}`, collection);
    this.save(collection);
    return collection;
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
    this.dropTables([collection.table, ...collection.indexes.map((index) => index.table)]);
  }

  rename(collection: Collection, db: string, name: string): void {
    checkNamespace(db, name);
    this.#collections.delete(collection.namespace);
    this.env.remove(this.env.meta, nameKey(collection.db, collection.name));
    collection.db = db;
    collection.name = name;
    this.#collections.set(collection.namespace, collection);
    this.save(collection);
  }

  /** Forgets tables at once and removes their entries in the background, also after a restart. */
  dropTables(tables: readonly number[]): void {
    for (const table of tables) {
      this.env.put(this.env.meta, Buffer.from(`${DROPPED}\0${table}`), Buffer.alloc(1));
      this.#purge(table);
    }
  }

  #purge(table: number): void {
    this.#purging = this.#purging.then(() => this.#removeEntries(table)).catch(() => undefined);
  }

  async #removeEntries(table: number): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    const start = Buffer.alloc(4);
    const end = Buffer.alloc(4);
    start.writeUInt32BE(table);
    end.writeUInt32BE(table + 1);
    for (const entries of [this.env.records, this.env.indexes]) {
      for (;;) {
        if (this.#closing) return;
        const keys = await this.env.write(async () => {
          await this.env.settle();
          const found = [...entries.getKeys({ start, end, limit: PURGE_CHUNK })];
          for (const key of found) this.env.putUnseen(entries, key, null);
          return found;
        });
        if (keys.length < PURGE_CHUNK) break;
      }
    }
    await this.env.write(() => this.env.remove(this.env.meta, Buffer.from(`${DROPPED}\0${table}`)));
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#purging;
    await this.env.close();
  }
}

function nameKey(db: string, name: string): Buffer {
  return Buffer.from(`${COLLECTION}\0${db}\0${name}`);
}

/** mongod's rules for names. */
export function checkNamespace(db: string, name: string): void {
  checkDatabaseName(db);
  if (name === '') fail('InvalidNamespace', `Invalid namespace specified '${db}.'`);
  if (name.includes('$') || name.startsWith('.') || name.includes('\0')) {
    fail('InvalidNamespace', `Invalid collection name: ${name}`);
  }
  if (Buffer.byteLength(`${db}.${name}`) > 255) {
    fail('InvalidNamespace', `Fully qualified namespace is too long. Namespace: ${db}.${name} Max: 255`);
  }
}

export function checkDatabaseName(db: string): void {
  if (db === '' || Buffer.byteLength(db) > 63 || /[/\\. "$\0]/.test(db)) {
    fail('InvalidNamespace', `Invalid database name: '${db}'`);
  }
}
