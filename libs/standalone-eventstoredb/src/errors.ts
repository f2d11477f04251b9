import { Metadata, status } from '@grpc/grpc-js';
import { DamagedError, StorageError } from './store/storage-error.js';

/** An error with gRPC status and the trailers from which clients make their typed errors. */
export class RpcError extends Error {
  readonly metadata = new Metadata();

  constructor(
    readonly code: status,
    readonly details: string,
    trailers: Readonly<Record<string, string>> = {},
  ) {
    super(details);
    for (const [key, value] of Object.entries(trailers)) {
      // Header values are ASCII; names of streams need not be.
      this.metadata.set(key, encodeTrailer(value));
    }
  }
}

function encodeTrailer(value: string): string {
  return /^[\x20-\x7e]*$/.test(value) ? value : encodeURIComponent(value);
}

export function streamNotFound(stream: string): RpcError {
  return new RpcError(status.NOT_FOUND, `Event stream '${stream}' is not found.`, {
    exception: 'stream-not-found',
    'stream-name': stream,
  });
}

export function streamDeleted(stream: string): RpcError {
  return new RpcError(status.FAILED_PRECONDITION, `Event stream '${stream}' is deleted.`, {
    exception: 'stream-deleted',
    'stream-name': stream,
  });
}

/** Trailers of a refused delete or append: versions as EventStoreDB numbers them (−1 no stream, −2 any, −4 stream exists). */
export function wrongExpectedVersion(operation: string, stream: string, expected: string, actual: number): RpcError {
  return new RpcError(
    status.FAILED_PRECONDITION,
    `${operation} failed due to WrongExpectedVersion. Stream: ${stream}, Expected version: ${expected}, Actual version: ${actual}`,
    {
      exception: 'wrong-expected-version',
      'stream-name': stream,
      'expected-version': expected,
      'actual-version': String(actual),
    },
  );
}

export function maxAppendSizeExceeded(limitBytes: number): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `Maximum Append Size of ${limitBytes} Exceeded.`, {
    exception: 'maximum-append-size-exceeded',
    'maximum-append-size': String(limitBytes),
  });
}

export function missingMetadata(property: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, `Required Metadata Property '${property}' is missing`, {
    exception: 'missing-required-metadata-property',
    'required-metadata-properties': 'type,content-type',
  });
}

export function invalidArgument(message: string): RpcError {
  return new RpcError(status.INVALID_ARGUMENT, message);
}

export function unimplemented(what: string): RpcError {
  return new RpcError(status.UNIMPLEMENTED, `${what} is not part of this standalone server`);
}

/** What EventStoreDB says while it starts or stops. */
export const NOT_READY_MESSAGE = 'Server Is Not Ready';

export function notReady(): RpcError {
  return new RpcError(status.UNAVAILABLE, NOT_READY_MESSAGE);
}

export function cancelled(message: string): RpcError {
  return new RpcError(status.CANCELLED, message);
}

/** Any error as one that gRPC can send. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { name, message } = error as Error;
  if (error instanceof StorageError && error.full) return new RpcError(status.RESOURCE_EXHAUSTED, message);
  if (error instanceof DamagedError) return new RpcError(status.DATA_LOSS, message);
  if (name === 'RangeError') return invalidArgument(message);
  return new RpcError(status.INTERNAL, message);
}

function ofGroup(exception: string, stream: string, group: string): Record<string, string> {
  return { exception, 'stream-name': stream, 'group-name': group };
}

export function groupNotFound(stream: string, group: string): RpcError {
  return new RpcError(
    status.NOT_FOUND,
    `Subscription group ${group} on stream ${stream} does not exist.`,
    ofGroup('persistent-subscription-does-not-exist', stream, group),
  );
}

export function groupExists(stream: string, group: string): RpcError {
  return new RpcError(
    status.ALREADY_EXISTS,
    `Subscription group ${group} on stream ${stream} exists.`,
    ofGroup('persistent-subscription-exists', stream, group),
  );
}

export function groupDropped(stream: string, group: string): RpcError {
  return new RpcError(
    status.CANCELLED,
    `Subscription group ${group} on stream ${stream} was dropped.`,
    ofGroup('persistent-subscription-dropped', stream, group),
  );
}

export function maximumSubscribersReached(stream: string, group: string): RpcError {
  return new RpcError(
    status.FAILED_PRECONDITION,
    `Maximum subscriptions reached for subscription group ${group} on stream ${stream}.`,
    ofGroup('maximum-subscribers-reached', stream, group),
  );
}

export function groupFailed(stream: string, group: string, reason: string): RpcError {
  return new RpcError(status.INTERNAL, `Subscription group ${group} on stream ${stream} failed: '${reason}'`, {
    ...ofGroup('persistent-subscription-failed', stream, group),
    reason,
  });
}
