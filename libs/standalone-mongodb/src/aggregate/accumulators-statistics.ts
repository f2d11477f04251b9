import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { accumulators, simpleAccumulator, type Accumulator } from './accumulators.js';
import { compileExpression } from './expression.js';
import { NO_VARIABLES } from './expression.js';

/** Standard deviation by Welford's method; what is no number does not count. */
export class Deviation implements Accumulator {
  #count = 0;
  #mean = 0;
  #squares = 0;

  constructor(private readonly sample: boolean) {}

  add(value: Maybe): void {
    if (!isNumber(value)) return;
    const number = toDouble(value);
    this.#count += 1;
    const delta = number - this.#mean;
    this.#mean += delta / this.#count;
    this.#squares += delta * (number - this.#mean);
  }

  result(): Maybe {
    const divisor = this.sample ? this.#count - 1 : this.#count;
    return divisor <= 0 ? null : Math.sqrt(this.#squares / divisor);
  }
}

simpleAccumulator('$stdDevPop', () => new Deviation(false));
simpleAccumulator('$stdDevSamp', () => new Deviation(true));

/** Discrete percentiles: the least value that at least the share `p` of the values do not exceed. */
export function percentilesOf(values: readonly number[], shares: readonly number[]): readonly (number | null)[] {
  const sorted = [...values].sort((a, b) => a - b);
  return shares.map((p) => {
    const at = p >= 1 ? sorted.length - 1 : Math.max(0, Math.ceil(sorted.length * p) - 1);
    return sorted[at] ?? null;
  });
}

class Percentiles implements Accumulator {
  readonly #values: number[] = [];

  constructor(
    private readonly shares: readonly number[],
    private readonly single: boolean,
  ) {}

  add(value: Maybe): void {
    if (!isNumber(value)) return;
    const number = toDouble(value);
    if (!Number.isNaN(number)) this.#values.push(number);
  }

  result(): Maybe {
    const found = percentilesOf(this.#values, this.shares);
    return this.single ? (found[0] ?? null) : Arr.of(found);
  }
}

/** Checks `{input, p, method}` of `$percentile`, or `{input, method}` of `$median`. */
export function percentileSpec(argument: Value, name: string): { input: Value; shares: readonly number[] } {
  if (!(argument instanceof Doc)) {
    return failAt(
      name === '$median' ? 7436100 : 7429703,
      `specification must be an object; found ${typeName(argument)}`,
    );
  }
  const known = name === '$median' ? ['input', 'method'] : ['input', 'p', 'method'];
  for (const field of argument.fields) {
    if (!known.includes(field.name)) failAt(40415, `BSON field '${name}.${field.name}' is an unknown field.`);
  }
  for (const key of known) {
    if (!argument.has(key)) failAt(40414, `BSON field '${name}.${key}' is missing but a required field`);
  }
  const method = argument.get('method');
  if (method !== 'approximate') {
    fail('BadValue', `Currently only 'approximate' can be used as percentile 'method'.`);
  }
  return { input: argument.get('input') as Value, shares: name === '$median' ? [0.5] : sharesOf(argument) };
}

function sharesOf(argument: Doc): readonly number[] {
  const p = compileExpression(argument.get('p') as Value)(Doc.EMPTY, NO_VARIABLES);
  if (!(p instanceof Arr) || p.items.length === 0) {
    return failAt(
      7750300,
      `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${typeName(p)}`,
    );
  }
  return p.items.map((item) => {
    if (!isNumber(item)) {
      return failAt(
        7750302,
        `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${typeName(item)}`,
      );
    }
    const share = toDouble(item);
    if (share >= 0 && share <= 1) return share;
    return failAt(
      7750303,
      `The $percentile 'p' field must be an array of numbers from [0.0, 1.0], but found: ${share}`,
    );
  });
}

for (const name of ['$percentile', '$median']) {
  accumulators.set(name, (argument) => {
    const { input, shares } = percentileSpec(argument, name);
    return { argument: compileExpression(input), make: () => new Percentiles(shares, name === '$median') };
  });
}
