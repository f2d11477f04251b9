import { Arr } from '../bson/document.js';
import { encodeValue, Writer } from '../bson/encode.js';
import type { PlainObject } from '../bson/build.js';
import { BsonType } from '../bson/scalars.js';
import type { Outcome, RawDocument } from '../storage/raw-writer.js';
import type { UpdateResult } from './update.js';

/** What the statements of an update did, as its answer tells. */
export class UpdateTotals {
  #matched = 0;
  #modified = 0;
  #upserted = 0;
  /** The array `upserted` as BSON, while it is being made. */
  #upsertedIds: Writer | undefined;

  addOutcome(outcome: Exclude<Outcome, 'general'>, index: number, { buf, id, idEnd }: RawDocument): void {
    if (outcome === 'upserted') this.#addUpserted(index, id.type, buf, id.at, idEnd);
    else if (outcome !== 'unmatched') this.#matched += 1;
    if (outcome === 'modified') this.#modified += 1;
  }

  addResult({ matched, modified, upsertedId }: UpdateResult, index: number): void {
    this.#matched += matched;
    this.#modified += modified;
    if (upsertedId === undefined) return;
    const value = encodeValue(upsertedId);
    this.#addUpserted(index, value[0] as BsonType, value, 1, value.length);
  }

  /** One more element `{index, _id}`. */
  #addUpserted(index: number, type: BsonType, buf: Buffer, start: number, end: number): void {
    let writer = this.#upsertedIds;
    if (writer === undefined) {
      this.#upsertedIds = writer = new Writer();
      writer.int32(0);
    }
    writer.byte(BsonType.Object);
    writer.cstring(String(this.#upserted));
    const at = writer.length;
    writer.int32(0);
    writer.byte(BsonType.Int32);
    writer.cstring('index');
    writer.int32(index);
    writer.byte(type);
    writer.cstring('_id');
    writer.bytes(buf, start, end);
    writer.byte(0);
    writer.patchInt32(at, writer.length - at);
    this.#upserted += 1;
  }

  /** Once, at the end. */
  fields(): PlainObject {
    return { n: this.#matched + this.#upserted, upserted: this.#upsertedArray(), nModified: this.#modified };
  }

  #upsertedArray(): Arr | undefined {
    const writer = this.#upsertedIds;
    if (writer === undefined) return undefined;
    writer.byte(0);
    writer.patchInt32(0, writer.length);
    return Arr.raw(writer.finish(), 0);
  }
}
