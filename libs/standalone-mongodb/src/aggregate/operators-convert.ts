import { parseDecimal, partsOf } from '../bson/decimal.js';
import { asDecimal, toDouble } from '../bson/numbers.js';
import {
  Binary,
  BsonType,
  DateTime,
  Decimal,
  Int32,
  isNumber,
  nameOfType,
  ObjectId,
  SymbolValue,
  Timestamp,
  typeByName,
  typeName,
  type Maybe,
  type NumberValue,
  type Value,
} from '../bson/values.js';
import { FixedOffsetZone } from 'luxon';
import { Arr, Doc } from '../bson/document.js';
import { CODES, fail, failAt, MongoError } from '../errors.js';
import { readFreely } from './date-parse.js';
import { wholeOf } from './decimal-rounding.js';
import { compileExpression } from './expression.js';
import { folded, operators } from './operators.js';
import { define, defineNamed, isNullish, textOf } from './values.js';

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
    return folded([input], (doc, variables) => {
      const value = input(doc, variables);
      return isNullish(value) ? null : convert(value, type);
    });
  });
}

define('$toUUID', 1, (value) => {
  if (isNullish(value)) return null;
  if (typeof value === 'string') return uuidOf(value);
  if (value instanceof Binary && value.subtype === 4) return value;
  return fail(
    'ConversionFailure',
    `Unsupported conversion from ${typeName(value)} to binData in $convert with no onError value`,
  );
});

function uuidOf(text: string): Binary {
  const isUuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
  if (isUuid) return new Binary(4, Buffer.from(text.replaceAll('-', ''), 'hex'));
  const reason = `Invalid UUID string: ${text}`;
  return fail('ConversionFailure', `Failed to parse BinData '${text}' in $convert with no onError value: ${reason}`);
}

defineNamed('$convert', ['input', 'to', 'onError', 'onNull', 'format', 'byteOrder'], ['input', 'to'], (args) => {
  const { input } = args;
  const type = targetOf(args['to']);
  if (isNullish(input)) return 'onNull' in args ? args['onNull'] : null;
  if (type === null) return null;
  for (const name of ['format', 'byteOrder']) {
    if (!isNullish(args[name])) fail('NotImplemented', `standalone mode has no $convert option '${name}'`);
  }
  try {
    return convert(input, type);
  } catch (error) {
    if (error instanceof MongoError && error.code === CODES.ConversionFailure && 'onError' in args) {
      return args['onError'];
    }
    throw error;
  }
});

/** The type that `to` asks for; null for nothing. */
function targetOf(to: Maybe): BsonType | null {
  if (isNullish(to)) return null;
  if (to instanceof Doc) {
    if (!to.has('type')) failAt(4341105, "$convert's 'to' argument must be a string, number or object with a 'type'");
    if (to.has('subtype')) fail('NotImplemented', "standalone mode has no $convert option 'to.subtype'");
    return targetOf(to.get('type'));
  }
  if (typeof to === 'string') return typeByName(to) ?? fail('BadValue', `Unknown type name: ${to}`);
  if (!isNumber(to)) {
    return fail('FailedToParse', `$convert's 'to' argument must be a string or number, but is ${typeName(to)}`);
  }
  const code = toDouble(to);
  if (!Number.isInteger(code)) fail('FailedToParse', "In $convert, numeric 'to' argument is not an integer");
  const known = typeByCode(code);
  const refusal = `In $convert, numeric value for 'to' does not correspond to a BSON type: ${code}`;
  return known ?? fail('FailedToParse', refusal);
}

function typeByCode(code: number): BsonType | undefined {
  if (code === -1 || code === BsonType.MinKey) return BsonType.MinKey;
  const isKnown = (code >= 1 && code <= 19) || code === BsonType.MaxKey;
  return isKnown ? (code as BsonType) : undefined;
}

function convert(value: Value, type: BsonType): Maybe {
  if (isBinary(value, type)) fail('NotImplemented', 'standalone mode has no $convert from or to binData');
  return (
    converted(value, type) ??
    fail(
      'ConversionFailure',
      `Unsupported conversion from ${typeName(value)} to ${nameOfType(type)} in $convert with no onError value`,
    )
  );
}

/** What mongod 8.0 converts with a format: strings and UUIDs from binary data, and back. */
function isBinary(value: Value, type: BsonType): boolean {
  if (value instanceof Binary) return type === BsonType.String || type === BsonType.Binary;
  return typeof value === 'string' && type === BsonType.Binary;
}

function converted(value: Value, type: BsonType): Maybe {
  // What is no number and not false is true, as dates and strings are.
  if (type === BsonType.Boolean) return isNumber(value) ? toDouble(value) !== 0 : value !== false;
  if (type === BsonType.String) {
    return value instanceof SymbolValue || value instanceof Timestamp ? undefined : textOf(value);
  }
  if (type === BsonType.Date) return toDate(value);
  if (type === BsonType.ObjectId) return toObjectId(value);
  return isNumberType(type) ? toNumber(value, type) : undefined;
}

function toObjectId(value: Value): Maybe {
  if (value instanceof ObjectId) return value;
  if (typeof value !== 'string') return undefined;
  if (/^[0-9a-f]{24}$/i.test(value)) return new ObjectId(Buffer.from(value, 'hex'));
  const reason =
    value.length === 24
      ? `Invalid character found in hex string: "${value}"`
      : `Invalid string length for parsing to OID, expected 24 but found ${value.length}`;
  return fail('ConversionFailure', `Failed to parse objectId '${value}' in $convert with no onError value: ${reason}`);
}

const NUMBER_TYPES: readonly BsonType[] = [BsonType.Decimal128, BsonType.Double, BsonType.Int32, BsonType.Int64];

function isNumberType(type: BsonType): type is NumberType {
  return NUMBER_TYPES.includes(type);
}

type NumberType = BsonType.Decimal128 | BsonType.Double | BsonType.Int32 | BsonType.Int64;

function toNumber(value: Value, type: NumberType): Maybe {
  if (typeof value === 'string') return parsed(value, type);
  const number = isNumber(value) ? value : numberFrom(value, type);
  if (number === undefined) return undefined;
  if (type === BsonType.Decimal128) return asDecimal(number);
  if (type === BsonType.Double) return doubleOf(number);
  return toInteger(number, type === BsonType.Int32);
}

function numberFrom(value: Value, type: NumberType): NumberValue | undefined {
  if (typeof value === 'boolean') return new Int32(Number(value));
  return value instanceof DateTime && type !== BsonType.Int32 ? value.ms : undefined;
}

/** A decimal beyond the range of doubles does not become infinite. */
function doubleOf(value: NumberValue): number {
  const double = toDouble(value);
  if (value instanceof Decimal && !Number.isFinite(double) && partsOf(value).kind === 'finite') overflow(value);
  return double;
}

const INTEGER_TYPES: readonly BsonType[] = [BsonType.Int32, BsonType.Int64];

function parsedDecimal(text: string): Decimal {
  const decimal = parseDecimal(text) ?? unparsable(text, 'Failed to parse string to decimal');
  const parts = partsOf(decimal);
  if (parts.kind === 'infinity' && !/inf/i.test(text)) {
    unparsable(text, 'Conversion from string to decimal would overflow');
  }
  if (parts.kind === 'finite' && parts.coefficient === 0n && /[1-9]/.test(text.replace(/e.*/i, ''))) {
    unparsable(text, 'Conversion from string to decimal would underflow');
  }
  return decimal;
}

function parsed(value: string, type: NumberType): Value {
  if (value.startsWith('0x')) {
    fail('ConversionFailure', `Illegal hexadecimal input in $convert with no onError value: ${value}`);
  }
  if (value === '') unparsable(value, 'Empty string');
  if (type === BsonType.Decimal128) return parsedDecimal(value);
  if (INTEGER_TYPES.includes(type)) {
    if (!/^[+-]?\d+$/.test(value)) return unparsable(value, 'Did not consume whole string.');
    const whole = BigInt(value.replace('+', ''));
    const bits = type === BsonType.Int32 ? 32 : 64;
    if (BigInt.asIntN(bits, whole) !== whole) unparsable(value, 'Overflow');
    return type === BsonType.Int32 ? new Int32(Number(whole)) : whole;
  }
  return parsedDouble(value);
}

function parsedDouble(value: string): number {
  if (/^\s/.test(value)) unparsable(value, 'Leading whitespace');
  const special = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i.exec(value);
  if (special !== null) return special[2] !== undefined ? NaN : special[1] === '-' ? -Infinity : Infinity;
  if (!/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) unparsable(value, 'Did not consume whole string.');
  const number = Number(value);
  if (!Number.isFinite(number)) unparsable(value, 'Out of range');
  return number;
}

function unparsable(value: string, reason: string): never {
  return fail('ConversionFailure', `Failed to parse number '${value}' in $convert with no onError value: ${reason}`);
}

function overflow(value: NumberValue): never {
  // mongod does not say which int64.
  const which = typeof value === 'bigint' ? '' : textOf(value);
  return fail('ConversionFailure', `Conversion would overflow target type in $convert with no onError value: ${which}`);
}

function toInteger(value: NumberValue, small: boolean): Value {
  const whole = wholePart(value);
  if (BigInt.asIntN(small ? 32 : 64, whole) !== whole) return overflow(value);
  return small ? new Int32(Number(whole)) : whole;
}

/** The number without its fraction. */
function wholePart(value: NumberValue): bigint {
  const whole =
    typeof value !== 'number' ? wholeOf(value, 'down') : Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined;
  if (whole !== undefined) return whole;
  const what = Number.isNaN(toDouble(value)) ? 'NaN' : 'infinity';
  return fail(
    'ConversionFailure',
    `Attempt to convert ${what} value to integer type in $convert with no onError value`,
  );
}

function toDate(value: Value): Maybe {
  if (value instanceof DateTime) return value;
  if (value instanceof Timestamp) return new DateTime((value.value >> 32n) * 1000n);
  if (value instanceof ObjectId) return new DateTime(BigInt(value.bytes.readInt32BE(0)) * 1000n);
  if (typeof value === 'string') return new DateTime(BigInt(readFreely(value, FixedOffsetZone.utcInstance)));
  if (!isNumber(value) || value instanceof Int32) return undefined;
  return new DateTime(toInteger(value, false) as bigint);
}
