import { compareValues } from '../bson/compare.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { parseSort, sortKey, tupleComparator } from '../query/sort.js';
import { compileExpression, scoped, variableName } from './expression.js';
import { operators } from './operators.js';
import { withVariable } from './operators-logic.js';
import { define, defineNamed, integer, isNullish, isTruthy, namedSpec } from './values.js';

/** What an element of an array costs in memory, about. */
const RANGE_ITEM_BYTES = 16;

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
  const bytes = Math.max(0, (to - from) / by) * RANGE_ITEM_BYTES;
  if (bytes > 100 * 1024 * 1024) {
    fail('ExceededMemoryLimit', `$range would use too much memory (${bytes} bytes) and cannot spill to disk.`);
  }
  const items: Value[] = [];
  for (let n = from; by > 0 ? n < to : n > to; n += by) items.push(new Int32(n));
  return Arr.of(items);
});

operators.set('$filter', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'as', 'cond', 'limit'], ['input', 'cond']);
  const input = compileExpression(spec.get('input') ?? null);
  const limit = spec.has('limit') ? compileExpression(spec.get('limit') ?? null) : undefined;
  const as = variableName(spec.get('as') ?? 'this');
  const condition = scoped([as], () => compileExpression(spec.get('cond') ?? null));
  return (doc, variables) => {
    const list = input(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr)) return failAt(28651, `input to $filter must be an array not ${typeName(list)}`);
    const most = limit?.(doc, variables);
    const found = list.items.filter((item) => isTruthy(condition(doc, withVariable(variables, as, item))));
    return Arr.of(isNullish(most) ? found : found.slice(0, filterLimit(most)));
  };
});
function filterLimit(value: Value): number {
  const limit = integer(value, () =>
    failAt(327391, `$filter: limit must be represented as a 32-bit integral value: ${shellText(value)}`),
  );
  return limit >= 1 ? limit : failAt(327392, `$filter: limit must be greater than 0: ${limit}`);
}

operators.set('$map', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'as', 'in'], ['input', 'in']);
  const input = compileExpression(spec.get('input') ?? null);
  const as = variableName(spec.get('as') ?? 'this');
  const body = scoped([as], () => compileExpression(spec.get('in') ?? null));
  return (doc, variables) => {
    const list = input(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr)) return failAt(16883, `input to $map must be an array not ${typeName(list)}`);
    return Arr.of(list.items.map((item) => body(doc, withVariable(variables, as, item)) ?? null));
  };
});
operators.set('$reduce', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'initialValue', 'in'], ['input', 'initialValue', 'in']);
  const [input, initial] = ['input', 'initialValue'].map((key) => compileExpression(spec.get(key) ?? null));
  const body = scoped(['this', 'value'], () => compileExpression(spec.get('in') ?? null));
  return (doc, variables) => {
    const list = input?.(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr))
      return failAt(40080, `$reduce requires that 'input' be an array, found: ${typeName(list)}`);
    return list.items.reduce<Maybe>(
      (value, item) => body(doc, withVariable(withVariable(variables, 'value', value), 'this', item)),
      initial?.(doc, variables),
    );
  };
});

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
    if (!(list instanceof Arr)) return failAt(28689, `${name}'s argument must be an array, but is ${typeName(list)}`);
    const { items } = list;
    return name === '$first' ? items[0] : items[items.length - 1];
  });
}

operators.set('$zip', (argument, name) => {
  if (!(argument instanceof Doc))
    return failAt(34460, `$zip only supports an object as an argument, found ${typeName(argument)}`);
  for (const field of argument.fields) {
    if (!['inputs', 'useLongestLength', 'defaults'].includes(field.name)) {
      failAt(34464, `${name} found an unknown argument: ${field.name}`);
    }
  }
  const [inputs, defaults] = [argument.get('inputs'), argument.get('defaults')];
  const longest = argument.get('useLongestLength') ?? false;
  if (inputs === undefined) return failAt(34465, '$zip requires at least one input array');
  if (!(inputs instanceof Arr))
    return failAt(34461, `inputs must be an array of expressions, found ${typeName(inputs)}`);
  if (inputs.items.length === 0) failAt(34465, '$zip requires at least one input array');
  if (typeof longest !== 'boolean') failAt(34463, `useLongestLength must be a bool, found ${typeName(longest)}`);
  if (defaults !== undefined && !(defaults instanceof Arr)) {
    failAt(34462, `defaults must be an array of expressions, found ${typeName(defaults)}`);
  }
  if (defaults !== undefined && longest !== true) {
    failAt(34466, 'cannot specify defaults unless useLongestLength is true');
  }
  if (defaults instanceof Arr && defaults.items.length !== inputs.items.length) {
    failAt(34467, 'defaults and inputs must have the same length');
  }
  const lists = inputs.items.map(compileExpression);
  const fallbacks = defaults instanceof Arr ? defaults.items.map(compileExpression) : [];
  return (doc, variables) => {
    const arrays: (readonly Value[])[] = [];
    for (const list of lists) {
      const value = list(doc, variables);
      if (isNullish(value)) return null;
      if (!(value instanceof Arr))
        return failAt(34468, `$zip found a non-array expression in input: ${shellText(value)}`);
      arrays.push(value.items);
    }
    const lengths = arrays.map(({ length }) => length);
    const length = longest === true ? Math.max(...lengths) : Math.min(...lengths);
    const rows = Array.from({ length }, (_, i) =>
      Arr.of(arrays.map((items, k) => items[i] ?? fallbacks[k]?.(doc, variables) ?? null)),
    );
    return Arr.of(rows);
  };
});
