import { Catch, Inject, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import type { HttpReply, HttpRequest } from './http-types.js';
import { problemOf, PROBLEM_TYPE } from './problem.js';
import { RefusedCommands } from './refused-commands.js';

/** Every failure leaves as a problem document (RFC 9457). */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  constructor(
    private readonly refusals: RefusedCommands,
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const [request, reply] = [http.getRequest<HttpRequest>(), http.getResponse<HttpReply>()];
    const settled = this.refusals.settle(request, error);
    if (!settled) return this.#answer(error, request, reply);
    void settled.then(
      () => this.#answer(error, request, reply),
      (failure: unknown) => this.#answer(failure, request, reply),
    );
  }

  #answer(error: unknown, request: HttpRequest, reply: HttpReply): void {
    const problem = problemOf(error, request.id);
    request.problemCode = problem.code;
    if (problem.status >= 500) this.options.log({ level: 'error', requestId: request.id, ...failureOf(error) });
    if (reply.sent) return;
    if (problem.status === 401) reply.header('WWW-Authenticate', 'Bearer');
    if (problem.status === 429 || problem.status === 503) reply.header('Retry-After', '1');
    reply.status(problem.status).type(PROBLEM_TYPE).send(problem);
  }
}

/** Where it happened and of what kind it is. The message stays out: it may quote what a person wrote. */
function failureOf(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { error: typeof error };
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  const { code } = error as { code?: unknown };
  return {
    error: error.name,
    ...(typeof code === 'string' ? { code } : {}),
    stack: frames.slice(0, 12).map((line) => line.trim()),
  };
}
