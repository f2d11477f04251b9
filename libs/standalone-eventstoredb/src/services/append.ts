import type { ServerReadableStream, sendUnaryData } from '@grpc/grpc-js';
import {
  invalidArgument,
  maxAppendSizeExceeded,
  missingMetadata,
  notReady,
  streamDeleted,
  toRpcError,
} from '../errors.js';
import type { Appender } from '../store/appender.js';
import {
  type AppendOptions,
  type BatchAppendMessage,
  MissingMetadataError,
  decodeAppend,
  decodeBatchAppend,
} from '../wire/append-request.js';
import type { ProposedEvent } from '../wire/record.js';
import { appendResponse, batchSuccess } from '../wire/append-response.js';
import { type BatchFault, batchFailure } from '../wire/responses.js';
import type { Outlet, Outlets } from './outlet.js';

/** The largest append: the data of its events, in bytes. EventStoreDB 24.2 counts neither their metadata nor their types. */
export const MAX_APPEND_BYTES = 1024 * 1024;
/** What else an append may hold, in bytes: ids, types and metadata of its events. */
const MAX_REST_BYTES = 4 * 1024 * 1024;
const ID_BYTES = 16;
/** Appends of one call that may be under way before it is read no further. */
const MAX_UNDER_WAY = 256;
/** Appends of one call whose last part has not come: each may hold 5 MiB. */
const MAX_INCOMPLETE = 64;
/** What Node's timers can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** How large an append has become. */
class AppendSize {
  private dataBytes = 0;
  private restBytes = 0;

  /** False: the append is too large with this event. */
  add({ data, metadata, type }: ProposedEvent): boolean {
    this.dataBytes += data.length;
    this.restBytes += ID_BYTES + type.length + metadata.length;
    return this.dataBytes <= MAX_APPEND_BYTES && this.restBytes <= MAX_REST_BYTES;
  }
}

/** Streams.Append: one append for each call, the options first, then event by event. */
export function handleAppend(
  appender: Appender,
  call: ServerReadableStream<Buffer, Buffer>,
  callback: sendUnaryData<Buffer>,
  outlets: Outlets,
): void {
  let options: AppendOptions | undefined;
  const events: ProposedEvent[] = [];
  const size = new AppendSize();
  let answered = false;
  const answer: sendUnaryData<Buffer> = (error, response) => {
    if (answered) return;
    answered = true;
    forget();
    callback(error, response);
  };
  const forget = outlets.keep(() => answer(notReady()));
  call.on('data', (buffer: Buffer) => {
    if (answered) return;
    try {
      const message = decodeAppend(buffer);
      if (message.options !== undefined) options ??= message.options;
      if (message.event === undefined) return;
      if (!size.add(message.event)) throw maxAppendSizeExceeded(MAX_APPEND_BYTES);
      events.push(message.event);
    } catch (error) {
      answer(error instanceof MissingMetadataError ? missingMetadata(error.property) : toRpcError(error));
    }
  });
  call.on('error', () => (answered = true));
  for (const event of ['end', 'error', 'cancelled', 'close']) call.on(event, forget);
  call.on('end', () => {
    if (answered) return;
    if (options === undefined) return answer(invalidArgument('the options of the append are missing'));
    appendNow(appender, options, events).then(
      (response) => answer(null, response),
      (error: unknown) => answer(toRpcError(error)),
    );
  });
}

async function appendNow(appender: Appender, options: AppendOptions, events: ProposedEvent[]): Promise<Buffer> {
  const stream = options.stream.toString('utf8');
  const outcome = await appender.append(stream, options.expected, events);
  if (outcome.kind === 'deleted') throw streamDeleted(stream);
  return appendResponse(outcome, options.expected);
}

/** What is needed of a call that receives. */
export interface ReceivingCall {
  pause(): unknown;
  resume(): unknown;
}

type Correlated = Pick<BatchAppendMessage, 'correlationId' | 'correlation'>;

interface PendingBatch {
  readonly options: AppendOptions;
  readonly events: ProposedEvent[];
  readonly size: AppendSize;
  /** Runs when the parts of the append have not come in time. */
  readonly timer: NodeJS.Timeout | undefined;
}

/** Streams.BatchAppend: many appends in one call, each answered by its correlation id when it is on disk. */
export class BatchAppendCall {
  private readonly pending = new Map<string, PendingBatch>();
  private underWay = 0;
  private ended = false;

  constructor(
    private readonly appender: Appender,
    private readonly call: ReceivingCall,
    private readonly outlet: Outlet,
  ) {}

  /** The client has sent all that it wants to. */
  end(): void {
    this.ended = true;
    this.settle();
  }

  /** Takes a message of the client, which may be a view: what is kept of it after this turn is copied. */
  receive(buffer: Buffer): void {
    let message: BatchAppendMessage;
    try {
      message = decodeBatchAppend(buffer);
    } catch (error) {
      return this.outlet.fail(error);
    }
    const { correlationId, options } = message;
    if (options !== undefined && !this.pending.has(correlationId)) {
      if (this.pending.size >= MAX_INCOMPLETE)
        return this.outlet.fail(invalidArgument('too many appends are incomplete'));
      const leftMs = (options.deadlineMs ?? Infinity) - Date.now();
      const timer = message.isFinal ? undefined : this.timeOut(message, leftMs);
      this.pending.set(correlationId, { options, events: [], size: new AppendSize(), timer });
      if (leftMs <= 0) return this.refuse(message, { kind: 'timeout' });
    }
    const batch = this.pending.get(correlationId);
    if (message.fault !== undefined) return this.refuse(message, { kind: 'bad-request', message: message.fault });
    if (batch === undefined) return;
    for (const event of message.events) {
      if (!batch.size.add(event)) return this.refuse(message, { kind: 'too-large', limitBytes: MAX_APPEND_BYTES });
      batch.events.push(event);
    }
    if (!message.isFinal) return;
    this.take(correlationId);
    this.append(message.correlation, batch);
  }

  /** Refuses an append whose parts do not come within a time. */
  private timeOut({ correlationId, correlation }: BatchAppendMessage, leftMs: number): NodeJS.Timeout | undefined {
    if (leftMs > LONGEST_TIMER_MS) return undefined;
    const answered = Buffer.from(correlation);
    const refuse = (): void => this.refuse({ correlationId, correlation: answered }, { kind: 'timeout' });
    return setTimeout(refuse, leftMs).unref();
  }

  private refuse({ correlationId, correlation }: Correlated, fault: BatchFault): void {
    const stream = this.take(correlationId)?.options.stream ?? Buffer.alloc(0);
    this.outlet.send(batchFailure(correlation, stream, fault));
  }

  private take(correlationId: string): PendingBatch | undefined {
    const batch = this.pending.get(correlationId);
    clearTimeout(batch?.timer);
    this.pending.delete(correlationId);
    return batch;
  }

  private append(correlation: Buffer, { options, events }: PendingBatch): void {
    if (++this.underWay >= MAX_UNDER_WAY) this.call.pause();
    const { stream, expected } = options;
    this.appender
      .append(stream.toString('utf8'), expected, events)
      .then(
        (outcome) => {
          if (outcome.kind === 'appended') return this.answer(batchSuccess(correlation, stream, outcome));
          const fault = outcome.kind === 'deleted' ? outcome : { ...outcome, expected };
          this.answer(batchFailure(correlation, stream, fault));
        },
        (error: unknown) => {
          const { code, message } = toRpcError(error);
          this.answer(batchFailure(correlation, stream, { kind: 'failed', code, message }));
        },
      )
      .catch((error: unknown) => this.outlet.fail(error));
  }

  private answer(response: Buffer): void {
    if (this.outlet.send(response)) this.answered();
    else void this.outlet.drained().then(() => this.answered());
  }

  private answered(): void {
    this.underWay--;
    this.settle();
  }

  private settle(): void {
    if (this.ended && this.underWay === 0) this.outlet.end();
    else if (this.underWay === MAX_UNDER_WAY - 1) this.call.resume();
  }
}
