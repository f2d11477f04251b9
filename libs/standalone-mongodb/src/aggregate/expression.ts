import { Arr, Doc, Field } from '../bson/document.js';
import type { Maybe, Value } from '../bson/values.js';
import { failAt, MongoError } from '../errors.js';
import { operators, type Expression, type Variables } from './operators.js';

export type { Expression, Variables } from './operators.js';

export const NO_VARIABLES: Variables = new Map();

/** Compiles an aggregation expression: field paths, variables, literals, documents, arrays and operators. */
export function compileExpression(value: Value): Expression {
  if (typeof value === 'string' && value.startsWith('$')) return compilePath(value);
  if (value instanceof Arr) {
    const items = value.items.map(compileExpression);
    return (doc, variables) => Arr.of(items.map((item) => item(doc, variables) ?? null));
  }
  if (value instanceof Doc) return compileDocument(value);
  return () => value;
}

function compileDocument(value: Doc): Expression {
  const first = value.fields[0];
  if (first !== undefined && first.name.startsWith('$')) {
    if (value.fields.length > 1) {
      failAt(15983, `An object representing an expression must have exactly one field: ${value.fields.length}`);
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
  return (doc, variables) => {
    const out: Field[] = [];
    for (const { name, expression } of fields) {
      const result = expression(doc, variables);
      if (result !== undefined) out.push(Field.of(name, result));
    }
    return Doc.of(out);
  };
}

function compileOperator(field: Field): Expression {
  const operator = operators.get(field.name);
  if (operator === undefined) {
    throw new MongoError(168, 'InvalidPipelineOperator', `Unrecognized expression '${field.name}'`);
  }
  return operator(field.value, field.name);
}

function compilePath(text: string): Expression {
  if (text.startsWith('$$')) return compileVariable(text.slice(2));
  const parts = text.slice(1).split('.');
  if (parts.includes('')) {
    if (text === '$') failAt(16872, `'$' by itself is not a valid FieldPath`);
    failAt(15998, 'FieldPath field names may not be empty strings.');
  }
  return (doc, variables) => {
    const current = variables.get('CURRENT');
    return pathValue(current === undefined ? doc : current, parts, 0);
  };
}

function compileVariable(text: string): Expression {
  const [name = '', ...parts] = text.split('.');
  return (doc, variables) => {
    const value = variableValue(name, doc, variables);
    return parts.length === 0 ? value : pathValue(value, parts, 0);
  };
}

function variableValue(name: string, doc: Doc, variables: Variables): Maybe {
  if (name === 'REMOVE') return undefined;
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
    if (!(item instanceof Doc) && !(item instanceof Arr)) continue;
    const inner = pathValue(item, parts, at);
    if (inner !== undefined) found.push(inner);
  }
  return Arr.of(found);
}
