import { decimalOf, DECIMAL_NAN, partsOf } from '../bson/decimal.js';
import { arithmetic, asDecimal, toDouble } from '../bson/numbers.js';
import { Decimal, Int32, type NumberValue } from '../bson/values.js';
import { fail } from '../errors.js';

const DIGITS = 36;

/** The quotient: a double, or a decimal if either is one. */
export function divide(a: NumberValue, b: NumberValue): NumberValue {
  if (toDouble(b) === 0) return fail('BadValue', "can't $divide by zero");
  if (!(a instanceof Decimal) && !(b instanceof Decimal)) return toDouble(a) / toDouble(b);
  const x = partsOf(asDecimal(a));
  const y = partsOf(asDecimal(b));
  if (x.kind !== 'finite' || y.kind !== 'finite') {
    const quotient = toDouble(a) / toDouble(b);
    return Number.isNaN(quotient) ? DECIMAL_NAN : asDecimal(quotient);
  }
  if (x.coefficient % y.coefficient === 0n) return decimalOf(x.coefficient / y.coefficient, x.exponent - y.exponent);
  const digits = (value: bigint): number => value.toString().replace('-', '').length;
  const shift = Math.max(0, DIGITS + digits(y.coefficient) - digits(x.coefficient));
  const scaled = x.coefficient * 10n ** BigInt(shift);
  // A trailing 1 marks an inexact quotient, so that a tie is not mistaken for one.
  const quotient = scaled / y.coefficient;
  if (scaled % y.coefficient !== 0n) {
    const negative = scaled < 0n !== y.coefficient < 0n;
    return decimalOf(quotient * 10n + (negative ? -1n : 1n), x.exponent - y.exponent - shift - 1);
  }
  let exponent = x.exponent - y.exponent - shift;
  let coefficient = quotient;
  while (exponent < x.exponent - y.exponent && coefficient % 10n === 0n && coefficient !== 0n) {
    coefficient /= 10n;
    exponent += 1;
  }
  return decimalOf(coefficient, exponent);
}

const ROOT_DIGITS = 72;

/** The square root to 34 digits. */
export function decimalRoot(value: Decimal): Decimal {
  const parts = partsOf(value);
  if (parts.kind !== 'finite' || parts.coefficient === 0n) return value;
  const digits = parts.coefficient.toString().length;
  let shift = Math.max(0, ROOT_DIGITS - digits);
  if ((parts.exponent - shift) % 2 !== 0) shift += 1;
  const scaled = parts.coefficient * 10n ** BigInt(shift);
  const root = integerRoot(scaled);
  const exponent = (parts.exponent - shift) / 2;
  // A trailing 1 marks an inexact root, so that a tie is not mistaken for one.
  if (root * root !== scaled) return decimalOf(root * 10n + 1n, exponent - 1);
  let [coefficient, least] = [root, exponent];
  while (least < Math.floor(parts.exponent / 2) && coefficient % 10n === 0n) {
    coefficient /= 10n;
    least += 1;
  }
  return decimalOf(coefficient, least);
}

function integerRoot(value: bigint): bigint {
  let root = 1n << BigInt((value.toString(2).length + 1) >> 1);
  for (;;) {
    const next = (root + value / root) >> 1n;
    if (next >= root) return root;
    root = next;
  }
}

const MAX_POWER = 10_000;
const ONE = new Int32(1);

/** A decimal to a whole power; others would have to be exact to 34 digits. */
export function decimalPower(base: NumberValue, exponent: NumberValue): NumberValue {
  const power = toDouble(exponent);
  if (!Number.isInteger(power) || Math.abs(power) > MAX_POWER) {
    return fail('NotImplemented', 'standalone mode has no $pow of decimals but by whole exponents');
  }
  let result: NumberValue = asDecimal(ONE);
  let square: NumberValue = asDecimal(base);
  for (let rest = Math.abs(power); rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = arithmetic('multiply', result, square) as NumberValue;
    square = arithmetic('multiply', square, square) as NumberValue;
  }
  return power < 0 ? divide(asDecimal(ONE), result) : result;
}
