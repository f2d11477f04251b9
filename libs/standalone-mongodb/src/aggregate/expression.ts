import { Arr, Doc, Field } from '../bson/document.js';
import type { Maybe, Value } from '../bson/values.js';
import { shellText } from '../query/shell-text.js';
import { fail, failAt } from '../errors.js';
import { constant, folded, operators, type Expression, type Variables } from './operators.js';

export type { Expression, Variables } from './operators.js';

export const NO_VARIABLES: Variables = new Map();

/** Compiles an aggregation expression: field paths, variables, literals, documents, arrays and operators. */
export function compileExpression(value: Value): Expression {
  if (typeof value === 'string' && value.startsWith('$')) return compilePath(value);
  if (value instanceof Arr) {
    const items = value.items.map(compileExpression);
    return folded(items, (doc, variables) => Arr.of(items.map((item) => item(doc, variables) ?? null)));
  }
  if (value instanceof Doc) return compileDocument(value);
  return constant(value);
}

function compileDocument(value: Doc): Expression {
  const first = value.fields[0];
  if (first !== undefined && first.name.startsWith('$')) {
    if (value.fields.length > 1) {
      failAt(15983, `An object representing an expression must have exactly one field: ${shellText(value)}`);
    }
    return compileOperator(first);
  }
  const fields = value.fields.map((field) => {
    if (field.name.startsWith('$'))
      failAt(16410, `FieldPath field names may not start with '$'. Consider using $getField or $setField.`);
    if (field.name.includes('.'))
      failAt(16412, `FieldPath field names may not contain '.'. Consider using $getField or $setField.`);
    return { name: field.name, expression: compileExpression(field.value) };
  });
  return folded(
    fields.map(({ expression }) => expression),
    (doc, variables) => {
      const out: Field[] = [];
      for (const { name, expression } of fields) {
        const result = expression(doc, variables);
        if (result !== undefined) out.push(Field.of(name, result));
      }
      return Doc.of(out);
    },
  );
}

/** Expressions that mongod has and this server has not. */
const ABSENT = new Set([
  ...[
    '$function',
    '$meta',
    '$toHashedIndexKey',
    '$_internalFindPositional',
    '$_internalFindSlice',
    '$_internalFindElemMatch',
  ],
  ...[
    '$_internalJsEmit',
    '$_internalKeyStringValue',
    '$_internalOwningShard',
    '$_internalIndexKey',
    '$_testApiVersion',
  ],
]);

/** Whether mongod has an expression of that name. */
export function isExpressionName(name: string): boolean {
  return operators.has(name) || ABSENT.has(name);
}

function compileOperator(field: Field): Expression {
  const operator = operators.get(field.name);
  if (operator === undefined) {
    if (ABSENT.has(field.name)) return fail('NotImplemented', `standalone mode has no expression '${field.name}'`);
    return fail('InvalidPipelineOperator', `Unrecognized expression '${field.name}'`);
  }
  return operator(field.value, field.name);
}

/** Refuses a path of fields that mongod refuses. */
export function checkFieldPath(path: string): void {
  if (path === '') failAt(40352, 'FieldPath cannot be constructed with empty string');
  if (path.endsWith('.')) failAt(40353, "FieldPath must not end with a '.'.");
  for (const part of path.split('.')) {
    if (part === '') failAt(15998, 'FieldPath field names may not be empty strings.');
    if (part.startsWith('$')) {
      failAt(16410, `FieldPath field names may not start with '$'. Consider using $getField or $setField.`);
    }
    if (part.includes('\0')) failAt(16411, "FieldPath field names may not contain '\\0'.");
  }
}

function compilePath(text: string): Expression {
  if (text.startsWith('$$')) return compileVariable(text.slice(2));
  const parts = text.slice(1).split('.');
  if (text === '$') failAt(16872, `'$' by itself is not a valid FieldPath`);
  checkFieldPath(text.slice(1));
  return (doc, variables) => {
    const current = variables.get('CURRENT');
    return pathValue(current === undefined ? doc : current, parts, 0);
  };
}

const BUILT_IN = new Set(['ROOT', 'CURRENT', 'REMOVE', 'NOW', 'USER_ROLES', 'DESCEND', 'PRUNE', 'KEEP']);

/** The names that the expression being compiled may use; undefined: not known before it runs. */
let scope: ReadonlySet<string> | undefined;

/** Compiles with these variables and no others in scope. */
export function withScope<T>(variables: Variables, compile: () => T): T {
  return inScope(new Set(variables.keys()), compile);
}

/** Compiles with further variables in scope. */
export function scoped<T>(names: readonly string[], compile: () => T): T {
  return scope === undefined ? compile() : inScope(new Set([...scope, ...names]), compile);
}

function inScope<T>(names: ReadonlySet<string>, compile: () => T): T {
  const outer = scope;
  scope = names;
  try {
    return compile();
  } finally {
    scope = outer;
  }
}

/** A name that a user may give a variable. */
export function variableName(value: Value): string {
  if (typeof value !== 'string') return failAt(16866, 'variable names must be strings');
  if (value === '') fail('FailedToParse', 'empty variable names are not allowed');
  if (!/^[a-z\u0080-\uffff]/.test(value) && value !== 'CURRENT') {
    fail('FailedToParse', `'${value}' starts with an invalid character for a user variable name`);
  }
  if (/[^A-Za-z0-9_\u0080-\uffff]/.test(value)) {
    fail('FailedToParse', `'${value}' contains an invalid character for a variable name`);
  }
  return value;
}

function compileVariable(text: string): Expression {
  const [name = '', ...parts] = text.split('.');
  if (name === '') fail('FailedToParse', 'empty variable names are not allowed');
  if (name === 'CLUSTER_TIME') failAt(51144, "Builtin variable '$$CLUSTER_TIME' is not available");
  if (scope !== undefined && !BUILT_IN.has(name) && !scope.has(name)) {
    failAt(17276, `Use of undefined variable: ${name}`);
  }
  if (parts.includes('')) failAt(15998, 'FieldPath field names may not be empty strings.');
  return (doc, variables) => {
    const value = variableValue(name, doc, variables);
    return parts.length === 0 ? value : pathValue(value, parts, 0);
  };
}

function variableValue(name: string, doc: Doc, variables: Variables): Maybe {
  if (name === 'REMOVE') return undefined;
  // What $redact's expression answers with.
  if (name === 'DESCEND' || name === 'PRUNE' || name === 'KEEP') return name.toLowerCase();
  if (variables.has(name)) return variables.get(name);
  if (name === 'ROOT' || name === 'CURRENT') return doc;
  return failAt(17276, `Use of undefined variable: ${name}`);
}

/** A path in expressions: through arrays it gives an array; numbers are names, not positions. */
export function pathValue(value: Maybe, parts: readonly string[], at: number): Maybe {
  if (at === parts.length) return value;
  if (value instanceof Doc) return pathValue(value.get(parts[at] as string), parts, at + 1);
  if (!(value instanceof Arr)) return undefined;
  const found: Value[] = [];
  for (const item of value.items) {
    // Arrays in arrays are not looked into.
    if (!(item instanceof Doc)) continue;
    const inner = pathValue(item, parts, at);
    if (inner !== undefined) found.push(inner);
  }
  return Arr.of(found);
}
