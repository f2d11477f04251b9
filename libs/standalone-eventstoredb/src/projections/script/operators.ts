import type { BinaryOperator } from 'acorn';
import { hasMember } from './members.js';
import { ScriptDate, ScriptError, type Value, limited, primitive, toNumber, toText } from './values.js';

type Binary = (left: Value, right: Value) => Value;

const arithmetic =
  (compute: (a: number, b: number) => number): Binary =>
  (left, right) =>
    compute(toNumber(left), toNumber(right));

const BINARY: Readonly<Partial<Record<BinaryOperator, Binary>>> = {
  '+': plus,
  '-': arithmetic((a, b) => a - b),
  '*': arithmetic((a, b) => a * b),
  '/': arithmetic((a, b) => a / b),
  '%': arithmetic((a, b) => a % b),
  '**': arithmetic((a, b) => a ** b),
  '|': arithmetic((a, b) => a | b),
  '&': arithmetic((a, b) => a & b),
  '^': arithmetic((a, b) => a ^ b),
  '<<': arithmetic((a, b) => a << b),
  '>>': arithmetic((a, b) => a >> b),
  '>>>': arithmetic((a, b) => a >>> b),
  '===': (left, right) => left === right,
  '!==': (left, right) => left !== right,
  '==': looselyEqual,
  '!=': (left, right) => !looselyEqual(left, right),
  '<': (left, right) => compare(left, right, (a, b) => a < b),
  '<=': (left, right) => compare(left, right, (a, b) => a <= b),
  '>': (left, right) => compare(left, right, (a, b) => a > b),
  '>=': (left, right) => compare(left, right, (a, b) => a >= b),
  in: (left, right) => hasMember(right, left),
};

export function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  const compute = BINARY[operator];
  if (compute === undefined) throw new ScriptError(`${operator} is not understood`);
  return compute(left, right);
}

function plus(left: Value, right: Value): Value {
  const [a, b] = [primitive(left), primitive(right)];
  if (typeof a === 'string' || typeof b === 'string') return limited(String(a) + String(b));
  return Number(a) + Number(b);
}

function looselyEqual(left: Value, right: Value): boolean {
  const nothing = (value: Value): boolean => value === null || value === undefined;
  if (nothing(left) || nothing(right)) return nothing(left) && nothing(right);
  const objects = [left, right].filter((value) => typeof value === 'object').length;
  if (objects === 2) return left === right;
  const [a, b] = [primitive(left), primitive(right)];
  return typeof a === typeof b ? a === b : Number(a) === Number(b);
}

type Comparable = string | number;

function compare(left: Value, right: Value, holds: (a: Comparable, b: Comparable) => boolean): boolean {
  const dates = left instanceof ScriptDate || right instanceof ScriptDate;
  const [a, b] = [primitive(left), primitive(right)];
  if (!dates && typeof a === 'string' && typeof b === 'string') return holds(a, b);
  return holds(toNumber(left), toNumber(right));
}

export function unary(operator: string, value: Value): Value {
  switch (operator) {
    case '-':
      return -toNumber(value);
    case '+':
      return toNumber(value);
    case '!':
      return !value;
    case '~':
      return ~toNumber(value);
    case 'void':
      return undefined;
    default:
      throw new ScriptError(`${operator} is not understood (${toText(value)})`);
  }
}
