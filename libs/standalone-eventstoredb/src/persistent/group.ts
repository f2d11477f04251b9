import type { EventPresenter } from '../services/event-presenter.js';
import type { Notifier } from '../store/notifier.js';
import { StoredRecord } from '../wire/record.js';
import { Consumer, type ConsumerCall } from './consumer.js';
import type { GroupConfig } from './group-config.js';
import type { PendingMessage } from './message.js';
import type { Parking } from './parking.js';
import type { Source } from './source.js';
import { type Strategy, strategyOf } from './strategies.js';

export type NackAction = 'retry' | 'park' | 'skip' | 'stop';

export interface GroupParts {
  readonly source: Source;
  readonly parking: Parking;
  readonly presenter: EventPresenter;
  readonly notifier: Notifier;
  saveCheckpoint(sequence: number): void;
}

const TICK_MS = 250;
const PAGES_PER_TURN = 16;
/** A group that nobody reads from, or whose consumers are busy, keeps no more than this in memory. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024;

interface Outstanding {
  readonly message: PendingMessage;
  readonly consumer: Consumer;
  readonly dueAtMs: number;
}

/** A persistent subscription at work: hands events to consumers, waits for their verdict, remembers how far it is. */
export class Group {
  readonly consumers: Consumer[] = [];
  readonly outstanding = new Map<string, Outstanding>();
  readonly retries: PendingMessage[] = [];
  buffer: PendingMessage[] = [];
  /** Last event that was handed out; undefined before the first. */
  lastKnown: number | undefined;
  totalItems = 0;
  private readonly strategy: Strategy;
  private readonly parkings = new Set<PendingMessage>();
  private readonly stopping = new AbortController();
  private readonly timer: NodeJS.Timeout;
  private bufferedBytes = 0;
  private settledSinceCheckpoint = 0;
  private lastCheckpointAtMs = Date.now();
  private waiting = false;

  constructor(
    readonly config: GroupConfig,
    readonly parts: GroupParts,
    /** Sequence of the next event to read. */
    private next: number,
    public checkpoint: number | undefined,
  ) {
    this.strategy = strategyOf(config.strategy);
    this.timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  connect(call: ConsumerCall): Consumer {
    const consumer = new Consumer(call);
    this.consumers.push(consumer);
    call.confirm();
    // In a later turn: the caller must know its consumer before messages come.
    queueMicrotask(() => this.pump());
    return consumer;
  }

  /** A consumer is gone: what was under way to it goes to the others. */
  disconnect(consumer: Consumer): void {
    const index = this.consumers.indexOf(consumer);
    if (index < 0) return;
    this.consumers.splice(index, 1);
    for (const id of [...consumer.inFlight.keys()]) {
      const message = this.settle(id);
      if (message !== undefined) this.retries.push(retried(message));
    }
    this.pump();
  }

  drained(consumer: Consumer): void {
    consumer.blocked = false;
    this.pump();
  }

  ack(ids: readonly string[]): void {
    for (const id of ids) this.settle(id);
    this.pump();
  }

  nack(ids: readonly string[], action: NackAction, reason: string): void {
    for (const id of ids) {
      const message = this.settle(id);
      if (message === undefined) continue;
      if (action === 'retry') this.retryOrPark(message);
      else if (action === 'park') this.park(message, `Client explicitly NAK'ed message.\n${reason}`);
    }
    this.pump();
  }

  /** Hands parked messages out again. Settles when they are on their way. */
  async replayParked(stopAt: number | undefined): Promise<void> {
    for (const link of await this.parts.parking.take(stopAt)) {
      const event = this.parts.presenter.target(link);
      this.retries.push({ id: link.id, sequence: undefined, event, link, retryCount: 0 });
    }
    this.pump();
  }

  /** Drops the consumers and saves how far the group is. */
  stop(reason: Error): void {
    this.stopping.abort();
    clearInterval(this.timer);
    this.saveCheckpoint();
    for (const { call } of this.consumers.splice(0)) call.drop(reason);
  }

  private settle(id: string): PendingMessage | undefined {
    const entry = this.outstanding.get(id);
    if (entry === undefined) return undefined;
    this.outstanding.delete(id);
    entry.consumer.settle(id);
    this.settledSinceCheckpoint++;
    return entry.message;
  }

  private retryOrPark(message: PendingMessage): void {
    if (message.retryCount >= this.config.maxRetryCount) {
      this.park(message, `Reached retry count of ${this.config.maxRetryCount}`);
    } else this.retries.push(retried(message));
  }

  private park(message: PendingMessage, reason: string): void {
    this.parkings.add(message);
    const done = (): boolean => this.parkings.delete(message);
    this.parts.parking.park(message, reason).then(done, done);
  }

  /** Hands out what there is and who can take it, and reads on. */
  private pump(): void {
    if (this.stopping.signal.aborted) return;
    while (this.consumers.length > 0) {
      this.fill();
      if (!this.dispatch(this.retries) && !this.dispatch(this.buffer)) break;
    }
    if (this.settledSinceCheckpoint >= this.config.maxCheckpointCount) this.saveCheckpoint();
  }

  private dispatch(queue: PendingMessage[]): boolean {
    const limit = this.strategy.overtakes ? queue.length : Math.min(1, queue.length);
    for (let index = 0; index < limit; index++) {
      const message = queue[index] as PendingMessage;
      const consumer = this.strategy.choose(this.consumers, message);
      if (consumer === undefined) continue;
      queue.splice(index, 1);
      if (queue === this.buffer) this.bufferedBytes -= sizeOf(message);
      this.hand(message, consumer);
      return true;
    }
    return false;
  }

  private hand(message: PendingMessage, consumer: Consumer): void {
    const { messageTimeoutMs } = this.config;
    const dueAtMs = messageTimeoutMs > 0 ? Date.now() + messageTimeoutMs : Infinity;
    this.outstanding.set(message.id, { message, consumer, dueAtMs });
    this.totalItems++;
    if (message.sequence !== undefined) this.lastKnown = Math.max(this.lastKnown ?? -1, message.sequence);
    consumer.send(message);
  }

  private fill(): void {
    const { readBatchSize, historyBufferSize } = this.config;
    for (let pages = 0; this.buffer.length < readBatchSize && this.bufferedBytes < MAX_BUFFERED_BYTES; pages++) {
      // A filter that hardly anything passes must not keep the server from everything else.
      if (pages === PAGES_PER_TURN) return this.pumpLater();
      const room = Math.max(1, Math.min(readBatchSize, historyBufferSize - this.buffer.length));
      const page = this.parts.source.read(this.next, room);
      for (const stored of page.records) this.accept(new StoredRecord(stored));
      this.next = page.next;
      if (page.end) return this.waitForMore();
    }
  }

  private pumpLater(): void {
    if (this.waiting) return;
    this.waiting = true;
    setImmediate(() => {
      this.waiting = false;
      this.pump();
    });
  }

  private accept(record: StoredRecord): void {
    const link = this.config.resolveLinks && record.isLink ? record : undefined;
    // A link whose event is gone is sent alone.
    const event = link === undefined ? record : this.parts.presenter.target(link);
    const message = { id: record.id, sequence: this.parts.source.sequenceOf(record), event, link, retryCount: 0 };
    this.buffer.push(message);
    this.bufferedBytes += sizeOf(message);
  }

  private waitForMore(): void {
    if (this.waiting) return;
    this.waiting = true;
    void this.parts.notifier.wait(this.parts.source.key, this.stopping.signal).then(() => {
      this.waiting = false;
      this.pump();
    });
  }

  private tick(): void {
    const now = Date.now();
    for (const [id, { dueAtMs }] of [...this.outstanding]) {
      if (dueAtMs > now) continue;
      const message = this.settle(id);
      if (message !== undefined) this.retryOrPark(message);
    }
    const enough = this.settledSinceCheckpoint >= Math.max(1, this.config.minCheckpointCount);
    if (enough && now - this.lastCheckpointAtMs >= this.config.checkpointAfterMs) this.saveCheckpoint();
    this.pump();
  }

  /** The checkpoint is the last event before the first that is not yet dealt with. */
  private saveCheckpoint(): void {
    this.settledSinceCheckpoint = 0;
    this.lastCheckpointAtMs = Date.now();
    let first = this.next;
    const consider = ({ sequence }: PendingMessage): void => void (first = Math.min(first, sequence ?? first));
    for (const { message } of this.outstanding.values()) consider(message);
    this.retries.forEach(consider);
    this.buffer.forEach(consider);
    this.parkings.forEach(consider);
    if (first - 1 <= (this.checkpoint ?? -1)) return;
    this.checkpoint = first - 1;
    this.parts.saveCheckpoint(this.checkpoint);
  }
}

/** Sent again, whether it was refused, late, or with a consumer that went away. */
function retried(message: PendingMessage): PendingMessage {
  return { ...message, retryCount: message.retryCount + 1 };
}

function sizeOf(message: PendingMessage): number {
  return (message.event?.buffer.length ?? 0) + (message.link?.buffer.length ?? 0);
}
