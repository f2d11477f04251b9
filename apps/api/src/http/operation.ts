import { applyDecorators, Get, HttpCode, Post, Res, SetMetadata, UseInterceptors } from '@nestjs/common';
import type { CommandResult } from '#libs/event-store';
import { answerTo } from './command-answer.js';
import type { HttpReply } from './http-types.js';
import { QueryInterceptor } from './query.interceptor.js';
import { OPERATION, type CommandOperation, type PublicOperation, type QueryOperation } from './operation-types.js';

/** A use case that changes something: POST, answered with where its events were stored. */
export function CommandRoute(operation: Omit<CommandOperation, 'kind'>): MethodDecorator {
  return applyDecorators(
    answered,
    Post(operation.at ?? ''),
    HttpCode(201),
    SetMetadata(OPERATION, { ...operation, kind: 'command' } satisfies CommandOperation),
  );
}

/** By a parameter more and a function around the handler: an interceptor would cost as much as the append. */
const answered: MethodDecorator = (target, key, descriptor) => {
  const handle = descriptor.value as (...handed: unknown[]) => Promise<CommandResult>;
  const replyAt = handle.length;
  Res({ passthrough: true })(target, key, replyAt);
  const answering = async function (this: unknown, ...handed: unknown[]): Promise<object> {
    return answerTo(handed[replyAt] as HttpReply, await handle.apply(this, handed));
  };
  descriptor.value = answering as never;
};

/** A use case that reads. */
export function QueryRoute(operation: Omit<QueryOperation, 'kind'>): MethodDecorator {
  return applyDecorators(
    Get(operation.at ?? ''),
    SetMetadata(OPERATION, { ...operation, kind: 'query' } satisfies QueryOperation),
    UseInterceptors(QueryInterceptor),
  );
}

/** What needs no token: health, metrics, the description of the API. */
export function PublicRoute(operation: Omit<PublicOperation, 'kind'>): MethodDecorator {
  return applyDecorators(
    Get(operation.at ?? ''),
    SetMetadata(OPERATION, { ...operation, kind: 'public' } satisfies PublicOperation),
  );
}
