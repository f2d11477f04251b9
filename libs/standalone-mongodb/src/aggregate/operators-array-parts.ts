import { Arr } from '../bson/document.js';
import { Int32, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { folded, operators } from './operators.js';
import { argumentsOf, isNullish, numberText, small } from './values.js';

/** What an element of an array costs in memory, about. */
const RANGE_ITEM_BYTES = 16;
const RANGE_LIMIT = 100 * 1024 * 1024;

// A third argument that gives nothing is not the same as none.
operators.set('$slice', (argument, name) => {
  const args = argumentsOf(argument, name, 2, 3);
  return folded(args, (doc, variables) => {
    const [list, first, count] = args.map((arg) => arg(doc, variables));
    if (isNullish(list) || isNullish(first) || (args.length === 3 && isNullish(count))) return null;
    if (!(list instanceof Arr))
      return failAt(28724, `First argument to $slice must be an array, but is of type: ${typeName(list)}`);
    return sliced(list.items, first, count);
  });
});

function sliced(items: readonly Value[], a: Value, b: Maybe): Arr {
  const first = small(
    a,
    () => failAt(28725, `Second argument to $slice must be a numeric value, but is of type: ${typeName(a)}`),
    () => failAt(28726, `Second argument to $slice can't be represented as a 32-bit integer: ${numberText(a)}`),
  );
  if (b === undefined) return Arr.of(first >= 0 ? items.slice(0, first) : items.slice(first));
  const count = small(
    b,
    () => failAt(28727, `Third argument to $slice must be numeric, but is of type: ${typeName(b)}`),
    () => failAt(28728, `Third argument to $slice can't be represented as a 32-bit integer: ${numberText(b)}`),
  );
  if (count <= 0) failAt(28729, `Third argument to $slice must be positive: ${count}`);
  const start = first >= 0 ? first : Math.max(0, items.length + first);
  return Arr.of(items.slice(start, start + count));
}

function rangeNumber(value: Maybe, what: 'a starting' | 'an ending' | 'a step', code: number): number {
  const space = what === 'a step' ? '' : ' ';
  return small(
    value,
    () =>
      failAt(
        code,
        `$range requires a numeric ${what.split(' ')[1] ?? ''} value, found value of type:${space}${typeName(value)}`,
      ),
    () =>
      failAt(
        code + 1,
        `$range requires ${what} value that can be represented as a 32-bit integer, found value: ${numberText(value)}`,
      ),
  );
}

operators.set('$range', (argument, name) => {
  const args = argumentsOf(argument, name, 2, 3);
  return folded(args, (doc, variables) => {
    const [start, end, step] = args.map((arg) => arg(doc, variables));
    const from = rangeNumber(start, 'a starting', 34443);
    const to = rangeNumber(end, 'an ending', 34445);
    const by = args.length < 3 ? 1 : rangeNumber(step, 'a step', 34447);
    if (by === 0) failAt(34449, '$range requires a non-zero step value');
    const bytes = Math.max(0, (to - from) / by) * RANGE_ITEM_BYTES;
    if (bytes > RANGE_LIMIT) {
      const needed = `$range would use too much memory (${Math.trunc(bytes)} bytes)`;
      fail('ExceededMemoryLimit', `${needed} and cannot spill to disk. Memory limit: ${RANGE_LIMIT} bytes`);
    }
    const items: Value[] = [];
    for (let n = from; by > 0 ? n < to : n > to; n += by) items.push(new Int32(n));
    return Arr.of(items);
  });
});
