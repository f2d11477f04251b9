import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { DomainError } from '#libs/kernel';
import { waitForPosition, type Freshness } from '#libs/read-store';
import { API_OPTIONS, MOST_WAIT_MS, type ApiOptions } from '../api-options.js';
import type { HttpReply, HttpRequest } from './http-types.js';
import { OPERATION, type QueryOperation } from './operation-types.js';

/** What a query handler gives: the body, with the position that it reflects, and the revision of what has an entity tag. */
export interface QueryAnswer {
  readonly position: string;
  readonly revision?: string;
}

const DEFAULT_WAIT_MS = 2_000;
const POSITION = /^\d{1,19}$/;

/** Read your own write: waits until the query's read models have reached `after`, up to `waitMs`, and says what the answer reflects. */
@Injectable()
export class QueryInterceptor implements NestInterceptor {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  intercept(context: ExecutionContext, next: CallHandler<QueryAnswer>): Observable<unknown> {
    const http = context.switchToHttp();
    const { models } = Reflect.getMetadata(OPERATION, context.getHandler()) as QueryOperation;
    return from(this.#run(models, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>(), next));
  }

  async #run(
    models: QueryOperation['models'],
    request: HttpRequest,
    reply: HttpReply,
    next: CallHandler<QueryAnswer>,
  ): Promise<object> {
    const { after, waitMs } = request.query;
    const token = after === undefined ? -1n : parsePosition(after);
    const limitMs = waitMs === undefined ? DEFAULT_WAIT_MS : parseWait(waitMs);
    const fresh: Freshness | undefined =
      models.length === 0 ? undefined : await waitForPosition(this.options.readStore, models, token, { limitMs });
    if (fresh) request.facts!.position = fresh.position;
    const answer = await firstValueFrom(next.handle());
    const behind = fresh !== undefined && !fresh.reached;
    reply.header('X-Position', answer.position);
    if (behind) reply.header('X-Behind', 'true');
    if (answer.revision !== undefined) reply.header('ETag', `"${answer.revision}"`);
    return { ...answer, behind };
  }
}

/** @throws DomainError POSITION_INVALID */
export function parsePosition(text: unknown): bigint {
  const position = typeof text === 'string' && POSITION.test(text) ? BigInt(text) : undefined;
  if (position === undefined || position >= 2n ** 63n) throw new DomainError('POSITION_INVALID', 'Not a position');
  return position;
}

function parseWait(text: unknown): number {
  const waitMs = typeof text === 'string' && /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(waitMs <= MOST_WAIT_MS)) {
    throw new DomainError('REQUEST_INVALID', `waitMs is a number of milliseconds, at most ${MOST_WAIT_MS}`);
  }
  return waitMs;
}
