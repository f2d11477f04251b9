import { type IncomingHttpHeaders, type ServerHttp2Stream, constants } from 'node:http2';
import { Server, type ServerOptions, status } from '@grpc/grpc-js';
import { dropDistantDeadline, isDirect, refusalOf, timeoutMsOf } from './call-headers.js';
import { DirectCall } from './direct-call.js';
import { NOT_READY_MESSAGE } from './errors.js';

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Calls that go on until somebody ends them: reads, subscriptions and batch appends. */
const LASTING = /\/(Read|BatchAppend)$/;

interface Handlers {
  _streamHandler: StreamHandler;
}

export interface GuardedServer {
  readonly server: Server;
  /** From now on new calls are answered with UNAVAILABLE. */
  refuseCalls(): void;
  /** Resets the lasting calls that the client has not read to their end. */
  cancelLasting(): void;
}

const NOT_READY = {
  [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
  [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
  'grpc-status': String(status.UNAVAILABLE),
  'grpc-message': NOT_READY_MESSAGE,
};

/** What serves calls of a method by its path, without grpc-js (see {@link DirectCall}). */
export type DirectMethods = ReadonlyMap<string, (call: DirectCall) => void>;

/**
 * A grpc-js server that a client can't end: grpc-js answers a call of an unknown method, or with an odd content type, even
 * when the client has cancelled it already, and Node throws then, outside of any handler. `Server` has no seam for that but
 * the method that it gives its streams to.
 */
export function guardedServer(options: ServerOptions, direct: DirectMethods): GuardedServer {
  const server = new Server({ ...options, 'grpc.enable_channelz': 0 });
  const handlers = server as unknown as Handlers;
  const handle = handlers._streamHandler;
  const lasting = new Set<ServerHttp2Stream>();
  let refusing = false;
  handlers._streamHandler = function guarded(this: unknown, interceptors, stream, headers): void {
    // grpc-js listens for one error; a client can cause more of them, or one before grpc-js listens.
    stream.on('error', () => undefined);
    if (stream.destroyed || stream.closed) return;
    if (refusing) return stream.respond(NOT_READY, { endStream: true });
    const path = headers[':path'] ?? '';
    if (LASTING.test(path)) {
      lasting.add(stream);
      stream.on('close', () => lasting.delete(stream));
    }
    const refusal = refusalOf(headers);
    dropDistantDeadline(headers);
    const serve = isDirect(headers) ? direct.get(path) : undefined;
    try {
      if (refusal !== undefined) {
        stream.respond(refusal, { endStream: true });
        stream.resume();
      } else if (serve === undefined) handle.call(this, interceptors, stream, headers);
      else serve(new DirectCall(stream, timeoutMsOf(headers)));
    } catch (error) {
      stream.destroy(error as Error);
    }
  };
  return {
    server,
    refuseCalls: () => {
      refusing = true;
    },
    cancelLasting: () => {
      for (const stream of lasting) stream.close(constants.NGHTTP2_CANCEL);
    },
  };
}
