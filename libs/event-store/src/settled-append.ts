import { DomainError } from '#libs/kernel';
import { Backoff } from './backoff.js';
import { AppendOutcomeUnknown, messageOf, StoreRefused, StoreUnavailable, WrongExpectedRevision } from './errors.js';
import type { AppendResult, ReadStreamOptions } from './options.js';
import { type EncodedEvent, type StoredEvent, UNKNOWN_POSITION } from './stored-event.js';
import type { AppendReply } from './wire/append-message.js';
import type { BatchAppender } from './wire/batch-appender.js';
import { type Connection, refusalCode } from './wire/connection.js';

/** The largest append that every server takes: 1 MiB less what surrounds the events. */
export const MAX_APPEND_BYTES = 1_000_000;

export interface AppendParts {
  readonly connection: Connection;
  readonly appender: BatchAppender;
  readonly store: {
    readStream(stream: string, options: ReadStreamOptions): AsyncIterable<StoredEvent[]>;
    headPosition(): Promise<bigint>;
  };
  readonly patienceMs: number;
}

/**
 * One append, brought to an end that is certain. Every error (and an answer without a position) means 'outcome unknown' until the stream
 * has been read; what is not there is sent again at the same expected revision, where it can be written only once.
 */
export async function appendSettled(
  parts: AppendParts,
  stream: string,
  expected: bigint,
  events: readonly EncodedEvent[],
): Promise<AppendResult> {
  checkSize(events);
  const giveUpAt = Date.now() + parts.patienceMs;
  const backoff = new Backoff();
  for (;;) {
    const reply = await tryAppend(parts, stream, expected, events);
    if (!(reply instanceof Error) && reply.kind === 'appended' && reply.position !== undefined) {
      return { revision: reply.revision, position: reply.position };
    }
    try {
      const written = await readBack(parts, stream, expected, events);
      if (written) return written;
      await throwIfRefused(parts, stream, expected, reply);
    } catch (error) {
      if (error instanceof StoreUnavailable) throw new AppendOutcomeUnknown(stream, error);
      throw error;
    }
    if (Date.now() > giveUpAt || parts.connection.closed) throw new AppendOutcomeUnknown(stream, reply);
    await backoff.wait();
  }
}

async function tryAppend(
  { appender }: AppendParts,
  stream: string,
  expected: bigint,
  events: readonly EncodedEvent[],
): Promise<AppendReply | Error> {
  try {
    return await appender.append(stream, expected, events);
  } catch (error) {
    return asError(error);
  }
}

/** The result if the events are in the stream; undefined if nothing is there yet. @throws WrongExpectedRevision if others are */
async function readBack(
  { store }: AppendParts,
  stream: string,
  expected: bigint,
  events: readonly EncodedEvent[],
): Promise<AppendResult | undefined> {
  const found: StoredEvent[] = [];
  const range = { fromRevision: expected + 1n, limit: events.length };
  for await (const page of store.readStream(stream, range)) found.push(...page);
  const last = found.at(-1);
  if (!last) return undefined;
  // The same command run elsewhere at the same time has the same event ids, but not the same hashes: those are not these events.
  if (found.length < events.length || found.some((event, i) => event.metadata.hash !== events[i]!.hash)) {
    throw new WrongExpectedRevision(stream, expected, last.revision);
  }
  const position = last.position === UNKNOWN_POSITION ? await store.headPosition() : last.position;
  return { revision: last.revision, position };
}

async function throwIfRefused(
  { store }: AppendParts,
  stream: string,
  expected: bigint,
  reply: AppendReply | Error,
): Promise<void> {
  if (reply instanceof Error) {
    const code = refusalCode(reply);
    if (code) throw new StoreRefused(code, `appending to ${stream}: ${reply.message}`, reply);
  } else if (reply.kind === 'failed') {
    if (reply.error === 'WrongExpectedVersion') {
      let actual = -1n;
      const end = { direction: 'backwards', limit: 1 } as const;
      for await (const page of store.readStream(stream, end)) actual = page[0]?.revision ?? actual;
      throw new WrongExpectedRevision(stream, expected, actual);
    }
    if (reply.error === 'MaximumAppendSizeExceeded') throw tooLarge(`more than the server takes in one append`);
    const code = REFUSED_APPENDS.get(reply.error);
    if (code) throw new StoreRefused(code, `appending to ${stream}: ${reply.message || reply.error}`);
  }
}

const REFUSED_APPENDS = new Map([
  ['StreamDeleted', 'STREAM_DELETED'],
  ['AccessDenied', 'STORE_ACCESS_DENIED'],
]);

function checkSize(events: readonly EncodedEvent[]): void {
  if (events.length === 0) throw new StoreRefused('NOTHING_TO_APPEND', 'An append has at least one event');
  let bytes = 0;
  for (const event of events) bytes += event.bytes;
  if (bytes > MAX_APPEND_BYTES) throw tooLarge(`${bytes} bytes in one append; at most ${MAX_APPEND_BYTES} fit`);
}

function tooLarge(why: string): DomainError {
  return new DomainError('COMMAND_TOO_LARGE', `A command's events are too large: ${why}`);
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(messageOf(error));
}
