import type { ApiOptions } from './api-options.js';
import type { HttpReply, HttpRequest } from './http/http-types.js';
import { problemOf, PROBLEM_TYPE } from './http/problem.js';
import type { Metrics } from './operations/metrics.js';
import { RateLimit } from './security/rate-limit.js';
import { DomainError } from '#libs/kernel';

type Hook = (request: HttpRequest, reply: HttpReply) => Promise<unknown>;

/** The part of a Fastify server that is used here. */
export interface HookedServer {
  addHook(name: 'onRequest' | 'onResponse', hook: Hook): unknown;
  addHook(
    name: 'onSend',
    hook: (request: HttpRequest, reply: HttpReply, payload: unknown) => Promise<unknown>,
  ): unknown;
}

const HEADERS: Readonly<Record<string, string>> = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
};

/** Ten times a subject's: behind one address there may be an office. */
const ADDRESS_FACTOR = 10;

/** What surrounds every request: limit per address, headers, one line in the log, figures. */
export function addServerHooks(server: HookedServer, options: ApiOptions, metrics: Metrics): void {
  const limit = new RateLimit(options.requestsPerSecond * ADDRESS_FACTOR);
  server.addHook('onRequest', async (request, reply) => {
    reply.header('X-Request-Id', request.id);
    for (const [name, value] of Object.entries(HEADERS)) reply.header(name, value);
    if (isProbe(request) || limit.take(request.ip)) return;
    const problem = problemOf(new DomainError('RATE_EXCEEDED', 'Too many requests; try again later'), request.id);
    request.problemCode = problem.code;
    return reply.status(problem.status).header('Retry-After', '1').type(PROBLEM_TYPE).send(problem);
  });
  server.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions?.url ?? 'none';
    metrics.count(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    if (request.problemCode !== undefined) metrics.countProblem(request.problemCode);
    if (!isProbe(request)) options.log(lineOf(request, reply, route));
  });
}

function isProbe({ url }: HttpRequest): boolean {
  return url.startsWith('/health/') || url === '/metrics';
}

/** The pattern of the address, not the address: ids of units and accounts lead to persons. */
function lineOf(request: HttpRequest, reply: HttpReply, route: string): Record<string, unknown> {
  return {
    level: 'info',
    requestId: request.id,
    method: request.method,
    route,
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    ...(request.facts ? { role: request.facts.principal.role } : {}),
    ...(request.problemCode === undefined ? {} : { problem: request.problemCode }),
  };
}
