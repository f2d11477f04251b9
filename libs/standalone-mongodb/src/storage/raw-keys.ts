import { KeyBuilder } from '../bson/key.js';
import { locate, Place, sameBytes } from '../bson/locate.js';
import { isPlain, type PlainType } from '../bson/raw-key.js';
import { BsonType } from '../bson/scalars.js';
import { valueEnd } from '../bson/skip.js';
import type { IndexInfo } from './index-info.js';

/** The values of one key may be so long together that it cannot become too long for lmdb: a byte of them gives at most three of the key. */
const MAX_VALUE_BYTES = 600;

/** The values of an index's fields in one document. */
class Places {
  readonly places: readonly Place[];
  readonly present: boolean[];
  any = false;

  constructor(fields: number) {
    this.places = Array.from({ length: fields }, () => new Place());
    this.present = this.places.map(() => false);
  }
}

/**
 * Reads a document's key in an index from its bytes. It knows the usual case: top-level fields whose values are plain scalars, and an index
 * of all documents; all else is left to `IndexEntries`, which gives the same keys.
 */
export class RawKeyReader {
  readonly #names: readonly Buffer[];
  readonly #before: Places;
  readonly #after: Places;
  /** Whether it can read keys of this index at all. */
  readonly isUsable: boolean;

  constructor(readonly index: IndexInfo) {
    this.isUsable = index.partial === undefined && !index.unique && index.paths.every((parts) => parts.length === 1);
    this.#names = index.fields.map((field) => Buffer.from(field));
    this.#before = new Places(index.fields.length);
    this.#after = new Places(index.fields.length);
  }

  /** Finds the values in a new document; false when they are not plain. */
  readNew(buf: Buffer, start: number): boolean {
    return this.#read(buf, start, this.#after);
  }

  /** Finds the values in the document that is to be changed; false when they are not plain. */
  readOld(buf: Buffer, start: number): boolean {
    return this.#read(buf, start, this.#before);
  }

  #read(buf: Buffer, start: number, into: Places): boolean {
    let bytes = 0;
    into.any = false;
    for (let i = 0; i < this.#names.length; i += 1) {
      const name = this.#names[i] as Buffer;
      const place = into.places[i] as Place;
      const present = locate(buf, start, name, 0, name.length, place);
      into.present[i] = present;
      if (!present) continue;
      if (!isPlain(place.type)) return false;
      into.any = true;
      bytes += valueEnd(buf, place.type, place.at) - place.at;
    }
    return bytes <= MAX_VALUE_BYTES;
  }

  /** Whether the values found in both documents are the same by their bytes. */
  isUnchanged(old: Buffer, next: Buffer): boolean {
    const [before, after] = [this.#before, this.#after];
    for (let i = 0; i < this.#names.length; i += 1) {
      if (before.present[i] !== after.present[i]) return false;
      if (before.present[i] !== true) continue;
      const x = before.places[i] as Place;
      const y = after.places[i] as Place;
      if (x.type !== y.type) return false;
      const [xEnd, yEnd] = [valueEnd(old, x.type, x.at), valueEnd(next, y.type, y.at)];
      if (!sameBytes(old, x.at, xEnd, next, y.at, yEnd)) return false;
    }
    return true;
  }

  /** Builds the key of what `readNew` found; false when the index leaves the document out. */
  buildNew(buf: Buffer, rid: number): boolean {
    return this.#build(buf, rid, this.#after);
  }

  /** Builds the key of what `readOld` found; false when the index leaves the document out. */
  buildOld(buf: Buffer, rid: number): boolean {
    return this.#build(buf, rid, this.#before);
  }

  #build(buf: Buffer, rid: number, from: Places): boolean {
    if (this.index.sparse && !from.any) return false;
    KeyBuilder.begin(this.index.table);
    for (let i = 0; i < this.#names.length; i += 1) {
      const { type, at } = from.places[i] as Place;
      const descending = this.index.descending[i] === true;
      if (from.present[i] === true) KeyBuilder.addRaw(buf, type as PlainType, at, descending);
      else KeyBuilder.addRaw(buf, BsonType.Null, 0, descending);
    }
    KeyBuilder.addRid(rid);
    return true;
  }
}
