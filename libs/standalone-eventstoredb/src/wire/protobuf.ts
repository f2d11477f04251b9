/**
 * The little of the protobuf wire format that the hot path needs. Appends and reads move bytes from one buffer to another;
 * the generated classes would build an object per field, and that is most of the cost of an event.
 */

/** Reads fields one after the other: `while (reader.next()) switch (reader.field) …`. Throws RangeError on malformed input. */
export class ProtobufReader {
  field = 0;
  wireType = 0;

  constructor(
    private readonly buffer: Buffer,
    private position = 0,
    private readonly end = buffer.length,
  ) {}

  next(): boolean {
    if (this.position >= this.end) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wireType = tag & 7;
    if (this.field === 0) throw new RangeError('protobuf: field number 0');
    return true;
  }

  /** An unsigned varint as a number: exact up to 2^53, which no revision or position of this server exceeds. */
  varint(): number {
    let result = 0;
    let factor = 1;
    for (let index = 0; index < 10; index++) {
      if (this.position >= this.end) break;
      const byte = this.buffer[this.position++] as number;
      result += (byte & 0x7f) * factor;
      if (byte < 0x80) return result;
      factor *= 128;
    }
    throw new RangeError('protobuf: truncated varint');
  }

  /** A 64-bit varint, exact. */
  bigVarint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.position >= this.end) break;
      const byte = this.buffer[this.position++] as number;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, result);
    }
    throw new RangeError('protobuf: truncated varint');
  }

  /** A length-delimited field: a view, not a copy. */
  bytes(): Buffer {
    const start = this.pass();
    return this.buffer.subarray(start, this.position);
  }

  /** A length-delimited field of ASCII. */
  ascii(): string {
    const start = this.pass();
    return this.buffer.toString('latin1', start, this.position);
  }

  /** A reader over an embedded message. */
  message(): ProtobufReader {
    const start = this.pass();
    return new ProtobufReader(this.buffer, start, this.position);
  }

  /** Goes behind a length-delimited field; returns where it begins. */
  private pass(): number {
    if (this.wireType !== 2) throw new RangeError(`protobuf: field ${this.field} is not length-delimited`);
    const length = this.varint();
    const start = this.position;
    if (start + length > this.end) throw new RangeError('protobuf: truncated field');
    this.position = start + length;
    return start;
  }

  skip(): void {
    switch (this.wireType) {
      case 0:
        this.varint();
        return;
      case 1:
        this.position += 8;
        return;
      case 2:
        this.pass();
        return;
      case 5:
        this.position += 4;
        return;
      default:
        throw new RangeError(`protobuf: wire type ${this.wireType}`);
    }
  }
}

export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) length++;
  return length;
}

/** The length of a length-delimited field with a one-byte tag. */
export function fieldLength(contentLength: number): number {
  return 1 + varintLength(contentLength) + contentLength;
}

/** Writes into a buffer whose size the caller has computed. */
export class ProtobufWriter {
  constructor(
    readonly buffer: Buffer,
    public position = 0,
  ) {}

  byte(value: number): void {
    this.buffer[this.position++] = value;
  }

  varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.buffer[this.position++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.buffer[this.position++] = rest;
  }

  /** Tag and length of an embedded message, the content of which the caller writes next. */
  open(tag: number, length: number): void {
    this.buffer[this.position++] = tag;
    this.varint(length);
  }

  bytes(tag: number, content: Uint8Array): void {
    this.open(tag, content.length);
    this.buffer.set(content, this.position);
    this.position += content.length;
  }

  ascii(tag: number, text: string): void {
    this.open(tag, text.length);
    this.position += this.buffer.write(text, this.position, 'latin1');
  }

  number(tag: number, value: number): void {
    this.buffer[this.position++] = tag;
    this.varint(value);
  }
}
