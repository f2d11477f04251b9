import { canonicalOf } from './compare.js';
import { stringAt } from './decode.js';
import { appendDouble, appendNumber, appendText, byte, LAST_ESCAPED, scratch } from './key-parts.js';
import { BsonType } from './scalars.js';

/** Types whose keys are made from a value's bytes: those of the usual scalars are. */
export type PlainType =
  | BsonType.Double
  | BsonType.String
  | BsonType.ObjectId
  | BsonType.Boolean
  | BsonType.Date
  | BsonType.Null
  | BsonType.Int32
  | BsonType.Int64;

/** A bit for each of them. */
const PLAIN =
  (1 << BsonType.Double) |
  (1 << BsonType.String) |
  (1 << BsonType.ObjectId) |
  (1 << BsonType.Boolean) |
  (1 << BsonType.Date) |
  (1 << BsonType.Null) |
  (1 << BsonType.Int32) |
  (1 << BsonType.Int64);

export function isPlain(type: BsonType): type is PlainType {
  return type < 32 && ((PLAIN >> type) & 1) === 1;
}

/** Appends to the key that is being built what `KeyBuilder.add` makes of the value, without decoding it. */
export function appendRaw(buf: Buffer, type: PlainType, at: number): void {
  byte(canonicalOf(type));
  switch (type) {
    case BsonType.Double:
      return appendNumber(buf.readDoubleLE(at));
    case BsonType.Int32:
      scratch.room(10);
      scratch.bytes[scratch.end++] = 1;
      return appendDouble(buf.readInt32LE(at), true);
    case BsonType.Int64:
      return appendInt64Number(buf, at);
    case BsonType.String:
      return appendString(buf, at);
    case BsonType.ObjectId:
      return scratch.append(buf, at, at + 12);
    case BsonType.Boolean:
      return byte(buf[at] as number);
    case BsonType.Date:
      return appendDate(buf, at);
    case BsonType.Null:
      return undefined;
  }
}

const TWO_32 = 2 ** 32;
/** Upper halves between these are of integers that a double holds exactly. */
const EXACT_HIGH = 2 ** 21;

function appendInt64Number(buf: Buffer, at: number): void {
  const high = buf.readInt32LE(at + 4);
  if (high < -EXACT_HIGH || high >= EXACT_HIGH) return appendNumber(buf.readBigInt64LE(at));
  scratch.room(10);
  scratch.bytes[scratch.end++] = 1;
  appendDouble(high * TWO_32 + buf.readUInt32LE(at), true);
}

/** Milliseconds as unsigned bytes, the greatest first. */
function appendDate(buf: Buffer, at: number): void {
  scratch.room(8);
  const { bytes, end } = scratch;
  for (let i = 0; i < 8; i += 1) bytes[end + i] = buf[at + 7 - i] as number;
  bytes[end] = (bytes[end] as number) ^ 0x80;
  scratch.end = end + 8;
}

/** ASCII without what is escaped is copied; all else is decoded, so that what is no UTF-8 gets the key of what it decodes to. */
function appendString(buf: Buffer, at: number): void {
  const end = at + 3 + buf.readInt32LE(at);
  scratch.room(end - at);
  const { bytes } = scratch;
  let to = scratch.end;
  for (let i = at + 4; i < end; i += 1) {
    const code = buf[i] as number;
    if (code <= LAST_ESCAPED || code >= 0x80) return appendText(stringAt(buf, at));
    bytes[to++] = code;
  }
  bytes[to++] = 0;
  scratch.end = to;
}
