import type { Arr, Doc, Field } from './document.js';
import { compareNumbers } from './numbers.js';
import {
  BsonType,
  typeOf,
  type Binary,
  type Code,
  type CodeWithScope,
  type DateTime,
  type DBPointer,
  type Maybe,
  type NumberValue,
  type ObjectId,
  type RegExpValue,
  type SymbolValue,
  type Timestamp,
  type Value,
} from './values.js';

/** The place of a type in BSON's order; types that compare by value with each other share one. */
export function canonicalOf(type: BsonType): number {
  switch (type) {
    case BsonType.MinKey:
      return 1;
    case BsonType.Undefined:
      return 3;
    case BsonType.Null:
      return 5;
    case BsonType.Double:
    case BsonType.Int32:
    case BsonType.Int64:
    case BsonType.Decimal128:
      return 10;
    case BsonType.String:
    case BsonType.Symbol:
      return 15;
    case BsonType.Object:
      return 20;
    case BsonType.Array:
      return 25;
    case BsonType.Binary:
      return 30;
    case BsonType.ObjectId:
      return 35;
    case BsonType.Boolean:
      return 40;
    case BsonType.Date:
      return 45;
    case BsonType.Timestamp:
      return 47;
    case BsonType.RegExp:
      return 50;
    case BsonType.DBPointer:
      return 55;
    case BsonType.Code:
      return 60;
    case BsonType.CodeWithScope:
      return 65;
    case BsonType.MaxKey:
      return 127;
  }
}

/** The one comparator: BSON type order, then value. Negative, zero or positive. */
export function compareValues(a: Value, b: Value): number {
  if (typeof a === 'string' && typeof b === 'string') return compareStrings(a, b);
  const place = canonicalOf(typeOf(a));
  const other = canonicalOf(typeOf(b));
  return place !== other ? place - other : compareSameType(place, a, b);
}

/** As `compareValues`, with a missing value below everything but MinKey. */
export function compareMaybe(a: Maybe, b: Maybe): number {
  if (a === undefined || b === undefined) {
    const x = a === undefined ? 3 : canonicalOf(typeOf(a));
    const y = b === undefined ? 3 : canonicalOf(typeOf(b));
    return x - y;
  }
  return compareValues(a, b);
}

export function equalValues(a: Value, b: Value): boolean {
  return compareValues(a, b) === 0;
}

function compareSameType(place: number, a: Value, b: Value): number {
  switch (place) {
    case 10:
      return compareNumbers(a as NumberValue, b as NumberValue);
    case 15:
      return compareStrings(stringOf(a as string | SymbolValue), stringOf(b as string | SymbolValue));
    case 20:
      return compareFields((a as Doc).fields, (b as Doc).fields, true);
    case 25:
      return compareFields((a as Arr).fields, (b as Arr).fields, false);
    case 35:
      return Buffer.compare((a as ObjectId).bytes, (b as ObjectId).bytes);
    case 40:
      return Number(a) - Number(b);
    case 45:
      return order((a as DateTime).ms, (b as DateTime).ms);
    case 47:
      return order((a as Timestamp).value, (b as Timestamp).value);
    default:
      return compareRare(place, a, b);
  }
}

function compareRare(place: number, a: Value, b: Value): number {
  switch (place) {
    case 30: {
      const [x, y] = [a as Binary, b as Binary];
      return x.bytes.length - y.bytes.length || x.subtype - y.subtype || Buffer.compare(x.bytes, y.bytes);
    }
    case 50: {
      const [x, y] = [a as RegExpValue, b as RegExpValue];
      return compareStrings(x.pattern, y.pattern) || compareStrings(x.flags, y.flags);
    }
    case 55: {
      const [x, y] = [a as DBPointer, b as DBPointer];
      const lengths = Buffer.byteLength(x.namespace) - Buffer.byteLength(y.namespace);
      return lengths || compareStrings(x.namespace, y.namespace) || Buffer.compare(x.id, y.id);
    }
    case 60:
      return compareStrings((a as Code).code, (b as Code).code);
    case 65: {
      const [x, y] = [a as CodeWithScope, b as CodeWithScope];
      return compareStrings(x.code, y.code) || compareFields(x.scope.fields, y.scope.fields, true);
    }
    default:
      return 0;
  }
}

function compareFields(a: readonly Field[], b: readonly Field[], names: boolean): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const x = a[i] as Field;
    const y = b[i] as Field;
    const result =
      canonicalOf(x.type) - canonicalOf(y.type) ||
      (names ? compareStrings(x.name, y.name) : 0) ||
      compareValues(x.value, y.value);
    if (result !== 0) return result;
  }
  return a.length - b.length;
}

function stringOf(value: string | SymbolValue): string {
  return typeof value === 'string' ? value : value.value;
}

function order(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Orders strings as their UTF-8 bytes do, which differs from JavaScript's order beyond U+D7FF. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return x >= 0xd800 && y >= 0xd800 ? utf8Rank(x) - utf8Rank(y) : x - y;
  }
  return a.length - b.length;
}

/** Surrogates stand for characters above U+FFFF: they go after U+E000–U+FFFF. */
function utf8Rank(unit: number): number {
  return unit <= 0xdfff ? unit + 0x10000 : unit;
}
