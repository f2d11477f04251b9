import type { FileHandle } from 'node:fs/promises';
import type { CsvRecord } from './csv-record.js';
import { CsvScanner } from './csv-scanner.js';

const CHUNK_BYTES = 262_144;

export interface CsvFileOptions {
  readonly columns: number;
  readonly signal?: AbortSignal;
  /** Told the bytes read so far, for a progress bar. */
  readonly onProgress?: (bytes: number) => void;
}

/**
 * The records of an open CSV file, in order, in batches; memory does not depend on the file.
 * Throws the signal's reason when it is aborted, and what the file system throws.
 */
export async function* readCsvFile(file: FileHandle, options: CsvFileOptions): AsyncGenerator<CsvRecord[]> {
  const scanner = new CsvScanner(options.columns);
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
  let position = 0;
  for (;;) {
    options.signal?.throwIfAborted();
    const filled = await fill(file, buffer, position);
    const { records, rewindTo } = filled > 0 ? scanner.push(buffer.subarray(0, filled)) : scanner.end();
    if (records.length > 0) yield records;
    if (filled === 0 && rewindTo === undefined) return;
    position = rewindTo ?? position + filled;
    options.onProgress?.(position);
  }
}

/** Reads until the buffer is full or the file ends: the scanner looks for a byte order mark in its first chunk. */
async function fill(file: FileHandle, buffer: Buffer, position: number): Promise<number> {
  let filled = 0;
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled;
}
