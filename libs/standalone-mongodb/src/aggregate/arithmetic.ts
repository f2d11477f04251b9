import { decimalOf, DECIMAL_NAN, partsOf } from '../bson/decimal.js';
import { asDecimal, toDouble } from '../bson/numbers.js';
import { Decimal, type NumberValue } from '../bson/values.js';
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
