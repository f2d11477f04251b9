import { Decimal } from './values.js';

/** A finite decimal: coefficient × 10^exponent. `negativeZero` keeps the sign of -0. */
export interface Finite {
  readonly kind: 'finite';
  readonly coefficient: bigint;
  readonly exponent: number;
}
export type DecimalParts =
  Finite | { readonly kind: 'nan' } | { readonly kind: 'infinity'; readonly negative: boolean };

const BIAS = 6176;
const MAX_DIGITS = 34;
const MAX_EXPONENT = 6111;
const MIN_EXPONENT = -6176;
const LOW_113 = (1n << 113n) - 1n;
const LIMIT = 10n ** 34n;

/** Reads the IEEE 754-2008 decimal128 (binary integer encoding). */
export function partsOf(decimal: Decimal): DecimalParts {
  const low = decimal.bytes.readBigUInt64LE(0);
  const high = decimal.bytes.readBigUInt64LE(8);
  const negative = high >> 63n === 1n;
  const combination = Number((high >> 58n) & 31n);
  if (combination === 31) return { kind: 'nan' };
  if (combination === 30) return { kind: 'infinity', negative };
  let exponent: number;
  let coefficient: bigint;
  if (combination >> 3 === 3) {
    // The second form: its coefficient is always beyond 34 digits, which counts as zero.
    exponent = Number((high >> 47n) & 0x3fffn) - BIAS;
    coefficient = 0n;
  } else {
    exponent = Number((high >> 49n) & 0x3fffn) - BIAS;
    coefficient = ((high << 64n) | low) & LOW_113;
    if (coefficient >= LIMIT) coefficient = 0n;
  }
  return { kind: 'finite', coefficient: negative ? -coefficient : coefficient, exponent };
}

/** The nearest decimal128 (half even to 34 digits); beyond the range it is infinite. */
export function decimalOf(coefficient: bigint, exponent: number): Decimal {
  const negative = coefficient < 0n;
  let digits = negative ? -coefficient : coefficient;
  let exp = exponent;
  const excess = Math.max(digits.toString().length - MAX_DIGITS, MIN_EXPONENT - exp, 0);
  if (excess > 0) {
    digits = roundHalfEven(digits, excess);
    exp += excess;
    if (digits >= LIMIT) {
      digits /= 10n;
      exp += 1;
    }
  }
  while (exp > MAX_EXPONENT && digits !== 0n && digits * 10n < LIMIT) {
    digits *= 10n;
    exp -= 1;
  }
  if (digits === 0n) exp = Math.max(MIN_EXPONENT, Math.min(MAX_EXPONENT, exp));
  if (exp > MAX_EXPONENT) return special(negative ? 0xf8n : 0x78n);
  return pack(negative, digits, exp);
}

function roundHalfEven(value: bigint, digits: number): bigint {
  if (digits > value.toString().length) return 0n;
  const unit = 10n ** BigInt(digits);
  const quotient = value / unit;
  const twice = (value % unit) * 2n;
  return twice > unit || (twice === unit && quotient % 2n === 1n) ? quotient + 1n : quotient;
}

function pack(negative: boolean, coefficient: bigint, exponent: number): Decimal {
  const bits = (BigInt(exponent + BIAS) << 113n) | coefficient | (negative ? 1n << 127n : 0n);
  const bytes = Buffer.allocUnsafe(16);
  bytes.writeBigUInt64LE(bits & 0xffffffffffffffffn, 0);
  bytes.writeBigUInt64LE(bits >> 64n, 8);
  return new Decimal(bytes);
}

function special(top: bigint): Decimal {
  const bytes = Buffer.alloc(16);
  bytes.writeBigUInt64LE(top << 56n, 8);
  return new Decimal(bytes);
}

export const DECIMAL_NAN = special(0x7cn);
export const DECIMAL_INFINITY = special(0x78n);
export const DECIMAL_NEGATIVE_INFINITY = special(0xf8n);

/** The exact value of a finite double as coefficient × 10^exponent. */
export function exactDouble(value: number): Finite {
  if (Number.isInteger(value)) return { kind: 'finite', coefficient: BigInt(value), exponent: 0 };
  let mantissa = value;
  let twos = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    twos += 1;
  }
  return { kind: 'finite', coefficient: BigInt(mantissa) * 5n ** BigInt(twos), exponent: -twos };
}

/** The decimal that mongod makes of a double in arithmetic: 15 significant digits. */
export function decimalFromDouble(value: number): Decimal {
  if (Number.isNaN(value)) return DECIMAL_NAN;
  if (!Number.isFinite(value)) return value > 0 ? DECIMAL_INFINITY : DECIMAL_NEGATIVE_INFINITY;
  return parseDecimal(value.toPrecision(15)) ?? DECIMAL_NAN;
}

/** Reads a decimal's text: `12.5`, `-1E+3`, `NaN`, `Infinity`; undefined when it is none. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match !== null && (match[2] !== '' || (match[3] ?? '') !== '')) {
    const fraction = match[3] ?? '';
    const coefficient = BigInt(`${match[2] ?? ''}${fraction}`);
    const exponent = Number(match[4] ?? '0') - fraction.length;
    return match[1] === '-' && coefficient === 0n
      ? pack(true, 0n, Math.max(MIN_EXPONENT, Math.min(MAX_EXPONENT, exponent)))
      : decimalOf(match[1] === '-' ? -coefficient : coefficient, exponent);
  }
  if (/^[+-]?nan$/i.test(text)) return DECIMAL_NAN;
  if (/^\+?inf(inity)?$/i.test(text)) return DECIMAL_INFINITY;
  return /^-inf(inity)?$/i.test(text) ? DECIMAL_NEGATIVE_INFINITY : undefined;
}

/** The text of a decimal by the rules of the BSON specification. */
export function decimalText(decimal: Decimal): string {
  const parts = partsOf(decimal);
  if (parts.kind === 'nan') return 'NaN';
  if (parts.kind === 'infinity') return parts.negative ? '-Infinity' : 'Infinity';
  const sign = (decimal.bytes[15] as number) & 0x80 ? '-' : '';
  const digits = (parts.coefficient < 0n ? -parts.coefficient : parts.coefficient).toString();
  const adjusted = parts.exponent + digits.length - 1;
  if (parts.exponent > 0 || adjusted < -6) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    return `${sign}${digits.slice(0, 1)}${fraction}E${adjusted >= 0 ? '+' : ''}${adjusted}`;
  }
  if (parts.exponent === 0) return `${sign}${digits}`;
  const point = digits.length + parts.exponent;
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${'0'.repeat(-point)}${digits}`;
}
