import { randomUUID } from 'node:crypto';
import { type ProposedEvent, StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import { type NewChunk, encodeEvents } from './chunk.js';
import { type Files, indexKey, indexValue } from './files.js';
import { Notifier } from './notifier.js';
import { RecentIds } from './recent-ids.js';
import { Storage } from './storage.js';
import { applyMetadata, isMetastream, originalOf } from './stream-metadata.js';
import { StreamDirectory } from './stream-directory.js';
import type { StreamInfo } from './stream-info.js';
import { checkedChunk } from './verify.js';
import { Writer } from './writer.js';

const REMEMBERED_EVENTS = 50_000;
/** So many of them are read at the start, of so many bytes at most: those that may be appended again after a crash, and not a long start. */
const REMEMBERED_AT_START = 10_000;
const BYTES_AT_START = 16 * 1024 * 1024;
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
 * at once, in memory; the {@link Writer} puts those under way into one commit, and an append is answered when its commit is
 * on disk. Readers see only what is on disk.
 */
export class EventLog {
  readonly streams: StreamDirectory;
  readonly ids = new RecentIds(REMEMBERED_EVENTS);
  readonly notifier = new Notifier();
  /** Rejects when the files can't be used any more. */
  readonly failed: Promise<never>;
  /** Position of the last event on disk; 0 when there is none. */
  head = 0;
  private next = 1;
  private readonly writer: Writer;

  private constructor(private readonly storage: Storage) {
    this.streams = new StreamDirectory(storage);
    this.writer = new Writer(storage, () => this.load());
    this.failed = this.writer.failed;
    this.load();
  }

  /** Opens the log in a folder, which is created if missing. */
  static async open(dataDir: string): Promise<EventLog> {
    const storage = await Storage.open(dataDir);
    try {
      return new EventLog(storage);
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  /** The tables as they are open now: not to be kept beyond a turn of the event loop. */
  get files(): Files {
    return this.storage.files;
  }

  /** Notes that a reader has looked at so many bytes of the files. */
  touch(bytes: number): void {
    this.storage.touch(bytes);
  }

  /** Settles when what `write` puts into {@link files} is on disk, together with what is appended in the same turn. */
  write(write: () => void): Promise<void> {
    return this.writer.run(write, () => undefined);
  }

  /**
   * Appends to a stream behind its last event; settles when that is on disk. The caller has checked the expected revision
   * in the same turn. Metadata of a stream takes effect at once.
   */
  append(info: StreamInfo, events: readonly ProposedEvent[]): Promise<Written> {
    const [revision, position] = [info.last + 1, this.next];
    const first = { streamName: info.nameBytes, revision, position, createdAtMs: Date.now() };
    const chunks = encodeEvents(events, first);
    this.next += events.length;
    info.last += events.length;
    const rows = info.id === 0 ? [this.streams.create(info)] : [];
    for (let index = 0; index < events.length; index++) {
      this.ids.add(events[index]!.id, info.name, revision + index, position + index, this.head);
    }
    if (isMetastream(info.name)) rows.push(...this.takeMetadata(originalOf(info.name), events));
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0);
    const write = (): void => {
      for (const putRow of rows) putRow();
      this.putChunks(info.id, chunks);
    };
    return this.commit(info, { revision: info.last, position: this.next - 1 }, write, bytes);
  }

  /** Ends a stream for ever. The tombstone has a position, and the largest revision there is. */
  tombstone(info: StreamInfo): Promise<Written> {
    const position = this.next++;
    const event = { id: randomUUID(), type: TOMBSTONE_TYPE, isJson: false, data: EMPTY, metadata: EMPTY };
    const placement = { streamName: info.nameBytes, revision: TOMBSTONE_STORED, position, createdAtMs: Date.now() };
    const [chunk] = encodeEvents([event], placement);
    info.tombstoned = true;
    const putRow = this.streams.save(info);
    return this.commit(info, { revision: info.last, position }, () => {
      void this.files.chunks.put(position, chunk!.bytes);
      putRow();
    });
  }

  /** Settles when everything that was under way at the time of the call is on disk; rejects if writing has failed. */
  settled(): Promise<void> {
    return this.writer.settled();
  }

  async close(): Promise<void> {
    await this.writer.close();
    await this.storage.close();
  }

  private commit(info: StreamInfo, written: Written, write: () => void, bytes = 0): Promise<Written> {
    // Streams whose rows are on their way to the disk stay in memory: what is on disk is not yet what they are.
    const original = isMetastream(info.name) ? this.streams.open(originalOf(info.name)) : undefined;
    info.pending++;
    if (original !== undefined) original.pending++;
    const done = (): Written => {
      info.pending--;
      if (original !== undefined) original.pending--;
      info.committed = Math.max(info.committed, written.revision);
      this.head = Math.max(this.head, written.position);
      this.notifier.notify(info.name);
      this.notifier.notify(ALL);
      return written;
    };
    return this.writer.run(write, done, bytes);
  }

  private putChunks(streamId: number, chunks: readonly NewChunk[]): void {
    const { chunks: table, index } = this.files;
    for (const { position, revision, count, bytes } of chunks) {
      void table.put(position, bytes);
      void index.put(indexKey(streamId, revision), indexValue(position, count));
    }
  }

  private takeMetadata(stream: string, events: readonly ProposedEvent[]): (() => void)[] {
    const latest = events.at(-1);
    if (latest === undefined) return [];
    const info = this.streams.open(stream);
    applyMetadata(info, latest.data);
    return [this.streams.save(info)];
  }

  /** Takes what is in memory from what is on disk. */
  private load(): void {
    this.streams.load();
    this.head = this.findHead();
    this.next = this.head + 1;
    this.ids.clear();
    this.rememberLatest();
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
    const runs: { stream: string; revision: number; position: number; ids: (string | undefined)[] }[] = [];
    const names = new Map<string, string>();
    let events = 0;
    let bytes = 0;
    for (const { key, value } of this.files.chunks.getRange({ reverse: true })) {
      const records = checkedChunk(key, value).map((record) => record && new StoredRecord(record));
      const first = records.find((record) => record !== undefined);
      if (first !== undefined) {
        const name = first.streamName.toString('utf8');
        const stream = names.get(name) ?? name;
        names.set(stream, stream);
        const revision = first.revision - (first.position - key);
        runs.push({ stream, revision, position: key, ids: records.map((record) => record?.id) });
      }
      events += records.length;
      bytes += value.length;
      if (events >= REMEMBERED_AT_START || bytes > BYTES_AT_START) break;
    }
    for (const { stream, revision, position, ids } of runs.reverse()) {
      for (const [index, id] of ids.entries()) {
        if (id !== undefined) this.ids.add(id, stream, revision + index, position + index, this.head);
      }
    }
    this.touch(bytes);
  }
}
