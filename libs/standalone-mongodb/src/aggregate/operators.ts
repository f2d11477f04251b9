import { Doc } from '../bson/document.js';
import type { Maybe, Value } from '../bson/values.js';
import { inContext } from '../errors.js';

/** Values of `$$name`; ROOT is the document, CURRENT the same unless an operator changed it. */
export type Variables = ReadonlyMap<string, Maybe>;
export type Expression = (doc: Doc, variables: Variables) => Maybe;

/** Compiles the argument of an expression operator. */
export type OperatorCompiler = (argument: Value, name: string) => Expression;

const constants = new WeakMap<Expression, { readonly value: Maybe }>();

/** An expression that always gives the same value. */
export function constant(value: Maybe): Expression {
  const expression: Expression = () => value;
  constants.set(expression, { value });
  return expression;
}

export function isConstant(expression: Expression): boolean {
  return constants.has(expression);
}

/** The first error of a constant expression in what is being compiled; undefined: nobody asks. */
let failure: { error: unknown } | undefined;

/**
 * Compiles; then throws the first error that a constant expression gave, `context` in front of it. mongod evaluates what is constant
 * once, before it reads any document, and after all has been parsed.
 */
export function optimizing<T>(context: string, compile: () => T): T {
  const outer = failure;
  const own: { error: unknown } = { error: undefined };
  failure = own;
  try {
    const compiled = compile();
    if (own.error === undefined) return compiled;
    const error = inContext(context, own.error);
    if (outer === undefined) throw error;
    outer.error ??= error;
    return compiled;
  } finally {
    failure = outer;
  }
}

/** Compiles what may never be asked for: an error of a constant in it is none before it is. */
export function muted<T>(compile: () => T): T {
  const outer = failure;
  failure = undefined;
  try {
    return compile();
  } finally {
    failure = outer;
  }
}

/** `expression` evaluated now, when all that it depends on is constant. */
export function folded(parts: readonly Expression[], expression: Expression): Expression {
  if (!parts.every(isConstant)) return expression;
  try {
    return constant(expression(Doc.EMPTY, NOTHING));
  } catch (error) {
    if (failure !== undefined) failure.error ??= error;
    return expression;
  }
}

const NOTHING: Variables = new Map();

/** Expression operators by name; the files of operators register themselves here. */
export const operators = new Map<string, OperatorCompiler>();
