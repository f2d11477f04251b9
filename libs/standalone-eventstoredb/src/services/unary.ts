import type { ServerUnaryCall, sendUnaryData } from '@grpc/grpc-js';
import { toRpcError } from '../errors.js';

/** A unary method: what it throws is the status of the call. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): (call: ServerUnaryCall<Request, Response>, callback: sendUnaryData<Response>) => void {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handle(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(toRpcError(error)),
      );
  };
}
