import { type Placement, type ProposedEvent, type RecordSizes, encodeRecordInto, sizesOf } from '../wire/record.js';
import { DamagedError } from './storage-error.js';

/**
 * The events of one append, one after the other in one value: one write instead of one per event, and a reader slices them
 * out of it without copying. Layout: u32 count, count × u32 length, then the records. A record that was scavenged has
 * length 0: positions and revisions stay where they are.
 */
const MAX_EVENTS = 512;
const MAX_BYTES = 256 * 1024;

/** A chunk that is to be written: a run of a stream's events. */
export interface NewChunk {
  readonly position: number;
  readonly revision: number;
  readonly count: number;
  readonly bytes: Buffer;
}

interface Measured {
  readonly event: ProposedEvent;
  readonly at: Placement;
  readonly sizes: RecordSizes;
}

/** Encodes events that follow each other from `first` on, in as many chunks as keep the page of a reader small. */
export function encodeEvents(events: readonly ProposedEvent[], first: Placement): NewChunk[] {
  const chunks: NewChunk[] = [];
  let run: Measured[] = [];
  let bytes = 0;
  for (const [index, event] of events.entries()) {
    const at = { ...first, revision: first.revision + index, position: first.position + index };
    const sizes = sizesOf(event, at);
    if (run.length > 0 && (run.length >= MAX_EVENTS || bytes + sizes.length > MAX_BYTES)) {
      chunks.push(encodeRun(run, bytes));
      run = [];
      bytes = 0;
    }
    run.push({ event, at, sizes });
    bytes += sizes.length;
  }
  if (run.length > 0) chunks.push(encodeRun(run, bytes));
  return chunks;
}

function encodeRun(run: readonly Measured[], recordBytes: number): NewChunk {
  const { position, revision } = run[0]!.at;
  const bytes = Buffer.allocUnsafe(4 + 4 * run.length + recordBytes);
  bytes.writeUInt32LE(run.length, 0);
  let offset = 4 + 4 * run.length;
  for (const [index, { event, at, sizes }] of run.entries()) {
    bytes.writeUInt32LE(sizes.length, 4 + 4 * index);
    encodeRecordInto(bytes.subarray(offset, offset + sizes.length), event, at, sizes);
    offset += sizes.length;
  }
  return { position, revision, count: run.length, bytes };
}

/** Puts records that are encoded already into a chunk; an empty one stands for a record that was scavenged. */
export function encodeChunk(records: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(4 + 4 * records.length);
  head.writeUInt32LE(records.length, 0);
  records.forEach((record, index) => head.writeUInt32LE(record.length, 4 + 4 * index));
  return Buffer.concat([head, ...records]);
}

/** The records of a chunk as views; undefined where one was scavenged. Throws {@link DamagedError} if it is not a chunk. */
export function decodeChunk(position: number, chunk: Buffer): (Buffer | undefined)[] {
  const count = chunk.length < 4 ? 0 : chunk.readUInt32LE(0);
  let offset = 4 + 4 * count;
  if (count === 0 || offset > chunk.length) throw new DamagedError(position);
  const records = new Array<Buffer | undefined>(count);
  for (let index = 0; index < count; index++) {
    const length = chunk.readUInt32LE(4 + 4 * index);
    records[index] = length === 0 ? undefined : chunk.subarray(offset, offset + length);
    offset += length;
  }
  if (offset !== chunk.length) throw new DamagedError(position);
  return records;
}
