import { randomUUID } from 'node:crypto';
import { type ProposedEvent, StoredRecord, TOMBSTONE_STORED, encodeRecord } from '../wire/record.js';
import { encodeChunk, splitIntoChunks } from './chunk.js';
import { type Files, indexKey, indexValue, openFiles } from './files.js';
import { Notifier } from './notifier.js';
import { RecentIds } from './recent-ids.js';
import { applyMetadata, isMetastream, originalOf } from './stream-metadata.js';
import { StreamDirectory } from './stream-directory.js';
import type { StreamInfo } from './stream-info.js';
import { checkedChunk } from './verify.js';

const REMEMBERED_EVENTS = 50_000;
const TOMBSTONE_TYPE = Buffer.from('$streamDeleted');
const EMPTY = Buffer.alloc(0);
/** The key of {@link EventLog.notifier} that stands for $all. */
export const ALL = '';

export interface Written {
  /** Revision of the last event written. */
  readonly revision: number;
  /** Its position. */
  readonly position: number;
}

/**
 * The log: every event has the next position (1, 2, 3 …) and its stream's next revision. Appends are decided and encoded
 * at once, in memory; lmdb's writer thread gathers those under way into one commit, and an append is answered when its
 * commit is on disk. Readers see only what is on disk.
 */
export class EventLog {
  readonly streams: StreamDirectory;
  readonly ids = new RecentIds(REMEMBERED_EVENTS);
  readonly notifier = new Notifier();
  /** Position of the last event on disk; 0 when there is none. */
  head: number;
  private next: number;
  private readonly underWay = new Set<Promise<unknown>>();
  private failure: Error | undefined;

  private constructor(readonly files: Files) {
    this.streams = new StreamDirectory(this.files);
    this.head = this.findHead();
    this.next = this.head + 1;
    this.rememberLatest();
  }

  /** Opens the log in a folder, which is created if missing. */
  static async open(dataDir: string): Promise<EventLog> {
    const files = await openFiles(dataDir);
    try {
      return new EventLog(files);
    } catch (error) {
      await files.root.close();
      throw error;
    }
  }

  /**
   * Appends to a stream behind its last event; settles when that is on disk. The caller has checked the expected revision
   * in the same turn. Metadata of a stream takes effect at once.
   */
  append(info: StreamInfo, events: readonly ProposedEvent[]): Promise<Written> {
    const createdAtMs = Date.now();
    const firstRevision = info.last + 1;
    const firstPosition = this.next;
    const records = events.map((event, index) =>
      encodeRecord(event, {
        streamName: info.nameBytes,
        revision: firstRevision + index,
        position: firstPosition + index,
        createdAtMs,
      }),
    );
    this.next += events.length;
    info.last += events.length;
    const written = { revision: info.last, position: this.next - 1 };
    return this.commit(info, written, () => {
      if (info.id === 0) this.streams.create(info);
      this.putRecords(info, firstRevision, firstPosition, records);
      events.forEach(({ id }, index) => this.remember(id, info.id, firstRevision + index, firstPosition + index));
      if (isMetastream(info.name)) this.takeMetadata(originalOf(info.name), events);
    });
  }

  /** Ends a stream for ever. The tombstone has a position, and the largest revision there is. */
  tombstone(info: StreamInfo): Promise<Written> {
    const position = this.next++;
    const event = { id: randomUUID(), type: TOMBSTONE_TYPE, isJson: false, data: EMPTY, metadata: EMPTY };
    const placement = { streamName: info.nameBytes, revision: TOMBSTONE_STORED, position, createdAtMs: Date.now() };
    info.tombstoned = true;
    return this.commit(info, { revision: info.last, position }, () => {
      void this.files.chunks.put(position, encodeChunk([encodeRecord(event, placement)]));
      this.streams.save(info);
    });
  }

  /** Settles when everything that was under way at the time of the call is on disk; rejects if writing has failed. */
  async settled(): Promise<void> {
    await Promise.allSettled([...this.underWay]);
    if (this.failure !== undefined) throw this.failure;
  }

  async close(): Promise<void> {
    await this.settled().catch(() => undefined);
    await this.files.root.close();
  }

  private async commit(info: StreamInfo, written: Written, write: () => void): Promise<Written> {
    if (this.failure !== undefined) throw this.failure;
    // Streams whose rows are on their way to the disk stay in memory: what is on disk is not yet what they are.
    const involved = isMetastream(info.name) ? [info, this.streams.open(originalOf(info.name))] : [info];
    for (const stream of involved) stream.pending++;
    let done: Promise<unknown> | undefined;
    try {
      done = this.files.root.batch(write);
      this.underWay.add(done);
      await done;
    } catch (error) {
      // What is in memory is now ahead of the disk, and later appends are built on it: nothing more may be written.
      this.failure ??= new Error(`writing failed, restart the server: ${(error as Error).message}`);
      throw this.failure;
    } finally {
      if (done !== undefined) this.underWay.delete(done);
      for (const stream of involved) stream.pending--;
    }
    this.files.root.resetReadTxn();
    info.committed = Math.max(info.committed, written.revision);
    this.head = Math.max(this.head, written.position);
    this.notifier.notify(info.name);
    this.notifier.notify(ALL);
    return written;
  }

  private putRecords(info: StreamInfo, revision: number, position: number, records: readonly Buffer[]): void {
    let done = 0;
    for (const run of splitIntoChunks(records)) {
      void this.files.chunks.put(position + done, encodeChunk(run));
      void this.files.index.put(indexKey(info.id, revision + done), indexValue(position + done, run.length));
      done += run.length;
    }
  }

  private takeMetadata(stream: string, events: readonly ProposedEvent[]): void {
    const latest = events.at(-1);
    if (latest === undefined) return;
    const info = this.streams.open(stream);
    applyMetadata(info, latest.data);
    this.streams.save(info);
  }

  private remember(id: string, streamId: number, revision: number, position: number): void {
    this.ids.add(id, { streamId, revision, position }, this.head);
  }

  private findHead(): number {
    const kept = this.files.state.get('head') ?? 0;
    for (const { key, value } of this.files.chunks.getRange({ reverse: true, limit: 1 })) {
      return Math.max(kept, key + value.readUInt32LE(0) - 1);
    }
    return kept;
  }

  /** Fills the memory of event ids from the end of the log, so that a repeated append is recognised after a restart. */
  private rememberLatest(): void {
    const latest: StoredRecord[] = [];
    for (const { key, value } of this.files.chunks.getRange({ reverse: true, limit: REMEMBERED_EVENTS })) {
      for (const record of checkedChunk(key, value).reverse())
        if (record !== undefined) latest.push(new StoredRecord(record));
      if (latest.length >= REMEMBERED_EVENTS) break;
    }
    const streamIds = new Map<string, number>();
    for (const record of latest.slice(0, REMEMBERED_EVENTS).reverse()) {
      const name = record.streamName.toString('utf8');
      let streamId = streamIds.get(name);
      if (streamId === undefined) streamIds.set(name, (streamId = this.streams.open(name).id));
      this.remember(record.id, streamId, record.revision, record.position);
    }
  }
}
