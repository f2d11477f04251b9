import { type Clock, DomainError, type NewEvent } from '#libs/kernel';
import type { Claim } from './append-confirmer.js';
import type { BulkOutcome, BulkStream } from './bulk.js';
import type { CommandContext } from './command.js';
import { StoreError, WrongExpectedRevision } from './errors.js';
import type { EventStore } from './event-store.js';
import { type FoldedStream, identify, type IdentifiedCommand, type PreparedCommand } from './folded-stream.js';
import type { Semaphore } from './key-queue.js';
import { MAX_APPEND_BYTES } from './settled-append.js';

export interface BulkParts<S, E extends NewEvent> {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly appends: Semaphore;
  /** Reads the stream anew. */
  readonly load: () => Promise<FoldedStream<S, E>>;
}

interface Entry<S, E extends NewEvent> {
  readonly prepared: PreparedCommand<E>;
  readonly decide: (state: S) => readonly E[];
}

const BATCH_EVENTS = 500;
const BATCH_BYTES = 512 * 1024;
/** For how long others may be faster before the stream is given up. */
const CONTENTION_MS = 60_000;

/** @see BulkStream. One append is in flight while the next batch is being filled. */
export class BulkStreamWriter<S, E extends NewEvent> implements BulkStream<S, E> {
  readonly stream: string;
  /** Recorded and not acknowledged, in order. */
  #pending: Entry<S, E>[] = [];
  #events = 0;
  #bytes = 0;
  /** Revision of the last acknowledged event. */
  #acknowledged: bigint;
  /**
   * The last acknowledged event. Another process may have recorded the same commands at the same time, and the server taken ours for
   * a repetition: before the next batch is chained to it, it is compared with what is stored. Most streams of an import have one batch.
   */
  #unconfirmed: Claim | undefined;
  #sending: Promise<void> | undefined;
  #failure: unknown;
  #appended = 0;
  readonly #refused: { commandId: string; error: DomainError }[] = [];

  constructor(
    private readonly parts: BulkParts<S, E>,
    private folded: FoldedStream<S, E>,
  ) {
    this.stream = folded.stream;
    this.#acknowledged = folded.head.revision;
  }

  get state(): S {
    return this.folded.state;
  }

  async record(context: CommandContext, decide: (state: S) => readonly E[]): Promise<'recorded' | 'unchanged'> {
    const command = identify(context);
    if (this.#events >= 2 * BATCH_EVENTS || this.#bytes >= 2 * BATCH_BYTES) await this.#sending;
    if (this.#failure !== undefined) throw this.#failure;
    const prepared = this.#decide(command, decide);
    if (!prepared) return 'unchanged';
    this.#add({ prepared, decide });
    if (!this.#sending && (this.#events >= BATCH_EVENTS || this.#bytes >= BATCH_BYTES)) {
      this.#sending = this.#sendFull();
    }
    return 'recorded';
  }

  async flush(): Promise<BulkOutcome> {
    await this.#sending;
    while (this.#pending.length > 0 && this.#failure === undefined) await this.#send();
    if (this.#failure !== undefined) throw this.#failure;
    return { appended: this.#appended, refused: [...this.#refused] };
  }

  #decide(command: IdentifiedCommand, decide: (state: S) => readonly E[]): PreparedCommand<E> | undefined {
    if (this.folded.find(command) !== undefined) return undefined;
    const drafts = decide(this.folded.state);
    if (drafts.length === 0) return undefined;
    const prepared = this.folded.prepare(command, this.parts.clock.now(), drafts);
    if (prepared.bytes > MAX_APPEND_BYTES) {
      throw new DomainError(
        'COMMAND_TOO_LARGE',
        `A command of ${prepared.bytes} bytes of events; at most ${MAX_APPEND_BYTES} fit an append`,
      );
    }
    return prepared;
  }

  #add(entry: Entry<S, E>): void {
    try {
      this.folded.fold(entry.prepared);
    } catch (error) {
      // A state that was folded half is good for nothing.
      this.#failure = error;
      throw error;
    }
    this.#pending.push(entry);
    this.#events += entry.prepared.events.length;
    this.#bytes += entry.prepared.bytes;
  }

  /** Sends while there is a full batch; what is not full waits for more. Never rejects: the failure is kept for the next call. */
  async #sendFull(): Promise<void> {
    do await this.#send();
    while (this.#failure === undefined && (this.#events >= BATCH_EVENTS || this.#bytes >= BATCH_BYTES));
    this.#sending = undefined;
  }

  async #send(): Promise<void> {
    try {
      const giveUpAt = Date.now() + CONTENTION_MS;
      while (this.#pending.length > 0) {
        if (Date.now() > giveUpAt) throw new StoreError('TOO_MUCH_CONTENTION', `Others kept writing to ${this.stream}`);
        if (await this.#trySend()) return;
        await this.#decideAgain();
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  /** One append of as many whole commands as fit; false when somebody else had written to the stream. */
  async #trySend(): Promise<boolean> {
    const { store, appends } = this.parts;
    if (this.#unconfirmed && !(await store.confirm(this.#unconfirmed))) return false;
    this.#unconfirmed = undefined;
    const commands = this.#cutBatch();
    const events = this.#pending.slice(0, commands).flatMap((entry) => entry.prepared.events);
    const expected = this.#acknowledged < 0n ? 'no_stream' : this.#acknowledged;
    try {
      const result = await appends.run(() => store.append(this.stream, expected, events));
      this.#unconfirmed = { stream: this.stream, hash: events.at(-1)!.hash, ...result };
      this.#acknowledged = result.revision;
    } catch (error) {
      if (error instanceof WrongExpectedRevision) return false;
      throw error;
    }
    for (const { prepared } of this.#pending.splice(0, commands)) {
      this.#events -= prepared.events.length;
      this.#bytes -= prepared.bytes;
    }
    this.#appended += events.length;
    return true;
  }

  /** How many of the pending commands go into the next append: at least one, since a command is never split. */
  #cutBatch(): number {
    let events = 0;
    let bytes = 0;
    for (let i = 0; i < this.#pending.length; i++) {
      const { prepared } = this.#pending[i]!;
      events += prepared.events.length;
      bytes += prepared.bytes;
      if (i > 0 && (events > BATCH_EVENTS || bytes > BATCH_BYTES)) return i;
    }
    return this.#pending.length;
  }

  async #decideAgain(): Promise<void> {
    const folded = await this.parts.load();
    // From here on nothing is awaited: commands recorded during the load are among the pending ones.
    const entries = this.#pending;
    this.folded = folded;
    this.#acknowledged = folded.head.revision;
    this.#unconfirmed = undefined;
    this.#pending = [];
    this.#events = 0;
    this.#bytes = 0;
    for (const { prepared, decide } of entries) {
      const { command } = prepared;
      try {
        const again = this.#decide(command, decide);
        if (again) this.#add({ prepared: again, decide });
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        this.#refused.push({ commandId: command.commandId, error });
      }
    }
  }
}
