import { docOf, type PlainObject } from '../bson/build.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { compareFinite, compareNumbers, exactParts, toDouble } from '../bson/numbers.js';
import { BsonType, isNumber, typeByName, typeName, typeOf, type NumberValue, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { regExpOf } from '../query/regex.js';
import type { Rule } from './rules.js';

const JSON_TYPES: Readonly<Record<string, readonly BsonType[]>> = {
  object: [BsonType.Object],
  array: [BsonType.Array],
  string: [BsonType.String],
  boolean: [BsonType.Boolean],
  null: [BsonType.Null],
  number: [BsonType.Double, BsonType.Int32, BsonType.Int64, BsonType.Decimal128],
};

/** A rule about one value whose error says what was specified and what was found. */
export function leafRule(
  specification: Field,
  applies: (value: Value) => boolean,
  matches: (value: Value) => boolean,
  reason: string,
  more: (value: Value) => PlainObject = () => ({}),
  specifiedAs: Doc = Doc.of([specification]),
): Rule {
  return {
    matches: (value) => !applies(value) || matches(value),
    explain: (value) => [
      docOf({ operatorName: specification.name, specifiedAs, reason, consideredValue: value, ...more(value) }),
    ],
  };
}

/** `type` and `bsonType`. */
export function typeRule(field: Field): Rule {
  const names = field.value instanceof Arr ? field.value.items : [field.value];
  if (names.length === 0) fail('FailedToParse', `$jsonSchema keyword '${field.name}' must name at least one type`);
  const types = new Set<BsonType>();
  const seen = new Set<string>();
  for (const name of names) {
    if (typeof name !== 'string') {
      fail('TypeMismatch', `$jsonSchema keyword '${field.name}' must be either a string or an array of strings`);
    }
    if (seen.has(name)) fail('FailedToParse', `$jsonSchema keyword '${field.name}' has duplicate value: ${name}`);
    seen.add(name);
    for (const type of typesOf(field.name, name)) types.add(type);
  }
  return leafRule(
    field,
    () => true,
    (value) => types.has(typeOf(value)),
    'type did not match',
    (value) => ({ consideredType: typeName(value) }),
  );
}

function typesOf(keyword: string, name: string): readonly BsonType[] {
  if (keyword === 'type') {
    if (name === 'integer') fail('FailedToParse', "$jsonSchema type 'integer' is not currently supported.");
    return JSON_TYPES[name] ?? fail('BadValue', `Unknown type name alias: ${name}`);
  }
  if (name === 'number') return JSON_TYPES['number'] as readonly BsonType[];
  const type = typeByName(name);
  return type === undefined ? fail('BadValue', `Unknown type name alias: ${name}`) : [type];
}

function numberOf(field: Field): NumberValue {
  if (isNumber(field.value)) return field.value;
  return fail('TypeMismatch', `$jsonSchema keyword '${field.name}' must be a number`);
}

/** `minimum` and `maximum`, with their exclusive forms. */
export function boundRule(field: Field, exclusive: Field | undefined): Rule {
  const bound = numberOf(field);
  if (exclusive !== undefined && typeof exclusive.value !== 'boolean') {
    fail('TypeMismatch', `$jsonSchema keyword '${exclusive.name}' must be a boolean`);
  }
  const strict = exclusive?.value === true;
  const sign = field.name === 'minimum' ? 1 : -1;
  const specifiedAs = Doc.of(exclusive === undefined ? [field] : [field, exclusive]);
  const holds = (value: Value): boolean => {
    const order = compareNumbers(value as NumberValue, bound) * sign;
    return Number.isNaN(toDouble(value as NumberValue)) !== Number.isNaN(toDouble(bound))
      ? false
      : strict
        ? order > 0
        : order >= 0;
  };
  return leafRule(field, isNumber, holds, 'comparison failed', undefined, specifiedAs);
}

/** `multipleOf`, by exact value. */
export function multipleRule(field: Field): Rule {
  const divisor = exactParts(numberOf(field));
  if (divisor.kind !== 'finite' || divisor.coefficient <= 0n) {
    return fail('FailedToParse', "$jsonSchema keyword 'multipleOf' must have a positive value");
  }
  const isMultiple = (value: Value): boolean => {
    const parts = exactParts(value as NumberValue);
    if (parts.kind !== 'finite') return false;
    const least = Math.min(parts.exponent, divisor.exponent);
    const x = parts.coefficient * 10n ** BigInt(parts.exponent - least);
    const y = divisor.coefficient * 10n ** BigInt(divisor.exponent - least);
    return compareFinite({ kind: 'finite', coefficient: x % y, exponent: 0 }, ZERO) === 0;
  };
  return leafRule(field, isNumber, isMultiple, 'considered value is not a multiple of the specified value');
}

const ZERO = { kind: 'finite', coefficient: 0n, exponent: 0 } as const;

/** A whole number that is not below zero, as lengths and counts are. */
export function countOf(field: Field): number {
  const value = toDouble(numberOf(field));
  if (!Number.isInteger(value)) {
    fail('FailedToParse', `$jsonSchema keyword '${field.name}' must be an integer, found: ${value}`);
  }
  if (value < 0) {
    fail('FailedToParse', `$jsonSchema keyword '${field.name}' must be a non-negative integer, found: ${value}`);
  }
  return value;
}

/** `minLength` and `maxLength`, in code points. */
export function lengthRule(field: Field): Rule {
  const wanted = countOf(field);
  const isLeast = field.name === 'minLength';
  return leafRule(
    field,
    (value) => typeof value === 'string',
    (value) => (isLeast ? [...(value as string)].length >= wanted : [...(value as string)].length <= wanted),
    'specified string length was not satisfied',
  );
}

export function patternRule(field: Field): Rule {
  if (typeof field.value !== 'string') fail('TypeMismatch', "$jsonSchema keyword 'pattern' must be a string");
  const pattern = regExpOf(field.value, '');
  return leafRule(
    field,
    (value) => typeof value === 'string',
    (value) => pattern.test(value as string),
    'regular expression did not match',
  );
}

export function enumRule(field: Field): Rule {
  if (!(field.value instanceof Arr)) return fail('TypeMismatch', "$jsonSchema keyword 'enum' must be an array");
  const allowed = field.value.items;
  if (allowed.length === 0) fail('FailedToParse', "$jsonSchema keyword 'enum' cannot be an empty array");
  allowed.forEach((item, i) => {
    if (allowed.slice(0, i).some((other) => compareValues(other, item) === 0)) {
      fail('FailedToParse', "$jsonSchema keyword 'enum' array cannot contain duplicate values.");
    }
  });
  return leafRule(
    field,
    () => true,
    (value) => allowed.some((item) => sameUnordered(item, value)),
    'value was not found in enum',
  );
}

/** Equal, whatever the order of fields in documents. */
export function sameUnordered(a: Value, b: Value): boolean {
  if (a instanceof Doc && b instanceof Doc) {
    if (a.fields.length !== b.fields.length) return false;
    return a.fields.every((field) => {
      const other = b.get(field.name);
      return other !== undefined && sameUnordered(field.value, other);
    });
  }
  if (a instanceof Arr && b instanceof Arr) {
    return a.items.length === b.items.length && a.items.every((item, i) => sameUnordered(item, b.items[i] as Value));
  }
  return compareValues(a, b) === 0;
}
