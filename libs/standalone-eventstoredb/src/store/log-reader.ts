import { decodeChunk } from './chunk.js';
import type { EventLog } from './event-log.js';
import { type Run, indexKey, runOf } from './files.js';
import { StoredRecord, createdAtMs, isIntact } from '../wire/record.js';
import { expiryMs, firstVisibleRevision } from './stream-metadata.js';
import type { StreamInfo } from './stream-info.js';
import { DamagedError } from './storage-error.js';

/** Events in a page at most, unless asked for fewer. */
export const PAGE_EVENTS = 512;
const PAGE_BYTES = 512 * 1024;
/** What finding a place in the files may touch of them: the system maps some pages around each. */
const SEEK_BYTES = 64 * 1024;

/** Stored records in the order of reading, and where to go on. */
export interface Page {
  readonly records: Buffer[];
  /** Position (of $all) or revision (of a stream) at which the next page starts. */
  readonly next: number;
  /** True when there was nothing further on disk at the time of reading. */
  readonly end: boolean;
}

/**
 * Reads page by page: each page sees what is on disk when it is read. (One long lmdb snapshot would miss later events, and
 * would keep lmdb from reusing pages.) A page holds at most a few hundred KiB. A record that is not what was written is a
 * {@link DamagedError}, never an answer.
 */
export class LogReader {
  constructor(private readonly log: EventLog) {}

  /** Events from a position on (inclusive). */
  allForwards(from: number, limit = PAGE_EVENTS): Page {
    const records: Buffer[] = [];
    let next = Math.max(from, 1);
    let bytes = 0;
    const start = this.chunkStart(next);
    for (const { key, value } of this.log.files.chunks.getRange({ start, end: this.log.head + 1 })) {
      const chunk = this.decode(key, value);
      for (let index = Math.max(0, next - key); index < chunk.length; index++) {
        const record = chunk[index];
        if (records.length >= limit) return { records, next, end: false };
        next = key + index + 1;
        if (record !== undefined) records.push(intact(record, key + index));
      }
      bytes += value.length;
      if (bytes >= PAGE_BYTES) break;
    }
    const end = bytes < PAGE_BYTES || next > this.log.head;
    return { records, next: end ? Math.max(next, this.log.head + 1) : next, end };
  }

  /** Events before a position (exclusive), the latest first. */
  allBackwards(before: number, limit = PAGE_EVENTS): Page {
    const records: Buffer[] = [];
    let next = Math.min(before, this.log.head + 1);
    let bytes = 0;
    const range = { start: next - 1, end: 0, reverse: true };
    this.log.touch(SEEK_BYTES);
    for (const { key, value } of this.log.files.chunks.getRange(range)) {
      const chunk = this.decode(key, value);
      for (let index = Math.min(chunk.length, next - key) - 1; index >= 0; index--) {
        if (records.length >= limit) return { records, next, end: false };
        next = key + index;
        const record = chunk[index];
        if (record !== undefined) records.push(intact(record, key + index));
      }
      bytes += value.length;
      if (bytes >= PAGE_BYTES) return { records, next, end: false };
    }
    return { records, next: 1, end: true };
  }

  /** Events of a stream from a revision on (inclusive). */
  streamForwards(info: StreamInfo, from: number, limit = PAGE_EVENTS): Page {
    const records: Buffer[] = [];
    let next = Math.max(from, firstVisibleRevision(info));
    let bytes = 0;
    const expired = expiryMs(info);
    for (const run of this.runsForwards(info, next)) {
      const chunk = this.chunkAt(run);
      for (let index = Math.max(0, next - run.revision); index < run.count; index++) {
        if (records.length >= limit || run.revision + index > info.committed) break;
        next = run.revision + index + 1;
        const record = chunk[index];
        if (record !== undefined && createdAtMs(record) >= expired) {
          records.push(intactOf(info, run, index, record));
          bytes += record.length;
        }
      }
      if (records.length >= limit || bytes >= PAGE_BYTES) return { records, next, end: next > info.committed };
    }
    return { records, next: Math.max(next, info.committed + 1), end: true };
  }

  /** Events of a stream from a revision down (inclusive). */
  streamBackwards(info: StreamInfo, from: number, limit = PAGE_EVENTS): Page {
    const records: Buffer[] = [];
    let next = Math.min(from, info.committed);
    let bytes = 0;
    const range = { start: indexKey(info.id, next), end: indexKey(info.id, 0), inclusiveEnd: true, reverse: true };
    const first = firstVisibleRevision(info);
    const expired = expiryMs(info);
    if (next < 0 || info.id === 0) return { records, next: -1, end: true };
    for (const { key, value } of this.log.files.index.getRange(range)) {
      const run = runOf(key, value);
      const chunk = this.chunkAt(run);
      for (let index = Math.min(run.count - 1, next - run.revision); index >= 0; index--) {
        if (next < first) return { records, next, end: true };
        if (records.length >= limit || bytes >= PAGE_BYTES) return { records, next, end: false };
        next = run.revision + index - 1;
        const record = chunk[index];
        if (record !== undefined && createdAtMs(record) >= expired) {
          records.push(intactOf(info, run, index, record));
          bytes += record.length;
        }
      }
    }
    return { records, next: -1, end: true };
  }

  /** One event of a stream, if it is there. */
  event(info: StreamInfo, revision: number): Buffer | undefined {
    if (revision < 0 || revision > info.committed) return undefined;
    for (const run of this.runsForwards(info, revision)) {
      const index = revision - run.revision;
      const record = this.chunkAt(run)[index];
      return record === undefined ? undefined : intactOf(info, run, index, record);
    }
    return undefined;
  }

  private *runsForwards(info: StreamInfo, from: number): Iterable<Run> {
    if (info.id === 0 || from > info.committed) return;
    const { index } = this.log.files;
    let start = indexKey(info.id, from);
    const floor = { start, end: indexKey(info.id, 0), inclusiveEnd: true, reverse: true, limit: 1 };
    for (const { key } of index.getRange(floor)) start = Buffer.from(key);
    const end = indexKey(info.id, info.committed);
    for (const { key, value } of index.getRange({ start, end, inclusiveEnd: true })) yield runOf(key, value);
  }

  private chunkAt(run: Run): (Buffer | undefined)[] {
    const chunk = this.log.files.chunks.get(run.position);
    if (chunk === undefined) return [];
    this.log.touch(SEEK_BYTES);
    return this.decode(run.position, chunk);
  }

  private decode(position: number, chunk: Buffer): (Buffer | undefined)[] {
    this.log.touch(chunk.length);
    return decodeChunk(position, chunk);
  }

  /** First position of the chunk that holds a position. */
  private chunkStart(position: number): number {
    const { chunks } = this.log.files;
    this.log.touch(SEEK_BYTES);
    if (chunks.doesExist(position)) return position;
    for (const key of chunks.getKeys({ start: position, reverse: true, limit: 1 })) return key;
    return position;
  }
}

function intact(record: Buffer, position: number): Buffer {
  if (!isIntact(record, position)) throw new DamagedError(position);
  return record;
}

/** Of a stream: what its index names must also be of the stream and the revision that were asked for. */
function intactOf(info: StreamInfo, run: Run, index: number, stored: Buffer): Buffer {
  const record = new StoredRecord(intact(stored, run.position + index));
  if (record.revision === run.revision + index && record.streamName.equals(info.nameBytes)) return stored;
  throw new DamagedError(`revision ${run.revision + index} of ${info.name} can't be read`);
}
