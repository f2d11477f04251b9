import type { ClientReadableStream, ServiceError } from '@grpc/grpc-js';
import { type Connection, type RawClient, unavailable } from './connection.js';
import { readMessage, readRequest, type ReadMessage, type ReadRequest } from './read-message.js';

const PATH = '/event_store.client.streams.Streams/Read';
/** Messages kept here before the server is asked to wait. */
const HIGH_WATER = 2_000;

/** One read or subscription on the server. It must be `close`d: a call that nobody reads stays open there. */
export class ReadCall {
  #messages: ReadMessage[] = [];
  #state: 'open' | 'ended' | 'failed' | 'closed' = 'open';
  #error: Error | undefined;
  #wake: (() => void) | undefined;
  #waking = false;

  private constructor(
    private readonly stream: ClientReadableStream<ReadMessage>,
    private readonly connection: Connection,
    private readonly client: RawClient,
  ) {
    stream.on('data', (message: ReadMessage) => this.#receive(message));
    stream.on('end', () => this.#finish('ended'));
    stream.on('error', (error: ServiceError) => this.#finish('failed', error));
  }

  static async open(connection: Connection, request: ReadRequest, requiresLeader: boolean): Promise<ReadCall> {
    const client = await connection.client();
    const [metadata, options] = connection.arguments(requiresLeader);
    const bytes = readRequest(request);
    const decode = (message: Buffer) => readMessage(message, request.withoutData);
    const stream = client.makeServerStreamRequest(PATH, (b: Buffer) => b, decode, bytes, metadata, options);
    return new ReadCall(stream, connection, client);
  }

  /**
   * All messages that have come, at least one; undefined after the last one of a read; 'silent' when none came in time.
   * @throws the gRPC error with which the call ended
   */
  async next(timeoutMs: number, signal?: AbortSignal): Promise<ReadMessage[] | 'silent' | undefined> {
    if (this.#messages.length === 0 && this.#state === 'open') await this.#wait(timeoutMs, signal);
    signal?.throwIfAborted();
    if (this.#messages.length > 0) {
      const messages = this.#messages;
      this.#messages = [];
      if (this.#state === 'open') this.stream.resume();
      return messages;
    }
    if (this.#state === 'failed') throw this.#error!;
    return this.#state === 'open' ? 'silent' : undefined;
  }

  /** Ends the call on the server too. */
  close(): void {
    if (this.#state === 'open') this.stream.cancel();
    if (this.#state !== 'failed') this.#state = 'closed';
    this.#wake?.();
  }

  /** For a read of which all that was asked for has come: the server ends it by itself, which is much cheaper than cancelling. */
  release(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closed';
    this.stream.resume();
  }

  /** Ends the call and gives up the channel under it, which may be dead. */
  async abandon(): Promise<void> {
    this.close();
    await this.connection.giveUp(this.client, unavailable('a read fell silent'));
  }

  #receive(message: ReadMessage): void {
    if (this.#state === 'closed') return;
    this.#messages.push(message);
    if (this.#messages.length >= HIGH_WATER) this.stream.pause();
    if (this.#wake && !this.#waking) {
      // Woken at the end of the turn, so that a page holds all that came with one packet.
      this.#waking = true;
      setImmediate(() => {
        this.#waking = false;
        this.#wake?.();
      });
    }
  }

  #finish(state: 'ended' | 'failed', error?: Error): void {
    if (this.#state !== 'open') return;
    this.#state = state;
    this.#error = error;
    if (error && !this.connection.closed) void this.connection.giveUp(this.client, error);
    this.#wake?.();
  }

  #wait(timeoutMs: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      signal?.addEventListener('abort', done, { once: true });
      if (signal?.aborted) return done();
      this.#wake = done;
    });
  }
}
