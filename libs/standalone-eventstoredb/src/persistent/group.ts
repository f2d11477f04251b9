import type { EventPresenter } from '../services/event-presenter.js';
import type { Notifier } from '../store/notifier.js';
import { type CheckpointStream, isCheckpoint } from './checkpoint-stream.js';
import { Consumer, type ConsumerCall, Tally } from './consumer.js';
import type { GroupConfig } from './group-config.js';
import { type PendingMessage, insertRetry } from './message.js';
import type { Parking } from './parking.js';
import { ReadAhead } from './read-ahead.js';
import type { Source } from './source.js';
import { type Strategy, strategyOf } from './strategies.js';

export type NackAction = 'retry' | 'park' | 'skip' | 'stop';

export interface GroupParts {
  readonly source: Source;
  readonly parking: Parking;
  readonly checkpoints: CheckpointStream;
  readonly presenter: EventPresenter;
  readonly notifier: Notifier;
  saveCheckpoint(sequence: number): void;
}

const TICK_MS = 250;

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
  readonly ahead: ReadAhead;
  /** Messages handed out. */
  readonly handed = new Tally();
  private readonly strategy: Strategy;
  private readonly parkings = new Set<PendingMessage>();
  private readonly stopping = new AbortController();
  private readonly timer: NodeJS.Timeout;
  /** Messages settled, and events passed over, since the last checkpoint. */
  private passedSinceCheckpoint = 0;
  private lastCheckpointAtMs = -Infinity;
  private measuredAtMs = Date.now();
  private waiting = false;

  constructor(
    readonly config: GroupConfig,
    readonly parts: GroupParts,
    /** Sequence of the first event to read. */
    first: number,
    public checkpoint: number | undefined,
  ) {
    this.strategy = strategyOf(config.strategy);
    this.ahead = new ReadAhead(config, parts, first);
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
      if (message !== undefined) insertRetry(this.retries, retried(message));
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

  /** Milliseconds since the last call: what its rates are of. */
  takeMeasuredMs(): number {
    const now = Date.now();
    const elapsedMs = now - this.measuredAtMs;
    this.measuredAtMs = now;
    return elapsedMs;
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
    if (!isCheckpoint(entry.message.event)) this.passedSinceCheckpoint++;
    return entry.message;
  }

  private retryOrPark(message: PendingMessage): void {
    if (message.retryCount >= this.config.maxRetryCount) {
      this.park(message, `Reached retry count of ${this.config.maxRetryCount}`);
    } else insertRetry(this.retries, retried(message));
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
      if (!this.dispatch(this.retries) && !this.dispatch(this.ahead.messages)) break;
    }
    if (this.passedSinceCheckpoint >= this.config.maxCheckpointCount) this.saveCheckpoint();
  }

  private dispatch(queue: PendingMessage[]): boolean {
    const limit = this.strategy.overtakes ? queue.length : Math.min(1, queue.length);
    for (let index = 0; index < limit; index++) {
      const message = queue[index] as PendingMessage;
      const consumer = this.strategy.choose(this.consumers, message);
      if (consumer === undefined) continue;
      if (queue === this.retries) queue.splice(index, 1);
      else this.ahead.take(index);
      this.hand(message, consumer);
      return true;
    }
    return false;
  }

  private hand(message: PendingMessage, consumer: Consumer): void {
    const { messageTimeoutMs } = this.config;
    const dueAtMs = messageTimeoutMs > 0 ? Date.now() + messageTimeoutMs : Infinity;
    this.outstanding.set(message.id, { message, consumer, dueAtMs });
    this.handed.total++;
    consumer.send(message);
  }

  private fill(): void {
    const state = this.ahead.fill();
    this.passedSinceCheckpoint += this.ahead.takePassedOver();
    if (state === 'more') this.pumpLater();
    else if (state === 'end') this.waitForMore();
  }

  private pumpLater(): void {
    if (this.waiting) return;
    this.waiting = true;
    setImmediate(() => {
      this.waiting = false;
      this.pump();
    });
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
    const enough = this.passedSinceCheckpoint >= Math.max(1, this.config.minCheckpointCount);
    if (enough && now - this.lastCheckpointAtMs >= this.config.checkpointAfterMs) this.saveCheckpoint();
    this.pump();
  }

  /** The checkpoint is the last event before the first that is not yet dealt with. */
  private saveCheckpoint(): void {
    let first = this.ahead.next;
    const consider = ({ sequence }: PendingMessage): void => void (first = Math.min(first, sequence ?? first));
    for (const { message } of this.outstanding.values()) consider(message);
    this.retries.forEach(consider);
    this.ahead.messages.forEach(consider);
    this.parkings.forEach(consider);
    if (first - 1 <= (this.checkpoint ?? -1)) return;
    this.passedSinceCheckpoint = 0;
    this.lastCheckpointAtMs = Date.now();
    this.checkpoint = first - 1;
    this.parts.saveCheckpoint(this.checkpoint);
  }
}

/** Sent again, whether it was refused, late, or with a consumer that went away. */
function retried(message: PendingMessage): PendingMessage {
  return { ...message, retryCount: message.retryCount + 1 };
}
