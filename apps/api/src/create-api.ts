import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ApiModule } from './api.module.js';
import { BODY_LIMIT_BYTES, type ApiOptions } from './api-options.js';
import { answerClientError } from './http/client-error.js';
import type { HttpReply, HttpRequest } from './http/http-types.js';
import { problemOf, PROBLEM_TYPE } from './http/problem.js';
import { Metrics } from './operations/metrics.js';
import { addServerHooks, type HookedServer } from './server-hooks.js';

const REQUEST_ID = /^[\w.-]{8,64}$/;
const REQUEST_TIMEOUT_MS = 30_000;

interface Raw {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** A request keeps the id that it came with, if that is one. */
function requestId({ headers }: Raw): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

function answerServerError(error: unknown, request: HttpRequest, reply: HttpReply): void {
  const problem = problemOf(error, request.id);
  reply.status(problem.status).type(PROBLEM_TYPE).send(problem);
}

/** The API over open stores, ready to listen or to be injected into; closing it answers what is under way and leaves the stores open. */
export async function createApi(options: ApiOptions): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: requestId as never,
    // An address that cannot be routed does not get as far as the exception filter.
    clientErrorHandler: answerClientError,
    frameworkErrors: answerServerError as never,
    // Ids of 64 characters, percent-encoded.
    routerOptions: { maxParamLength: 1_000 },
    forceCloseConnections: 'idle' as never,
  });
  const app = await NestFactory.create<NestFastifyApplication>(ApiModule.forRoot(options), adapter, {
    logger: false,
    abortOnError: false,
    bodyParser: false,
  });
  // A body is JSON, or there is none.
  adapter.getInstance().removeContentTypeParser('text/plain');
  addServerHooks(adapter.getInstance() as unknown as HookedServer, options, app.get(Metrics));
  await app.init();
  await adapter.getInstance().ready();
  return app;
}
