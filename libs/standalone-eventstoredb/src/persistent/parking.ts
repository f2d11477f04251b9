import { randomUUID } from 'node:crypto';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { appendReviving } from '../store/revival.js';
import { firstVisibleRevision, metastreamOf, softDeletion, truncation } from '../store/stream-metadata.js';
import { StoredRecord } from '../wire/record.js';
import { type PendingMessage, linkTo } from './message.js';

/** The messages that a group could not deal with: links in a stream of their own, as EventStoreDB keeps them. */
export class Parking {
  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
    private readonly stream: string,
  ) {}

  get count(): number {
    const info = this.log.streams.open(this.stream);
    return Math.max(0, info.committed - firstVisibleRevision(info) + 1);
  }

  /** Settles when the link is on disk. */
  async park(message: PendingMessage, reason: string): Promise<void> {
    const metadata = { added: new Date().toISOString(), reason, subscriptionEventNumber: message.sequence ?? 0 };
    await appendReviving(this.log, this.reader, this.log.streams.open(this.stream), [
      {
        id: randomUUID(),
        type: Buffer.from('$>'),
        isJson: false,
        data: Buffer.from(linkTo(message)),
        metadata: Buffer.from(JSON.stringify(metadata)),
      },
    ]);
  }

  /** Takes the parked links up to a revision (exclusive) out of the stream. */
  async take(stopAt: number | undefined): Promise<StoredRecord[]> {
    const info = this.log.streams.open(this.stream);
    const end = Math.min(stopAt ?? Infinity, info.committed + 1);
    const taken: StoredRecord[] = [];
    let next = firstVisibleRevision(info);
    while (next < end) {
      const page = this.reader.streamForwards(info, next, Math.min(end - next, 512));
      for (const record of page.records) taken.push(new StoredRecord(record));
      if (page.next <= next) break;
      next = page.next;
    }
    const within = taken.filter(({ revision }) => revision < end);
    if (within.length > 0) await this.log.append(this.log.streams.open(metastreamOf(this.stream)), [truncation(end)]);
    return within;
  }

  async delete(): Promise<void> {
    if (this.log.streams.open(this.stream).last < 0) return;
    await this.log.append(this.log.streams.open(metastreamOf(this.stream)), [softDeletion()]);
  }
}
