import { decimalText } from '../bson/decimal.js';
import { BsonType, type Value } from '../bson/values.js';

/** A value as mongod prints it in error messages: `{ _id: "a", n: 1 }`. */
export function shellText(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return `"${value}"`;
  if (typeof value === 'number') return doubleText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  switch (value.type) {
    case BsonType.Int32:
      return String(value.value);
    case BsonType.Object:
      if (value.isEmpty) return '{}';
      return `{ ${value.fields.map((field) => `${field.name}: ${shellText(field.value)}`).join(', ')} }`;
    case BsonType.Array:
      return value.items.length === 0 ? '[]' : `[ ${value.items.map(shellText).join(', ')} ]`;
    case BsonType.ObjectId:
      return `ObjectId('${value.bytes.toString('hex')}')`;
    case BsonType.Date:
      return `new Date(${value.ms})`;
    case BsonType.Timestamp:
      return `Timestamp(${value.value >> 32n}, ${value.value & 0xffffffffn})`;
    case BsonType.Decimal128:
      return `NumberDecimal('${decimalText(value)}')`;
    case BsonType.Binary:
      if (value.subtype === 4) return `UUID("${uuidText(value.bytes)}")`;
      return `BinData(${value.subtype}, ${value.bytes.toString('hex').toUpperCase()})`;
    case BsonType.RegExp:
      return `/${value.pattern}/${value.flags}`;
    case BsonType.Code:
      return value.code;
    case BsonType.CodeWithScope:
      return `CodeWScope( ${value.code}, ${shellText(value.scope)})`;
    case BsonType.Symbol:
      return `"${value.value}"`;
    case BsonType.DBPointer:
      return `DBRef('${value.namespace}', ${value.id.toString('hex')})`;
    case BsonType.MinKey:
      return 'MinKey';
    case BsonType.MaxKey:
      return 'MaxKey';
    case BsonType.Undefined:
      return 'undefined';
  }
}

function uuidText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

const DIGITS = 16;

/** As C's `%.16g` writes it; and `.0` behind when that looks like no double. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan.0';
  if (!Number.isFinite(value)) return value > 0 ? 'inf.0' : '-inf.0';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const [mantissa = '', power = '0'] = value.toExponential(DIGITS - 1).split('e');
  const exponent = Number(power);
  const text =
    exponent < -4 || exponent >= DIGITS
      ? `${trimmed(mantissa)}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
      : trimmed(value.toFixed(DIGITS - 1 - exponent));
  return text.includes('.') ? text : `${text}.0`;
}

function trimmed(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits;
}
