import type { EventPresenter } from '../services/event-presenter.js';
import { StoredRecord } from '../wire/record.js';
import type { GroupConfig } from './group-config.js';
import type { PendingMessage } from './message.js';
import type { Source } from './source.js';

const PAGES_PER_TURN = 16;
/** A group that nobody reads from, or whose consumers are busy, keeps no more than this in memory. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

interface Parts {
  readonly source: Source;
  readonly presenter: EventPresenter;
}

/** What a group has read of its source and not yet handed out. */
export class ReadAhead {
  readonly messages: PendingMessage[] = [];
  private bytes = 0;
  private passedOver = 0;
  private lastRead: number | undefined;

  constructor(
    private readonly config: GroupConfig,
    private readonly parts: Parts,
    private readonly first: number,
    /** Sequence of the next event to read. */
    public next = first,
  ) {}

  /** Reads on: until there are enough, to the end, or until others should have a turn (`more`). */
  fill(): 'enough' | 'end' | 'more' {
    const { readBatchSize, historyBufferSize } = this.config;
    for (let pages = 0; this.messages.length < readBatchSize && this.bytes < MAX_BUFFERED_BYTES; pages++) {
      // A filter that hardly anything passes must not keep the server from everything else.
      if (pages === PAGES_PER_TURN) return 'more';
      const room = Math.max(1, Math.min(readBatchSize, historyBufferSize - this.messages.length));
      const page = this.parts.source.read(this.next, room);
      for (const stored of page.records) this.accept(new StoredRecord(stored));
      this.passedOver += page.passedOver;
      this.next = page.next;
      if (page.end) return 'end';
    }
    return 'enough';
  }

  /** Takes a message out. */
  take(index: number): void {
    for (const message of this.messages.splice(index, 1)) this.bytes -= sizeOf(message);
  }

  /** Events that its filter did not want, since the last call. */
  takePassedOver(): number {
    const count = this.passedOver;
    this.passedOver = 0;
    return count;
  }

  /** Events that wait to be handed out, as far as the group's buffer would hold them. */
  get waiting(): number {
    return Math.min(this.messages.length + this.unread, this.config.historyBufferSize);
  }

  /** Whether more events wait than the group's buffer would hold. */
  get behind(): boolean {
    return this.messages.length + this.unread > this.config.historyBufferSize;
  }

  /** The last event there is for the group, of those since it was started; of a filtered group the last that was read. */
  get lastKnown(): number | undefined {
    if (this.config.filter !== null) return this.lastRead;
    const last = this.parts.source.end() - 1;
    return last < this.first ? undefined : last;
  }

  /** How many of the unread ones a filter wants is not known before they are read. */
  private get unread(): number {
    return this.config.filter === null ? Math.max(0, this.parts.source.end() - this.next) : 0;
  }

  private accept(record: StoredRecord): void {
    const { source, presenter } = this.parts;
    const link = this.config.resolveLinks && record.isLink ? record : undefined;
    // A link whose event is gone is sent alone.
    const event = link === undefined ? record : presenter.target(link);
    const message = { id: record.id, sequence: source.sequenceOf(record), event, link, retryCount: 0 };
    this.lastRead = message.sequence;
    this.messages.push(message);
    this.bytes += sizeOf(message);
  }
}

function sizeOf(message: PendingMessage): number {
  return (message.event?.buffer.length ?? 0) + (message.link?.buffer.length ?? 0);
}
