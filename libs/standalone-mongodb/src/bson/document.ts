import { decodeScalar, stringAt, type Scalar } from './decode.js';
import { valueEnd } from './skip.js';
import { BsonType } from './scalars.js';

/** A BSON value. */
export type Value = Scalar | CodeWithScope | Doc | Arr;

export type Maybe = Value | undefined;

/** The wire type of a value. */
export function typeOf(value: Value): BsonType {
  if (typeof value === 'string') return BsonType.String;
  if (typeof value === 'number') return BsonType.Double;
  if (typeof value === 'bigint') return BsonType.Int64;
  if (typeof value === 'boolean') return BsonType.Boolean;
  return value === null ? BsonType.Null : value.type;
}

/** One element of a document: what was read keeps its bytes and is decoded when asked for. */
export class Field {
  #value: Value | undefined;
  #buf: Buffer | undefined;
  #at = 0;

  private constructor(
    readonly name: string,
    readonly type: BsonType,
  ) {}

  static raw(name: string, type: BsonType, buf: Buffer, at: number): Field {
    const field = new Field(name, type);
    field.#buf = buf;
    field.#at = at;
    return field;
  }

  static of(name: string, value: Value): Field {
    const field = new Field(name, typeOf(value));
    field.#value = value;
    return field;
  }

  get value(): Value {
    this.#value ??= decodeNull(this.type, this.#buf, this.#at);
    return this.#value as Value;
  }

  /** The bytes as read, when nothing changed them. */
  get rawBytes(): { buf: Buffer; start: number; end: number } | undefined {
    if (this.#buf === undefined) return undefined;
    return { buf: this.#buf, start: this.#at, end: valueEnd(this.#buf, this.type, this.#at) };
  }

  renamed(name: string): Field {
    return this.#buf === undefined ? Field.of(name, this.value) : Field.raw(name, this.type, this.#buf, this.#at);
  }
}

function decodeNull(type: BsonType, buf: Buffer | undefined, at: number): Value {
  return buf === undefined ? null : decodeValue(buf, type, at);
}

/** What documents and arrays share: a stretch of bytes, or fields, or both. */
abstract class Container {
  protected constructor(
    readonly buf: Buffer | undefined,
    readonly start: number,
    protected cached: readonly Field[] | undefined,
  ) {}

  /** All elements in order. */
  get fields(): readonly Field[] {
    this.cached ??= parseFields(this.buf as Buffer, this.start);
    return this.cached;
  }

  /** How long `rawBytes` is; 0 when the document was built. */
  get rawLength(): number {
    return this.buf === undefined ? 0 : this.buf.readInt32LE(this.start);
  }

  /** The encoded bytes, when the document was read and not built. */
  get rawBytes(): Buffer | undefined {
    if (this.buf === undefined) return undefined;
    return this.buf.subarray(this.start, this.start + this.buf.readInt32LE(this.start));
  }
}

export class Doc extends Container {
  readonly type = BsonType.Object;
  static readonly EMPTY = new Doc(undefined, 0, []);

  static raw(buf: Buffer, start = 0): Doc {
    return new Doc(buf, start, undefined);
  }

  static of(fields: readonly Field[]): Doc {
    return new Doc(undefined, 0, fields);
  }

  get(name: string): Maybe {
    if (this.cached === undefined && this.buf !== undefined) return findRaw(this.buf, this.start, name);
    for (const field of this.fields) if (field.name === name) return field.value;
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The first element, without looking at the others. */
  get first(): Field | undefined {
    if (this.cached !== undefined || this.buf === undefined) return this.fields[0];
    return this.isEmpty ? undefined : firstField(this.buf, this.start);
  }

  get isEmpty(): boolean {
    return this.buf !== undefined ? this.buf.readInt32LE(this.start) === 5 : this.fields.length === 0;
  }
}

export class Arr extends Container {
  readonly type = BsonType.Array;
  #items: readonly Value[] | undefined;

  static raw(buf: Buffer, start: number): Arr {
    return new Arr(buf, start, undefined);
  }

  static of(items: readonly Value[]): Arr {
    const arr = new Arr(undefined, 0, undefined);
    arr.#items = items;
    return arr;
  }

  static ofFields(fields: readonly Field[]): Arr {
    return new Arr(
      undefined,
      0,
      fields.map((field, i) => (field.name === String(i) ? field : field.renamed(String(i)))),
    );
  }

  override get fields(): readonly Field[] {
    if (this.cached === undefined && this.#items !== undefined) {
      this.cached = this.#items.map((item, i) => Field.of(String(i), item));
    }
    return super.fields;
  }

  get items(): readonly Value[] {
    this.#items ??= this.fields.map((field) => field.value);
    return this.#items;
  }
}

/** The elements of the document at `start`; the bytes were validated when they came in. */
function parseFields(buf: Buffer, start: number): Field[] {
  const fields: Field[] = [];
  const end = start + buf.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = buf[at] as BsonType;
    const nameEnd = buf.indexOf(0, at + 1);
    fields.push(Field.raw(buf.toString('utf8', at + 1, nameEnd), type, buf, nameEnd + 1));
    at = valueEnd(buf, type, nameEnd + 1);
  }
  return fields;
}

function firstField(buf: Buffer, start: number): Field {
  const nameEnd = buf.indexOf(0, start + 5);
  return Field.raw(buf.toString('utf8', start + 5, nameEnd), buf[start + 4] as BsonType, buf, nameEnd + 1);
}

/** Looks one name up without decoding the others. */
function findRaw(buf: Buffer, start: number, name: string): Maybe {
  const end = start + buf.readInt32LE(start) - 1;
  const length = name.length;
  let at = start + 4;
  while (at < end) {
    const type = buf[at] as BsonType;
    let i = 0;
    let p = at + 1;
    while (i < length && buf[p] === name.charCodeAt(i)) {
      i += 1;
      p += 1;
    }
    if (i === length && buf[p] === 0) return decodeValue(buf, type, p + 1);
    while (buf[p] !== 0) {
      if ((buf[p] as number) >= 0x80 && !isAscii(name)) return findDecoded(buf, start, name);
      p += 1;
    }
    at = valueEnd(buf, type, p + 1);
  }
  return undefined;
}

function isAscii(name: string): boolean {
  for (let i = 0; i < name.length; i += 1) if (name.charCodeAt(i) >= 0x80) return false;
  return true;
}

function findDecoded(buf: Buffer, start: number, name: string): Maybe {
  return parseFields(buf, start).find((field) => field.name === name)?.value;
}

export class CodeWithScope {
  readonly type = BsonType.CodeWithScope;
  constructor(
    readonly code: string,
    readonly scope: Doc,
  ) {}
}

/** Decodes one value; documents and arrays stay views of the bytes. */
function decodeValue(buf: Buffer, type: BsonType, at: number): Value {
  if (type === BsonType.Object) return Doc.raw(buf, at);
  if (type === BsonType.Array) return Arr.raw(buf, at);
  if (type !== BsonType.CodeWithScope) return decodeScalar(buf, type, at);
  return new CodeWithScope(stringAt(buf, at + 4), Doc.raw(buf, at + 8 + buf.readInt32LE(at + 4)));
}
