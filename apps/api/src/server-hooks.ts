import type { ApiOptions } from './api-options.js';
import { headerOf, type HttpReply, type HttpRequest } from './http/http-types.js';
import { problemOf, PROBLEM_TYPE } from './http/problem.js';
import type { Metrics } from './operations/metrics.js';
import { RateLimit } from './security/rate-limit.js';
import { DomainError } from '#libs/kernel';

/** With a call back: a promise per hook and request is dearer than what the hooks do. */
type Hook = (request: HttpRequest, reply: HttpReply, done: () => void) => void;

/** The part of a Fastify server that is used here. */
export interface HookedServer {
  addHook(name: 'onRequest' | 'onResponse', hook: Hook): unknown;
}

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** Ten times a subject's: behind one address there may be an office. */
const ADDRESS_FACTOR = 10;

/** What surrounds every request: limit per address, headers, one line in the log, figures. */
export function addServerHooks(server: HookedServer, options: ApiOptions, metrics: Metrics): void {
  const limit = new RateLimit(options.requestsPerSecond * ADDRESS_FACTOR);
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(HEADERS);
    if (!isProbe(request)) beginSpan(request, options);
    if (isProbe(request) || limit.take(request.ip)) return done();
    const problem = problemOf(new DomainError('RATE_EXCEEDED', 'Too many requests; try again later'), request.id);
    request.problemCode = problem.code;
    reply.status(problem.status).header('Retry-After', '1').type(PROBLEM_TYPE).send(problem);
  });
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions?.url ?? 'none';
    metrics.count(request.method, route, reply.statusCode, reply.elapsedTime / 1000);
    if (request.problemCode !== undefined) metrics.countProblem(request.problemCode);
    endSpan(request, reply, route);
    if (!isProbe(request)) options.log(lineOf(request, reply, route));
    done();
  });
}

function beginSpan(request: HttpRequest, { tracing }: ApiOptions): void {
  if (!tracing) return;
  const attributes = { 'http.request.method': request.method };
  request.span = tracing.start(request.method, {
    parent: headerOf(request, 'traceparent'),
    kind: 'server',
    attributes,
  });
}

function endSpan(request: HttpRequest, { statusCode }: HttpReply, route: string): void {
  request.span?.end({ 'http.route': route, 'http.response.status_code': statusCode }, statusCode >= 500);
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
