import { randomUUID } from 'node:crypto';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { appendReviving } from '../store/revival.js';
import { metadataEvent, metastreamOf, softDeletion } from '../store/stream-metadata.js';
import type { StoredRecord } from '../wire/record.js';

const TYPE = '$SubscriptionCheckpoint';
const KEPT = 2;

/** Where EventStoreDB keeps how far a group is: programs follow the stream, this server goes by its own table. */
export class CheckpointStream {
  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
    private readonly stream: string,
  ) {}

  /** Settles when the checkpoint, in the words of the group's info, is on disk. */
  async tell(checkpoint: string): Promise<void> {
    const info = this.log.streams.open(this.stream);
    const first = info.last < 0;
    const event = {
      id: randomUUID(),
      type: Buffer.from(TYPE),
      isJson: true,
      data: Buffer.from(JSON.stringify(checkpoint)),
      metadata: Buffer.alloc(0),
    };
    const written: Promise<unknown>[] = [appendReviving(this.log, this.reader, info, [event])];
    if (first) {
      const metastream = this.log.streams.open(metastreamOf(this.stream));
      written.push(this.log.append(metastream, [metadataEvent(JSON.stringify({ $maxCount: KEPT }))]));
    }
    await Promise.all(written);
  }

  async delete(): Promise<void> {
    if (this.log.streams.open(this.stream).last < 0) return;
    await this.log.append(this.log.streams.open(metastreamOf(this.stream)), [softDeletion()]);
  }
}

/** Whether an event tells of a checkpoint: a group that counted those would never come to rest. */
export function isCheckpoint(record: StoredRecord | undefined): boolean {
  return record?.type.equals(TYPE_BYTES) === true;
}

const TYPE_BYTES = Buffer.from(TYPE);
