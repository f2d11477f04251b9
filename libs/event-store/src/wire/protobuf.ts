/**
 * Protobuf by hand for the few messages of the append and read calls. The generated classes cost several times the rest of an append
 * (each event is serialised twice and its bytes go through base64); a spec holds these bytes to the generated classes.
 */

const TWO_28 = 2 ** 28;
/** Shifts work on 32 bits. */
const MAX_UINT32 = 2 ** 32 - 1;

/** Writes one message into a buffer of exactly the right size, which the caller works out first. */
export class ProtoWriter {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  /** Tag of a length-delimited field, and its length. */
  delimited(field: number, length: number): void {
    this.bytes[this.#at++] = (field << 3) | 2;
    this.#varint(length);
  }

  raw(source: Uint8Array): void {
    this.bytes.set(source, this.#at);
    this.#at += source.length;
  }

  /** The text must have `length` UTF-8 bytes. */
  text(field: number, text: string, length: number): void {
    this.delimited(field, length);
    this.#at += this.bytes.write(text, this.#at, length, 'utf8');
  }

  /** A number field that is not left out when it is 0. */
  varint(field: number, value: number | bigint): void {
    this.bytes[this.#at++] = field << 3;
    if (typeof value === 'number' && value <= MAX_UINT32) this.#varint(value);
    else this.#longVarint(BigInt(value));
  }

  bool(field: number): void {
    this.bytes[this.#at++] = field << 3;
    this.bytes[this.#at++] = 1;
  }

  #varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.#at++] = rest;
  }

  #longVarint(value: bigint): void {
    let rest = value;
    for (; rest > 0x7fn; rest >>= 7n) this.bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
    this.bytes[this.#at++] = Number(rest);
  }
}

export function varintSize(value: number | bigint): number {
  let size = 1;
  if (typeof value === 'number' && value <= MAX_UINT32) for (let rest = value; rest > 0x7f; rest >>>= 7) size++;
  else for (let rest = BigInt(value); rest > 0x7fn; rest >>= 7n) size++;
  return size;
}

/** Bytes of a length-delimited field with its tag and length. */
export function delimitedSize(length: number): number {
  return 1 + varintSize(length) + length;
}

/** A small message from parts: for what is not sent often. */
export function message(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat(fields);
}

export function bytesField(field: number, content: Uint8Array | string): Buffer {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
  return Buffer.concat([varintBytes((field << 3) | 2), varintBytes(bytes.length), bytes]);
}

export function varintField(field: number, value: bigint | number): Buffer {
  return Buffer.concat([varintBytes(field << 3), varintBytes(value)]);
}

function varintBytes(value: bigint | number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(value);
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** Walks over the fields of one message inside a buffer. After `next()` exactly one of the value readers, or `skip()`, is called. */
export class ProtoReader {
  field = 0;
  #wire = 0;

  constructor(
    readonly bytes: Buffer,
    private at = 0,
    private readonly end = bytes.length,
  ) {}

  next(): boolean {
    if (this.at >= this.end) return false;
    const tag = this.#varint();
    this.field = tag >>> 3;
    this.#wire = tag & 7;
    return true;
  }

  /** Start and end of a length-delimited field. */
  range(): readonly [number, number] {
    const length = this.#varint();
    const start = this.at;
    this.at += length;
    if (this.at > this.end) throw new RangeError('A message of the event store is cut off');
    return [start, this.at];
  }

  message(): ProtoReader {
    const [start, end] = this.range();
    return new ProtoReader(this.bytes, start, end);
  }

  text(): string {
    const [start, end] = this.range();
    return this.bytes.toString('utf8', start, end);
  }

  uint64(): bigint {
    let low = 0;
    let scale = 1;
    for (let i = 0; i < 4; i++) {
      const byte = this.bytes[this.at++]!;
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(low);
      scale *= 128;
    }
    let middle = 0;
    scale = 1;
    for (let i = 0; i < 3; i++) {
      const byte = this.bytes[this.at++]!;
      middle += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(low + middle * TWO_28);
      scale *= 128;
    }
    return BigInt(low + middle * TWO_28) + (this.#rest() << 49n);
  }

  skip(): void {
    if (this.#wire === 0) this.uint64();
    else if (this.#wire === 2) this.range();
    else if (this.#wire === 1) this.at += 8;
    else if (this.#wire === 5) this.at += 4;
    else throw new RangeError('A message of the event store is not protobuf');
  }

  #varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new RangeError('A message of the event store is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
  }

  #rest(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 21n; shift += 7n) {
      const byte = this.bytes[this.at++]!;
      value += BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return value;
  }
}
