import { Doc } from '../bson/document.js';
import { DateTime, Timestamp, type Maybe } from '../bson/values.js';
import { compileExpression, NO_VARIABLES, type Variables } from './expression.js';

/** The variables that a command's `let` defines, and the clock's. */
export function variablesOf(definitions: Doc | undefined): Variables {
  const now = BigInt(Date.now());
  const variables = new Map<string, Maybe>([
    ['NOW', new DateTime(now)],
    ['CLUSTER_TIME', new Timestamp((now / 1000n) << 32n)],
  ]);
  for (const { name, value } of definitions?.fields ?? []) {
    variables.set(name, compileExpression(value)(Doc.EMPTY, NO_VARIABLES));
  }
  return variables;
}
