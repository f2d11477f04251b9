import { compareValues } from '../bson/compare.js';
import { asDecimal, arithmetic, toDouble } from '../bson/numbers.js';
import { Arr } from '../bson/document.js';
import { Decimal, Int32, isNumber, type Maybe, type NumberValue, type Value } from '../bson/values.js';
import { decimalFromDouble } from '../bson/decimal.js';
import { keyText } from '../query/tests.js';
import { divide } from './arithmetic.js';

/** Takes one value after another and gives the result at the end. */
export interface Accumulator {
  add(value: Maybe): void;
  result(): Maybe;
}

export const accumulators = new Map<string, () => Accumulator>([
  ['$sum', () => new Sum()],
  ['$avg', () => new Average()],
  ['$min', () => new Extreme(-1)],
  ['$max', () => new Extreme(1)],
  ['$first', () => new First()],
  ['$last', () => new Last()],
  ['$push', () => new Push()],
  ['$addToSet', () => new AddToSet()],
  ['$count', () => new Sum()],
]);

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
      let total: NumberValue = this.#decimal;
      if (this.#integers !== 0n) total = arithmetic('add', total, asDecimal(this.#integers)) as Decimal;
      if (this.#hasDouble) total = arithmetic('add', total, decimalFromDouble(this.#total())) as Decimal;
      return total;
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
}

class Average implements Accumulator {
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
class Extreme implements Accumulator {
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
    return Arr.of(this.#values);
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
