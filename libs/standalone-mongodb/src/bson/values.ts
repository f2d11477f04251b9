import { typeOf, type Maybe } from './document.js';
import { BsonType, Decimal, Int32, type NumberValue } from './scalars.js';

export * from './scalars.js';
export { CodeWithScope, typeOf, type Maybe, type Value } from './document.js';

export function isNumber(value: Maybe): value is NumberValue {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof Int32 || value instanceof Decimal;
}

const NAMES = new Map<BsonType, string>([
  [BsonType.Double, 'double'],
  [BsonType.String, 'string'],
  [BsonType.Object, 'object'],
  [BsonType.Array, 'array'],
  [BsonType.Binary, 'binData'],
  [BsonType.Undefined, 'undefined'],
  [BsonType.ObjectId, 'objectId'],
  [BsonType.Boolean, 'bool'],
  [BsonType.Date, 'date'],
  [BsonType.Null, 'null'],
  [BsonType.RegExp, 'regex'],
  [BsonType.DBPointer, 'dbPointer'],
  [BsonType.Code, 'javascript'],
  [BsonType.Symbol, 'symbol'],
  [BsonType.CodeWithScope, 'javascriptWithScope'],
  [BsonType.Int32, 'int'],
  [BsonType.Timestamp, 'timestamp'],
  [BsonType.Int64, 'long'],
  [BsonType.Decimal128, 'decimal'],
  [BsonType.MinKey, 'minKey'],
  [BsonType.MaxKey, 'maxKey'],
]);

/** The alias that $type and error messages use; 'missing' for an absent field. */
export function typeName(value: Maybe): string {
  return value === undefined ? 'missing' : (NAMES.get(typeOf(value)) ?? 'unknown');
}

/** The alias of a type. */
export function nameOfType(type: BsonType): string {
  return NAMES.get(type) ?? 'unknown';
}

/** Type number by alias, for $type. */
export function typeByName(name: string): BsonType | undefined {
  for (const [type, known] of NAMES) if (known === name) return type;
  return undefined;
}
