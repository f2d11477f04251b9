import { decimalOf, DECIMAL_NAN, exactDouble, partsOf, type Finite } from '../bson/decimal.js';
import { Decimal, Int32, type NumberValue } from '../bson/values.js';

/** Ties to even, towards zero, towards +∞, towards -∞. */
export type Rounding = 'half-even' | 'down' | 'up' | 'floor';

/** `coefficient` without its last `digits` digits. */
export function cut(coefficient: bigint, digits: number, mode: Rounding): bigint {
  const unit = 10n ** BigInt(digits);
  const whole = coefficient / unit;
  const rest = coefficient % unit;
  switch (mode) {
    case 'down':
      return whole;
    case 'up':
      return rest > 0n ? whole + 1n : whole;
    case 'floor':
      return rest < 0n ? whole - 1n : whole;
    case 'half-even': {
      const twice = (rest < 0n ? -rest : rest) * 2n;
      if (twice < unit || (twice === unit && whole % 2n === 0n)) return whole;
      return coefficient < 0n ? whole - 1n : whole + 1n;
    }
  }
}

const MAX_DIGITS = 34;

/** A decimal with just so many decimal places; NaN when that takes more than 34 digits. */
export function quantized(value: Decimal, places: number, mode: Rounding): Decimal {
  const parts = partsOf(value);
  if (parts.kind !== 'finite') return value;
  const negative = ((value.bytes[15] as number) & 0x80) !== 0;
  return placed(parts, places, mode, negative);
}

function placed(parts: Finite, places: number, mode: Rounding, negative: boolean): Decimal {
  const excess = -places - parts.exponent;
  const coefficient = excess >= 0 ? cut(parts.coefficient, excess, mode) : parts.coefficient * 10n ** BigInt(-excess);
  if ((coefficient < 0n ? -coefficient : coefficient).toString().length > MAX_DIGITS) return DECIMAL_NAN;
  const result = decimalOf(coefficient, -places);
  return coefficient === 0n && negative ? withSign(result, true) : result;
}

/** A double's exact value (to 34 digits) with so many decimal places. */
export function quantizedDouble(value: number, places: number, mode: Rounding): NumberValue {
  const parts = partsOf(decimalOf(...coefficientOf(exactDouble(value))));
  if (parts.kind !== 'finite') return value;
  const result = placed(parts, places, mode, value < 0 || Object.is(value, -0));
  return result === DECIMAL_NAN ? NaN : result;
}

function coefficientOf({ coefficient, exponent }: Finite): [bigint, number] {
  return [coefficient, exponent];
}

function withSign(value: Decimal, negative: boolean): Decimal {
  const bytes = Buffer.from(value.bytes);
  bytes[15] = negative ? (bytes[15] as number) | 0x80 : (bytes[15] as number) & 0x7f;
  return new Decimal(bytes);
}

export function absolute(value: Decimal): Decimal {
  return withSign(value, false);
}

/** What is left of a division with a whole quotient, with the dividend's sign. */
export function decimalRemainder(a: Decimal, b: Decimal): Decimal {
  const x = partsOf(a);
  const y = partsOf(b);
  if (x.kind !== 'finite' || y.kind === 'nan') return DECIMAL_NAN;
  if (y.kind === 'infinity') return a;
  const least = Math.min(x.exponent, y.exponent);
  const rest =
    (x.coefficient * 10n ** BigInt(x.exponent - least)) % (y.coefficient * 10n ** BigInt(y.exponent - least));
  return rest === 0n ? withSign(decimalOf(0n, least), ((a.bytes[15] as number) & 0x80) !== 0) : decimalOf(rest, least);
}

/** The nearest integer by `mode`; undefined for NaN and infinities. */
export function wholeOf(value: Int32 | bigint | Decimal, mode: Rounding): bigint | undefined {
  if (value instanceof Int32) return BigInt(value.value);
  if (typeof value === 'bigint') return value;
  const parts = partsOf(value);
  if (parts.kind !== 'finite') return undefined;
  if (parts.exponent >= 0) return parts.coefficient * 10n ** BigInt(parts.exponent);
  return cut(parts.coefficient, -parts.exponent, mode);
}
