import { type IncomingHttpHeaders, type OutgoingHttpHeaders, constants } from 'node:http2';
import { status } from '@grpc/grpc-js';

export const ENCODINGS = 'identity,deflate,gzip';
const KNOWN_ENCODINGS: readonly string[] = ENCODINGS.split(',');
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const MS_OF_UNIT: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 };
/** What Node's timers can wait for. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Whether a call can be served without grpc-js: one without compression, with a deadline that can be read or none. */
export function isDirect(headers: IncomingHttpHeaders): boolean {
  return (
    headers['content-type']?.startsWith('application/grpc') === true &&
    (headers['grpc-encoding'] ?? 'identity') === 'identity' &&
    (headers['grpc-timeout'] === undefined || timeoutMsOf(headers) !== undefined)
  );
}

/** What the client waits at most; undefined when it does not say, or says what makes no sense. */
export function timeoutMsOf(headers: IncomingHttpHeaders): number | undefined {
  const [, count, unit] = TIMEOUT.exec(String(headers['grpc-timeout'])) ?? [];
  return unit === undefined ? undefined : Number(count) * MS_OF_UNIT[unit]!;
}

/** A deadline beyond what a timer can wait for is none: a timer would take it for one that has passed. */
export function dropDistantDeadline(headers: IncomingHttpHeaders): void {
  if ((timeoutMsOf(headers) ?? 0) > LONGEST_TIMER_MS) delete headers['grpc-timeout'];
}

/** The refusal of a call whose messages come in an encoding that is not known here, if so. */
export function refusalOf(headers: IncomingHttpHeaders): OutgoingHttpHeaders | undefined {
  const encoding = headers['grpc-encoding'];
  if (encoding === undefined || KNOWN_ENCODINGS.includes(String(encoding))) return undefined;
  return {
    [constants.HTTP2_HEADER_STATUS]: constants.HTTP_STATUS_OK,
    [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
    'grpc-accept-encoding': ENCODINGS,
    'grpc-status': String(status.UNIMPLEMENTED),
    'grpc-message': encodeURI(`Messages in the encoding '${String(encoding).slice(0, 64)}' can't be read`),
  };
}
