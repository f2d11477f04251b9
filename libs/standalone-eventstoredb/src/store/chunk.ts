/**
 * The events of one append, one after the other in one value: one write instead of one per event, and a reader slices them
 * out of it without copying. Layout: u32 count, count × u32 length, then the records. A record that was scavenged has
 * length 0: positions and revisions stay where they are.
 */
const MAX_EVENTS = 512;
const MAX_BYTES = 256 * 1024;

/** Splits records into runs that fit a chunk each, so that a page of a reader stays small. */
export function splitIntoChunks(records: readonly Buffer[]): Buffer[][] {
  const chunks: Buffer[][] = [];
  let current: Buffer[] = [];
  let bytes = 0;
  for (const record of records) {
    if (current.length > 0 && (current.length >= MAX_EVENTS || bytes + record.length > MAX_BYTES)) {
      chunks.push(current);
      current = [];
      bytes = 0;
    }
    current.push(record);
    bytes += record.length;
  }
  if (current.length > 0) chunks.push(current);
  return chunks;
}

export function encodeChunk(records: readonly Buffer[]): Buffer {
  let size = 4 + 4 * records.length;
  for (const record of records) size += record.length;
  const chunk = Buffer.allocUnsafeSlow(size);
  chunk.writeUInt32LE(records.length, 0);
  let offset = 4 + 4 * records.length;
  records.forEach((record, index) => {
    chunk.writeUInt32LE(record.length, 4 + 4 * index);
    chunk.set(record, offset);
    offset += record.length;
  });
  return chunk;
}

/** The records of a chunk as views; undefined where one was scavenged. */
export function decodeChunk(chunk: Buffer): (Buffer | undefined)[] {
  const count = chunk.readUInt32LE(0);
  const records = new Array<Buffer | undefined>(count);
  let offset = 4 + 4 * count;
  for (let index = 0; index < count; index++) {
    const length = chunk.readUInt32LE(4 + 4 * index);
    records[index] = length === 0 ? undefined : chunk.subarray(offset, offset + length);
    offset += length;
  }
  return records;
}
