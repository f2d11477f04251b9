import { Arr, Doc, type Field } from './document.js';
import { BsonType, typeOf, type Value } from './values.js';

/** Beyond this the bytes of a text are counted before there is made room for them. */
const LONG_TEXT = 4096;

/** Grows as it is written; `finish` hands out the bytes. */
export class Writer {
  #buf: Buffer;
  #at = 0;

  constructor(size = 1024) {
    this.#buf = Buffer.allocUnsafe(size);
  }

  get length(): number {
    return this.#at;
  }

  finish(): Buffer {
    return this.#buf.subarray(0, this.#at);
  }

  byte(value: number): void {
    this.#room(1);
    this.#buf[this.#at++] = value;
  }

  int32(value: number): void {
    this.#room(4);
    this.#at = this.#buf.writeInt32LE(value, this.#at);
  }

  patchInt32(at: number, value: number): void {
    this.#buf.writeInt32LE(value, at);
  }

  int64(value: bigint): void {
    this.#room(8);
    this.#at = this.#buf.writeBigInt64LE(BigInt.asIntN(64, value), this.#at);
  }

  double(value: number): void {
    this.#room(8);
    this.#at = this.#buf.writeDoubleLE(value, this.#at);
  }

  bytes(source: Buffer, start = 0, end = source.length): void {
    this.#room(end - start);
    source.copy(this.#buf, this.#at, start, end);
    this.#at += end - start;
  }

  cstring(value: string): void {
    this.#room(value.length * 3 + 1);
    this.#at += this.#buf.write(value, this.#at);
    this.#buf[this.#at++] = 0;
  }

  /** A string with its length before it. */
  text(value: string): void {
    this.#room((value.length > LONG_TEXT ? Buffer.byteLength(value) : value.length * 3) + 5);
    const written = this.#buf.write(value, this.#at + 4);
    this.#buf.writeInt32LE(written + 1, this.#at);
    this.#at += written + 4;
    this.#buf[this.#at++] = 0;
  }

  #room(count: number): void {
    if (this.#at + count <= this.#buf.length) return;
    const next = Buffer.allocUnsafe(Math.max(this.#buf.length * 2, this.#at + count));
    this.#buf.copy(next, 0, 0, this.#at);
    this.#buf = next;
  }
}

/** The BSON bytes of a document; what was read and not changed is copied. */
export function encodeDoc(doc: Doc): Buffer {
  const raw = doc.rawBytes;
  if (raw !== undefined) return raw;
  const writer = new Writer();
  writeContainer(writer, doc);
  return writer.finish();
}

/** Writes a document or an array with its length. */
export function writeContainer(writer: Writer, value: Doc | Arr): void {
  const raw = value.rawBytes;
  if (raw !== undefined) {
    writer.bytes(raw);
    return;
  }
  const start = writer.length;
  writer.int32(0);
  for (const field of value.fields) writeField(writer, field);
  writer.byte(0);
  writer.patchInt32(start, writer.length - start);
}

export function writeField(writer: Writer, field: Field): void {
  writer.byte(field.type);
  writer.cstring(field.name);
  const raw = field.rawBytes;
  if (raw === undefined) writeValue(writer, field.value);
  else writer.bytes(raw.buf, raw.start, raw.end);
}

function writeValue(writer: Writer, value: Value): void {
  if (typeof value === 'string') return writer.text(value);
  if (typeof value === 'number') return writer.double(value);
  if (typeof value === 'bigint') return writer.int64(value);
  if (typeof value === 'boolean') return writer.byte(value ? 1 : 0);
  if (value !== null) writeObject(writer, value);
}

function writeObject(writer: Writer, value: Exclude<Value, null | string | number | bigint | boolean>): void {
  switch (value.type) {
    case BsonType.Int32:
      return writer.int32(value.value);
    case BsonType.Object:
    case BsonType.Array:
      return writeContainer(writer, value);
    case BsonType.Date:
      return writer.int64(value.ms);
    case BsonType.Timestamp:
      return writer.int64(value.value);
    case BsonType.ObjectId:
    case BsonType.Decimal128:
      return writer.bytes(value.bytes);
    case BsonType.Binary:
      writer.int32(value.bytes.length);
      writer.byte(value.subtype);
      return writer.bytes(value.bytes);
    case BsonType.RegExp:
      writer.cstring(value.pattern);
      return writer.cstring(value.flags);
    case BsonType.Code:
      return writer.text(value.code);
    case BsonType.Symbol:
      return writer.text(value.value);
    case BsonType.DBPointer:
      writer.text(value.namespace);
      return writer.bytes(value.id);
    case BsonType.CodeWithScope: {
      const start = writer.length;
      writer.int32(0);
      writer.text(value.code);
      writeContainer(writer, value.scope);
      return writer.patchInt32(start, writer.length - start);
    }
    case BsonType.MinKey:
    case BsonType.MaxKey:
    case BsonType.Undefined:
      return undefined;
  }
}

/** One value as `type byte + bytes`: equal bytes mean identical values. */
export function encodeValue(value: Value): Buffer {
  const writer = new Writer(64);
  writer.byte(typeOf(value));
  writeValue(writer, value);
  return writer.finish();
}
