import {
  Binary,
  BsonType,
  Code,
  DateTime,
  DBPointer,
  Decimal,
  Int32,
  MAX_KEY,
  MIN_KEY,
  ObjectId,
  RegExpValue,
  SymbolValue,
  Timestamp,
  UNDEFINED,
} from './scalars.js';

type Container = BsonType.Object | BsonType.Array | BsonType.CodeWithScope;

export type Scalar =
  | null
  | boolean
  | string
  | number
  | bigint
  | Int32
  | Decimal
  | DateTime
  | Timestamp
  | ObjectId
  | Binary
  | RegExpValue
  | Code
  | SymbolValue
  | DBPointer
  | typeof MIN_KEY
  | typeof MAX_KEY
  | typeof UNDEFINED;

/** Decodes one value that holds no other. */
export function decodeScalar(buf: Buffer, type: Exclude<BsonType, Container>, at: number): Scalar {
  switch (type) {
    case BsonType.Double:
      return buf.readDoubleLE(at);
    case BsonType.String:
      return stringAt(buf, at);
    case BsonType.Int32:
      return new Int32(buf.readInt32LE(at));
    case BsonType.Int64:
      return buf.readBigInt64LE(at);
    case BsonType.Boolean:
      return buf[at] === 1;
    case BsonType.Null:
      return null;
    case BsonType.Date:
      return new DateTime(buf.readBigInt64LE(at));
    case BsonType.ObjectId:
      return new ObjectId(buf.subarray(at, at + 12));
    case BsonType.Decimal128:
      return new Decimal(buf.subarray(at, at + 16));
    case BsonType.Timestamp:
      return new Timestamp(buf.readBigUInt64LE(at));
    case BsonType.MinKey:
      return MIN_KEY;
    case BsonType.MaxKey:
      return MAX_KEY;
    case BsonType.Undefined:
      return UNDEFINED;
    case BsonType.Binary:
    case BsonType.RegExp:
    case BsonType.DBPointer:
    case BsonType.Code:
    case BsonType.Symbol:
      return decodeRare(buf, type, at);
  }
}

type RareType = BsonType.Binary | BsonType.RegExp | BsonType.DBPointer | BsonType.Code | BsonType.Symbol;

function decodeRare(buf: Buffer, type: RareType, at: number): Scalar {
  switch (type) {
    case BsonType.Binary:
      return new Binary(buf[at + 4] as number, buf.subarray(at + 5, at + 5 + buf.readInt32LE(at)));
    case BsonType.RegExp: {
      const patternEnd = buf.indexOf(0, at);
      return new RegExpValue(
        buf.toString('utf8', at, patternEnd),
        buf.toString('utf8', patternEnd + 1, buf.indexOf(0, patternEnd + 1)),
      );
    }
    case BsonType.DBPointer: {
      const id = at + 4 + buf.readInt32LE(at);
      return new DBPointer(stringAt(buf, at), buf.subarray(id, id + 12));
    }
    case BsonType.Code:
      return new Code(stringAt(buf, at));
    case BsonType.Symbol:
      return new SymbolValue(stringAt(buf, at));
  }
}

/** A string with its length before it. */
export function stringAt(buf: Buffer, at: number): string {
  return buf.toString('utf8', at + 4, at + 3 + buf.readInt32LE(at));
}
