import { compareNumbers, arithmetic, toDouble } from '../bson/numbers.js';
import { decimalOf, partsOf } from '../bson/decimal.js';
import { DateTime, Decimal, Int32, isNumber, typeName, type Maybe, type NumberValue } from '../bson/values.js';
import { failAt, fail } from '../errors.js';
import { decimalPower, decimalRoot, divide } from './arithmetic.js';
import { define, isNullish } from './values.js';

function sum(...args: Maybe[]): Maybe {
  let total: NumberValue = new Int32(0);
  let date = false;
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (arg instanceof DateTime) {
      if (date) failAt(16612, 'only one date allowed in an $add expression');
      date = true;
      total = added(total, arg.ms);
    } else if (isNumber(arg)) {
      total = added(total, arg);
    } else {
      fail('TypeMismatch', `$add only supports numeric or date types, not ${typeName(arg)}`);
    }
  }
  return date ? new DateTime(BigInt(Math.trunc(toDouble(total)))) : total;
}

/** Integers past int64 become doubles. */
function added(a: NumberValue, b: NumberValue): NumberValue {
  return arithmetic('add', a, b) ?? toDouble(a) + toDouble(b);
}

function subtract(a: Maybe, b: Maybe): Maybe {
  if (isNullish(a) || isNullish(b)) return null;
  if (a instanceof DateTime) {
    if (b instanceof DateTime) return a.ms - b.ms;
    if (isNumber(b)) return new DateTime(a.ms - BigInt(Math.trunc(toDouble(b))));
    return fail('TypeMismatch', `can't $subtract ${typeName(b)} from Date`);
  }
  if (!isNumber(a) || !isNumber(b)) return fail('TypeMismatch', `can't $subtract ${typeName(b)} from ${typeName(a)}`);
  return arithmetic('subtract', a, b) ?? toDouble(a) - toDouble(b);
}

function multiply(...args: Maybe[]): Maybe {
  let product: NumberValue = new Int32(1);
  for (const arg of args) {
    if (isNullish(arg)) return null;
    if (!isNumber(arg)) return fail('TypeMismatch', `$multiply only supports numeric types, not ${typeName(arg)}`);
    product = arithmetic('multiply', product, arg) ?? toDouble(product) * toDouble(arg);
  }
  return product;
}

function modulo(a: Maybe, b: Maybe): Maybe {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumber(a) || !isNumber(b)) {
    return failAt(16611, `$mod only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
  }
  if (toDouble(b) === 0) failAt(16610, "can't $mod by zero");
  if (a instanceof Decimal || b instanceof Decimal) return decimalModulo(a, b);
  if (typeof a === 'number' || typeof b === 'number') return toDouble(a) % toDouble(b);
  if (a instanceof Int32 && b instanceof Int32) return new Int32((a.value % b.value) + 0);
  return BigInt(a instanceof Int32 ? a.value : a) % BigInt(b instanceof Int32 ? b.value : b);
}

function decimalModulo(a: NumberValue, b: NumberValue): Maybe {
  const quotient = divide(a, b);
  const parts = quotient instanceof Decimal ? partsOf(quotient) : undefined;
  if (parts?.kind !== 'finite') return toDouble(a) % toDouble(b);
  const whole = parts.exponent >= 0 ? quotient : decimalOf(parts.coefficient / 10n ** BigInt(-parts.exponent), 0);
  return arithmetic('subtract', a, arithmetic('multiply', whole, b) as NumberValue);
}

/** One number in, one out; null for null. */
function numeric(name: string, apply: (value: NumberValue) => Maybe): void {
  define(name, 1, (value) => {
    if (isNullish(value)) return null;
    if (!isNumber(value)) return failAt(28765, `${name} only supports numeric types, not ${typeName(value)}`);
    return apply(value);
  });
}

function rounded(value: NumberValue, toInteger: (n: number) => number, mode: 'floor' | 'ceil'): Maybe {
  if (value instanceof Int32 || typeof value === 'bigint') return value;
  if (typeof value === 'number') return toInteger(value);
  const parts = partsOf(value);
  if (parts.kind !== 'finite' || parts.exponent >= 0) return value;
  const unit = 10n ** BigInt(-parts.exponent);
  const whole = parts.coefficient / unit;
  const rest = parts.coefficient % unit;
  if (rest === 0n) return decimalOf(whole, 0);
  if (mode === 'floor') return decimalOf(rest < 0n ? whole - 1n : whole, 0);
  return decimalOf(rest > 0n ? whole + 1n : whole, 0);
}

/** $round (half to even) and $trunc, to a number of decimal places, which may be negative. */
function toPlace(name: string, value: Maybe, place: Maybe, isRound: boolean): Maybe {
  if (isNullish(value) || isNullish(place)) return null;
  if (!isNumber(value)) return failAt(51081, `${name} only supports numeric types, not ${typeName(value)}`);
  const places = isNumber(place) ? toDouble(place) : NaN;
  if (!Number.isInteger(places)) failAt(51082, 'precision argument to  must be a integral value');
  if (places < -20 || places > 100)
    failAt(51083, `cannot apply ${name} with precision value ${places} value must be in [-20, 100]`);
  if (typeof value === 'number') return Number.isFinite(value) ? roundDouble(value, places, isRound) : value;
  if (value instanceof Decimal) {
    const parts = partsOf(value);
    if (parts.kind !== 'finite' || parts.exponent >= -places) return value;
    return decimalOf(cut(parts.coefficient, -places - parts.exponent, isRound), -places);
  }
  if (places >= 0) return value;
  const result = cut(BigInt(value instanceof Int32 ? value.value : value), -places, isRound) * 10n ** BigInt(-places);
  return value instanceof Int32 && result >= -0x80000000n && result <= 0x7fffffffn ? new Int32(Number(result)) : result;
}

function cut(coefficient: bigint, digits: number, isRound: boolean): bigint {
  const unit = 10n ** BigInt(digits);
  const whole = coefficient / unit;
  if (!isRound) return whole;
  const rest = coefficient % unit;
  const twice = (rest < 0n ? -rest : rest) * 2n;
  if (twice < unit || (twice === unit && whole % 2n === 0n)) return whole;
  return coefficient < 0n ? whole - 1n : whole + 1n;
}

function roundDouble(value: number, places: number, isRound: boolean): number {
  if (places === 0 && !isRound) return Math.trunc(value);
  if (places === 0) {
    const floor = Math.floor(value);
    const difference = value - floor;
    if (difference !== 0.5) return Math.round(value);
    return floor % 2 === 0 ? floor : floor + 1;
  }
  const factor = 10 ** Math.abs(places);
  const scaled = places > 0 ? value * factor : value / factor;
  if (!Number.isFinite(scaled)) return value;
  const whole = roundDouble(scaled, 0, isRound);
  return places > 0 ? whole / factor : whole * factor;
}

define('$add', [0, Infinity], sum);
define('$subtract', 2, subtract);
define('$multiply', [0, Infinity], multiply);
define('$divide', 2, (a, b) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumber(a) || !isNumber(b)) {
    return fail('TypeMismatch', `$divide only supports numeric types, not ${typeName(a)} and ${typeName(b)}`);
  }
  return divide(a, b);
});
define('$mod', 2, modulo);
define('$round', [1, 2], (value, place = new Int32(0)) => toPlace('$round', value, place, true));
define('$trunc', [1, 2], (value, place = new Int32(0)) => toPlace('$trunc', value, place, false));
define('$pow', 2, (a, b) => {
  if (isNullish(a) || isNullish(b)) return null;
  if (!isNumber(a)) return failAt(28762, `$pow's base must be numeric, not ${typeName(a)}`);
  if (!isNumber(b)) return failAt(28763, `$pow's exponent must be numeric, not ${typeName(b)}`);
  if (a instanceof Decimal || b instanceof Decimal) return decimalPower(a, b);
  if (toDouble(a) === 0 && toDouble(b) < 0) failAt(28764, '$pow cannot take a base of 0 and a negative exponent');
  if (typeof a === 'number' || typeof b === 'number' || toDouble(b) < 0) return toDouble(a) ** toDouble(b);
  const power = BigInt(a instanceof Int32 ? a.value : a) ** BigInt(b instanceof Int32 ? b.value : b);
  if (a instanceof Int32 && b instanceof Int32 && power === BigInt.asIntN(32, power)) return new Int32(Number(power));
  return power === BigInt.asIntN(64, power) ? power : Number(power);
});
numeric('$abs', (value) => {
  if (compareNumbers(value, new Int32(0)) >= 0) return value;
  if (value === -(2n ** 63n)) return failAt(28680, "can't take $abs of long long min");
  return arithmetic('subtract', new Int32(0), value);
});
numeric('$ceil', (value) => rounded(value, Math.ceil, 'ceil'));
numeric('$floor', (value) => rounded(value, Math.floor, 'floor'));
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
