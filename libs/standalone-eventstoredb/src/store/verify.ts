import { isIntact } from '../wire/record.js';
import { decodeChunk } from './chunk.js';
import { DamagedError } from './storage-error.js';

interface Table<Value> {
  getRange(options: object): Iterable<{ readonly key: unknown; readonly value: Value }>;
}

/** The records of a chunk, after a look at whether they are what was written at this position. */
export function checkedChunk(position: number, chunk: Buffer): (Buffer | undefined)[] {
  const records = decodeChunk(position, chunk);
  for (const [index, record] of records.entries()) {
    if (record !== undefined && !isIntact(record, position + index)) throw new DamagedError(position + index);
  }
  return records;
}

/** Reads everything there is. Throws {@link DamagedError} at the first that is not as it was written. */
export function verifyAll(chunks: Table<Buffer>, others: readonly Table<unknown>[]): void {
  try {
    for (const { key, value } of chunks.getRange({})) checkedChunk(key as number, value);
    for (const table of others) {
      for (const entry of table.getRange({})) void entry;
    }
  } catch (error) {
    throw error instanceof DamagedError ? error : new DamagedError((error as Error).message);
  }
}
