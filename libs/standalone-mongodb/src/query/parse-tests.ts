import { Arr } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Binary, BsonType, isNumber, RegExpValue, typeByName, type Maybe, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import type { Test } from './ast.js';
import { regExpOf } from './regex.js';
import { shellText } from './shell-text.js';

export function regexTest(value: Value, options: Maybe): Test {
  if (options !== undefined && typeof options !== 'string') fail('BadValue', '$options has to be a string');
  if (value instanceof RegExpValue) {
    if (value.flags !== '' && options !== undefined && options !== '') {
      failOptions();
    }
    const flags = options ?? value.flags;
    return { op: 'regex', pattern: regExpOf(value.pattern, flags), source: value.pattern, flags };
  }
  if (typeof value !== 'string') return fail('BadValue', '$regex has to be a string');
  if (value.includes('\0')) fail('BadValue', 'Regular expression cannot contain an embedded null byte');
  return { op: 'regex', pattern: regExpOf(value, options ?? ''), source: value, flags: options ?? '' };
}

function failOptions(): never {
  return fail('BadValue', 'options set in both $regex and $options');
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
  if (!isNumber(value)) {
    return fail('BadValue', `Failed to parse $size. Expected a number in: $size: ${shellText(value)}`);
  }
  const size = toDouble(value);
  if (!Number.isInteger(size)) {
    fail('BadValue', `Failed to parse $size. Expected an integer: $size: ${size}`);
  }
  if (size < 0) fail('BadValue', `Failed to parse $size. Expected a non-negative number in: $size: ${size}`);
  return { op: 'size', size };
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

export function bitsTest(name: string, value: Value): Test {
  return { op: 'bits', all: name.includes('All'), set: name.endsWith('Set'), mask: bitMask(name, value) };
}

function bitMask(name: string, value: Value): bigint {
  if (value instanceof Binary) return bitsOfBinary(value);
  if (value instanceof Arr) {
    return value.items.reduce((mask: bigint, item) => {
      const position = truncate(item);
      if (position === undefined || position < 0n)
        return fail('BadValue', `Failed to parse bit position. Expected a non-negative number in: ${shellText(item)}`);
      return mask | (1n << position);
    }, 0n);
  }
  if (isNumber(value)) {
    const mask = truncate(value);
    if (mask === undefined || Number(mask) !== toDouble(value)) {
      return fail('FailedToParse', `Expected an integer: ${name}: ${shellText(value)}`);
    }
    if (mask < 0n) return fail('FailedToParse', `Expected a non-negative number in: ${name}: ${shellText(value)}`);
    return mask;
  }
  return fail('BadValue', `takes an Array, a number, or a BinData but received: ${name}: ${shellText(value)}`);
}

/** Bit n is bit n mod 8 of byte n div 8. */
export function bitsOfBinary(value: Binary): bigint {
  return value.bytes.reduce((bits, byte, i) => bits | (BigInt(byte) << BigInt(i * 8)), 0n);
}
