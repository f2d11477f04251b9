import { type ServerHttp2Stream, constants } from 'node:http2';
import { type Metadata, status } from '@grpc/grpc-js';
import { ENCODINGS } from './call-headers.js';
import type { RpcError } from './errors.js';
import { MessageReader, MessageTooLargeError, MessageWriter } from './wire/grpc-messages.js';

export const MAX_MESSAGE_BYTES = 32 * 1024 * 1024;
/** Messages are gathered up to this size, or to the end of the turn. */
const WRITE_BYTES = 64 * 1024;
const HEADERS = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc+proto',
};
const FIRST_HEADERS = { ...HEADERS, 'grpc-accept-encoding': ENCODINGS, 'grpc-encoding': 'identity' };

interface Method<Request> {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => Request;
}

/**
 * A streaming call straight on its HTTP/2 stream, for the methods that all events go through. grpc-js gives each message some
 * promises, a turn of an object stream and a write of its own: more than what is done with most messages. Here messages are
 * views of what came, and those sent in one turn of the event loop are one write.
 */
export class DirectCall {
  private readonly out = new MessageWriter();
  private flushing = false;
  private finished = false;
  private expired = false;
  private readonly whenExpired: (() => void)[] = [];

  /** `timeoutMs`: what the client waits at most. */
  constructor(
    private readonly stream: ServerHttp2Stream,
    timeoutMs?: number,
  ) {
    if (timeoutMs === undefined) return;
    const timer = setTimeout(() => this.expire(), timeoutMs);
    stream.on('close', () => clearTimeout(timer));
  }

  get cancelled(): boolean {
    return this.expired || this.gone;
  }

  /** Hands each message on, as a view, and says when the client has said all. What `message` throws ends the call. */
  receive(message: (bytes: Buffer) => void, end: () => void): void {
    const reader = new MessageReader(MAX_MESSAGE_BYTES);
    this.stream.on('data', (chunk: Buffer) => {
      try {
        for (const bytes of this.finished ? [] : reader.take(chunk)) message(bytes);
      } catch (error) {
        const code = error instanceof MessageTooLargeError ? status.RESOURCE_EXHAUSTED : status.INTERNAL;
        this.finish(code, (error as Error).message);
      }
    });
    this.stream.on('end', () => {
      if (this.finished) return;
      if (reader.incomplete) this.finish(status.INTERNAL, 'The request ended within a message');
      else end();
    });
  }

  /** Hands on the one message that the client sends, when it has said all. Other calls end as grpc-js ends them. */
  receiveOne<Request>(method: Method<Request>, serve: (request: Request) => void): void {
    let first: Buffer | undefined;
    const what = `request message for server streaming method ${method.path}`;
    this.receive(
      (bytes) => {
        if (first === undefined) first = bytes;
        else this.finish(status.UNIMPLEMENTED, `Received a second ${what}`);
      },
      () => {
        if (first === undefined) return this.finish(status.UNIMPLEMENTED, `Received no ${what}`);
        let request: Request;
        try {
          request = method.requestDeserialize(first);
        } catch {
          return this.finish(status.INTERNAL, 'Error deserializing request');
        }
        serve(request);
      },
    );
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  /** Sends a message. False: wait for 'drain' before sending more. */
  write(message: Buffer): boolean {
    if (this.finished) return true;
    this.out.add(message);
    if (this.out.length >= WRITE_BYTES) return this.flush();
    if (!this.flushing) {
      this.flushing = true;
      process.nextTick(() => this.flush());
    }
    return !this.stream.writableNeedDrain;
  }

  on(event: 'cancelled' | 'close' | 'error' | 'drain', listener: () => void): void {
    if (event === 'cancelled') this.whenExpired.push(listener);
    else this.stream.on(event, listener);
  }

  /** Ends the call: all is well. */
  end(): void {
    this.finish(status.OK, 'OK');
  }

  /** Ends the call with a status. */
  fail({ code, details, metadata }: RpcError): void {
    this.finish(code, details, metadata);
  }

  private get gone(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  private expire(): void {
    this.finish(status.DEADLINE_EXCEEDED, 'Deadline exceeded');
    this.expired = true;
    for (const listener of this.whenExpired) listener();
  }

  private flush(): boolean {
    this.flushing = false;
    if (this.gone || this.out.length === 0) return true;
    if (!this.stream.headersSent) this.stream.respond(FIRST_HEADERS, { waitForTrailers: true });
    return this.stream.write(this.out.take());
  }

  private finish(code: status, details: string, metadata?: Metadata): void {
    if (this.finished) return;
    this.flush();
    this.finished = true;
    if (this.gone) return;
    // By way of a buffer: what is not well-formed Unicode has no form in a header.
    const message = encodeURI(Buffer.from(details).toString());
    const trailers = { 'grpc-status': code, 'grpc-message': message, ...metadata?.toHttp2Headers() };
    if (this.stream.headersSent) {
      this.stream.once('wantTrailers', () => {
        if (!this.gone) this.stream.sendTrailers(trailers);
      });
      this.stream.end();
    } else this.stream.respond({ ...HEADERS, ...trailers }, { endStream: true });
    // What the client still sends is of no interest, and must not hold up its connection.
    this.stream.resume();
  }
}
