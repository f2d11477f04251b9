import { applyDecorators, Get, HttpCode, Post, SetMetadata, UseInterceptors } from '@nestjs/common';
import { CommandInterceptor } from './command.interceptor.js';
import { QueryInterceptor } from './query.interceptor.js';
import { OPERATION, type CommandOperation, type PublicOperation, type QueryOperation } from './operation-types.js';

/** A use case that changes something: POST, answered with where its events were stored. */
export function CommandRoute(operation: Omit<CommandOperation, 'kind'>): MethodDecorator {
  return applyDecorators(
    Post(operation.at ?? ''),
    HttpCode(201),
    SetMetadata(OPERATION, { ...operation, kind: 'command' } satisfies CommandOperation),
    UseInterceptors(CommandInterceptor),
  );
}

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
