import { type IncomingHttpHeaders, type ServerHttp2Stream, constants } from 'node:http2';
import { Server, type ServerOptions } from '@grpc/grpc-js';
import { DirectCall, isDirect } from './direct-call.js';

type StreamHandler = (interceptors: unknown, stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Calls that go on until somebody ends them: reads, subscriptions and batch appends. */
const LASTING = /\/(Read|BatchAppend)$/;

interface Handlers {
  _streamHandler: StreamHandler;
}

/** What serves calls of a method by its path, without grpc-js (see {@link DirectCall}). */
export type DirectMethods = ReadonlyMap<string, (call: DirectCall) => void>;

/**
 * A grpc-js server that a client can't end: grpc-js answers a call of an unknown method, or with an odd content type, even
 * when the client has cancelled it already, and Node throws then, outside of any handler. `Server` has no seam for that but
 * the method that it gives its streams to.
 */
export function guardedServer(
  options: ServerOptions,
  direct: DirectMethods,
): { server: Server; cancelLasting: () => void } {
  const server = new Server({ ...options, 'grpc.enable_channelz': 0 });
  const handlers = server as unknown as Handlers;
  const handle = handlers._streamHandler;
  const lasting = new Set<ServerHttp2Stream>();
  handlers._streamHandler = function guarded(this: unknown, interceptors, stream, headers): void {
    // grpc-js listens for one error; a client can cause more of them, or one before grpc-js listens.
    stream.on('error', () => undefined);
    if (stream.destroyed || stream.closed) return;
    const path = headers[':path'] ?? '';
    if (LASTING.test(path)) {
      lasting.add(stream);
      stream.on('close', () => lasting.delete(stream));
    }
    const serve = isDirect(headers) ? direct.get(path) : undefined;
    try {
      if (serve === undefined) handle.call(this, interceptors, stream, headers);
      else serve(new DirectCall(stream));
    } catch (error) {
      stream.destroy(error as Error);
    }
  };
  const cancelLasting = (): void => {
    for (const stream of lasting) stream.close(constants.NGHTTP2_CANCEL);
  };
  return { server, cancelLasting };
}
