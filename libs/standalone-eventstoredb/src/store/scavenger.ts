import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import { decodeChunk, encodeChunk } from './chunk.js';
import type { EventLog } from './event-log.js';
import { indexKey, runOf } from './files.js';
import { expiryMs, firstVisibleRevision, isMetastream, originalOf } from './stream-metadata.js';
import type { StreamInfo } from './stream-info.js';

const CHUNKS_PER_TURN = 64;
const EMPTY = Buffer.alloc(0);

/**
 * Removes events that no reader of their stream can see any more: of deleted streams, cut off by $tb or $maxCount, older
 * than $maxAge. The last event of a stream stays, so that its revisions go on. Positions and revisions do not change.
 */
export class Scavenger {
  constructor(private readonly log: EventLog) {}

  /** Returns how many events were removed. */
  async run(signal: AbortSignal): Promise<number> {
    let removed = 0;
    let next = 1;
    const end = this.log.head;
    while (next <= end && !signal.aborted) {
      const page = [...this.log.files.chunks.getRange({ start: next, end: end + 1, limit: CHUNKS_PER_TURN })];
      if (page.length === 0) break;
      for (const { key, value } of page) {
        removed += await this.clean(key, value);
        next = key + value.readUInt32LE(0);
      }
      await nextTurn();
    }
    // The pages that became free are given back when the server opens the files again.
    if (removed > 0) await this.log.write(() => void this.log.files.state.put('compact', 1));
    return removed;
  }

  private async clean(position: number, chunk: Buffer): Promise<number> {
    const records = decodeChunk(position, chunk);
    const kept = records.map((record) => (record !== undefined && this.isDead(record) ? undefined : record));
    const removed = records.filter((record, index) => record !== kept[index]).length;
    if (removed === 0) return 0;
    const empty = kept.every((record) => record === undefined);
    await this.log.write(() => {
      void this.log.files.state.put('head', this.log.head);
      if (empty) {
        void this.log.files.chunks.remove(position);
        this.dropRun(records.find((record) => record !== undefined));
      } else void this.log.files.chunks.put(position, encodeChunk(kept.map((record) => record ?? EMPTY)));
    });
    return removed;
  }

  private isDead(stored: Buffer): boolean {
    const record = new StoredRecord(stored);
    const { revision } = record;
    if (revision === TOMBSTONE_STORED) return false;
    const info = this.infoOf(record);
    if (info.tombstoned) return true;
    if (isMetastream(info.name) && this.log.streams.open(originalOf(info.name)).tombstoned) return true;
    if (revision >= info.committed) return false;
    return revision < firstVisibleRevision(info) || record.createdAtMs < expiryMs(info);
  }

  /** The index of a run that is gone, unless it is the stream's last: that says where its revisions go on. */
  private dropRun(stored: Buffer | undefined): void {
    if (stored === undefined) return;
    const record = new StoredRecord(stored);
    const info = this.infoOf(record);
    const key = indexKey(info.id, record.revision);
    const value = this.log.files.index.get(key);
    if (value === undefined) return;
    const run = runOf(key, value);
    if (info.tombstoned || run.revision + run.count - 1 < info.committed) void this.log.files.index.remove(key);
  }

  private infoOf(record: StoredRecord): StreamInfo {
    return this.log.streams.open(record.streamName.toString('utf8'));
  }
}
