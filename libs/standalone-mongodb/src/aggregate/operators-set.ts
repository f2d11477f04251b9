import { compareValues } from '../bson/compare.js';
import { Arr } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { define, isNullish, isTruthy } from './values.js';

type Members = ReadonlyMap<string, Value>;

/** Set results come sorted, as mongod gives them. */
function setOf(
  args: readonly Maybe[],
  refuse: (value: Maybe, at: number) => never,
  combine: (sets: readonly Members[]) => readonly (readonly [string, Value])[],
): Maybe {
  const sets: Members[] = [];
  for (const [at, arg] of args.entries()) {
    if (isNullish(arg)) return null;
    if (!(arg instanceof Arr)) return refuse(arg, at);
    sets.push(new Map(arg.items.map((item) => [keyText(item), item] as const)));
  }
  return Arr.of([...new Map(combine(sets)).values()].sort(compareValues));
}

define('$setUnion', [0, Infinity], (...args) =>
  setOf(
    args,
    (value) => failAt(17043, `All operands of $setUnion must be arrays. One argument is of type: ${typeName(value)}`),
    (sets) => sets.flatMap((set) => [...set]),
  ));
define('$setIntersection', [0, Infinity], (...args) =>
  setOf(
    args,
    (value) =>
      failAt(17047, `All operands of $setIntersection must be arrays. One argument is of type: ${typeName(value)}`),
    ([first, ...rest]) => [...(first ?? [])].filter(([key]) => rest.every((set) => set.has(key))),
  ));
// The difference keeps the order of its first operand.
define('$setDifference', 2, (a, b) => {
  if (isNullish(a) || isNullish(b)) return null;
  const refuse = (code: number, which: string, value: Maybe): never =>
    failAt(code, `both operands of $setDifference must be arrays. ${which} argument is of type: ${typeName(value)}`);
  if (!(a instanceof Arr)) return refuse(17048, 'First', a);
  if (!(b instanceof Arr)) return refuse(17049, 'Second', b);
  const seen = new Set(b.items.map(keyText));
  return Arr.of(
    a.items.filter((item) => {
      const key = keyText(item);
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
});
define('$setEquals', [2, Infinity], (...args) => {
  const sets = args.map((arg, i) => {
    if (arg instanceof Arr) return new Set(arg.items.map(keyText));
    const type = typeName(arg);
    return failAt(5887502, `All operands of $setEquals must be arrays. ${i + 1}-th argument is of type: ${type}`);
  });
  return sets.every((set) => set.size === sets[0]?.size && [...set].every((key) => sets[0]?.has(key) === true));
});
define('$setIsSubset', 2, (a, b) => {
  const refuse = (code: number, which: string, value: Maybe): never =>
    failAt(code, `both operands of $setIsSubset must be arrays. ${which} argument is of type: ${typeName(value)}`);
  if (!(a instanceof Arr)) return refuse(17046, 'First', a);
  if (!(b instanceof Arr)) return refuse(17042, 'Second', b);
  const all = new Set(b.items.map(keyText));
  return a.items.every((item) => all.has(keyText(item)));
});

function elementsOf(value: Maybe, name: string, code: number): readonly Value[] {
  return value instanceof Arr
    ? value.items
    : failAt(code, `${name}'s argument must be an array, but is ${typeName(value)}`);
}

define('$allElementsTrue', 1, (a) => elementsOf(a, '$allElementsTrue', 17040).every(isTruthy));
define('$anyElementTrue', 1, (a) => elementsOf(a, '$anyElementTrue', 17041).some(isTruthy));
