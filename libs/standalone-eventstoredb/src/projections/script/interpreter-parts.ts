import type { AnyNode, Expression, Pattern, Statement } from 'acorn';
import type { Machine } from './machine.js';
import type { Scope } from './scope.js';
import type { Value } from './values.js';

/** How a statement ended, if it did not simply end. */
export type Completion = { readonly kind: 'return'; readonly value: Value } | { readonly kind: 'break' | 'continue' };

export type FunctionNode = Extract<
  AnyNode,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

export type AssignmentTarget = Pattern | Expression;

/** What the parts of the interpreter need of each other. */
export interface Interpreter {
  readonly machine: Machine;
  evaluate(node: Expression, scope: Scope): Value;
  execute(node: Statement, scope: Scope): Completion | undefined;
  /** Declares the functions and variables of a block before it runs. */
  hoist(body: readonly AnyNode[], scope: Scope): void;
  /** Gives the names in a pattern their values: declares them, or sets those that are there. */
  bind(pattern: AssignmentTarget, value: Value, scope: Scope, how: 'declare' | 'constant' | 'set'): void;
}
