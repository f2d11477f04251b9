import type { Machine } from './machine.js';
import { Callable, MAX_ITEMS, ScriptError, type Value, isTrue, joined, primitive, toNumber, toText } from './values.js';

type Method = (list: Value[], args: readonly Value[]) => Value;

const optional = (value: Value): number | undefined => (value === undefined ? undefined : toNumber(value));

function each(args: readonly Value[]): (item: Value, index: number, list: Value[]) => Value {
  const [callback] = args;
  if (!(callback instanceof Callable)) throw new ScriptError(`${toText(callback)} is not a function`);
  return (item, index, list) => callback.call([item, index, list]);
}

function bounded(list: Value[]): Value[] {
  if (list.length > MAX_ITEMS) throw new ScriptError('a list has become too long');
  return list;
}

function reduce(list: Value[], args: readonly Value[]): Value {
  const [callback, start] = args;
  if (!(callback instanceof Callable)) throw new ScriptError(`${toText(callback)} is not a function`);
  if (args.length < 2 && list.length === 0) throw new ScriptError('an empty list has nothing to reduce');
  const rest = args.length < 2 ? list.slice(1) : list;
  const offset = list.length - rest.length;
  return rest.reduce<Value>(
    (total, item, index) => callback.call([total, item, index + offset, list]),
    args.length < 2 ? list[0] : start,
  );
}

function sort(list: Value[], args: readonly Value[]): Value[] {
  const [compare] = args;
  if (compare instanceof Callable) return list.sort((a, b) => toNumber(compare.call([a, b])) || 0);
  return list.sort((a, b) => (toText(a) < toText(b) ? -1 : toText(a) > toText(b) ? 1 : 0));
}

function flat(list: readonly Value[], depth: number): Value[] {
  return bounded(list.flatMap((item) => (Array.isArray(item) && depth > 0 ? flat(item, depth - 1) : [item])));
}

const METHODS: Readonly<Record<string, Method>> = {
  at: (list, [index]) => list.at(toNumber(index)),
  concat: (list, args) => bounded(list.concat(...args)),
  every: (list, args) => list.every((...call) => isTrue(each(args)(...call))),
  filter: (list, args) => list.filter((...call) => isTrue(each(args)(...call))),
  find: (list, args) => list.find((...call) => isTrue(each(args)(...call))),
  findIndex: (list, args) => list.findIndex((...call) => isTrue(each(args)(...call))),
  flat: (list, [depth]) => flat(list, Math.min(optional(depth) ?? 1, 50)),
  flatMap: (list, args) => flat(list.map(each(args)), 1),
  forEach: (list, args) => void list.forEach(each(args)),
  includes: (list, [item]) => list.includes(item),
  indexOf: (list, [item]) => list.indexOf(item),
  join: (list, [separator]) => joined(list, separator === undefined ? ',' : toText(separator)),
  lastIndexOf: (list, [item]) => list.lastIndexOf(item),
  map: (list, args) => list.map(each(args)),
  pop: (list) => list.pop(),
  push: (list, args) => {
    if (list.length + args.length > MAX_ITEMS) throw new ScriptError('a list has become too long');
    return list.push(...args);
  },
  reduce,
  reverse: (list) => list.reverse(),
  shift: (list) => list.shift(),
  slice: (list, [from, to]) => list.slice(optional(from), optional(to)),
  some: (list, args) => list.some((...call) => isTrue(each(args)(...call))),
  sort,
  splice: (list, [from, count, ...items]) =>
    list.splice(optional(from) ?? 0, count === undefined ? list.length : toNumber(count), ...items),
  toString: (list: Value[]) => String(primitive(list)),
  unshift: (list, args) => {
    if (list.length + args.length > MAX_ITEMS) throw new ScriptError('a list has become too long');
    return list.unshift(...args);
  },
};

export function listMethod(machine: Machine, list: Value[], name: string): Value {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) return undefined;
  return new Callable((args) => {
    machine.spend(1 + (name === 'push' || name === 'pop' ? args.length : list.length));
    return method(list, args);
  });
}
