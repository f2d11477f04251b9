import type { Caller } from '#libs/receivables/nest';
import type { Principal } from '#libs/access';
import type { LocalDate } from '#libs/kernel';
import type { StartedSpan } from '#libs/telemetry';
import type { CommandOperation, QueryOperation } from './operation-types.js';

/** What the access guard has found out about a request before its controller sees it. */
export interface RequestFacts {
  readonly operation: CommandOperation | QueryOperation;
  readonly principal: Principal;
  /** As stored (NFC); '' for a query across communities. */
  readonly communityId: string;
  readonly caller: Caller;
  /** The present local day is the community's. */
  readonly timeZone: string;
  readonly currency: string;
  readonly today: LocalDate;
  /** Position that the read models of the query have reached; set by the query interceptor. */
  position?: bigint;
  /** The earlier position that was asked for; then `position` is the same. */
  at?: bigint;
}

/** The part of a Fastify request that is used here. */
export interface HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly ip: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, unknown>>;
  readonly body: unknown;
  readonly routeOptions?: { readonly url?: string };
  facts?: RequestFacts;
  /** The target of the idempotency key that this request has claimed. */
  claimed?: string;
  /** While spans are sent: the request's own. */
  span?: StartedSpan;
  /** The stable code of the problem it was answered with, for logs and metrics. */
  problemCode?: string;
}

/** The part of a Fastify reply that is used here. */
export interface HttpReply {
  readonly statusCode: number;
  readonly sent: boolean;
  readonly elapsedTime: number;
  status(code: number): this;
  header(name: string, value: string): this;
  headers(values: Readonly<Record<string, string>>): this;
  removeHeader(name: string): this;
  type(contentType: string): this;
  send(payload?: unknown): this;
}

/** A header that came once; undefined without it, the first of several. */
export function headerOf(request: HttpRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
