import { Backoff } from './backoff.js';
import { messageOf, StoreRefused, StoreUnavailable } from './errors.js';
import type { StoredEvent } from './stored-event.js';
import { type Connection, refusalCode, unavailable } from './wire/connection.js';
import { ReadCall } from './wire/read-call.js';
import type { ReadRequest } from './wire/read-message.js';

export interface ReadPlan {
  /** The request that goes on after an event, or from the start: asked anew for each attempt. undefined: nothing can follow. */
  readonly request: (last: StoredEvent | undefined) => ReadRequest | undefined;
  /** False for an event that an inclusive start gives a second time. */
  readonly wanted: (event: StoredEvent) => boolean;
  readonly what: string;
  readonly requiresLeader: boolean;
  readonly pageSize: number;
  readonly limit: number;
  readonly silenceMs: number;
  readonly patienceMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * A finite read in pages. A lost connection, a silent server or a change of leader in the middle is resumed after the last event; only
 * when nothing comes for as long as patience lasts it fails. The call on the server is ended in any case, also when the reader breaks off.
 * @throws StoreUnavailable, StoreRefused, the signal's reason
 */
export async function* readPages(connection: Connection, plan: ReadPlan): AsyncGenerator<StoredEvent[]> {
  const state: Progress = { page: [], last: undefined, left: plan.limit, received: 0, progressAt: Date.now() };
  const backoff = new Backoff();
  while (state.left > 0) {
    const before = state.last;
    try {
      yield* readOnce(connection, plan, state);
      return;
    } catch (error) {
      plan.signal?.throwIfAborted();
      const code = refusalCode(error);
      if (code) throw new StoreRefused(code, `${plan.what}: ${messageOf(error)}`, error);
      if (state.last !== before) backoff.reset();
      if (Date.now() - state.progressAt > plan.patienceMs || connection.closed)
        throw new StoreUnavailable(plan.what, error);
      await backoff.wait(plan.signal);
    }
  }
}

interface Progress {
  page: StoredEvent[];
  last: StoredEvent | undefined;
  left: number;
  /** Events of any kind that came in the present call. */
  received: number;
  progressAt: number;
}

async function* readOnce(connection: Connection, plan: ReadPlan, state: Progress): AsyncGenerator<StoredEvent[]> {
  const request = plan.request(state.last);
  if (!request) {
    if (state.page.length > 0) yield takePage(state);
    return;
  }
  const call = await ReadCall.open(connection, request, plan.requiresLeader);
  state.received = 0;
  try {
    for (;;) {
      const messages = await call.next(plan.silenceMs, plan.signal);
      if (messages === 'silent') {
        await call.abandon();
        throw unavailable(`nothing came for ${plan.silenceMs} ms`);
      }
      if (messages === undefined) break;
      state.progressAt = Date.now();
      for (const message of messages) {
        if (message.kind === 'event' || message.kind === 'foreign') state.received++;
        if (message.kind !== 'event' || !plan.wanted(message.event)) continue;
        state.page.push(message.event);
        state.last = message.event;
        state.left--;
        if (state.page.length < plan.pageSize && state.left > 0) continue;
        if (state.left === 0 && state.received === request.count) call.release();
        yield takePage(state);
        // The reader may have been away for long: patience is about the server.
        state.progressAt = Date.now();
        if (state.left === 0) return;
      }
    }
    if (state.page.length > 0) yield takePage(state);
  } finally {
    call.close();
  }
}

function takePage(state: Progress): StoredEvent[] {
  const page = state.page;
  state.page = [];
  return page;
}
