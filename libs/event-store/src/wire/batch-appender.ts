import type { ClientDuplexStream, ServiceError } from '@grpc/grpc-js';
import type { EncodedEvent } from '../stored-event.js';
import { appendReply, appendRequest, type AppendReply } from './append-message.js';
import { type Connection, type RawClient, unavailable } from './connection.js';

const PATH = '/event_store.client.streams.Streams/BatchAppend';

interface Pending {
  readonly resolve: (reply: AppendReply) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** One batch-append call and the appends in flight on it. Nothing is shared with other calls or other connections. */
class AppendCall {
  readonly #pending = new Map<string, Pending>();
  readonly #stream: ClientDuplexStream<Buffer, AppendReply>;
  /** Set when the call takes no more appends; those in flight may still be answered. */
  retired = false;

  constructor(
    readonly client: RawClient,
    connection: Connection,
    private readonly failed: (call: AppendCall, error: Error) => void,
  ) {
    this.#stream = client.makeBidiStreamRequest(
      PATH,
      (bytes: Buffer) => bytes,
      appendReply,
      ...connection.arguments(true),
    );
    this.#stream.on('data', (reply: AppendReply) => this.#settle(reply));
    this.#stream.on('error', (error: ServiceError) => this.#fail(error));
    this.#stream.on('end', () => this.#fail(unavailable('the server ended the appends')));
  }

  send(correlationId: string, request: Buffer, deadlineMs: number): Promise<AppendReply> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(correlationId);
        const error = unavailable(`no answer to an append within ${deadlineMs} ms`);
        this.failed(this, error);
        reject(error);
        this.#finishIfIdle();
      }, deadlineMs);
      this.#pending.set(correlationId, { resolve, reject, timer });
      this.#stream.write(request);
    });
  }

  /** Lets what is in flight come home, then ends. */
  retire(): void {
    this.retired = true;
    this.#finishIfIdle();
  }

  cancel(): void {
    this.#stream.cancel();
    this.#fail(unavailable('the connection was closed'));
  }

  #settle(reply: AppendReply): void {
    const pending = this.#pending.get(reply.correlationId);
    // The answer to an append that was given up in the meantime: its outcome has been settled by reading.
    if (!pending) return;
    this.#pending.delete(reply.correlationId);
    clearTimeout(pending.timer);
    pending.resolve(reply);
    this.#finishIfIdle();
  }

  #fail(error: Error): void {
    if (!this.retired) this.failed(this, error);
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, timer } of pending) {
      clearTimeout(timer);
      reject(error);
    }
  }

  #finishIfIdle(): void {
    if (this.retired && this.#pending.size === 0) this.#stream.cancel();
  }
}

/** Appends over the batch-append call of one connection, many in flight. An error says nothing about the outcome. */
export class BatchAppender {
  #call: Promise<AppendCall> | undefined;
  #live: AppendCall | undefined;
  #counter = 0;

  constructor(
    private readonly connection: Connection,
    private readonly deadlineMs: number,
  ) {}

  /** `expectedRevision` −1 stands for a stream that must not exist. */
  append(stream: string, expectedRevision: bigint, events: readonly EncodedEvent[]): Promise<AppendReply> {
    if (this.#live && !this.#live.retired) return this.#send(this.#live, stream, expectedRevision, events);
    return this.#open().then((call) => this.#send(call, stream, expectedRevision, events));
  }

  close(): void {
    this.#live?.cancel();
    this.#live = undefined;
    this.#call = undefined;
  }

  #send(call: AppendCall, stream: string, expectedRevision: bigint, events: readonly EncodedEvent[]) {
    const correlationId = `00000000-0000-4000-8000-${(++this.#counter).toString(16).padStart(12, '0')}`;
    const request = appendRequest(correlationId, stream, expectedRevision, Date.now() + this.deadlineMs, events);
    return call.send(correlationId, request, this.deadlineMs);
  }

  async #open(): Promise<AppendCall> {
    this.#call ??= this.connection.client().then((client) => {
      this.#live = new AppendCall(client, this.connection, (call, error) => this.#drop(call, error));
      return this.#live;
    });
    try {
      return await this.#call;
    } catch (error) {
      this.#call = undefined;
      throw error;
    }
  }

  #drop(call: AppendCall, error: Error): void {
    call.retire();
    if (this.#live === call) {
      this.#live = undefined;
      this.#call = undefined;
    }
    if (!this.connection.closed) void this.connection.giveUp(call.client, error);
  }
}
