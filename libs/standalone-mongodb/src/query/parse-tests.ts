import { Arr } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import {
  Binary,
  BsonType,
  Decimal,
  isNumber,
  RegExpValue,
  typeByName,
  type Maybe,
  type Value,
} from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import type { Test } from './ast.js';
import { regExpOf } from './regex.js';
import { shellText } from './shell-text.js';

/** `$regex` with its `$options`, which may come before it: two that both say options are refused by what comes second. */
export function regexTest(value: Value, options?: Maybe, optionsFirst = false): Test {
  if (options !== undefined && typeof options !== 'string') fail('BadValue', '$options has to be a string');
  if (value instanceof RegExpValue) {
    if (value.flags !== '' && options !== undefined && (options !== '' || !optionsFirst)) {
      failAt(optionsFirst ? 51074 : 51075, 'options set in both $regex and $options');
    }
    const flags = options === undefined || options === '' ? value.flags : options;
    return { op: 'regex', pattern: regExpOf(value.pattern, flags), source: value.pattern, flags };
  }
  if (typeof value !== 'string') return fail('BadValue', '$regex has to be a string');
  if (value.includes('\0')) fail('BadValue', 'Regular expression cannot contain an embedded null byte');
  return { op: 'regex', pattern: regExpOf(value, options ?? ''), source: value, flags: options ?? '' };
}

export function typeTest(value: Value): Test {
  const types = new Set<BsonType>();
  let number = false;
  const asked = value instanceof Arr ? value.items : [value];
  if (asked.length === 0) fail('FailedToParse', '$type must match at least one type');
  for (const item of asked) {
    if (item === 'number') number = true;
    else types.add(typeOfAlias(item));
  }
  return { op: 'type', types, number };
}

function typeOfAlias(item: Value): BsonType {
  if (typeof item === 'string') {
    if (item === 'missing') {
      const instead = 'To query for non-existence of a field, use {$exists:false}.';
      fail('BadValue', `'missing' is not a legal type name. ${instead}`);
    }
    return typeByName(item) ?? fail('BadValue', `Unknown type name alias: ${item}`);
  }
  if (!isNumber(item)) return fail('TypeMismatch', 'type must be represented as a number or a string');
  const code = toDouble(item);
  if (code === -1 || code === 255) return BsonType.MinKey;
  if (code === 127) return BsonType.MaxKey;
  if (!Number.isInteger(code) || code < 1 || code > 19) {
    return fail('BadValue', `Invalid numerical type code: ${code}`);
  }
  return code as BsonType;
}

export function sizeTest(value: Value): Test {
  const size = integerOf('$size', value);
  if (typeof size === 'string') return fail('BadValue', `Failed to parse $size. ${size}`);
  if (size < 0n) fail('BadValue', `Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
  return { op: 'size', size: Number(size) };
}

/** The int64 that an element stands for exactly, or why it does not, in mongod's words. */
export function integerOf(name: string, value: Value): bigint | string {
  const element = `${name}: ${shellText(value)}`;
  if (!isNumber(value)) return `Expected a number in: ${element}`;
  if (typeof value === 'bigint') return value;
  const double = toDouble(value);
  const tooLarge = `Cannot represent as a 64-bit integer: ${element}`;
  if (value instanceof Decimal) return Number.isInteger(double) ? (truncate(value) ?? tooLarge) : tooLarge;
  if (Number.isNaN(double)) return `Expected an integer, but found NaN in: ${element}`;
  const integer = truncate(value);
  if (integer === undefined) return tooLarge;
  return Number.isInteger(double) ? integer : `Expected an integer: ${element}`;
}

export function modTest(value: Value): Test {
  if (!(value instanceof Arr)) return fail('BadValue', 'malformed mod, needs to be an array');
  const [divisor, remainder, ...more] = value.items;
  if (divisor === undefined) fail('BadValue', 'malformed mod, not enough elements');
  if (remainder === undefined) fail('BadValue', 'malformed mod, not enough elements');
  if (more.length > 0) fail('BadValue', 'malformed mod, too many elements');
  if (!isNumber(divisor)) fail('BadValue', 'malformed mod, divisor not a number');
  if (!isNumber(remainder)) fail('BadValue', 'malformed mod, remainder not a number');
  const by = truncate(divisor);
  const rest = truncate(remainder);
  if (by === undefined) fail('BadValue', 'malformed mod, divisor value is invalid :: caused by :: Unable to coerce');
  if (rest === undefined)
    fail('BadValue', 'malformed mod, remainder value is invalid :: caused by :: Unable to coerce');
  if (by === 0n) fail('BadValue', 'divisor cannot be 0');
  return { op: 'mod', divisor: by, remainder: rest };
}

/** A number cut to an integer; undefined for NaN and what no int64 holds. */
export function truncate(value: Value): bigint | undefined {
  if (!isNumber(value)) return undefined;
  if (typeof value === 'bigint') return value;
  const double = Math.trunc(toDouble(value));
  return Number.isFinite(double) && Math.abs(double) < 2 ** 63 ? BigInt(double) : undefined;
}

export function bitsTest(path: string, name: string, value: Value): Test {
  const positions = bitPositions(path, name, value);
  return { op: 'bits', all: name.includes('All'), set: name.endsWith('Set'), positions };
}

function bitPositions(path: string, name: string, value: Value): readonly number[] {
  if (value instanceof Binary) return positionsOf(value.bytes.length * 8, (position) => bitOfBytes(value, position));
  if (value instanceof Arr) return value.items.map(bitPosition);
  if (!isNumber(value)) {
    const received = `${name}: ${shellText(value)}`;
    return fail('BadValue', `${path} takes an Array, a number, or a BinData but received: ${received}`);
  }
  const mask = integerOf(name, value);
  if (typeof mask === 'string') return fail('FailedToParse', mask);
  if (mask < 0n) fail('FailedToParse', `Expected a non-negative number in: ${name}: ${shellText(value)}`);
  return positionsOf(64, (position) => bitOfInteger(mask, position));
}

function positionsOf(length: number, isSet: (position: number) => boolean): readonly number[] {
  return Array.from({ length }, (_, position) => position).filter(isSet);
}

function bitPosition(item: Value, i: number): number {
  const position = integerOf(String(i), item);
  if (typeof position === 'string') return fail('BadValue', `Failed to parse bit position. ${position}`);
  const element = `${i}: ${shellText(item)}`;
  if (position !== BigInt.asIntN(32, position)) {
    fail('BadValue', `Failed to parse bit position. Cannot represent in an int: ${element}`);
  }
  if (position < 0n) fail('BadValue', `Failed to parse bit position. Expected a non-negative number in: ${element}`);
  return Number(position);
}

/** Whether a value's bit is set; undefined for what has no bits: other types, fractions and what no int64 holds. */
export function bitReader(value: Value): ((position: number) => boolean) | undefined {
  if (value instanceof Binary) return (position) => bitOfBytes(value, position);
  if (!isNumber(value)) return undefined;
  const integer = integerOf('', value);
  return typeof integer === 'string' ? undefined : (position) => bitOfInteger(integer, position);
}

/** Bit n is bit n mod 8 of byte n div 8; behind the end all are clear. */
function bitOfBytes({ bytes }: Binary, position: number): boolean {
  return (((bytes[Math.floor(position / 8)] ?? 0) >> (position % 8)) & 1) === 1;
}

/** An int64's sign goes on without end. */
function bitOfInteger(integer: bigint, position: number): boolean {
  return ((integer >> BigInt(Math.min(position, 63))) & 1n) === 1n;
}
