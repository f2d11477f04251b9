import { BsonType } from './scalars.js';
import { valueEnd } from './skip.js';

/** Where a value lies in a document's bytes: its type, and where it begins. */
export class Place {
  type: BsonType = BsonType.Undefined;
  at = 0;
}

/**
 * Finds a top-level field by the bytes of its name (from `nameStart` to `nameEnd`) without decoding anything; false when it is missing.
 * As everywhere, the first of fields with the same name counts. The bytes were validated when they came in.
 */
export function locate(
  buf: Buffer,
  start: number,
  name: Uint8Array,
  nameStart: number,
  nameEnd: number,
  into: Place,
): boolean {
  const end = start + buf.readInt32LE(start) - 1;
  const length = nameEnd - nameStart;
  let at = start + 4;
  while (at < end) {
    const type = buf[at] as BsonType;
    at += 1;
    let i = 0;
    while (i < length && buf[at + i] === name[nameStart + i]) i += 1;
    if (i === length && buf[at + i] === 0) {
      into.type = type;
      into.at = at + i + 1;
      return true;
    }
    // A name holds no zero, so what was equal so far is within this one.
    at += i;
    while (buf[at] !== 0) at += 1;
    at = valueEnd(buf, type, at + 1);
  }
  return false;
}

/** Whether two stretches hold the same bytes. */
export function sameBytes(
  a: Uint8Array,
  aStart: number,
  aEnd: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = aEnd - aStart;
  if (length !== bEnd - bStart) return false;
  for (let i = 0; i < length; i += 1) if (a[aStart + i] !== b[bStart + i]) return false;
  return true;
}

/** Where the zero is that ends the name at `at`. */
export function cstringEnd(buf: Buffer, at: number): number {
  let end = at;
  while (buf[end] !== 0) end += 1;
  return end;
}
