import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { HttpRequest } from './http-types.js';
import { OPERATION, type CommandOperation, type QueryOperation } from './operation-types.js';
import { checkedRequest } from './request-check.js';

const operationOf = (context: ExecutionContext): CommandOperation | QueryOperation =>
  Reflect.getMetadata(OPERATION, context.getHandler()) as CommandOperation | QueryOperation;
const requestOf = (context: ExecutionContext): HttpRequest => context.switchToHttp().getRequest<HttpRequest>();

/** Who commands, under which command id. */
export const CallerOf = createParamDecorator(
  (_: unknown, context: ExecutionContext) => requestOf(context).facts!.caller,
);

/** What the access guard has found out: community, time zone, position. */
export const Facts = createParamDecorator((_: unknown, context: ExecutionContext) => requestOf(context).facts!);

/** What the operation asks for, checked: the body of a command, the query of a query, with what the path gives. */
export const Input = createParamDecorator((_: unknown, context: ExecutionContext) => {
  const operation = operationOf(context);
  const { body, params, query } = requestOf(context);
  const { communityId: _community, ...placed } = params;
  if (operation.kind === 'command') return checkedRequest(operation.input, body ?? {}, placed);
  return checkedRequest(operation.input, query, placed);
});
