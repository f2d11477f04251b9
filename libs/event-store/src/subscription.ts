import { Backoff } from './backoff.js';
import { messageOf, StoreRefused } from './errors.js';
import type { ReadAllOptions } from './options.js';
import type { StoredEvent } from './stored-event.js';
import { typePatternOf } from './type-pattern.js';
import { type Connection, refusalCode, unavailable } from './wire/connection.js';
import { ReadCall } from './wire/read-call.js';
import type { ReadMessage } from './wire/read-message.js';

export interface SubscribeAllOptions {
  /** Commit position, exclusive; 0 for all. */
  readonly after: bigint;
  readonly signal: AbortSignal;
  readonly pageSize?: number;
  readonly types?: readonly string[];
  /** Told of each failure before the subscription is taken up again. */
  readonly onRetry?: (error: unknown, failures: number) => void;
}

export interface SubscriptionPage {
  readonly events: StoredEvent[];
  /** Everything wanted at or before this position has been handed out, with this page. */
  readonly upTo: bigint;
  /** True when the server had nothing more to give at the end of this page. */
  readonly caughtUp: boolean;
}

interface Source {
  readonly connection: Connection;
  readonly store: {
    headPosition(signal?: AbortSignal): Promise<bigint>;
    readAll(options: ReadAllOptions): AsyncIterable<StoredEvent[]>;
  };
  readonly options: SubscribeAllOptions;
  readonly deadlineMs: number;
  readonly stallMs: number;
}

const PAGE_SIZE = 500;
const GRACE_MS = 2_000;

/** @see EventStore.subscribeAll */
export async function* subscribePages(source: Source): AsyncGenerator<SubscriptionPage> {
  const { options } = source;
  const state = { upTo: options.after };
  const backoff = new Backoff();
  while (!options.signal.aborted) {
    try {
      yield* subscribeOnce(source, state, backoff);
    } catch (error) {
      if (options.signal.aborted) return;
      const code = refusalCode(error);
      if (code) throw new StoreRefused(code, `subscribing to $all: ${messageOf(error)}`, error);
      if (source.connection.closed) throw error;
      options.onRetry?.(error, backoff.failures + 1);
      await backoff.wait(options.signal).catch(() => undefined);
    }
  }
}

async function* subscribeOnce(
  source: Source,
  state: { upTo: bigint },
  backoff: Backoff,
): AsyncGenerator<SubscriptionPage> {
  const { connection, options, deadlineMs, stallMs } = source;
  const from = state.upTo <= 0n ? 'start' : state.upTo;
  const call = await ReadCall.open(connection, { from, typePattern: typePatternOf(options.types) }, false);
  const pager = new Pager(state.upTo, options.pageSize ?? PAGE_SIZE);
  let confirmed = false;
  try {
    for (;;) {
      // Until the server has confirmed the subscription, silence is a failure; after that it may just be quiet.
      let messages = await call.next(confirmed ? stallMs : deadlineMs, options.signal);
      if (messages === 'silent' && confirmed) messages = await checkSilence(source, call, pager);
      if (messages === 'silent') {
        await call.abandon();
        throw unavailable('the subscription fell silent');
      }
      if (messages === undefined) throw unavailable('the server ended the subscription');
      confirmed = true;
      if (messages.some((message) => message.kind !== 'confirmed')) backoff.reset();
      for (const page of pager.pages(messages)) {
        state.upTo = page.upTo;
        yield page;
      }
    }
  } finally {
    call.close();
  }
}

/** A quiet subscription, or a dead one? Asks the store what lies after the last position, and moves on over what is not wanted. */
async function checkSilence(
  source: Source,
  call: ReadCall,
  pager: Pager,
): Promise<ReadMessage[] | 'silent' | undefined> {
  const { store, options } = source;
  const head = await store.headPosition(options.signal);
  if (head <= pager.upTo) return [];
  const missed = {
    after: pager.upTo,
    limit: 1,
    signal: options.signal,
    ...(options.types && { types: options.types }),
  };
  for await (const page of store.readAll(missed)) if (page.length > 0) return call.next(GRACE_MS, options.signal);
  return [{ kind: 'checkpoint', position: head }];
}

/** Cuts messages into pages. Checkpoints are taken in the order of the messages, so they never run ahead of an event. */
class Pager {
  #caughtUp = false;

  constructor(
    public upTo: bigint,
    private readonly pageSize: number,
  ) {}

  *pages(messages: readonly ReadMessage[]): Generator<SubscriptionPage> {
    const before = { upTo: this.upTo, caughtUp: this.#caughtUp };
    let events: StoredEvent[] = [];
    for (const message of messages) {
      if (message.kind === 'event' && message.event.position > this.upTo) {
        events.push(message.event);
        this.upTo = message.event.position;
        if (events.length >= this.pageSize) {
          yield { events, upTo: this.upTo, caughtUp: false };
          events = [];
          before.upTo = this.upTo;
        }
      } else if (message.kind === 'checkpoint' || message.kind === 'foreign') {
        if (message.position > this.upTo) this.upTo = message.position;
      } else if (message.kind === 'caught-up') this.#caughtUp = true;
      else if (message.kind === 'fell-behind') this.#caughtUp = false;
    }
    if (events.length > 0 || this.upTo > before.upTo || this.#caughtUp !== before.caughtUp) {
      yield { events, upTo: this.upTo, caughtUp: this.#caughtUp };
    }
  }
}
