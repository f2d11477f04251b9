import { parseStreamName } from '#libs/kernel';
import { AppendConfirmer, type Claim } from './append-confirmer.js';
import { Backoff } from './backoff.js';
import { messageOf, StoreRefused, StoreUnavailable } from './errors.js';
import type {
  AppendResult,
  EventStoreOptions,
  ExpectedRevision,
  ReadAllOptions,
  ReadStreamOptions,
} from './options.js';
import { readPages } from './read-pages.js';
import { appendSettled } from './settled-append.js';
import { type EncodedEvent, type StoredEvent, UNKNOWN_POSITION } from './stored-event.js';
import { type SubscribeAllOptions, subscribePages, type SubscriptionPage } from './subscription.js';
import { typePatternOf } from './type-pattern.js';
import { BatchAppender } from './wire/batch-appender.js';
import { Connection, refusalCode } from './wire/connection.js';
import { ReadCall } from './wire/read-call.js';

const PAGE_SIZE = 500;
const NO_LIMIT = Number.MAX_SAFE_INTEGER;

/**
 * The event store as the project uses it: domain streams only, always an expected revision, no way to delete or truncate. It closes the
 * traps of the client that it is made of (architecture.md §3); nothing is settled by hope: every failed append is read back.
 */
export class EventStore {
  readonly #connection: Connection;
  readonly #appender: BatchAppender;
  readonly #confirmer: AppendConfirmer;
  readonly #options: Required<EventStoreOptions>;

  /** @param url a connection string (`esdb://…`); credentials belong into it, single calls take none */
  static connect(url: string, options: EventStoreOptions = {}): EventStore {
    return new EventStore(url, options);
  }

  private constructor(url: string, options: EventStoreOptions) {
    this.#options = { deadlineMs: 10_000, patienceMs: 30_000, stallMs: 15_000, ...options };
    this.#connection = new Connection(url);
    const { deadlineMs, patienceMs } = this.#options;
    this.#appender = new BatchAppender(this.#connection, deadlineMs);
    this.#confirmer = new AppendConfirmer(this.#connection, { silenceMs: deadlineMs, patienceMs });
  }

  async close(): Promise<void> {
    this.#appender.close();
    await this.#connection.close();
  }

  /**
   * Appends all events or none, on top of exactly the expected revision. The same events may be appended again at the same expected
   * revision. A success says that events of these ids are there; whether they are these very ones, `confirm` tells: the server takes
   * events of the same ids for a repetition, and another process may have run the same command at the same time.
   * @throws WrongExpectedRevision; StoreRefused; DomainError COMMAND_TOO_LARGE; AppendOutcomeUnknown when the store could not be asked within the patience
   */
  async append(stream: string, expected: ExpectedRevision, events: readonly EncodedEvent[]): Promise<AppendResult> {
    checkStreamName(stream);
    const parts = {
      store: this,
      connection: this.#connection,
      appender: this.#appender,
      patienceMs: this.#options.patienceMs,
    };
    return appendSettled(parts, stream, expected === 'no_stream' ? -1n : expected, events);
  }

  /**
   * Whether an event that an append acknowledged is the very one that is stored: what the next event may be chained to. Many at once
   * cost little more than one: who does not wait for the answer yet asks without `hurry`. @throws StoreError
   */
  async confirm(claim: Claim, { hurry = true } = {}): Promise<boolean> {
    const confirming = claim.position === UNKNOWN_POSITION ? 'unseen' : this.#confirmer.confirm(claim);
    if (hurry) this.#confirmer.hurry();
    const answer = await confirming;
    if (answer !== 'unseen') return answer;
    const { stream, revision, hash } = claim;
    for await (const [event] of this.readStream(stream, { fromRevision: revision, limit: 1 })) {
      return event?.metadata.hash === hash;
    }
    return false;
  }

  /** Answers that were asked for without `hurry` are now waited for. */
  hurryConfirmations(): void {
    this.#confirmer.hurry();
  }

  /** A stream's events in pages, in order of revision; nothing for a stream that does not exist. @throws StoreUnavailable, StoreRefused */
  readStream(stream: string, options: ReadStreamOptions = {}): AsyncIterable<StoredEvent[]> {
    checkStreamName(stream);
    const backwards = options.direction === 'backwards';
    const start = options.fromRevision ?? (backwards ? 'end' : 'start');
    const limit = options.limit ?? NO_LIMIT;
    return readPages(this.#connection, {
      request: (last) => {
        if (last === undefined) return { stream, backwards, count: limit, from: start };
        if (backwards && last.revision === 0n) return undefined;
        return { stream, backwards, count: limit, from: last.revision + (backwards ? -1n : 1n) };
      },
      wanted: () => true,
      what: `reading ${stream}`,
      requiresLeader: true,
      ...this.#limits(limit, options),
    });
  }

  /** All domain events in order of position, in pages, up to the head as it was somewhere during the read. @throws StoreUnavailable, StoreRefused */
  readAll(options: ReadAllOptions = {}): AsyncIterable<StoredEvent[]> {
    const { after } = options;
    const limit = options.limit ?? NO_LIMIT;
    const typePattern = typePatternOf(options.types);
    return readPages(this.#connection, {
      request: (last) => {
        const from = last?.position ?? after;
        return {
          from: from === undefined || from <= 0n ? 'start' : from,
          count: Math.min(limit, NO_LIMIT - 1) + 1,
          typePattern,
        };
      },
      wanted: alreadySeen(after ?? -1n),
      what: 'reading $all',
      requiresLeader: false,
      ...this.#limits(limit, options),
    });
  }

  /** Commit position of the last event of any kind: every event that is visible now is at or before it. 0 when there is none. */
  async headPosition(signal?: AbortSignal): Promise<bigint> {
    const backoff = new Backoff();
    const giveUpAt = Date.now() + this.#options.patienceMs;
    for (;;) {
      try {
        return await this.#readHead(signal);
      } catch (error) {
        signal?.throwIfAborted();
        const code = refusalCode(error);
        if (code) throw new StoreRefused(code, `reading the head: ${messageOf(error)}`, error);
        if (Date.now() > giveUpAt || this.#connection.closed) throw new StoreUnavailable('reading the head', error);
        await backoff.wait(signal);
      }
    }
  }

  /**
   * Domain events as they come, for ever: a lost or stalled subscription is taken up again after the last page. Ends when the signal is
   * aborted. `upTo` may run ahead over stretches without wanted events, never ahead of an event that was not handed out.
   */
  subscribeAll(options: SubscribeAllOptions): AsyncIterable<SubscriptionPage> {
    const { deadlineMs, stallMs } = this.#options;
    return subscribePages({ connection: this.#connection, store: this, options, deadlineMs, stallMs });
  }

  async #readHead(signal: AbortSignal | undefined): Promise<bigint> {
    const call = await ReadCall.open(this.#connection, { from: 'end', backwards: true, count: 1 }, false);
    try {
      for (;;) {
        const messages = await call.next(this.#options.deadlineMs, signal);
        if (messages === 'silent') {
          await call.abandon();
          throw new Error('no answer in time');
        }
        if (messages === undefined) return 0n;
        for (const message of messages) {
          const position =
            message.kind === 'event' ? message.event.position : message.kind === 'foreign' && message.position;
          if (position === false) continue;
          call.release();
          return position;
        }
      }
    } finally {
      call.close();
    }
  }

  #limits(limit: number, options: { pageSize?: number; signal?: AbortSignal }) {
    const { deadlineMs: silenceMs, patienceMs } = this.#options;
    return { limit, pageSize: options.pageSize ?? PAGE_SIZE, signal: options.signal, silenceMs, patienceMs };
  }
}

function alreadySeen(after: bigint): (event: StoredEvent) => boolean {
  let last = after;
  return (event) => {
    if (event.position <= last) return false;
    last = event.position;
    return true;
  };
}

function checkStreamName(stream: string): void {
  if (!parseStreamName(stream))
    throw new StoreRefused('STREAM_NAME_INVALID', `Not a stream of this project: ${JSON.stringify(stream)}`);
}
