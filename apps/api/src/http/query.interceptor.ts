import { Inject, Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { streamName, parseId } from '#libs/kernel';
import { API_OPTIONS, type ApiOptions } from '../api-options.js';
import { cutOf, reach, type QueryCut } from './freshness.js';
import type { HttpReply, HttpRequest } from './http-types.js';
import { OPERATION, type QueryOperation } from './operation-types.js';

/** What a query handler gives: the body, with the position that it reflects, and the revision of what has an entity tag. */
export interface QueryAnswer {
  readonly position: string;
  readonly revision?: string;
}

/**
 * Read your own write: waits until the query's own read models have reached `after` (or `at`), up to `waitMs`, and says what the answer reflects,
 * how far it is behind the store, and since when a part of it stands still.
 */
@Injectable()
export class QueryInterceptor implements NestInterceptor {
  constructor(@Inject(API_OPTIONS) private readonly options: ApiOptions) {}

  intercept(context: ExecutionContext, next: CallHandler<QueryAnswer>): Observable<unknown> {
    const http = context.switchToHttp();
    const operation = Reflect.getMetadata(OPERATION, context.getHandler()) as QueryOperation;
    // One view: what was waited for is what is read, whatever is switched meanwhile.
    const run = () => this.#run(operation, http.getRequest<HttpRequest>(), http.getResponse<HttpReply>(), next);
    return from(this.options.readStore.inOneView(run));
  }

  async #run(
    operation: QueryOperation,
    request: HttpRequest,
    reply: HttpReply,
    next: CallHandler<QueryAnswer>,
  ): Promise<object> {
    const cut = cutOf(operation, request.query);
    const reached = await reach(cut, this.options);
    const facts = request.facts!;
    if (reached.position !== undefined) facts.position = cut.at ?? reached.position;
    if (cut.at !== undefined) facts.at = cut.at;
    const answer = await firstValueFrom(next.handle());
    reply.header('X-Position', answer.position);
    reply.header('X-Behind-Events', String(reached.behindEvents));
    reply.header('X-Behind-Ms', String(reached.behindMs));
    if (reached.behind) reply.header('X-Behind', 'true');
    if (answer.revision !== undefined) reply.header('ETag', `"${answer.revision}"`);
    const stale = await this.#staleSince(cut, reached.checkpoints, request, BigInt(answer.position));
    if (stale === undefined) return { ...answer, behind: reached.behind };
    reply.header('X-Stale-Since', stale.toString());
    return { ...answer, behind: reached.behind, staleSince: stale.toString() };
  }

  /** Of an account's query its own stream counts, of others the community. */
  #staleSince(
    { models }: QueryCut,
    checkpoints: Parameters<ApiOptions['readStore']['staleByCheckpoints']>[0],
    { params, query, facts }: HttpRequest,
    upTo: bigint,
  ): Promise<bigint | undefined> {
    if (models.length === 0) return Promise.resolve(undefined);
    const { communityId } = facts!;
    const accountId = params['accountId'] ?? query['accountId'];
    const part =
      accountId === undefined ? {} : { stream: streamName('account', communityId, parseId(String(accountId))) };
    return this.options.readStore.staleByCheckpoints(checkpoints, { communityId, upTo, ...part });
  }
}
