import { docOf, kept } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { replaceField } from '../update/tree.js';
import { mergeObjects } from './accumulators.js';
import { compileExpression, type Expression } from './expression.js';
import { operators } from './operators.js';
import { define, isNullish } from './values.js';

define('$arrayToObject', 1, (list) => {
  if (isNullish(list)) return null;
  if (!(list instanceof Arr)) return failAt(40386, `$arrayToObject requires an array input, found: ${typeName(list)}`);
  const fields = new Map<string, Field>();
  let pairs: boolean | undefined;
  for (const item of list.items) {
    const isPair = item instanceof Arr;
    if (pairs !== undefined && pairs !== isPair) mixedForms(pairs, item);
    pairs = isPair;
    const field = isPair ? pairField(item) : objectField(item);
    fields.set(field.name, field);
  }
  return Doc.of([...fields.values()]);
});

function mixedForms(pairs: boolean, item: Value): never {
  return pairs
    ? failAt(
        40396,
        `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Array was detected, now found: ${typeName(item)}`,
      )
    : failAt(
        40391,
        `$arrayToObject requires a consistent input format. Elements must all be arrays or all be objects. Object was detected, now found: ${typeName(item)}`,
      );
}

function pairField(pair: Arr): Field {
  const [key, value, ...more] = pair.items;
  if (key === undefined || value === undefined || more.length > 0) {
    return failAt(40397, `$arrayToObject requires an array of size 2 arrays,found array of size: ${pair.items.length}`);
  }
  if (typeof key !== 'string') {
    return failAt(
      40395,
      `$arrayToObject requires an array of key-value pairs, where the key must be of type string. Found key type: ${typeName(key)}`,
    );
  }
  return named(key, value);
}

function objectField(item: Value): Field {
  if (!(item instanceof Doc)) {
    return failAt(40398, `Unrecognised input type format for $arrayToObject: ${typeName(item)}`);
  }
  if (item.fields.length !== 2) {
    return failAt(
      40392,
      `$arrayToObject requires an object keys of 'k' and 'v'. Found incorrect number of keys:${item.fields.length}`,
    );
  }
  const [key, value] = [item.get('k'), item.get('v')];
  if (key === undefined || value === undefined) {
    return failAt(
      40393,
      `$arrayToObject requires an object with keys 'k' and 'v'. Missing either or both keys from: ${shellText(item)}`,
    );
  }
  if (typeof key !== 'string') {
    return failAt(
      40394,
      `$arrayToObject requires an object with keys 'k' and 'v', where the value of 'k' must be of type string. Found type: ${typeName(key)}`,
    );
  }
  return named(key, value);
}

function named(key: string, value: Value): Field {
  if (key.includes('\0')) failAt(4940400, 'Key field cannot contain an embedded null byte');
  return Field.of(key, value);
}

define('$objectToArray', 1, (object) => {
  if (isNullish(object)) return null;
  if (!(object instanceof Doc))
    return failAt(40390, `$objectToArray requires a document input, found: ${typeName(object)}`);
  return Arr.of(object.fields.map((field) => docOf({ k: field.name, v: kept(field.value) })));
});

define('$mergeObjects', [0, Infinity], (...args) =>
  mergeObjects(args.length === 1 && args[0] instanceof Arr ? args[0].items : args));

/** The name of a field, which is a constant of type string. */
function fieldName(operator: string, value: Value, code: number): string {
  const literal = value instanceof Doc ? (value.get('$literal') ?? value.get('$const')) : value;
  if (typeof literal !== 'string') {
    return failAt(
      code,
      `${operator} requires 'field' to evaluate to a constant, type String, but got ${typeName(literal)}`,
    );
  }
  if (literal.startsWith('$') && !(value instanceof Doc)) {
    failAt(4161108, `'${literal}' is not a valid field name; use $literal for a name that starts with '$'`);
  }
  return literal;
}

operators.set('$getField', (argument, name) => {
  const isSpec = argument instanceof Doc && argument.fields[0]?.name.startsWith('$') !== true;
  if (isSpec) {
    for (const field of argument.fields) {
      if (field.name !== 'field' && field.name !== 'input') {
        failAt(3041701, `${name} found an unknown argument: ${field.name}`);
      }
    }
    if (!argument.has('field')) failAt(3041702, "$getField requires 'field' to be specified");
    if (!argument.has('input')) failAt(3041703, "$getField requires 'input' to be specified");
  }
  const key = compileExpression(isSpec ? (argument.get('field') as Value) : argument);
  const input = compileExpression(isSpec ? (argument.get('input') as Value) : '$$CURRENT');
  return (doc, variables) => {
    const field = key(doc, variables);
    if (typeof field !== 'string') {
      return failAt(3041704, `$getField requires 'field' to evaluate to type String, but got ${typeName(field)}`);
    }
    const from = input(doc, variables);
    if (from instanceof Doc) return from.get(field);
    return from === null ? null : undefined;
  };
});

for (const name of ['$setField', '$unsetField']) {
  const keys = name === '$setField' ? ['field', 'input', 'value'] : ['field', 'input'];
  operators.set(name, (argument) => {
    if (!(argument instanceof Doc)) {
      return failAt(4161100, `${name} only supports an object as its argument`);
    }
    for (const field of argument.fields) {
      if (!keys.includes(field.name)) failAt(4161101, `${name} found an unknown argument: ${field.name}`);
    }
    for (const [i, key] of keys.entries()) {
      if (!argument.has(key))
        failAt([4161102, 4161109, 4161103][i] as number, `${name} requires '${key}' to be specified`);
    }
    const field = fieldName(name, argument.get('field') as Value, 4161106);
    if (field.includes('\0')) failAt(9534700, `${name} requires a 'field' without null bytes`);
    const input = compileExpression(argument.get('input') as Value);
    const value: Expression =
      name === '$setField' ? compileExpression(argument.get('value') as Value) : () => undefined;
    return (doc, variables) => withField(input(doc, variables), field, value(doc, variables));
  });
}

function withField(input: Maybe, name: string, value: Maybe): Maybe {
  if (isNullish(input)) return null;
  if (!(input instanceof Doc)) return failAt(4161105, `$setField requires 'input' to evaluate to type Object`);
  if (value === undefined) return Doc.of(input.fields.filter((field) => field.name !== name));
  return replaceField(input, name, value);
}
