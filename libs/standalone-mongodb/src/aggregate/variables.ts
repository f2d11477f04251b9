import { Arr, Doc } from '../bson/document.js';
import { DateTime, type Maybe } from '../bson/values.js';
import { compileExpression, variableName, withScope, type Variables } from './expression.js';

/** The variables that a command's `let` defines, and the clock's. */
export function variablesOf(definitions: Doc | undefined): Variables {
  const now = BigInt(Date.now());
  const variables = new Map<string, Maybe>([
    ['NOW', new DateTime(now)],
    ['USER_ROLES', Arr.of([])],
  ]);
  for (const { name, value } of definitions?.fields ?? []) {
    variables.set(variableName(name), withScope(variables, () => compileExpression(value))(Doc.EMPTY, variables));
  }
  return variables;
}
