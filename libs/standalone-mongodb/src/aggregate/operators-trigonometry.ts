import { toDouble } from '../bson/numbers.js';
import { Decimal, isNumber, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { define, isNullish } from './values.js';

type Limits = readonly [low: number, high: number, within: string];

const BETWEEN: Limits = [-1, 1, '[-1,1]'];
const FINITE: Limits = [-Number.MAX_VALUE, Number.MAX_VALUE, '(-inf,inf)'];

const FUNCTIONS: Readonly<Record<string, readonly [apply: (x: number) => number, limits?: Limits]>> = {
  $sin: [Math.sin, FINITE],
  $cos: [Math.cos, FINITE],
  $tan: [Math.tan, FINITE],
  $asin: [Math.asin, BETWEEN],
  $acos: [Math.acos, BETWEEN],
  $atan: [Math.atan],
  $sinh: [Math.sinh],
  $cosh: [Math.cosh],
  $tanh: [Math.tanh],
  $asinh: [Math.asinh],
  $acosh: [Math.acosh, [1, Infinity, '[1,inf]']],
  $atanh: [Math.atanh, BETWEEN],
  $degreesToRadians: [(x) => (x * Math.PI) / 180],
  $radiansToDegrees: [(x) => (x * 180) / Math.PI],
};

/** A number as a double; decimals would have to be exact to 34 digits, which these are not. */
function doubleOf(value: Maybe, name: string, code: number): number {
  if (!isNumber(value)) return failAt(code, `${name} only supports numeric types, not ${typeName(value)}`);
  if (value instanceof Decimal) fail('NotImplemented', `standalone mode has no ${name} of decimals`);
  return toDouble(value);
}

for (const [name, [apply, limits]] of Object.entries(FUNCTIONS)) {
  define(name, 1, (value) => {
    if (isNullish(value)) return null;
    const x = doubleOf(value, name, 28765);
    if (limits !== undefined && (x < limits[0] || x > limits[1])) {
      failAt(50989, `cannot apply ${name} to ${x}, value must be in ${limits[2]}`);
    }
    return apply(x);
  });
}

define('$atan2', 2, (y, x) => {
  if (isNullish(y) || isNullish(x)) return null;
  return Math.atan2(doubleOf(y, '$atan2', 51044), doubleOf(x, '$atan2', 51045));
});

define('$log', 2, (value, base) => {
  if (isNullish(value) || isNullish(base)) return null;
  if (!isNumber(value)) return failAt(28756, `$log's argument must be numeric, not ${typeName(value)}`);
  if (!isNumber(base)) return failAt(28757, `$log's base must be numeric, not ${typeName(base)}`);
  if (value instanceof Decimal || base instanceof Decimal)
    fail('NotImplemented', 'standalone mode has no $log of decimals');
  const [x, b] = [toDouble(value), toDouble(base)];
  if (x <= 0) failAt(28758, `$log's argument must be a positive number, but is ${x}`);
  if (b <= 0 || b === 1) failAt(28759, `$log's base must be a positive number not equal to 1, but is ${b}`);
  return Math.log(x) / Math.log(b);
});
