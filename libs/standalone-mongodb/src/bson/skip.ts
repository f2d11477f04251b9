import { BsonType } from './scalars.js';

/** Where the value of `type` that begins at `at` ends; the bytes are known to be well formed. */
export function valueEnd(buf: Buffer, type: BsonType, at: number): number {
  switch (type) {
    case BsonType.Int32:
      return at + 4;
    case BsonType.Double:
    case BsonType.Int64:
    case BsonType.Date:
    case BsonType.Timestamp:
      return at + 8;
    case BsonType.String:
    case BsonType.Code:
    case BsonType.Symbol:
      return at + 4 + readSize(buf, at);
    case BsonType.Object:
    case BsonType.Array:
    case BsonType.CodeWithScope:
      return at + readSize(buf, at);
    case BsonType.Binary:
      return at + 5 + readSize(buf, at);
    case BsonType.Boolean:
      return at + 1;
    case BsonType.ObjectId:
      return at + 12;
    case BsonType.Decimal128:
      return at + 16;
    case BsonType.RegExp:
      return buf.indexOf(0, buf.indexOf(0, at) + 1) + 1;
    case BsonType.DBPointer:
      return at + 4 + readSize(buf, at) + 12;
    case BsonType.Null:
    case BsonType.Undefined:
    case BsonType.MinKey:
    case BsonType.MaxKey:
      return at;
  }
}

/** A little-endian int32 without the call of readInt32LE: this is the innermost loop of every scan. */
function readSize(buf: Buffer, at: number): number {
  return (
    (buf[at] as number) |
    ((buf[at + 1] as number) << 8) |
    ((buf[at + 2] as number) << 16) |
    ((buf[at + 3] as number) << 24)
  );
}
