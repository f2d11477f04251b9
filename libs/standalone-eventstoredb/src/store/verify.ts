import { HEADER_LENGTH, StoredRecord } from '../wire/record.js';
import { decodeChunk } from './chunk.js';

interface Table<Value> {
  getRange(options: object): Iterable<{ readonly key: unknown; readonly value: Value }>;
}

/** What is stored is not what was written. */
export class DamagedError extends Error {
  constructor(what: string) {
    super(`the events are damaged: ${what}. Restore the folder from a backup.`);
  }
}

/** The records of a chunk, after a look at whether they are what was written at this position. */
export function checkedChunk(position: number, chunk: Buffer): (Buffer | undefined)[] {
  const damaged = new DamagedError(`position ${position} can't be read`);
  const count = chunk.length < 4 ? 0 : chunk.readUInt32LE(0);
  if (count === 0 || 4 + 4 * count > chunk.length) throw damaged;
  let length = 4 + 4 * count;
  for (let index = 0; index < count; index++) length += chunk.readUInt32LE(4 + 4 * index);
  if (length !== chunk.length) throw damaged;
  const records = decodeChunk(chunk);
  for (const [index, record] of records.entries()) {
    if (record === undefined) continue;
    if (record.length < HEADER_LENGTH || new StoredRecord(record).position !== position + index) throw damaged;
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
