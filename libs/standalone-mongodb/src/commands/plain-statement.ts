import type { Doc } from '../bson/document.js';
import { cstringEnd, Place, sameBytes } from '../bson/locate.js';
import { isPlain } from '../bson/raw-key.js';
import { BsonType } from '../bson/scalars.js';
import { valueEnd } from '../bson/skip.js';
import { RawGuard } from '../query/raw-guard.js';
import type { RawDocument, RawReplacement } from '../storage/raw-writer.js';

const DOLLAR = 0x24;
/** The first field of a document is `_id`: its type, and these bytes. */
const ID_NAME = Buffer.from('_id\0');
const MAX_GUARDS = 4;

/** A document whose first field is an _id of a plain type, as a message brings it. */
export class PlainDocument implements RawDocument {
  buf: Buffer = Buffer.alloc(0);
  start = 0;
  idEnd = 0;
  readonly id = new Place();

  /** False when the document was not read from bytes, or has no such _id in front, or what is stored of it differs from what came. */
  read(doc: Doc): boolean {
    return doc.buf !== undefined && this.readAt(doc.buf, doc.start, false);
  }

  readAt(buf: Buffer, start: number, isReplacement: boolean): boolean {
    if (!startsWithId(buf, start)) return false;
    this.buf = buf;
    this.start = start;
    this.id.type = buf[start + 4] as BsonType;
    this.id.at = start + 5 + ID_NAME.length;
    if (!isPlain(this.id.type)) return false;
    this.idEnd = valueEnd(buf, this.id.type, this.id.at);
    return this.#hasPlainFields(isReplacement);
  }

  /** mongod fills empty timestamps in, and takes no replacement with fields that look like operators. */
  #hasPlainFields(isReplacement: boolean): boolean {
    const { buf } = this;
    const end = this.start + buf.readInt32LE(this.start) - 1;
    for (let at = this.idEnd; at < end;) {
      const type = buf[at] as BsonType;
      at += 1;
      if (type === BsonType.Timestamp || (isReplacement && buf[at] === DOLLAR)) return false;
      while (buf[at] !== 0) at += 1;
      at = valueEnd(buf, type, at + 1);
    }
    return true;
  }
}

function startsWithId(buf: Buffer, start: number): boolean {
  return sameBytes(buf, start + 5, start + 5 + ID_NAME.length, ID_NAME, 0, ID_NAME.length);
}

/**
 * A statement of an update that puts a document in the place of the one with its _id, which may have to pass a few tests of other fields:
 * `{q: {_id: X, position: {$lt: Y}}, u: {_id: X, …}, upsert}`. Read from the message's bytes; nothing is decoded.
 */
export class PlainReplacement extends PlainDocument implements RawReplacement {
  upsert = false;
  readonly #guards = Array.from({ length: MAX_GUARDS }, () => new RawGuard());
  #used = 0;

  /** False when the statement is of another kind. */
  readStatement(statement: Doc): boolean {
    const parts = partsOf(statement);
    if (parts === undefined || !this.readAt(statement.buf as Buffer, parts.u, true)) return false;
    this.upsert = parts.upsert;
    return this.#readFilter(this.buf, parts.q);
  }

  #readFilter(buf: Buffer, start: number): boolean {
    const { id, idEnd } = this;
    if (!startsWithId(buf, start) || (buf[start + 4] as BsonType) !== id.type) return false;
    const idAt = start + 5 + ID_NAME.length;
    let at = valueEnd(buf, id.type, idAt);
    if (!sameBytes(buf, idAt, at, buf, id.at, idEnd)) return false;
    this.#used = 0;
    for (const end = start + buf.readInt32LE(start) - 1; at < end;) {
      const type = buf[at] as BsonType;
      const nameEnd = cstringEnd(buf, at + 1);
      const guard = this.#guards[this.#used];
      if (guard?.read(buf, type, at + 1, nameEnd) !== true || isIdName(buf, at + 1, nameEnd)) return false;
      this.#used += 1;
      at = valueEnd(buf, type, nameEnd + 1);
    }
    return true;
  }

  passes(doc: Buffer, start: number): boolean | undefined {
    for (let i = 0; i < this.#used; i += 1) {
      const passes = this.#guards[i]?.test(doc, start);
      if (passes !== true) return passes;
    }
    return true;
  }
}

function isIdName(buf: Buffer, start: number, end: number): boolean {
  return sameBytes(buf, start, end, ID_NAME, 0, ID_NAME.length - 1);
}

interface Parts {
  q: number;
  u: number;
  upsert: boolean;
}

/** Where a statement's filter and replacement are; undefined when it has other arguments, or such as do not go with a plain replacement. */
export function partsOf({ buf, start }: Doc): Parts | undefined {
  if (buf === undefined) return undefined;
  const parts: Parts = { q: 0, u: 0, upsert: false };
  const end = start + buf.readInt32LE(start) - 1;
  for (let at = start + 4; at < end;) {
    const type = buf[at] as BsonType;
    const nameEnd = cstringEnd(buf, at + 1);
    const value = nameEnd + 1;
    switch (buf.toString('latin1', at + 1, nameEnd)) {
      case 'q':
        if (type !== BsonType.Object || parts.q > 0) return undefined;
        parts.q = value;
        break;
      case 'u':
        if (type !== BsonType.Object || parts.u > 0) return undefined;
        parts.u = value;
        break;
      case 'upsert':
        if (type !== BsonType.Boolean) return undefined;
        parts.upsert = buf[value] === 1;
        break;
      case 'multi':
        if (type !== BsonType.Boolean || buf[value] === 1) return undefined;
        break;
      default:
        return undefined;
    }
    at = valueEnd(buf, type, value);
  }
  return parts.q > 0 && parts.u > 0 ? parts : undefined;
}
