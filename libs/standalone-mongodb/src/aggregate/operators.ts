import type { Doc } from '../bson/document.js';
import type { Maybe, Value } from '../bson/values.js';

/** Values of `$$name`; ROOT is the document, CURRENT the same unless an operator changed it. */
export type Variables = ReadonlyMap<string, Maybe>;
export type Expression = (doc: Doc, variables: Variables) => Maybe;

/** Compiles the argument of an expression operator. */
export type OperatorCompiler = (argument: Value, name: string) => Expression;

/** Expression operators by name; the files of operators register themselves here. */
export const operators = new Map<string, OperatorCompiler>();
