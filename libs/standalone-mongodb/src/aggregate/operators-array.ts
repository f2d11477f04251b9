import { docOf } from '../bson/build.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { parseSort, sortKey, tupleComparator } from '../query/sort.js';
import { mergeObjects } from './accumulators.js';
import { compileExpression } from './expression.js';
import { operators } from './operators.js';
import { withVariable } from './operators-logic.js';
import { define, defineNamed, integer, isNullish, isTruthy, namedSpec } from './values.js';

function arrayOr(value: Maybe, name: string, code: number): Arr {
  return value instanceof Arr
    ? value
    : failAt(code, `The argument to ${name} must be an array, but was of type: ${typeName(value)}`);
}

define('$size', 1, (a) => new Int32(arrayOr(a, '$size', 17124).items.length));
define('$arrayElemAt', 2, (a, at) => {
  if (isNullish(a) || isNullish(at)) return null;
  const items =
    a instanceof Arr ? a.items : failAt(28689, `$arrayElemAt's first argument must be an array, but is ${typeName(a)}`);
  const index = integer(at, () =>
    failAt(28690, `$arrayElemAt's second argument must be a numeric value, but is ${typeName(at)}`),
  );
  return items[index < 0 ? items.length + index : index];
});
define('$concatArrays', [0, Infinity], (...args) => {
  const items: Value[] = [];
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (!(arg instanceof Arr)) return failAt(28664, `$concatArrays only supports arrays, not ${typeName(arg)}`);
    items.push(...arg.items);
  }
  return Arr.of(items);
});
define('$reverseArray', 1, (a) => {
  if (isNullish(a)) return null;
  return Arr.of([...arrayOr(a, '$reverseArray', 34435).items].reverse());
});
define('$in', 2, (value, list) => {
  if (!(list instanceof Arr))
    return failAt(40081, `$in requires an array as a second argument, found: ${typeName(list)}`);
  return value !== undefined && list.items.some((item) => compareValues(item, value) === 0);
});
define('$indexOfArray', [2, 4], (list, value, start = new Int32(0), end) => {
  if (isNullish(list)) return null;
  const items =
    list instanceof Arr
      ? list.items
      : failAt(40090, `$indexOfArray requires an array as a first argument, found: ${typeName(list)}`);
  const from = isNumber(start) ? toDouble(start) : 0;
  const to = isNumber(end) ? Math.min(toDouble(end), items.length) : items.length;
  for (let i = from; i < to; i += 1)
    if (value !== undefined && compareValues(items[i] as Value, value) === 0) return new Int32(i);
  return new Int32(-1);
});
define('$slice', [2, 3], (list, a, b) => {
  if (isNullish(list) || isNullish(a) || b === null) return null;
  const items =
    list instanceof Arr
      ? list.items
      : failAt(28724, `First argument to $slice must be an array, but is of type: ${typeName(list)}`);
  const first = integer(a, () =>
    failAt(28725, `Second argument to $slice must be a numeric value, but is of type: ${typeName(a)}`),
  );
  if (b === undefined) return Arr.of(first >= 0 ? items.slice(0, first) : items.slice(first));
  const count = integer(b, () =>
    failAt(28727, `Third argument to $slice must be numeric, but is of type: ${typeName(b)}`),
  );
  if (count <= 0) failAt(28729, `Third argument to $slice must be positive: ${count}`);
  const start = first >= 0 ? first : Math.max(0, items.length + first);
  return Arr.of(items.slice(start, start + count));
});
define('$range', [2, 3], (start, end, step = new Int32(1)) => {
  const from = integer(start, () =>
    failAt(34443, `$range requires a numeric starting value, found value of type: ${typeName(start)}`),
  );
  const to = integer(end, () =>
    failAt(34445, `$range requires a numeric ending value, found value of type: ${typeName(end)}`),
  );
  const by = integer(step, () =>
    failAt(34447, `$range requires a numeric step value, found value of type:${typeName(step)}`),
  );
  if (by === 0) failAt(34449, '$range requires a non-zero step value');
  const items: Value[] = [];
  for (let n = from; by > 0 ? n < to : n > to; n += by) items.push(new Int32(n));
  return Arr.of(items);
});

define('$setUnion', [0, Infinity], (...args) =>
  setOf(args, '$setUnion', 17043, (sets) => sets.flatMap((set) => [...set])));
define('$setIntersection', [0, Infinity], (...args) =>
  setOf(args, '$setIntersection', 17047, ([first, ...rest]) =>
    [...(first ?? [])].filter(([key]) => rest.every((set) => set.has(key))),
  ));
define('$setDifference', 2, (...args) =>
  setOf(args, '$setDifference', 17048, ([a, b]) => [...(a ?? [])].filter(([key]) => b?.has(key) !== true)),
);
define('$setEquals', [2, Infinity], (...args) => {
  const sets = args.map((arg) => new Set(arrayOr(arg, '$setEquals', 17044).items.map(keyText)));
  return sets.every((set) => set.size === sets[0]?.size && [...set].every((key) => sets[0]?.has(key) === true));
});
define('$setIsSubset', 2, (a, b) => {
  const all = new Set(arrayOr(b, '$setIsSubset', 17042).items.map(keyText));
  return arrayOr(a, '$setIsSubset', 17046).items.every((item) => all.has(keyText(item)));
});
define('$allElementsTrue', 1, (a) => arrayOr(a, '$allElementsTrue', 17040).items.every(isTruthy));
define('$anyElementTrue', 1, (a) => arrayOr(a, '$anyElementTrue', 17041).items.some(isTruthy));

/** Set results come sorted, as mongod gives them. */
function setOf(
  args: readonly Maybe[],
  name: string,
  code: number,
  combine: (sets: readonly Map<string, Value>[]) => readonly (readonly [string, Value])[],
): Maybe {
  if (args.some(isNullish)) return null;
  const sets = args.map((arg) => new Map(arrayOr(arg, name, code).items.map((item) => [keyText(item), item] as const)));
  return Arr.of([...new Map(combine(sets)).values()].sort(compareValues));
}

operators.set('$filter', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'as', 'cond', 'limit'], ['input', 'cond']);
  const input = compileExpression(spec.get('input') ?? null);
  const condition = compileExpression(spec.get('cond') ?? null);
  const limit = spec.has('limit') ? compileExpression(spec.get('limit') ?? null) : undefined;
  const as = spec.get('as') ?? 'this';
  return (doc, variables) => {
    const list = input(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr)) return failAt(28651, `input to $filter must be an array not ${typeName(list)}`);
    const most = limit?.(doc, variables);
    const found = list.items.filter((item) => isTruthy(condition(doc, withVariable(variables, as as string, item))));
    return Arr.of(isNumber(most) ? found.slice(0, toDouble(most)) : found);
  };
});
operators.set('$map', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'as', 'in'], ['input', 'in']);
  const input = compileExpression(spec.get('input') ?? null);
  const body = compileExpression(spec.get('in') ?? null);
  const as = spec.get('as') ?? 'this';
  return (doc, variables) => {
    const list = input(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr)) return failAt(16883, `input to $map must be an array not ${typeName(list)}`);
    return Arr.of(list.items.map((item) => body(doc, withVariable(variables, as as string, item)) ?? null));
  };
});
operators.set('$reduce', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'initialValue', 'in'], ['input', 'initialValue', 'in']);
  const [input, initial, body] = ['input', 'initialValue', 'in'].map((key) => compileExpression(spec.get(key) ?? null));
  return (doc, variables) => {
    const list = input?.(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr))
      return failAt(40080, `$reduce requires that 'input' be an array, found: ${typeName(list)}`);
    return list.items.reduce<Maybe>(
      (value, item) => body?.(doc, withVariable(withVariable(variables, 'value', value), 'this', item)),
      initial?.(doc, variables),
    );
  };
});

define('$arrayToObject', 1, (list) => {
  if (isNullish(list)) return null;
  const fields = new Map<string, Field>();
  for (const item of arrayOr(list, '$arrayToObject', 40386).items) {
    const key = item instanceof Doc ? item.get('k') : item instanceof Arr ? item.items[0] : undefined;
    const value = item instanceof Doc ? item.get('v') : item instanceof Arr ? item.items[1] : undefined;
    if (typeof key !== 'string' || value === undefined) {
      return failAt(40392, '$arrayToObject requires an array of key-value pairs');
    }
    fields.set(key, Field.of(key, value));
  }
  return Doc.of([...fields.values()]);
});
define('$objectToArray', 1, (object) => {
  if (isNullish(object)) return null;
  if (!(object instanceof Doc))
    return failAt(40390, `$objectToArray requires a document input, found: ${typeName(object)}`);
  return Arr.of(object.fields.map((field) => docOf({ k: field.name, v: field.value })));
});
define('$mergeObjects', [0, Infinity], (...args) =>
  mergeObjects(args.length === 1 && args[0] instanceof Arr ? args[0].items : args));

defineNamed('$sortArray', ['input', 'sortBy'], ['input', 'sortBy'], ({ input, sortBy }) => {
  if (isNullish(input)) return null;
  const items = [...arrayOr(input, '$sortArray', 2942504).items];
  if (isNumber(sortBy)) return Arr.of(items.sort((a, b) => compareValues(a, b) * toDouble(sortBy)));
  const { fields } = parseSort(sortBy);
  const compare = tupleComparator(fields);
  const paths = fields.map((field) => field.parts);
  const keyOf = (item: Value) => sortKey(item instanceof Doc ? item : Doc.EMPTY, paths, compare);
  return Arr.of(items.sort((a, b) => compare(keyOf(a), keyOf(b))));
});

for (const name of ['$first', '$last']) {
  define(name, 1, (list) => {
    if (isNullish(list)) return null;
    const items = arrayOr(list, name, 28689).items;
    return name === '$first' ? items[0] : items[items.length - 1];
  });
}
operators.set('$getField', (argument, name) => {
  const spec =
    argument instanceof Doc && argument.has('field')
      ? namedSpec(argument, name, ['field', 'input'], ['field'])
      : undefined;
  const field = compileExpression(spec?.get('field') ?? argument);
  const input = compileExpression(spec?.get('input') ?? '$$CURRENT');
  return (doc, variables) => {
    const key = field(doc, variables);
    if (typeof key !== 'string')
      return failAt(3041704, `$getField requires 'field' to evaluate to type String, but got ${typeName(key)}`);
    const from = input(doc, variables);
    if (isNullish(from)) return from === undefined ? undefined : null;
    return from instanceof Doc ? from.get(key) : undefined;
  };
});
