import { createHash } from 'node:crypto';
import { canonicalOf } from './compare.js';
import type { Field } from './document.js';
import type { KeyBytes } from './key-bytes.js';
import { appendBytes, appendInt64, appendNumber, appendText, byte, invert, scratch } from './key-parts.js';
import { appendRaw, type PlainType } from './raw-key.js';
import {
  BsonType,
  typeOf,
  type Binary,
  type Code,
  type CodeWithScope,
  type DateTime,
  type DBPointer,
  type NumberValue,
  type ObjectId,
  type RegExpValue,
  type SymbolValue,
  type Timestamp,
  type Value,
} from './values.js';

/** How many bytes a record's number has in a key. */
export const RID_BYTES = 6;
/** Longest prefix kept of a key; what is longer ends in its SHA-256 (lmdb's keys end at 1,978 bytes). */
export const KEY_LIMIT = 1900;

/** Builds keys whose bytes compare as the values do under `compareValues`: equal values, equal bytes, whatever their number type. */
export class KeyBuilder {
  /** Starts a key with a table's number. */
  static begin(table: number): void {
    scratch.end = scratch.bytes.writeUInt32BE(table, 0);
  }

  /** Adds a value; descending inverts its bytes. */
  static add(value: Value, descending: boolean): void {
    const start = scratch.end;
    append(value);
    if (descending) invert(start);
  }

  /** Adds a value of a plain type (see `isPlain`) from its bytes in a document: the same key as `add` makes of it. */
  static addRaw(buf: Buffer, type: PlainType, at: number, descending: boolean): void {
    const start = scratch.end;
    appendRaw(buf, type, at);
    if (descending) invert(start);
  }

  /** Ends a key with a record's number. */
  static addRid(rid: number): void {
    scratch.room(RID_BYTES);
    scratch.end = scratch.bytes.writeUIntBE(rid, scratch.end, RID_BYTES);
  }

  /** The key so far, until the next one is begun. */
  static get current(): KeyBytes {
    return scratch;
  }

  static get isTooLong(): boolean {
    return scratch.end > KEY_LIMIT;
  }

  /** The key so far. */
  static take(): Buffer {
    return scratch.copy();
  }

  /** The key, shortened by hashing when it is too long for lmdb. */
  static takeBounded(): { key: Buffer; hashed: boolean } {
    if (scratch.end <= KEY_LIMIT) return { key: scratch.copy(), hashed: false };
    const digest = createHash('sha256').update(scratch.bytes.subarray(KEY_LIMIT, scratch.end)).digest();
    return { key: Buffer.concat([scratch.bytes.subarray(0, KEY_LIMIT), digest]), hashed: true };
  }
}

/** The byte with which every key of a type begins (before any inversion). */
export function typeByte(value: Value): number {
  return canonicalOf(typeOf(value));
}

function append(value: Value): void {
  const type = typeOf(value);
  byte(canonicalOf(type));
  switch (type) {
    case BsonType.Double:
    case BsonType.Int32:
    case BsonType.Int64:
    case BsonType.Decimal128:
      return appendNumber(value as NumberValue);
    case BsonType.String:
      return appendText(value as string);
    case BsonType.Symbol:
      return appendText((value as SymbolValue).value);
    case BsonType.Object:
    case BsonType.Array:
      return appendFields((value as { fields: readonly Field[] }).fields, type === BsonType.Object);
    case BsonType.ObjectId:
      return appendBytes((value as ObjectId).bytes);
    case BsonType.Boolean:
      return byte(value === true ? 1 : 0);
    case BsonType.Date:
      return appendInt64((value as DateTime).ms + 2n ** 63n);
    case BsonType.Timestamp:
      return appendInt64((value as Timestamp).value);
    case BsonType.Null:
    case BsonType.Undefined:
    case BsonType.MinKey:
    case BsonType.MaxKey:
      return undefined;
    case BsonType.Binary:
    case BsonType.RegExp:
    case BsonType.DBPointer:
    case BsonType.Code:
    case BsonType.CodeWithScope:
      return appendRare(value as Binary | RegExpValue | DBPointer | Code | CodeWithScope);
  }
}

function appendRare(value: Binary | RegExpValue | DBPointer | Code | CodeWithScope): void {
  switch (value.type) {
    case BsonType.Binary:
      scratch.room(5);
      scratch.end = scratch.bytes.writeUInt32BE(value.bytes.length, scratch.end);
      byte(value.subtype);
      return appendBytes(value.bytes);
    case BsonType.RegExp:
      appendText(value.pattern);
      return appendText(value.flags);
    case BsonType.DBPointer:
      scratch.room(4);
      scratch.end = scratch.bytes.writeUInt32BE(Buffer.byteLength(value.namespace), scratch.end);
      appendText(value.namespace);
      return appendBytes(value.id);
    case BsonType.Code:
      return appendText(value.code);
    case BsonType.CodeWithScope:
      appendText(value.code);
      return appendFields(value.scope.fields, true);
  }
}

/** Type, name, value of each element in turn, as `compareFields` looks at them; 0 ends. */
function appendFields(fields: readonly Field[], names: boolean): void {
  for (const field of fields) {
    byte(canonicalOf(field.type));
    if (names) appendText(field.name);
    append(field.value);
  }
  byte(0);
}
