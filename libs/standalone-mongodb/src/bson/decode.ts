import { Arr, Doc } from './document.js';
import {
  Binary,
  BsonType,
  Code,
  CodeWithScope,
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
  type Value,
} from './values.js';

/** Decodes one value; documents and arrays stay views of the bytes. */
export function decodeValue(buf: Buffer, type: BsonType, at: number): Value {
  switch (type) {
    case BsonType.Double:
      return buf.readDoubleLE(at);
    case BsonType.String:
      return text(buf, at);
    case BsonType.Object:
      return Doc.raw(buf, at);
    case BsonType.Array:
      return Arr.raw(buf, at);
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
    case BsonType.CodeWithScope:
      return decodeRare(buf, type, at);
  }
}

type RareType =
  BsonType.Binary | BsonType.RegExp | BsonType.DBPointer | BsonType.Code | BsonType.Symbol | BsonType.CodeWithScope;

function decodeRare(buf: Buffer, type: RareType, at: number): Value {
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
      return new DBPointer(text(buf, at), buf.subarray(id, id + 12));
    }
    case BsonType.Code:
      return new Code(text(buf, at));
    case BsonType.Symbol:
      return new SymbolValue(text(buf, at));
    case BsonType.CodeWithScope:
      return new CodeWithScope(text(buf, at + 4), Doc.raw(buf, at + 8 + buf.readInt32LE(at + 4)));
  }
}

function text(buf: Buffer, at: number): string {
  return buf.toString('utf8', at + 4, at + 3 + buf.readInt32LE(at));
}
