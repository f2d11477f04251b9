import { Doc, Field } from '../bson/document.js';
import { KeyBuilder } from '../bson/key.js';
import type { Value } from '../bson/values.js';
import { CODES, MongoError } from '../errors.js';
import { compileFilter, type Filter } from '../query/filter.js';
import { shellText } from '../query/shell-text.js';
import { RID_BYTES, type Environment } from './environment.js';
import type { IndexInfo } from './index-info.js';
import { extractKeys, type KeyTuple } from './index-keys.js';

const NOTHING = Buffer.alloc(0);
const NONE: readonly Buffer[] = [];

/**
 * The entries of one collection's documents in its indexes. A unique index has the record's number as an entry's value; in others
 * it ends the key.
 */
export class IndexEntries {
  readonly #partials = new Map<IndexInfo, Filter>();

  /** @param learnt called when an index has met its first array or its first key that is too long */
  constructor(
    private readonly env: Environment,
    private readonly learnt: (index: IndexInfo) => void,
  ) {}

  /** The distinct keys of a document in an index; none when the index leaves it out. */
  keysOf(index: IndexInfo, doc: Doc, rid: number): readonly Buffer[] {
    if (!this.#covers(index, doc)) return NONE;
    const { tuples, multikey, allMissing } = extractKeys(doc, index.paths);
    if (index.sparse && allMissing) return NONE;
    if (multikey !== undefined) this.#learnMultikey(index, multikey);
    const keys = tuples.map((tuple) => this.#keyOf(index, tuple, rid));
    if (keys.length < 2) return keys;
    return [...new Map(keys.map((key) => [key.toString('latin1'), key])).values()];
  }

  #covers(index: IndexInfo, doc: Doc): boolean {
    if (index.partial === undefined) return true;
    let filter = this.#partials.get(index);
    if (filter === undefined) {
      filter = compileFilter(index.partial);
      this.#partials.set(index, filter);
    }
    return filter.matches(doc);
  }

  #keyOf(index: IndexInfo, tuple: KeyTuple, rid: number): Buffer {
    KeyBuilder.begin(index.table);
    for (let i = 0; i < tuple.length; i += 1) KeyBuilder.add(tuple[i] as Value, index.descending[i] === true);
    const { key, hashed } = KeyBuilder.takeBounded();
    if (hashed && !index.hashed) {
      index.hashed = true;
      this.learnt(index);
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
    this.learnt(index);
  }

  /** Whether another record has one of a unique index's keys. For writers. */
  isTaken(index: IndexInfo, keys: readonly Buffer[], rid: number): boolean {
    if (!index.unique) return false;
    return keys.some((key) => {
      const owner = this.env.latest(this.env.indexes, key);
      return owner !== undefined && owner.readUIntBE(0, RID_BYTES) !== rid;
    });
  }

  /** mongod's error for a document that has another's key; of several keys it names the one that is taken. */
  duplicateKey(namespace: string, index: IndexInfo, doc: Doc, rid: number): MongoError {
    const { tuples } = extractKeys(doc, index.paths);
    const taken = tuples.find((tuple) => this.isTaken(index, [this.#keyOf(index, tuple, rid)], rid)) ?? [];
    const keyValue = Doc.of(index.fields.map((name, i) => Field.of(name, taken[i] ?? null)));
    const where = `${namespace} index: ${index.name} dup key: ${shellText(keyValue)}`;
    const message = `E11000 duplicate key error collection: ${where}`;
    return new MongoError(CODES.DuplicateKey, 'DuplicateKey', message, { keyPattern: index.key, keyValue });
  }

  put(index: IndexInfo, keys: readonly Buffer[], rid: number): void {
    for (const key of keys) {
      if (index.unique) this.env.put(this.env.indexes, key, ridBytes(rid));
      else this.env.putUnseen(this.env.indexes, key, NOTHING);
    }
  }

  remove(index: IndexInfo, keys: readonly Buffer[]): void {
    for (const key of keys) {
      if (index.unique) this.env.remove(this.env.indexes, key);
      else this.env.putUnseen(this.env.indexes, key, null);
    }
  }

  /** Whether what is on disk has a key for a record. */
  isStored(index: IndexInfo, key: Buffer, rid: number): boolean {
    const value = this.env.indexes.get(key);
    return value !== undefined && (!index.unique || value.readUIntBE(0, RID_BYTES) === rid);
  }
}

function ridBytes(rid: number): Buffer {
  const bytes = Buffer.allocUnsafe(RID_BYTES);
  bytes.writeUIntBE(rid, 0, RID_BYTES);
  return bytes;
}
