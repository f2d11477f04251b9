import { createHash } from 'node:crypto';
import { canonicalOf } from './compare.js';
import type { Field } from './document.js';
import { compareNumbers, exactParts, toDouble } from './numbers.js';
import {
  BsonType,
  Decimal,
  Int32,
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

/** Longest prefix kept of a key; what is longer ends in its SHA-256 (lmdb's keys end at 1,978 bytes). */
export const KEY_LIMIT = 1900;

let scratch = Buffer.allocUnsafe(4096);
let at = 0;

function room(count: number): void {
  if (at + count <= scratch.length) return;
  const next = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + count));
  scratch.copy(next, 0, 0, at);
  scratch = next;
}

/** Builds keys whose bytes compare as the values do under `compareValues`: equal values, equal bytes, whatever their number type. */
export class KeyBuilder {
  /** Starts a key with a table's number. */
  static begin(table: number): void {
    at = 0;
    room(4);
    at = scratch.writeUInt32BE(table, 0);
  }

  /** Adds a value; descending inverts its bytes. */
  static add(value: Value, descending: boolean): void {
    const start = at;
    append(value);
    if (descending) for (let i = start; i < at; i += 1) scratch[i] = ~(scratch[i] as number) & 0xff;
  }

  /** The key so far. */
  static take(): Buffer {
    return Buffer.from(scratch.subarray(0, at));
  }

  /** The key, shortened by hashing when it is too long for lmdb. */
  static takeBounded(): { key: Buffer; hashed: boolean } {
    if (at <= KEY_LIMIT) return { key: KeyBuilder.take(), hashed: false };
    const digest = createHash('sha256').update(scratch.subarray(KEY_LIMIT, at)).digest();
    return { key: Buffer.concat([scratch.subarray(0, KEY_LIMIT), digest]), hashed: true };
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
      room(5);
      at = scratch.writeUInt32BE(value.bytes.length, at);
      byte(value.subtype);
      return appendBytes(value.bytes);
    case BsonType.RegExp:
      appendText(value.pattern);
      return appendText(value.flags);
    case BsonType.DBPointer:
      room(4);
      at = scratch.writeUInt32BE(Buffer.byteLength(value.namespace), at);
      appendText(value.namespace);
      return appendBytes(value.id);
    case BsonType.Code:
      return appendText(value.code);
    case BsonType.CodeWithScope:
      appendText(value.code);
      return appendFields(value.scope.fields, true);
  }
}

function byte(value: number): void {
  room(1);
  scratch[at++] = value;
}

function appendBytes(bytes: Buffer): void {
  room(bytes.length);
  at += bytes.copy(scratch, at);
}

function appendInt64(value: bigint): void {
  room(8);
  at = scratch.writeBigUInt64BE(BigInt.asUintN(64, value), at);
}

/** UTF-8, ended by 0; a 0 inside becomes 0,255, so that a prefix stays below what continues it. */
function appendText(text: string): void {
  room(text.length * 6 + 1);
  if (!text.includes('\0')) {
    at += scratch.write(text, at);
  } else {
    for (const code of Buffer.from(text)) {
      scratch[at++] = code;
      if (code === 0) scratch[at++] = 0xff;
    }
  }
  scratch[at++] = 0;
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

/**
 * NaN is 0; else 1 and the greatest double at or below the value, ordered as unsigned bytes; then 0 when that is exact, or 1
 * and the decimal digits.
 */
function appendNumber(value: NumberValue): void {
  const nearest = value instanceof Int32 ? value.value : toDouble(value);
  if (Number.isNaN(nearest)) return byte(0);
  room(10);
  scratch[at++] = 1;
  if (value instanceof Int32 || typeof value === 'number') return appendDouble(nearest, true);
  const difference = compareNumbers(value, nearest);
  if (difference === 0) return appendDouble(nearest, true);
  appendDouble(difference < 0 ? below(nearest) : nearest, false);
  appendDigits(value);
}

function appendDouble(value: number, exact: boolean): void {
  const start = at;
  at = scratch.writeDoubleBE(value === 0 ? 0 : value, at);
  if ((scratch[start] as number) & 0x80) {
    for (let i = start; i < at; i += 1) scratch[i] = ~(scratch[i] as number) & 0xff;
  } else {
    scratch[start] = (scratch[start] as number) | 0x80;
  }
  scratch[at++] = exact ? 0 : 1;
}

const view = new DataView(new ArrayBuffer(8));

/** The next double towards minus infinity. */
function below(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  if (value === Infinity) return Number.MAX_VALUE;
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + (value > 0 ? -1n : 1n));
  return view.getFloat64(0);
}

function appendDigits(value: bigint | Decimal): void {
  const parts = exactParts(value);
  if (parts.kind !== 'finite') return;
  const negative = parts.coefficient < 0n;
  const text = (negative ? -parts.coefficient : parts.coefficient).toString();
  const digits = text.replace(/0+$/, '');
  const start = at + 1;
  room(digits.length + 5);
  scratch[at++] = negative ? 0 : 1;
  at = scratch.writeUInt16BE(parts.exponent + text.length + 0x4000, at);
  at += scratch.write(digits, at, 'latin1');
  scratch[at++] = 0;
  if (negative) for (let i = start; i < at; i += 1) scratch[i] = ~(scratch[i] as number) & 0xff;
}
