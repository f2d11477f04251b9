import { Arr, Doc, type Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, RegExpValue, UndefinedValue, type Value } from '../bson/values.js';
import { fail, MongoError } from '../errors.js';
import type { Variables } from '../aggregate/expression.js';
import type { Node, Test } from './ast.js';

import { bitsTest, modTest, regexTest, sizeTest, typeTest } from './parse-tests.js';
import { topLevelExtensions } from './extensions.js';
import { regExpOf } from './regex.js';

const NO_VARIABLES: Variables = new Map();

/** Where a filter stands: a whole one, one on the elements of an array, or one within an update. */
export type Place = 'query' | 'element' | 'update';

/** The tree of a query filter. Throws mongod's BadValue and FailedToParse. */
export function parseFilter(filter: Doc, variables: Variables = NO_VARIABLES, place: Place = 'query'): Node {
  const nodes = filter.fields.flatMap((field) => parseTopLevel(field, variables, place));
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'and', nodes };
}

function parseTopLevel(field: Field, variables: Variables, place: Place): Node[] {
  if (!field.name.startsWith('$')) return parseField(field.name, field.value);
  switch (field.name) {
    case '$and':
    case '$or':
    case '$nor':
      return [{ kind: field.name.slice(1) as 'and' | 'or' | 'nor', nodes: parseBranches(field, variables, place) }];
    case '$comment':
      return [];
    case '$ref':
    case '$id':
    case '$db':
      return [equality(field.name, field.value)];
    case '$alwaysTrue':
    case '$alwaysFalse':
      if (!isNumber(field.value) || toDouble(field.value) !== 1) {
        fail('FailedToParse', `${field.name} must be an integer value of 1`);
      }
      return [{ kind: 'always', value: field.name === '$alwaysTrue' }];
  }
  const extension = topLevelExtensions.get(field.name);
  if (extension === undefined) return unknownTopLevel(field.name);
  if (place !== 'query') checkPlace(field.name, place);
  return [extension(field.value, variables)];
}

function unknownTopLevel(name: string): never {
  const advice =
    name === '$not'
      ? 'If you are trying to negate an entire expression, use $nor.'
      : "If you have a field name that starts with a '$' symbol, consider using $getField or $setField.";
  return fail('BadValue', `unknown top level operator: ${name}. ${advice}`);
}

/** What looks at the whole document stands neither in `$elemMatch` nor in an update. */
function checkPlace(name: string, place: Exclude<Place, 'query'>): void {
  if (place === 'update') {
    if (name !== '$sampleRate') {
      throw new MongoError(224, 'QueryFeatureNotAllowed', `${name} is not allowed in this context`);
    }
  } else if (name === '$expr' || name === '$text') {
    fail('BadValue', `${name} can only be applied to the top-level document`);
  }
}

function parseBranches(field: Field, variables: Variables, place: Place): readonly Node[] {
  if (!(field.value instanceof Arr)) return fail('BadValue', `${field.name} argument must be an array`);
  if (field.value.items.length === 0) {
    return fail('BadValue', `${field.name} argument must be a non-empty array`);
  }
  return field.value.items.map((item) => {
    if (!(item instanceof Doc)) fail('BadValue', `${field.name} argument's entries must be objects`);
    return parseFilter(item, variables, place);
  });
}

function parseField(path: string, value: Value): Node[] {
  if (value instanceof Doc && isOperators(value)) return parseOperators(path, value);
  if (value instanceof RegExpValue) return [fieldNode(path, regexTest(value, undefined))];
  return [equality(path, value)];
}

/** An expression document is one whose first name begins with `$`; DBRefs (with `$ref` and `$id`) are values. */
function isOperators(value: Doc): boolean {
  return value.first?.name.startsWith('$') === true && !(value.has('$ref') && value.has('$id'));
}

function equality(path: string, value: Value): Node {
  if (value instanceof UndefinedValue) fail('BadValue', 'cannot compare to undefined');
  return fieldNode(path, { op: 'eq', value });
}

function fieldNode(path: string, test: Test): Node {
  return { kind: 'field', path, parts: path.split('.'), test };
}

/** The tests of `{$gt: …, $lt: …}` on a path. */
export function parseOperators(path: string, operators: Doc): Node[] {
  return operators.fields.flatMap((field) => parseOperator(path, field, operators));
}

function parseOperator(path: string, field: Field, all: Doc): Node[] {
  const value = field.value;
  switch (field.name) {
    case '$eq':
      return value instanceof RegExpValue ? [fieldNode(path, { op: 'eq', value })] : [equality(path, value)];
    case '$ne':
      if (value instanceof RegExpValue) fail('BadValue', "Can't have regex as arg to $ne.");
      return [{ kind: 'not', node: equality(path, value) }];
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      if (value instanceof RegExpValue) {
        fail('BadValue', `Can't have RegEx as arg to predicate over field '${path}'.`);
      }
      if (value instanceof UndefinedValue) fail('BadValue', 'cannot compare to undefined');
      return [fieldNode(path, { op: field.name.slice(1) as 'gt' | 'gte' | 'lt' | 'lte', value })];
    case '$in':
      return [inNode(path, field)];
    case '$nin':
      return [{ kind: 'not', node: inNode(path, field) }];
    case '$not':
      return [negation(path, value)];
    case '$exists': {
      const node = fieldNode(path, { op: 'exists' });
      return [truthy(value) ? node : { kind: 'not', node }];
    }
    case '$elemMatch':
      return [elemMatch(path, value)];
    case '$all':
      return [allNode(path, value)];
    default:
      return parseRest(path, field, all);
  }
}

function parseRest(path: string, field: Field, all: Doc): Node[] {
  const value = field.value;
  switch (field.name) {
    case '$regex':
      return [fieldNode(path, regexTest(value, all.get('$options'), all.first?.name === '$options'))];
    case '$options':
      if (!all.has('$regex')) fail('BadValue', '$options needs a $regex');
      return [];
    case '$type':
      return [fieldNode(path, typeTest(value))];
    case '$size':
      return [fieldNode(path, sizeTest(value))];
    case '$mod':
      return [fieldNode(path, modTest(value))];
    case '$bitsAllSet':
    case '$bitsAllClear':
    case '$bitsAnySet':
    case '$bitsAnyClear':
      return [fieldNode(path, bitsTest(path, field.name, value))];
    case '$comment':
      return [];
  }
  if (GEOMETRY.has(field.name)) fail('NotImplemented', `standalone mode has no ${field.name}`);
  return fail('BadValue', `unknown operator: ${field.name}`);
}

const GEOMETRY = new Set([
  '$near',
  '$nearSphere',
  '$geoWithin',
  '$geoIntersects',
  '$within',
  '$geoNear',
  '$maxDistance',
]);

function truthy(value: Value): boolean {
  if (isNumber(value)) return toDouble(value) !== 0;
  return value !== false && value !== null && !(value instanceof UndefinedValue);
}

function inNode(path: string, field: Field): Node {
  if (!(field.value instanceof Arr)) return fail('BadValue', `${field.name} needs an array`);
  const values: Value[] = [];
  const patterns: RegExp[] = [];
  for (const item of field.value.items) {
    if (item instanceof Doc && isOperators(item)) fail('BadValue', `cannot nest $ under ${field.name}`);
    if (item instanceof UndefinedValue) fail('BadValue', 'InMatchExpression equality cannot be undefined');
    if (item instanceof RegExpValue) patterns.push(regExpOf(item.pattern, item.flags));
    values.push(item);
  }
  return fieldNode(path, { op: 'in', values, patterns });
}

function negation(path: string, value: Value): Node {
  if (value instanceof RegExpValue) return { kind: 'not', node: fieldNode(path, regexTest(value, undefined)) };
  if (!(value instanceof Doc)) return fail('BadValue', '$not needs a regex or a document');
  if (value.isEmpty) return fail('BadValue', '$not cannot be empty');
  return { kind: 'not', node: { kind: 'and', nodes: parseOperators(path, value) } };
}

function elemMatch(path: string, value: Value): Node {
  if (!(value instanceof Doc)) return fail('BadValue', '$elemMatch needs an Object');
  const first = value.first?.name ?? '';
  if (first.startsWith('$') && !isPathless(first) && !['$ref', '$id', '$db'].some((name) => value.has(name))) {
    return fieldNode(path, { op: 'elemMatchValue', tests: parseOperators('', value) });
  }
  return fieldNode(path, { op: 'elemMatchObject', filter: parseFilter(value, NO_VARIABLES, 'element') });
}

/** Operators that stand in the place of a field. */
function isPathless(name: string): boolean {
  return PATHLESS.has(name) || topLevelExtensions.has(name);
}

const PATHLESS = new Set(['$and', '$or', '$nor', '$comment', '$alwaysTrue', '$alwaysFalse']);

const ON_PATHS = new Set([
  ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$type', '$size', '$mod', '$regex'],
  ...['$options', '$all', '$elemMatch', '$bitsAllSet', '$bitsAllClear', '$bitsAnySet', '$bitsAnyClear', ...GEOMETRY],
]);

function allNode(path: string, value: Value): Node {
  if (!(value instanceof Arr)) return fail('BadValue', '$all needs an array');
  if (value.items.length === 0) return { kind: 'always', value: false };
  const isElemMatch = (item: Value | undefined): boolean => item instanceof Doc && item.first?.name === '$elemMatch';
  const ofElements = isElemMatch(value.items[0]);
  const nodes = value.items.map((item): Node => {
    if (ofElements && !isElemMatch(item)) fail('BadValue', '$all/$elemMatch has to be consistent');
    if (ofElements) return elemMatch(path, (item as Doc).get('$elemMatch') as Value);
    if (item instanceof Doc && ON_PATHS.has(item.first?.name ?? '')) fail('BadValue', 'no $ expressions in $all');
    if (item instanceof RegExpValue) return fieldNode(path, regexTest(item, undefined));
    return equality(path, item);
  });
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: 'and', nodes };
}
