import { arithmetic, asDecimal, compareNumbers, toDouble } from '../bson/numbers.js';
import { DateTime, Decimal, Int32, isNumber, typeName, type Maybe, type NumberValue } from '../bson/values.js';
import { failAt, fail } from '../errors.js';
import { decimalPower, decimalRoot, divide } from './arithmetic.js';
import {
  absolute,
  cut,
  decimalRemainder,
  quantized,
  quantizedDouble,
  wholeOf,
  type Rounding,
} from './decimal-rounding.js';
import type { Expression } from './expression.js';
import { folded, operators } from './operators.js';
import { argumentsOf, define, defineInTurn, isNullish } from './values.js';

/** A date makes all whole milliseconds; before it comes, numbers are added by their types. */
function sum(args: Iterable<Maybe>): Maybe {
  let total: NumberValue = new Int32(0);
  let date: bigint | undefined;
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (arg instanceof DateTime) {
      if (date !== undefined) failAt(16612, 'only one date allowed in an $add expression');
      date = dated(dated(0n, total), arg.ms);
    } else if (!isNumber(arg)) {
      fail('TypeMismatch', `$add only supports numeric or date types, not ${typeName(arg)}`);
    } else if (date !== undefined) {
      date = dated(date, arg);
    } else {
      total = added(total, arg);
    }
  }
  return date === undefined ? total : new DateTime(date);
}

/** Milliseconds later; fractions are rounded, halves away from zero, or to even of a decimal. */
function dated(ms: bigint, by: NumberValue): bigint {
  const whole = typeof by === 'number' ? roundedDouble(by) : wholeOf(by, 'half-even');
  const result = whole === undefined ? undefined : ms + whole;
  if (result === undefined || BigInt.asIntN(64, result) !== result) return fail('Overflow', 'date overflow');
  return result;
}

function roundedDouble(value: number): bigint | undefined {
  if (!Number.isFinite(value)) return undefined;
  const whole = Math.trunc(value);
  return BigInt(Math.abs(value - whole) >= 0.5 ? whole + Math.sign(value) : whole);
}

/** Integers past int64 become doubles. */
function added(a: NumberValue, b: NumberValue): NumberValue {
  return arithmetic('add', a, b) ?? toDouble(a) + toDouble(b);
}

function subtract(a: Maybe, b: Maybe): Maybe {
  if (isNumber(a) && isNumber(b)) return arithmetic('subtract', a, b) ?? toDouble(a) - toDouble(b);
  if (isNullish(a) || isNullish(b)) return null;
  if (!(a instanceof DateTime)) return fail('TypeMismatch', `can't $subtract ${typeName(b)} from ${typeName(a)}`);
  if (b instanceof DateTime) return a.ms - b.ms;
  if (!isNumber(b)) return fail('TypeMismatch', `can't $subtract ${typeName(b)} from Date`);
  const whole = typeof b === 'number' ? roundedDouble(b) : wholeOf(b, 'half-even');
  return new DateTime(dated(a.ms, whole === undefined ? NaN : -whole));
}

function multiply(args: Iterable<Maybe>): Maybe {
  let product: NumberValue = new Int32(1);
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (!isNumber(arg)) return fail('TypeMismatch', `$multiply only supports numeric types, not ${typeName(arg)}`);
    product = arithmetic('multiply', product, arg) ?? toDouble(product) * toDouble(arg);
  }
  return product;
}

function modulo(a: Maybe, b: Maybe): Maybe {
  if (!isNumber(a) || !isNumber(b)) {
    if (isNullish(a) || isNullish(b)) return null;
    return failAt(16611, `$mod only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
  }
  const isDecimal = a instanceof Decimal || b instanceof Decimal;
  if (toDouble(b) === 0) failAt(isDecimal ? 5733415 : 16610, "can't $mod by zero");
  if (isDecimal) return decimalRemainder(asDecimal(a), asDecimal(b));
  if (typeof a === 'number' || typeof b === 'number') return toDouble(a) % toDouble(b);
  if (a instanceof Int32 && b instanceof Int32) return new Int32((a.value % b.value) + 0);
  return BigInt(a instanceof Int32 ? a.value : a) % BigInt(b instanceof Int32 ? b.value : b);
}

/** One number in, one out; null for null. */
function numeric(name: string, apply: (value: NumberValue) => Maybe): void {
  define(name, 1, (value) => {
    if (isNullish(value)) return null;
    if (!isNumber(value)) return failAt(28765, `${name} only supports numeric types, not ${typeName(value)}`);
    return apply(value);
  });
}

const ZERO = new Int32(0);

/** $round (half to even) and $trunc, to a number of decimal places, which may be negative. */
function toPlace(name: string, value: Maybe, place: Maybe, mode: Rounding): Maybe {
  if (isNullish(value)) return null;
  if (!isNumber(value)) return failAt(51081, `${name} only supports numeric types, not ${typeName(value)}`);
  if (isNullish(place)) return null;
  const places = isNumber(place) ? toDouble(place) : NaN;
  if (!Number.isInteger(places)) failAt(51082, `precision argument to  ${name} must be a integral value`);
  if (places < -20 || places > 100)
    failAt(51083, `cannot apply ${name} with precision value ${places} value must be in [-20, 100]`);
  if (value instanceof Decimal) return quantized(value, places, mode);
  // A double counts by its exact value.
  if (typeof value === 'number') return Number.isFinite(value) ? toDouble(quantizedDouble(value, places, mode)) : value;
  if (places >= 0) return value;
  const result = cut(BigInt(value instanceof Int32 ? value.value : value), -places, mode) * 10n ** BigInt(-places);
  if (BigInt.asIntN(64, result) !== result) {
    const given = value instanceof Int32 ? value.value : value;
    failAt(
      51080,
      `invalid conversion from Decimal128 result in ${name} resulting from arguments: [${given}, ${places}]`,
    );
  }
  return value instanceof Int32 && result <= 0x7fffffffn ? new Int32(Number(result)) : result;
}

defineInTurn('$add', sum);
define('$subtract', 2, subtract);
defineInTurn('$multiply', multiply);
define('$divide', 2, (a, b) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumber(a) || !isNumber(b)) {
    return fail('TypeMismatch', `$divide only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
  }
  return divide(a, b);
});
define('$mod', 2, modulo);
for (const [name, mode] of [
  ['$round', 'half-even'],
  ['$trunc', 'down'],
] as const) {
  operators.set(name, (argument) => {
    const args = argumentsOf(argument, name, 1, 2);
    const [value, place] = args as [Expression, Expression?];
    return folded(args, (doc, variables) =>
      toPlace(name, value(doc, variables), place === undefined ? ZERO : place(doc, variables), mode),
    );
  });
}
define('$pow', 2, (a, b) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumber(a)) return failAt(28762, `$pow's base must be numeric, not ${typeName(a)}`);
  if (!isNumber(b)) return failAt(28763, `$pow's exponent must be numeric, not ${typeName(b)}`);
  if (toDouble(a) === 0 && toDouble(b) < 0) failAt(28764, '$pow cannot take a base of 0 and a negative exponent');
  if (a instanceof Decimal || b instanceof Decimal) return decimalPower(a, b);
  if (typeof a === 'number' || typeof b === 'number') return power(toDouble(a), toDouble(b));
  return integerPower(a, b);
});

/** As C has it: 1 to any power and anything to the power 0 is 1. */
function power(base: number, exponent: number): number {
  return base === 1 || (base === -1 && Math.abs(exponent) === Infinity) ? 1 : base ** exponent;
}

/** An integer as long as an int64 holds it, else a double. */
function integerPower(a: Int32 | bigint, b: Int32 | bigint): NumberValue {
  const [base, exponent] = [BigInt(a instanceof Int32 ? a.value : a), BigInt(b instanceof Int32 ? b.value : b)];
  const isInt = a instanceof Int32 && b instanceof Int32;
  const unit = base === 1n || exponent === 0n ? 1n : base === 0n ? 0n : undefined;
  const power =
    unit ??
    (base === -1n
      ? exponent % 2n === 0n
        ? 1n
        : -1n
      : exponent > 0n && exponent <= 63n
        ? base ** exponent
        : undefined);
  if (power === undefined || BigInt.asIntN(64, power) !== power) return Number(base) ** Number(exponent);
  return isInt && BigInt.asIntN(32, power) === power ? new Int32(Number(power)) : power;
}

numeric('$abs', (value) => {
  if (typeof value === 'number') return Math.abs(value);
  if (value instanceof Decimal) return absolute(value);
  if (compareNumbers(value, new Int32(0)) >= 0) return value;
  if (value === -(2n ** 63n)) return failAt(28680, "can't take $abs of long long min");
  return arithmetic('subtract', new Int32(0), value);
});
numeric('$ceil', (value) =>
  typeof value === 'number' ? Math.ceil(value) : value instanceof Decimal ? quantized(value, 0, 'up') : value,
);
numeric('$floor', (value) =>
  typeof value === 'number' ? Math.floor(value) : value instanceof Decimal ? quantized(value, 0, 'floor') : value,
);
numeric('$sqrt', (value) => {
  if (toDouble(value) < 0) failAt(28714, "$sqrt's argument must be greater than or equal to 0");
  return value instanceof Decimal ? decimalRoot(value) : Math.sqrt(toDouble(value));
});
numeric('$exp', (value) => Math.exp(inexact('$exp', value)));
numeric('$ln', (value) =>
  toDouble(value) <= 0
    ? failAt(28766, `$ln's argument must be a positive number, but is ${toDouble(value)}`)
    : Math.log(inexact('$ln', value)),
);
numeric('$log10', (value) =>
  toDouble(value) <= 0
    ? failAt(28761, `$log10's argument must be a positive number, but is ${toDouble(value)}`)
    : Math.log10(inexact('$log10', value)),
);

/** A double; decimals would have to be exact to 34 digits. */
function inexact(name: string, value: NumberValue): number {
  if (value instanceof Decimal) fail('NotImplemented', `standalone mode has no ${name} of decimals`);
  return toDouble(value);
}
