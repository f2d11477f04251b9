import { compareValues } from '../bson/compare.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { parseSort, sortKey, tupleComparator } from '../query/sort.js';
import { accumulators, type Accumulator, type CompiledAccumulator } from './accumulators.js';
import { compileExpression } from './expression.js';
import { isNullish } from './values.js';

/** The `n` of a group: a positive integer. */
export function countOf(value: Maybe): number {
  const n = isNumber(value) ? toDouble(value) : NaN;
  if (Number.isNaN(n)) return failAt(5787902, `Value for 'n' must be of integral type, but found ${textOf(value)}`);
  if (!Number.isInteger(n)) {
    return failAt(5787903, `Value for 'n' must be of integral type, but found ${textOf(value)}`);
  }
  return n > 0 ? n : failAt(5787908, `'n' must be greater than 0, found ${n}`);
}

function textOf(value: Maybe): string {
  return value === undefined ? 'missing' : shellText(value);
}

/** Keeps at most `n` values, in the order that `place` gives. */
class Several implements Accumulator {
  readonly #values: Value[] = [];

  constructor(private readonly place: (values: Value[], value: Maybe) => void) {}

  add(value: Maybe): void {
    this.place(this.#values, value);
  }

  result(): Maybe {
    return Arr.of([...this.#values]);
  }
}

type Placing = (n: number) => (values: Value[], value: Maybe) => void;

const first: Placing = (n) => (values, value) => {
  if (values.length < n) values.push(value ?? null);
};
const last: Placing = (n) => (values, value) => {
  values.push(value ?? null);
  if (values.length > n) values.shift();
};
/** Null and missing do not count among the least and greatest. */
const extreme =
  (sign: number): Placing =>
  (n) =>
  (values, value) => {
    if (value === undefined || isNullish(value)) return;
    insertSorted(values, value, (a, b) => compareValues(a, b) * sign);
    if (values.length > n) values.pop();
  };

/** After its equals, so that the earlier come first. */
function insertSorted<T>(values: T[], value: T, compare: (a: T, b: T) => number): void {
  let at = values.length;
  while (at > 0 && compare(values[at - 1] as T, value) > 0) at -= 1;
  values.splice(at, 0, value);
}

export const PLACINGS: Readonly<Record<string, Placing>> = {
  $firstN: first,
  $lastN: last,
  $minN: extreme(1),
  $maxN: extreme(-1),
};

for (const [name, placing] of Object.entries(PLACINGS)) {
  accumulators.set(name, (argument) => {
    const spec = nSpec(argument, name);
    const n = compileExpression(spec.get('n') as Value);
    return {
      argument: compileExpression(spec.get('input') as Value),
      make: (evaluate) => new Several(placing(countOf(evaluate(n)))),
    };
  });
}

/** Checks `{n, input}`. */
export function nSpec(argument: Value, name: string): Doc {
  if (!(argument instanceof Doc)) {
    return failAt(5787900, `specification must be an object; found ${name}: ${shellText(argument)}`);
  }
  for (const field of argument.fields) {
    if (field.name !== 'n' && field.name !== 'input')
      failAt(5787901, `Unknown argument for 'n' operator: ${field.name}`);
  }
  if (!argument.has('n')) failAt(5787906, "Missing value for 'n'");
  if (!argument.has('input')) failAt(5787907, "Missing value for 'input'");
  return argument;
}

interface Ranked {
  readonly output: Value;
  readonly key: readonly Value[];
}

/** `$top` and `$bottom`: outputs by the order of a sort of their own. */
class Ranking implements Accumulator {
  readonly #kept: Ranked[] = [];

  constructor(
    private readonly compare: (a: readonly Value[], b: readonly Value[]) => number,
    private readonly n: number,
    private readonly fromEnd: boolean,
    private readonly single: boolean,
  ) {}

  add(value: Maybe): void {
    const [output, key] = (value as Arr).items as [Value, Arr];
    insertSorted(this.#kept, { output, key: key.items }, (a, b) => this.compare(a.key, b.key));
    if (this.#kept.length <= this.n) return;
    if (this.fromEnd) this.#kept.shift();
    else this.#kept.pop();
  }

  result(): Maybe {
    if (this.single) return this.#kept[0]?.output ?? null;
    return Arr.of(this.#kept.map(({ output }) => output));
  }
}

for (const name of ['$top', '$bottom', '$topN', '$bottomN']) {
  accumulators.set(name, (argument) => ranking(argument, name));
}

function ranking(argument: Value, name: string): CompiledAccumulator {
  const many = name.endsWith('N');
  if (!(argument instanceof Doc)) {
    return failAt(5788001, `specification must be an object; found ${name}: ${shellText(argument)}`);
  }
  for (const field of argument.fields) {
    const known = ['output', 'sortBy', ...(many ? ['n'] : [])];
    if (!known.includes(field.name)) failAt(5788002, `Unknown argument to ${name}: ${field.name}`);
  }
  const [n, output, sortBy] = [argument.get('n'), argument.get('output'), argument.get('sortBy')];
  if (many && n === undefined) failAt(5788003, "Missing value for 'n'");
  if (output === undefined) return failAt(5788004, "Missing value for 'output'");
  if (sortBy === undefined) failAt(5788005, "Missing value for 'sortBy'");
  if (!(sortBy instanceof Doc))
    return failAt(5788604, `expected 'sortBy' to be an object, but found ${typeName(sortBy)}`);
  const { fields } = parseSort(sortBy);
  const compare = tupleComparator(fields);
  const paths = fields.map((field) => field.parts);
  const give = compileExpression(output);
  const count = n === undefined ? undefined : compileExpression(n);
  return {
    argument: (doc, variables) => Arr.of([give(doc, variables) ?? null, Arr.of(sortKey(doc, paths, compare))]),
    make: (evaluate) =>
      new Ranking(compare, count === undefined ? 1 : countOf(evaluate(count)), name.startsWith('$bottom'), !many),
  };
}
