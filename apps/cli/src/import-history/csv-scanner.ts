import { isAscii, isUtf8 } from 'node:buffer';
import { columnFault, COMMA, CR, faultyRecord, LF, MAX_FIELD_BYTES, PendingRecord, QUOTE } from './csv-record.js';
import type { CsvRecord } from './csv-record.js';

/** What the scanner made of a chunk. With `rewindTo` set, the next chunk must start at that byte of the file. */
export interface ScanResult {
  readonly records: CsvRecord[];
  readonly rewindTo?: number;
}

type State =
  'record-start' | 'field-start' | 'unquoted' | 'quoted' | 'quote-in-quoted' | 'cr-after-quote' | 'skip-line';

const NON_ASCII = /[\x80-\xff]/;

/**
 * Splits the bytes of a CSV file (RFC 4180, CRLF or LF) into records, chunk by chunk, in bounded memory.
 * A faulty record never takes its neighbours with it: after CSV_INVALID the scan goes on at the physical line
 * after the one on which the record started, because a stray quote says nothing about the lines that follow.
 */
export class CsvScanner {
  #state: State = 'record-start';
  #line = 1;
  #offset = 0;
  #pending: PendingRecord | undefined;
  #lineAfterStart: number | undefined;
  #records: CsvRecord[] = [];
  #ascii = true;

  constructor(private readonly columns: number) {}

  /** Reads the next bytes of the file. The chunk may be reused by the caller afterwards. */
  push(chunk: Buffer): ScanResult {
    this.#records = [];
    let at = this.#offset === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? 3 : 0;
    const text = chunk.toString('latin1');
    this.#ascii = isAscii(chunk);
    while (at < chunk.length) {
      if (this.#state === 'record-start') at = this.#plainLines(chunk, text, at);
      if (at >= chunk.length) break;
      const next = this.#step(chunk, at);
      if (next === undefined) return this.#rewind();
      at = next;
    }
    this.#offset += chunk.length;
    return { records: this.#records };
  }

  /** The file has ended: the record being read ends too, or, within quotes, is faulty. */
  end(): ScanResult {
    this.#records = [];
    switch (this.#state) {
      case 'record-start':
      case 'skip-line':
        break;
      case 'quoted':
        if (this.#refuse('a quote is never closed') === undefined) return this.#rewind();
        break;
      case 'field-start':
      case 'unquoted':
      case 'quote-in-quoted':
      case 'cr-after-quote':
        this.#endRecord();
        break;
    }
    this.#state = 'record-start';
    return { records: this.#records };
  }

  /** Takes whole lines without quotes at once, up to the first that needs the slow path; returns where that starts. */
  #plainLines(chunk: Buffer, text: string, from: number): number {
    let at = from;
    let quote = text.indexOf('"', at);
    if (quote < 0) quote = text.length;
    for (;;) {
      const end = text.indexOf('\n', at);
      if (end < 0 || end > quote || end - at > MAX_FIELD_BYTES) return at;
      const last = end > at && text.charCodeAt(end - 1) === CR ? end - 1 : end;
      if (last > at) this.#records.push(this.#plainRecord(chunk, text, at, last));
      this.#line += 1;
      at = end + 1;
    }
  }

  #plainRecord(chunk: Buffer, text: string, from: number, to: number): CsvRecord {
    const line = this.#line;
    const plain = text.slice(from, to);
    const fields = plain.split(',');
    const fault = columnFault(fields.length, this.columns);
    if (fault) return { line, fields: [], fault };
    if (this.#ascii || !NON_ASCII.test(plain)) return { line, fields };
    const bytes = chunk.subarray(from, to);
    if (!isUtf8(bytes)) return faultyRecord(line, 'ENCODING_INVALID', 'not UTF-8');
    return { line, fields: bytes.toString('utf8').split(',') };
  }

  /** Reads on in the record at `at`; returns where to go on, or undefined when the scan must go back. */
  #step(chunk: Buffer, at: number): number | undefined {
    switch (this.#state) {
      case 'record-start':
        this.#pending = new PendingRecord(this.#line, this.columns);
        this.#lineAfterStart = undefined;
        this.#state = 'field-start';
        return at;
      case 'field-start':
        this.#state = chunk[at] === QUOTE ? 'quoted' : 'unquoted';
        return chunk[at] === QUOTE ? at + 1 : at;
      case 'unquoted':
        return this.#unquoted(chunk, at);
      case 'quoted':
        return this.#quoted(chunk, at);
      case 'quote-in-quoted':
        return this.#afterQuote(chunk, at);
      case 'cr-after-quote':
        return chunk[at] === LF ? this.#afterQuote(chunk, at) : this.#refuse('text after a closing quote', at);
      case 'skip-line':
        return this.#skipLine(chunk, at);
    }
  }

  #unquoted(chunk: Buffer, from: number): number {
    let at = from;
    while (at < chunk.length && chunk[at] !== COMMA && chunk[at] !== LF) at += 1;
    this.#pending!.add(chunk, from, at);
    if (at === chunk.length) return at;
    if (chunk[at] === COMMA) {
      this.#pending!.endField();
      this.#state = 'field-start';
    } else {
      this.#endRecord();
      this.#line += 1;
    }
    return at + 1;
  }

  #quoted(chunk: Buffer, from: number): number {
    let at = from;
    for (; at < chunk.length && chunk[at] !== QUOTE; at += 1) {
      if (chunk[at] !== LF) continue;
      this.#line += 1;
      this.#lineAfterStart ??= this.#offset + at + 1;
    }
    this.#pending!.add(chunk, from, at);
    if (at === chunk.length) return at;
    this.#state = 'quote-in-quoted';
    return at + 1;
  }

  #afterQuote(chunk: Buffer, at: number): number | undefined {
    switch (chunk[at]) {
      case QUOTE:
        this.#pending!.add(chunk, at, at + 1);
        this.#state = 'quoted';
        return at + 1;
      case COMMA:
        this.#pending!.endField();
        this.#state = 'field-start';
        return at + 1;
      case LF:
        this.#endRecord();
        this.#line += 1;
        return at + 1;
      case CR:
        this.#state = 'cr-after-quote';
        return at + 1;
      case undefined:
      default:
        return this.#refuse('text after a closing quote', at);
    }
  }

  #skipLine(chunk: Buffer, at: number): number {
    const end = chunk.indexOf(LF, at);
    if (end < 0) return chunk.length;
    this.#line += 1;
    this.#state = 'record-start';
    return end + 1;
  }

  #endRecord(): void {
    const pending = this.#pending!;
    if (this.#state === 'unquoted') {
      pending.dropTrailingCarriageReturn();
      if (pending.isEmpty) {
        this.#state = 'record-start';
        return;
      }
    }
    pending.endField();
    this.#records.push(pending.finish());
    this.#state = 'record-start';
  }

  /** CSV_INVALID: goes on with the rest of this line (the place is returned), or must go back (undefined). */
  #refuse(why: string, at = 0): number | undefined {
    this.#records.push(faultyRecord(this.#pending!.line, 'CSV_INVALID', why));
    if (this.#lineAfterStart !== undefined) return undefined;
    this.#state = 'skip-line';
    return at;
  }

  #rewind(): ScanResult {
    const rewindTo = this.#lineAfterStart!;
    this.#line = this.#pending!.line + 1;
    this.#offset = rewindTo;
    this.#state = 'record-start';
    return { records: this.#records, rewindTo };
  }
}
