import { DomainError } from '#libs/kernel';
import { PROBLEMS } from './problem-table.js';

/** An RFC 9457 document; `code` is stable, `detail` may change. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  /** The request's id, which is in the log, too. */
  readonly requestId: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

const BY_HTTP_STATUS: ReadonlyMap<number, string> = new Map([
  [400, 'BODY_INVALID'],
  [404, 'ROUTE_NOT_FOUND'],
  [405, 'ROUTE_NOT_FOUND'],
  [413, 'BODY_TOO_LARGE'],
  [415, 'MEDIA_TYPE_UNSUPPORTED'],
  [503, 'SHUTTING_DOWN'],
]);

/** Any failure as a problem document. What is not expected says nothing about itself to the outside. */
export function problemOf(error: unknown, requestId: string): Problem {
  const code = codeOf(error);
  const { status, title } = PROBLEMS.get(code)!;
  const isOurs = error instanceof DomainError && code === error.code;
  const details = isOurs && error.details ? { details: error.details } : {};
  const detail = isOurs ? error.message : title;
  return { type: `urn:estate-ledger:problem:${code}`, title, status, code, detail, requestId, ...details };
}

const BY_SERVER_CODE: ReadonlyMap<unknown, string> = new Map([
  ['FST_ERR_BAD_URL', 'ADDRESS_INVALID'],
  ['FST_ERR_MAX_PARAM_LENGTH', 'ADDRESS_INVALID'],
]);

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  const ofServer = BY_SERVER_CODE.get(code);
  if (ofServer !== undefined) return ofServer;
  if (typeof code === 'string' && PROBLEMS.has(code)) return code;
  if (isUnreachableMongo(error)) return 'READ_STORE_UNAVAILABLE';
  return BY_HTTP_STATUS.get(statusOf(error)) ?? 'INTERNAL_ERROR';
}

/** The status that the HTTP layer (Nest, Fastify) gives an error of its own. */
function statusOf(error: unknown): number {
  const { statusCode, getStatus } = error as { statusCode?: unknown; getStatus?: () => number };
  if (typeof getStatus === 'function') return getStatus.call(error);
  return typeof statusCode === 'number' ? statusCode : 500;
}

function isUnreachableMongo(error: unknown): boolean {
  return error instanceof Error && /^Mongo(Network|ServerSelection|NotConnected|Topology)/.test(error.name);
}
