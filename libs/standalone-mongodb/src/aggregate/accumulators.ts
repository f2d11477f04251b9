import { compareValues } from '../bson/compare.js';
import { asDecimal, arithmetic, toDouble } from '../bson/numbers.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { Decimal, Int32, isNumber, typeName, type Maybe, type NumberValue, type Value } from '../bson/values.js';
import { decimalOf, exactDouble } from '../bson/decimal.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { keyText } from '../query/tests.js';
import { compileExpression, type Expression } from './expression.js';
import { isNullish } from './values.js';
import { divide } from './arithmetic.js';

/** Takes one value after another and gives the result, also in between. */
export interface Accumulator {
  add(value: Maybe): void;
  result(): Maybe;
}

/** An accumulator of a group or a window: what to take of each document, and how to begin. */
export interface CompiledAccumulator {
  readonly argument: Expression;
  /** Begins anew; `evaluate` gives what may depend on the group, as `n` of `$firstN`. */
  make(evaluate: (expression: Expression) => Maybe): Accumulator;
}

export type AccumulatorCompiler = (argument: Value, name: string) => CompiledAccumulator;

/** Accumulators by name; the files of accumulators register themselves here. */
export const accumulators = new Map<string, AccumulatorCompiler>();

/** Registers an accumulator of one argument. */
export function simpleAccumulator(name: string, make: () => Accumulator): void {
  accumulators.set(name, (argument) => {
    if (argument instanceof Arr && argument.items.length !== 1) {
      failAt(40237, `The ${name} accumulator is a unary operator`);
    }
    return { argument: compileExpression(argument instanceof Arr ? (argument.items[0] as Value) : argument), make };
  });
}

accumulators.set('$count', (argument) => {
  if (!(argument instanceof Doc) || !argument.isEmpty)
    fail('TypeMismatch', '$count takes no arguments, i.e. $count:{}');
  return { argument: () => ONE, make: () => new Sum() };
});

const ONE = new Int32(1);

/** Exact in int64; past its range a double, as mongod gives. Doubles are summed with compensation. */
export class Sum implements Accumulator {
  #integers = 0n;
  #hasLong = false;
  #double = 0;
  #compensation = 0;
  #hasDouble = false;
  #decimal: Decimal | undefined;

  add(value: Maybe): void {
    if (value instanceof Int32) {
      this.#integers += BigInt(value.value);
    } else if (typeof value === 'bigint') {
      this.#hasLong = true;
      this.#integers += value;
    } else if (typeof value === 'number') {
      this.#hasDouble = true;
      this.#addDouble(value);
    } else if (value instanceof Decimal) {
      this.#decimal = this.#decimal === undefined ? value : (arithmetic('add', this.#decimal, value) as Decimal);
    }
  }

  #addDouble(value: number): void {
    const sum = this.#double + value;
    if (!Number.isFinite(sum)) {
      this.#double = sum;
      this.#compensation = 0;
      return;
    }
    this.#compensation +=
      Math.abs(this.#double) >= Math.abs(value) ? this.#double - sum + value : value - sum + this.#double;
    this.#double = sum;
  }

  result(): NumberValue {
    if (this.#decimal !== undefined) {
      const total = arithmetic('add', this.#decimal, asDecimal(this.#integers)) as Decimal;
      return this.#hasDouble ? this.#withDoubles(total) : total;
    }
    if (this.#hasDouble) {
      this.#addDouble(Number(this.#integers));
      this.#integers = 0n;
      return this.#total();
    }
    const total = this.#integers;
    if (!this.#hasLong && total >= -0x80000000n && total <= 0x7fffffffn) return new Int32(Number(total));
    return BigInt.asIntN(64, total) === total ? total : Number(total);
  }

  #total(): number {
    return this.#double + this.#compensation;
  }

  /** Beside decimals doubles count by their exact value, not by 15 digits. */
  #withDoubles(total: Decimal): Decimal {
    if (!Number.isFinite(this.#double)) return arithmetic('add', total, this.#double) as Decimal;
    return [this.#double, this.#compensation].reduce((sum, part) => {
      const { coefficient, exponent } = exactDouble(part);
      return arithmetic('add', sum, decimalOf(coefficient, exponent)) as Decimal;
    }, total);
  }
}

export class Average implements Accumulator {
  readonly #sum = new Sum();
  #count = 0;

  add(value: Maybe): void {
    if (!isNumber(value)) return;
    this.#sum.add(value);
    this.#count += 1;
  }

  result(): Maybe {
    if (this.#count === 0) return null;
    const total = this.#sum.result();
    if (total instanceof Decimal) return divide(total, new Int32(this.#count));
    return toDouble(total) / this.#count;
  }
}

/** Null and missing do not count. */
export class Extreme implements Accumulator {
  #best: Value | undefined;

  constructor(private readonly sign: number) {}

  add(value: Maybe): void {
    if (value === undefined || value === null) return;
    if (this.#best === undefined || compareValues(value, this.#best) * this.sign > 0) this.#best = value;
  }

  result(): Maybe {
    return this.#best ?? null;
  }
}

class First implements Accumulator {
  #value: Maybe;
  #seen = false;

  add(value: Maybe): void {
    if (this.#seen) return;
    this.#seen = true;
    this.#value = value;
  }

  result(): Maybe {
    return this.#value ?? null;
  }
}

class Last implements Accumulator {
  #value: Maybe;

  add(value: Maybe): void {
    this.#value = value;
  }

  result(): Maybe {
    return this.#value ?? null;
  }
}

class Push implements Accumulator {
  readonly #values: Value[] = [];

  add(value: Maybe): void {
    if (value !== undefined) this.#values.push(value);
  }

  result(): Maybe {
    return Arr.of([...this.#values]);
  }
}

class AddToSet implements Accumulator {
  readonly #values = new Map<string, Value>();

  add(value: Maybe): void {
    if (value === undefined) return;
    const key = keyText(value);
    if (!this.#values.has(key)) this.#values.set(key, value);
  }

  result(): Maybe {
    return Arr.of([...this.#values.values()]);
  }
}

/** Documents laid over each other; null and missing do not count. */
class Merge implements Accumulator {
  #merged = Doc.EMPTY;

  add(value: Maybe): void {
    this.#merged = mergeObjects([this.#merged, value]);
  }

  result(): Maybe {
    return this.#merged;
  }
}

simpleAccumulator('$sum', () => new Sum());
simpleAccumulator('$avg', () => new Average());
simpleAccumulator('$min', () => new Extreme(-1));
simpleAccumulator('$max', () => new Extreme(1));
simpleAccumulator('$first', () => new First());
simpleAccumulator('$last', () => new Last());
simpleAccumulator('$push', () => new Push());
simpleAccumulator('$addToSet', () => new AddToSet());
simpleAccumulator('$mergeObjects', () => new Merge());

export function mergeObjects(values: readonly Maybe[]): Doc {
  const fields = new Map<string, Field>();
  for (const value of values) {
    if (isNullish(value)) continue;
    if (!(value instanceof Doc)) {
      return failAt(
        40400,
        `$mergeObjects requires object inputs, but input ${shellText(value)} is of type ${typeName(value)}`,
      );
    }
    for (const field of value.fields) fields.set(field.name, field);
  }
  return Doc.of([...fields.values()]);
}
