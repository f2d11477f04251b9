import type { Type } from '@nestjs/common';
import { OPERATION, type Operation } from '../http/operation-types.js';

/** An operation with its address as OpenAPI writes it. */
export interface Route {
  readonly tag: string;
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly operation: Operation;
}

/** Nest's own keys for what its decorators note. */
const PATH = 'path';

/** The operations of controllers, in their order. */
export function routesOf(tag: string, controllers: readonly Type[]): Route[] {
  return controllers.flatMap((controller) => {
    const base = String(Reflect.getMetadata(PATH, controller));
    const prototype = controller.prototype as Record<string, unknown>;
    const handlers = Object.getOwnPropertyNames(prototype).map((name) => prototype[name]);
    return handlers.flatMap((handler) => {
      const operation = typeof handler === 'function' ? operationOf(handler) : undefined;
      if (!operation) return [];
      const path = `/${base}/${operation.at ?? ''}`.replace(/\/$/, '').replaceAll(/:(\w+)/g, '{$1}');
      return [{ tag, method: operation.kind === 'command' ? 'post' : 'get', path, operation } as const];
    });
  });
}

function operationOf(handler: object): Operation | undefined {
  return Reflect.getMetadata(OPERATION, handler) as Operation | undefined;
}
