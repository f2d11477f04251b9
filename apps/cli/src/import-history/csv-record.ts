import { isUtf8 } from 'node:buffer';

/** Bytes of the content of one field, quotes undone. Longer ones are rejected without being kept. */
export const MAX_FIELD_BYTES = 65_536;

export const COMMA = 0x2c;
export const QUOTE = 0x22;
export const LF = 0x0a;
export const CR = 0x0d;

/** Why a record is not data; codes are stable (docs/import-history.md). */
export type CsvFaultCode = 'CSV_INVALID' | 'FIELD_TOO_LARGE' | 'COLUMN_MISSING' | 'COLUMN_EXTRA' | 'ENCODING_INVALID';

export interface Fault<Code extends string = string> {
  readonly code: Code;
  readonly message: string;
}

/** One record; `line` is the physical line it starts on, from 1. A record with a fault has no fields. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
  readonly fault?: Fault<CsvFaultCode>;
}

export function faultyRecord(line: number, code: CsvFaultCode, message: string): CsvRecord {
  return { line, fields: [], fault: { code, message } };
}

export function columnFault(found: number, expected: number): Fault<CsvFaultCode> | undefined {
  if (found === expected) return undefined;
  return found < expected
    ? { code: 'COLUMN_MISSING', message: `${found} columns where ${expected} are needed` }
    : { code: 'COLUMN_EXTRA', message: `more than ${expected} columns` };
}

/**
 * The record being read when it does not lie plainly within one chunk: quoted, long, or cut by a chunk's end.
 * Keeps at most `columns` fields of at most MAX_FIELD_BYTES each, however long the record is.
 */
export class PendingRecord {
  #values: string[] = [];
  #found = 0;
  #field = Buffer.allocUnsafe(256);
  #length = 0;
  #tooLarge = false;
  #badEncoding = false;

  constructor(
    readonly line: number,
    private readonly columns: number,
  ) {}

  /** Adds bytes to the field being read; beyond the limit (and a carriage return) they are dropped: the record is faulty. */
  add(bytes: Buffer, from: number, to: number): void {
    const length = this.#length + (to - from);
    if (length > MAX_FIELD_BYTES + 1 || this.#tooLarge) {
      this.#tooLarge = true;
      return;
    }
    if (this.#found >= this.columns) {
      this.#length = length;
      return;
    }
    if (length > this.#field.length) this.#grow(length);
    bytes.copy(this.#field, this.#length, from, to);
    this.#length = length;
  }

  endField(): void {
    if (this.#length > MAX_FIELD_BYTES) this.#tooLarge = true;
    if (this.#found < this.columns && !this.#tooLarge) {
      const bytes = this.#field.subarray(0, this.#length);
      if (!isUtf8(bytes)) this.#badEncoding = true;
      this.#values.push(bytes.toString('utf8'));
    }
    this.#found += 1;
    this.#length = 0;
  }

  /** The record, its last field ended: data, or its first fault in the order size, columns, encoding. */
  finish(): CsvRecord {
    if (this.#tooLarge)
      return faultyRecord(this.line, 'FIELD_TOO_LARGE', `a field of more than ${MAX_FIELD_BYTES} bytes`);
    const fault = columnFault(this.#found, this.columns);
    if (fault) return { line: this.line, fields: [], fault };
    if (this.#badEncoding) return faultyRecord(this.line, 'ENCODING_INVALID', 'not UTF-8');
    return { line: this.line, fields: this.#values };
  }

  /** A carriage return just before the line's end belongs to the line's end. */
  dropTrailingCarriageReturn(): void {
    if (this.#length === 0 || this.#found >= this.columns || this.#tooLarge) return;
    if (this.#field[this.#length - 1] === CR) this.#length -= 1;
  }

  get isEmpty(): boolean {
    return this.#found === 0 && this.#length === 0 && !this.#tooLarge;
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafe(Math.min(MAX_FIELD_BYTES + 1, Math.max(needed, this.#field.length * 2)));
    this.#field.copy(larger, 0, 0, this.#length);
    this.#field = larger;
  }
}
