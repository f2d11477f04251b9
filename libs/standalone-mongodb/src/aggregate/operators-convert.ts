import { parseDecimal } from '../bson/decimal.js';
import { asDecimal, compareNumbers, toDouble } from '../bson/numbers.js';
import {
  BsonType,
  DateTime,
  Decimal,
  Int32,
  isNumber,
  ObjectId,
  Timestamp,
  typeByName,
  typeName,
  type Maybe,
  type NumberValue,
  type Value,
} from '../bson/values.js';
import { FixedOffsetZone } from 'luxon';
import { Arr } from '../bson/document.js';
import { fail, failAt, MongoError } from '../errors.js';
import { parseDate } from './date-format.js';
import { compileExpression } from './expression.js';
import { operators } from './operators.js';
import { defineNamed, isNullish, textOf } from './values.js';

const ALIASES: Readonly<Record<string, BsonType>> = {
  $toInt: BsonType.Int32,
  $toLong: BsonType.Int64,
  $toDouble: BsonType.Double,
  $toDecimal: BsonType.Decimal128,
  $toBool: BsonType.Boolean,
  $toString: BsonType.String,
  $toDate: BsonType.Date,
  $toObjectId: BsonType.ObjectId,
};

for (const [name, type] of Object.entries(ALIASES)) {
  operators.set(name, (argument) => {
    const items = argument instanceof Arr ? argument.items : [argument];
    if (items.length !== 1) failAt(50723, `${name} requires a single argument, got ${items.length}`);
    const input = compileExpression(items[0] as Value);
    return (doc, variables) => {
      const value = input(doc, variables);
      return isNullish(value) ? null : convert(value, type);
    };
  });
}

defineNamed('$convert', ['input', 'to', 'onError', 'onNull', 'format', 'byteOrder'], ['input', 'to'], (args) => {
  const { input, to } = args;
  if (isNullish(input)) return 'onNull' in args ? args['onNull'] : null;
  if (isNullish(to)) return null;
  const type = typeof to === 'string' ? typeByName(to) : isNumber(to) ? (toDouble(to) as BsonType) : undefined;
  if (type === undefined) return fail('BadValue', `Unknown type name: ${String(to)}`);
  try {
    return convert(input, type);
  } catch (error) {
    if (error instanceof MongoError && 'onError' in args) return args['onError'];
    throw error;
  }
});

function convert(value: Value, type: BsonType): Maybe {
  const result = converted(value, type);
  return result ?? failConversion(value, type);
}

function failConversion(value: Value, type: BsonType): never {
  const to = NAMES[type] ?? 'that type';
  return fail(
    'ConversionFailure',
    `Unsupported conversion from ${typeName(value)} to ${to} in $convert with no onError value`,
  );
}

const NAMES: Partial<Record<BsonType, string>> = {
  [BsonType.Int32]: 'int',
  [BsonType.Int64]: 'long',
  [BsonType.Double]: 'double',
  [BsonType.Decimal128]: 'decimal',
  [BsonType.Boolean]: 'bool',
  [BsonType.String]: 'string',
  [BsonType.Date]: 'date',
  [BsonType.ObjectId]: 'objectId',
};

function converted(value: Value, type: BsonType): Maybe {
  // What is no number and not false is true, as dates and strings are.
  if (type === BsonType.Boolean) return isNumber(value) ? toDouble(value) !== 0 : value !== false;
  if (type === BsonType.String) return textOf(value);
  if (type === BsonType.Date) return toDate(value);
  if (type === BsonType.ObjectId) {
    if (value instanceof ObjectId) return value;
    if (typeof value !== 'string') return undefined;
    return /^[0-9a-f]{24}$/i.test(value) ? new ObjectId(Buffer.from(value, 'hex')) : unparsable(value);
  }
  const number = numberFrom(value, type);
  if (number === undefined) return undefined;
  if (type === BsonType.Decimal128) return asDecimal(number);
  if (type === BsonType.Double) return toDouble(number);
  return toInteger(number, type === BsonType.Int32);
}

function numberFrom(value: Value, type: BsonType): NumberValue | undefined {
  if (isNumber(value)) return value;
  if (typeof value === 'boolean') return new Int32(Number(value));
  if (value instanceof DateTime && type !== BsonType.Int32) return value.ms;
  if (typeof value !== 'string') return undefined;
  if (type === BsonType.Decimal128) return parseDecimal(value) ?? unparsable(value);
  if (type === BsonType.Double) {
    const parsed = /^\s|\s$|^$|^0x/i.test(value) ? NaN : Number(value);
    if (Number.isNaN(parsed) && !/^[+-]?nan$/i.test(value)) unparsable(value);
    return parsed;
  }
  return /^[+-]?\d+$/.test(value) ? BigInt(value.replace('+', '')) : unparsable(value);
}

function unparsable(value: string): never {
  return fail('ConversionFailure', `Failed to parse '${value}' in $convert with no onError value`);
}

function toInteger(value: NumberValue, small: boolean): Value {
  const [low, high] = small ? [-(2n ** 31n), 2n ** 31n - 1n] : [-(2n ** 63n), 2n ** 63n - 1n];
  const whole = truncated(value);
  if (whole === undefined || whole < low || whole > high) {
    return fail('ConversionFailure', 'Conversion would overflow target type in $convert with no onError value');
  }
  return small ? new Int32(Number(whole)) : whole;
}

function truncated(value: NumberValue): bigint | undefined {
  if (value instanceof Int32) return BigInt(value.value);
  if (typeof value === 'bigint') return value;
  const double = toDouble(value);
  if (!Number.isFinite(double)) return undefined;
  if (typeof value === 'number') return BigInt(Math.trunc(double));
  let whole = BigInt(Math.trunc(double));
  // The nearest double may be past the decimal: step back to what is cut from the exact value.
  while (compareNumbers(whole, value) > 0 && whole > 0n) whole -= 1n;
  while (compareNumbers(whole, value) < 0 && whole < 0n) whole += 1n;
  return whole;
}

function toDate(value: Value): Maybe {
  if (value instanceof DateTime) return value;
  if (value instanceof Timestamp) return new DateTime((value.value >> 32n) * 1000n);
  if (value instanceof ObjectId) return new DateTime(BigInt(value.bytes.readUInt32BE(0)) * 1000n);
  if (typeof value === 'bigint') return new DateTime(value);
  if (typeof value === 'number' || value instanceof Decimal) return new DateTime(truncated(value) ?? 0n);
  if (typeof value !== 'string') return undefined;
  const parsed = parseDate(value, undefined, FixedOffsetZone.utcInstance);
  return parsed === undefined ? unparsable(value) : new DateTime(BigInt(parsed));
}
