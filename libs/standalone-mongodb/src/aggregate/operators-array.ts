import { compareMaybe } from '../bson/compare.js';
import { Arr, Doc } from '../bson/document.js';
import { Int32, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { elementOrder } from '../query/element-order.js';
import { compileExpression, scoped, variableName } from './expression.js';
import { folded, operators } from './operators.js';
import { withVariable } from './operators-logic.js';
import {
  argumentsOf,
  define,
  defineInTurn,
  isNullish,
  isTruthy,
  namedSpec,
  numberText,
  position,
  small,
} from './values.js';

function arrayOr(value: Maybe, name: string, code: number): Arr {
  return value instanceof Arr
    ? value
    : failAt(code, `The argument to ${name} must be an array, but was of type: ${typeName(value)}`);
}

define('$size', 1, (a) => new Int32(arrayOr(a, '$size', 17124).items.length));
define('$arrayElemAt', 2, (list, at) => {
  if (isNullish(list) || isNullish(at)) return null;
  if (!(list instanceof Arr))
    return failAt(28689, `$arrayElemAt's first argument must be an array, but is ${typeName(list)}`);
  const index = small(
    at,
    () => failAt(28690, `$arrayElemAt's second argument must be a numeric value, but is ${typeName(at)}`),
    () => failAt(28691, `$arrayElemAt's second argument must be representable as a 32-bit integer: ${numberText(at)}`),
  );
  return list.items[index < 0 ? list.items.length + index : index];
});
defineInTurn('$concatArrays', (args) => {
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
  return list.items.some((item) => compareMaybe(item, value) === 0);
});
operators.set('$indexOfArray', (argument, name) => {
  const args = argumentsOf(argument, name, 2, 4);
  return folded(args, (doc, variables) => {
    const [list, value, ...bounds] = args.map((arg) => arg(doc, variables));
    if (isNullish(list)) return null;
    if (!(list instanceof Arr))
      return failAt(40090, `$indexOfArray requires an array as a first argument, found: ${typeName(list)}`);
    const [from = 0, to = Infinity] = bounds.map((bound, i) => position(name, bound, i === 0 ? 'starting' : 'ending'));
    const end = Math.min(to, list.items.length);
    for (let i = from; i < end; i += 1) if (compareMaybe(list.items[i], value) === 0) return new Int32(i);
    return new Int32(-1);
  });
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
  const refuse = (): never =>
    failAt(327391, `$filter: limit must be represented as a 32-bit integral value: ${shellText(value)}`);
  const limit = small(value, refuse, refuse);
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

operators.set('$sortArray', (argument, name) => {
  const spec = namedSpec(argument, name, ['input', 'sortBy'], ['input', 'sortBy']);
  const input = compileExpression(spec.get('input') ?? null);
  const order = elementOrder(spec.get('sortBy') ?? null);
  return folded([input], (doc, variables) => {
    const list = input(doc, variables);
    if (isNullish(list)) return null;
    if (!(list instanceof Arr)) {
      return failAt(2942504, `The input argument to $sortArray must be an array, but was of type: ${typeName(list)}`);
    }
    return Arr.of([...list.items].sort(order));
  });
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
