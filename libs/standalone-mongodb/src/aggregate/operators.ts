import type { Value } from '../bson/values.js';
import type { Expression } from './expression.js';

/** Compiles the argument of an expression operator. */
export type OperatorCompiler = (argument: Value, name: string) => Expression;

/** Expression operators by name; the files of operators register themselves here. */
export const operators = new Map<string, OperatorCompiler>();
