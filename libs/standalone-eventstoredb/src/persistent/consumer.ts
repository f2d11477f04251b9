import type { PendingMessage } from './message.js';

/** What a group needs to know of the call that a consumer reads by. */
export interface ConsumerCall {
  readonly connectionName: string;
  readonly from: string;
  /** Called once, before the first message. */
  confirm(): void;
  /** Most messages under way to this consumer. */
  readonly bufferSize: number;
  /** False: wait for `onDrained` before sending more. */
  send(event: PendingMessage): boolean;
  /** Ends the call. */
  drop(error: Error): void;
}

const MEASURED = 1000;

/** A count, and how much it has grown since it was last told. */
export class Tally {
  total = 0;
  private told = 0;

  takeGrowth(): number {
    const growth = this.total - this.told;
    this.told = this.total;
    return growth;
  }
}

export class Consumer {
  /** Ids of messages under way, with when they were sent. */
  readonly inFlight = new Map<string, number>();
  readonly latenciesMs: number[] = [];
  /** Messages sent. */
  readonly sent = new Tally();
  blocked = false;

  constructor(readonly call: ConsumerCall) {}

  get availableSlots(): number {
    return Math.max(0, this.call.bufferSize - this.inFlight.size);
  }
  get accepts(): boolean {
    return !this.blocked && this.availableSlots > 0;
  }

  send(message: PendingMessage): void {
    this.inFlight.set(message.id, Date.now());
    this.sent.total++;
    if (!this.call.send(message)) this.blocked = true;
  }

  /** The message is no longer under way. */
  settle(id: string): void {
    const sentAt = this.inFlight.get(id);
    if (sentAt === undefined) return;
    this.inFlight.delete(id);
    this.latenciesMs.push(Date.now() - sentAt);
    if (this.latenciesMs.length > MEASURED) this.latenciesMs.shift();
  }
}
