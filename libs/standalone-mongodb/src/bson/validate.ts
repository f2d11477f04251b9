import { valueEnd } from './skip.js';
import { BsonType } from './values.js';

/** A document that is not BSON; the connection answers with InvalidBSON. */
export class InvalidBson extends Error {}

/** It lies deeper in itself than a message may; answered with Overflow. */
export class TooDeep extends InvalidBson {}

const MAX_DEPTH = 200;

/**
 * Checks lengths, types and terminators of the document at `start`, so that later reading need not.
 * Returns where it ends.
 */
export function validateDoc(buf: Buffer, start: number, limit: number, depth = 0): number {
  if (depth > MAX_DEPTH) throw new TooDeep('BSONObj exceeds maximum nested object depth');
  if (limit - start < 5) throw new InvalidBson('not enough bytes for a document');
  const size = buf.readInt32LE(start);
  const end = start + size;
  if (size < 5 || end > limit || buf[end - 1] !== 0) throw new InvalidBson('bad document length');
  let at = start + 4;
  while (at < end - 1) {
    const type = buf[at] as number;
    at += 1;
    while (at < end && buf[at] !== 0) at += 1;
    if (at >= end - 1) throw new InvalidBson('unterminated field name');
    at = validateValue(buf, type, at + 1, end - 1, depth);
  }
  if (at !== end - 1) throw new InvalidBson('element overruns its document');
  return end;
}

function validateValue(buf: Buffer, type: BsonType, at: number, limit: number, depth: number): number {
  switch (type) {
    case BsonType.Int32:
      return within(at + 4, limit);
    case BsonType.Double:
    case BsonType.Int64:
    case BsonType.Date:
    case BsonType.Timestamp:
      return within(at + 8, limit);
    case BsonType.String:
    case BsonType.Code:
    case BsonType.Symbol:
      return text(buf, at, limit);
    case BsonType.Object:
    case BsonType.Array:
      return validateDoc(buf, at, limit, depth + 1);
    case BsonType.Binary:
      within(at + 5, limit);
      return within(at + 5 + length(buf, at), limit);
    case BsonType.Boolean:
      within(at + 1, limit);
      if ((buf[at] as number) > 1) throw new InvalidBson('a boolean is 0 or 1');
      return at + 1;
    case BsonType.ObjectId:
      return within(at + 12, limit);
    case BsonType.Decimal128:
      return within(at + 16, limit);
    case BsonType.RegExp:
      return cstring(buf, cstring(buf, at, limit), limit);
    case BsonType.DBPointer:
      return within(text(buf, at, limit) + 12, limit);
    case BsonType.CodeWithScope:
      return codeWithScope(buf, at, limit, depth);
    case BsonType.Null:
    case BsonType.Undefined:
    case BsonType.MinKey:
    case BsonType.MaxKey:
      return at;
  }
  throw new InvalidBson(`Unrecognized BSON type ${String(type)}`);
}

function within(end: number, limit: number): number {
  if (end > limit) throw new InvalidBson('value overruns its document');
  return end;
}

function length(buf: Buffer, at: number): number {
  within(at + 4, buf.length);
  const value = buf.readInt32LE(at);
  if (value < 0) throw new InvalidBson('negative length');
  return value;
}

function text(buf: Buffer, at: number, limit: number): number {
  const size = length(buf, at);
  const end = within(at + 4 + size, limit);
  if (size < 1 || buf[end - 1] !== 0) throw new InvalidBson('Not null terminated string');
  return end;
}

function cstring(buf: Buffer, at: number, limit: number): number {
  const end = buf.indexOf(0, at);
  if (end < 0 || end >= limit) throw new InvalidBson('unterminated string');
  return end + 1;
}

function codeWithScope(buf: Buffer, at: number, limit: number, depth: number): number {
  const end = within(at + length(buf, at), limit);
  const scope = text(buf, at + 4, end);
  if (validateDoc(buf, scope, end, depth + 1) !== end) throw new InvalidBson('bad code with scope');
  return end;
}

/** Whether documents and arrays lie more than `levels` deep in each other; the bytes are known to be well formed. */
export function isDeeperThan(buf: Buffer, start: number, levels: number): boolean {
  if (levels === 0) return true;
  const end = start + buf.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = buf[at] as BsonType;
    const value = buf.indexOf(0, at + 1) + 1;
    if ((type === BsonType.Object || type === BsonType.Array) && isDeeperThan(buf, value, levels - 1)) return true;
    at = valueEnd(buf, type, value);
  }
  return false;
}
