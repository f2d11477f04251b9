import { type IncomingHttpHeaders, type ServerHttp2Stream, constants } from 'node:http2';
import { Server, type ServerOptions } from '@grpc/grpc-js';

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Calls that go on until somebody ends them: reads, subscriptions and batch appends. */
const LASTING = /\/(Read|BatchAppend)$/;

interface Handlers {
  _streamHandler: StreamHandler;
}

/**
 * A grpc-js server that a client can't end: grpc-js answers a call of an unknown method, or with an odd content type, even
 * when the client has cancelled it already, and Node throws then, outside of any handler. `Server` has no seam for that but
 * the method that it gives its streams to.
 */
export function guardedServer(options: ServerOptions): { server: Server; cancelLasting: () => void } {
  const server = new Server({ ...options, 'grpc.enable_channelz': 0 });
  const handlers = server as unknown as Handlers;
  const handle = handlers._streamHandler;
  const lasting = new Set<ServerHttp2Stream>();
  handlers._streamHandler = function guarded(this: unknown, interceptors, stream, headers): void {
    // grpc-js listens for one error; a client can cause more of them, or one before grpc-js listens.
    stream.on('error', () => undefined);
    if (stream.destroyed || stream.closed) return;
    if (LASTING.test(headers[':path'] ?? '')) {
      lasting.add(stream);
      stream.on('close', () => lasting.delete(stream));
    }
    try {
      handle.call(this, interceptors, stream, headers);
    } catch (error) {
      stream.destroy(error as Error);
    }
  };
  const cancelLasting = (): void => {
    for (const stream of lasting) stream.close(constants.NGHTTP2_CANCEL);
  };
  return { server, cancelLasting };
}
