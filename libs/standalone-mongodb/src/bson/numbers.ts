import {
  DECIMAL_INFINITY,
  DECIMAL_NAN,
  DECIMAL_NEGATIVE_INFINITY,
  decimalFromDouble,
  decimalOf,
  decimalText,
  exactDouble,
  partsOf,
  type DecimalParts,
  type Finite,
} from './decimal.js';
import { Decimal, Int32, type NumberValue } from './values.js';

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** The nearest double. */
export function toDouble(value: NumberValue): number {
  if (typeof value === 'number') return value;
  if (value instanceof Int32) return value.value;
  return typeof value === 'bigint' ? Number(value) : Number(decimalText(value));
}

/** Orders two numbers by exact value, whatever their types; NaN is below all and equal to itself. */
export function compareNumbers(a: NumberValue, b: NumberValue): number {
  const x = a instanceof Int32 ? a.value : a;
  const y = b instanceof Int32 ? b.value : b;
  if (x instanceof Decimal || y instanceof Decimal) return compareDecimals(x, y);
  if (x < y) return -1;
  if (x > y) return 1;
  if (x == y) return 0; // eslint-disable-line eqeqeq -- bigint and double by exact value
  return Number(!Number.isNaN(x)) - Number(!Number.isNaN(y));
}

function compareDecimals(a: number | bigint | Decimal, b: number | bigint | Decimal): number {
  const x = toDouble(a);
  const y = toDouble(b);
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(!Number.isNaN(x)) - Number(!Number.isNaN(y));
  // Rounding to a double is monotonic: only a tie needs the exact values.
  if (x !== y) return x < y ? -1 : 1;
  const left = exactParts(a);
  const right = exactParts(b);
  if (left.kind !== 'finite' || right.kind !== 'finite') return rank(left) - rank(right);
  return compareFinite(left, right);
}

function rank(parts: DecimalParts): number {
  return parts.kind === 'infinity' ? (parts.negative ? -1 : 1) : 0;
}

export function compareFinite(a: Finite, b: Finite): number {
  if (a.coefficient === 0n || b.coefficient === 0n) return sign(a.coefficient - b.coefficient);
  const least = Math.min(a.exponent, b.exponent);
  return sign(a.coefficient * 10n ** BigInt(a.exponent - least) - b.coefficient * 10n ** BigInt(b.exponent - least));
}

function sign(value: bigint): number {
  return value < 0n ? -1 : value > 0n ? 1 : 0;
}

/** The exact value of any number. */
export function exactParts(value: NumberValue): DecimalParts {
  if (value instanceof Decimal) return partsOf(value);
  if (typeof value === 'bigint') return { kind: 'finite', coefficient: value, exponent: 0 };
  const double = toDouble(value);
  if (Number.isNaN(double)) return { kind: 'nan' };
  return Number.isFinite(double) ? exactDouble(double) : { kind: 'infinity', negative: double < 0 };
}

/** As arithmetic with a decimal sees it: doubles count with 15 digits. */
export function asDecimal(value: NumberValue): Decimal {
  if (value instanceof Decimal) return value;
  if (typeof value === 'number') return decimalFromDouble(value);
  return decimalOf(BigInt(value instanceof Int32 ? value.value : value), 0);
}

type Operation = 'add' | 'subtract' | 'multiply';

/** The result with mongod's type: int32 grows to int64; a decimal wins over all, then a double. undefined: int64 overflowed. */
export function arithmetic(operation: Operation, a: NumberValue, b: NumberValue): NumberValue | undefined {
  if (a instanceof Decimal || b instanceof Decimal) return decimalArithmetic(operation, asDecimal(a), asDecimal(b));
  if (typeof a === 'number' || typeof b === 'number') return doubles(operation, toDouble(a), toDouble(b));
  if (a instanceof Int32 && b instanceof Int32) {
    const result = doubles(operation, a.value, b.value);
    if (Number.isSafeInteger(result)) return int32OrInt64(result);
  }
  const result = integers(operation, toBigInt(a), toBigInt(b));
  return result > INT64_MAX || result < INT64_MIN ? undefined : result;
}

function int32OrInt64(value: number): Int32 | bigint {
  return value >= -0x80000000 && value <= 0x7fffffff ? new Int32(value) : BigInt(value);
}

function toBigInt(value: Int32 | bigint): bigint {
  return typeof value === 'bigint' ? value : BigInt(value.value);
}

function doubles(operation: Operation, a: number, b: number): number {
  switch (operation) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
  }
}

function integers(operation: Operation, a: bigint, b: bigint): bigint {
  switch (operation) {
    case 'add':
      return a + b;
    case 'subtract':
      return a - b;
    case 'multiply':
      return a * b;
  }
}

function decimalArithmetic(operation: Operation, a: Decimal, b: Decimal): Decimal {
  const x = partsOf(a);
  const y = partsOf(b);
  if (x.kind !== 'finite' || y.kind !== 'finite') return specialDecimal(operation, a, b);
  if (operation === 'multiply') return decimalOf(x.coefficient * y.coefficient, x.exponent + y.exponent);
  const least = Math.min(x.exponent, y.exponent);
  return decimalOf(
    integers(
      operation,
      x.coefficient * 10n ** BigInt(x.exponent - least),
      y.coefficient * 10n ** BigInt(y.exponent - least),
    ),
    least,
  );
}

function specialDecimal(operation: Operation, a: Decimal, b: Decimal): Decimal {
  const result = doubles(operation, toDouble(a), toDouble(b));
  if (Number.isNaN(result)) return DECIMAL_NAN;
  return result > 0 ? DECIMAL_INFINITY : DECIMAL_NEGATIVE_INFINITY;
}
