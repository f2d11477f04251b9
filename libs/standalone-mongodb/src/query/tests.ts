import { canonicalOf, compareValues, equalValues } from '../bson/compare.js';
import { KeyBuilder } from '../bson/key.js';
import { toDouble } from '../bson/numbers.js';
import {
  Decimal,
  isNumber,
  MaxKey,
  MinKey,
  RegExpValue,
  SymbolValue,
  typeOf,
  type Maybe,
  type Value,
} from '../bson/values.js';
import type { ComparisonOp, Test } from './ast.js';
import { bitReader, truncate } from './parse-tests.js';

type Check = (value: Maybe) => boolean;
type Single = Exclude<Test, { op: 'size' | 'elemMatchObject' | 'elemMatchValue' }>;

/** A test of one value, arrays not looked into. */
export function singleTest(test: Single): Check {
  switch (test.op) {
    case 'eq':
    case 'gt':
    case 'gte':
    case 'lt':
    case 'lte':
      return comparison(test.op, test.value);
    case 'in':
      return membership(test.values, test.patterns);
    case 'regex':
      return (value) => matchesPattern(value, test.pattern) || isSameRegExp(value, test.source, test.flags);
    case 'exists':
      return (value) => value !== undefined;
    case 'type':
      return (value) => value !== undefined && (test.types.has(typeOf(value)) || (test.number && isNumber(value)));
    case 'mod':
      return (value) => {
        const integer = value === undefined ? undefined : truncate(value);
        return integer !== undefined && integer % test.divisor === test.remainder;
      };
    case 'bits':
      return (value) => {
        const isSet = value === undefined ? undefined : bitReader(value);
        if (isSet === undefined) return false;
        const holds = (position: number): boolean => isSet(position) === test.set;
        return test.all ? test.positions.every(holds) : test.positions.some(holds);
      };
  }
}

function comparison(op: ComparisonOp, wanted: Value): Check {
  if (typeof wanted === 'string' && op === 'eq') {
    return (value) => value === wanted || (value instanceof SymbolValue && value.value === wanted);
  }
  const place = canonicalOf(typeOf(wanted));
  const orEqual = op === 'eq' || op === 'gte' || op === 'lte';
  if (wanted === null) return (value) => orEqual && (value === null || value === undefined);
  const isEdge = wanted instanceof MinKey || wanted instanceof MaxKey;
  const isNaNWanted = isNumber(wanted) && isNaNValue(wanted);
  return (value) => {
    if (value === undefined) return isEdge && op !== 'eq';
    if (canonicalOf(typeOf(value)) !== place) return isEdge && op !== 'eq';
    if (place === 10 && (isNaNWanted || isNaNValue(value))) return orEqual && isNaNWanted && isNaNValue(value);
    return holds(op, compareValues(value, wanted));
  };
}

function isNaNValue(value: Value): boolean {
  return (
    (typeof value === 'number' && Number.isNaN(value)) || (value instanceof Decimal && Number.isNaN(toDouble(value)))
  );
}

export function holds(op: ComparisonOp, order: number): boolean {
  switch (op) {
    case 'eq':
      return order === 0;
    case 'gt':
      return order > 0;
    case 'gte':
      return order >= 0;
    case 'lt':
      return order < 0;
    case 'lte':
      return order <= 0;
  }
}

const LOOKUP_FROM = 8;

/** `$in`: by the bytes of the key when there are many values. */
function membership(values: readonly Value[], patterns: readonly RegExp[]): Check {
  const hasNull = values.some((value) => value === null);
  const byPattern = (value: Maybe): boolean => patterns.some((pattern) => matchesPattern(value, pattern));
  if (values.length < LOOKUP_FROM) {
    return (value) =>
      value === undefined ? hasNull : values.some((wanted) => equalValues(value, wanted)) || byPattern(value);
  }
  if (values.every((value) => typeof value === 'string')) {
    const strings = new Set<unknown>(values);
    return (value) => strings.has(value instanceof SymbolValue ? value.value : value);
  }
  const known = new Set(values.map(keyText));
  return (value) => (value === undefined ? hasNull : known.has(keyText(value)) || byPattern(value));
}

/** The key's bytes as a string: equal for equal values of whatever number type. */
export function keyText(value: Value): string {
  KeyBuilder.begin(0);
  KeyBuilder.add(value, false);
  return KeyBuilder.take().toString('latin1');
}

function matchesPattern(value: Maybe, pattern: RegExp): boolean {
  if (typeof value === 'string') return pattern.test(value);
  return value instanceof SymbolValue && pattern.test(value.value);
}

function isSameRegExp(value: Maybe, source: string, flags: string): boolean {
  return value instanceof RegExpValue && value.pattern === source && value.flags === flags;
}
