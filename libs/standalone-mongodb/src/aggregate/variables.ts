import { Arr, Doc } from '../bson/document.js';
import { DateTime, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { compileExpression, variableName, withScope, type Variables } from './expression.js';

/** The variables that a command's `let` defines, and the clock's. */
export function variablesOf(definitions: Doc | undefined): Variables {
  const now = BigInt(Date.now());
  const variables = new Map<string, Maybe>([
    ['NOW', new DateTime(now)],
    ['USER_ROLES', Arr.of([])],
  ]);
  for (const { name, value } of definitions?.fields ?? []) {
    if (readsFields(value)) failAt(4890500, LET_READS_FIELDS);
    variables.set(variableName(name), withScope(variables, () => compileExpression(value))(Doc.EMPTY, variables));
  }
  return variables;
}

const LET_READS_FIELDS =
  'Command let Expression tried to access a field, but this is not allowed because command let expressions run before the query examines any documents.';

/** Whether an expression names a field of the document, or all of it. */
function readsFields(value: Value): boolean {
  if (typeof value === 'string') return /^\$(?!\$)|^\$\$(ROOT|CURRENT)(\.|$)/.test(value);
  if (value instanceof Arr) return value.items.some(readsFields);
  return value instanceof Doc && !value.has('$literal') && value.fields.some((field) => readsFields(field.value));
}
