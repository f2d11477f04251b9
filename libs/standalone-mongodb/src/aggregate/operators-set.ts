import { compareValues } from '../bson/compare.js';
import { Arr } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { define, defineInTurn, isNullish, isTruthy } from './values.js';

type Members = ReadonlyMap<string, Value>;

/** Set results come sorted, as mongod gives them. */
function setOf(
  args: Iterable<Maybe>,
  refuse: (value: Maybe) => never,
  combine: (sets: readonly Members[]) => readonly (readonly [string, Value])[],
): Maybe {
  const sets: Members[] = [];
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (!(arg instanceof Arr)) return refuse(arg);
    sets.push(firstOfEach(arg.items.map((item) => [keyText(item), item] as const)));
  }
  return Arr.of([...firstOfEach(combine(sets)).values()].sort(compareValues));
}

/** Of equal values the first is kept, with its type. */
function firstOfEach(entries: readonly (readonly [string, Value])[]): Members {
  const members = new Map<string, Value>();
  for (const [key, value] of entries) if (!members.has(key)) members.set(key, value);
  return members;
}

defineInTurn('$setUnion', (args) =>
  setOf(
    args,
    (value) => failAt(17043, `All operands of $setUnion must be arrays. One argument is of type: ${typeName(value)}`),
    (sets) => sets.flatMap((set) => [...set]),
  ),
);
defineInTurn('$setIntersection', (args) =>
  setOf(
    args,
    (value) =>
      failAt(17047, `All operands of $setIntersection must be arrays. One argument is of type: ${typeName(value)}`),
    ([first, ...rest]) => [...(first ?? [])].filter(([key]) => rest.every((set) => set.has(key))),
  ),
);
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
defineInTurn(
  '$setEquals',
  (args) => {
    let first: ReadonlySet<string> | undefined;
    let at = 0;
    for (const arg of args) {
      at += 1;
      if (!(arg instanceof Arr)) {
        return failAt(
          17044,
          `All operands of $setEquals must be arrays. ${at}-th argument is of type: ${typeName(arg)}`,
        );
      }
      const set = new Set(arg.items.map(keyText));
      first ??= set;
      const known = first;
      if (set.size !== known.size || ![...set].every((key) => known.has(key))) return false;
    }
    return true;
  },
  2,
);
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
