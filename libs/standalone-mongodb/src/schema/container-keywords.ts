import { docOf } from '../bson/build.js';
import { Arr, Doc, type Field } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { regExpOf } from '../query/regex.js';
import type { Rule, Schema } from './rules.js';
import { countOf, leafRule, sameUnordered } from './scalar-keywords.js';

type Compile = (value: Value, keyword: string) => Schema;

export function objectOf(field: Field): Doc {
  if (field.value instanceof Doc) return field.value;
  return fail('TypeMismatch', `$jsonSchema keyword '${field.name}' must be an object`);
}

/** Sub-errors with what the schema says of itself. */
function detailed(schema: Schema, value: Value, head: Record<string, Value | number>): Doc {
  return docOf({ ...head, ...schema.annotations, details: Arr.of([...schema.explain(value)]) });
}

export function propertiesRule(field: Field, compile: Compile): Rule {
  const properties = objectOf(field).fields.map(({ name, value }) => ({
    name,
    schema: compile(value, `properties.${name}`),
  }));
  const failing = (value: Doc) =>
    properties.filter(({ name, schema }) => {
      const found = value.get(name);
      return found !== undefined && !schema.matches(found);
    });
  return {
    matches: (value) => !(value instanceof Doc) || failing(value).length === 0,
    explain: (value) => [
      docOf({
        operatorName: 'properties',
        propertiesNotSatisfied: failing(value as Doc).map(({ name, schema }) =>
          detailed(schema, (value as Doc).get(name) as Value, { propertyName: name }),
        ),
      }),
    ],
  };
}

export function requiredRule(field: Field): Rule {
  const names = namesOf(field, 'required');
  const missing = (value: Doc): string[] => names.filter((name) => !value.has(name));
  return {
    matches: (value) => !(value instanceof Doc) || missing(value).length === 0,
    explain: (value) => [
      docOf({
        operatorName: 'required',
        specifiedAs: { required: field.value },
        missingProperties: missing(value as Doc),
      }),
    ],
  };
}

/** A list of distinct property names, in order. */
function namesOf(field: Field, keyword: string): readonly string[] {
  if (!(field.value instanceof Arr)) return fail('TypeMismatch', `$jsonSchema keyword '${keyword}' must be an array`);
  const names = field.value.items.map((item) =>
    typeof item === 'string'
      ? item
      : fail('TypeMismatch', `$jsonSchema keyword '${keyword}' must be an array of strings`),
  );
  if (names.length === 0) fail('FailedToParse', `$jsonSchema keyword '${keyword}' cannot be an empty array`);
  if (new Set(names).size < names.length) {
    fail('FailedToParse', `$jsonSchema keyword '${keyword}' array cannot contain duplicate values`);
  }
  return [...names].sort();
}

/** `additionalProperties` and `patternProperties`, which together know what is additional. */
export function allowedRule(schema: Doc, compile: Compile): Rule {
  const known = new Set(
    (schema.get('properties') instanceof Doc ? (schema.get('properties') as Doc).fields : []).map((f) => f.name),
  );
  const patternField = schema.fields.find((field) => field.name === 'patternProperties');
  const patterns = (patternField === undefined ? [] : objectOf(patternField).fields).map(({ name, value }) => ({
    source: name,
    pattern: regExpOf(name, ''),
    schema: compile(value, `patternProperties.${name}`),
  }));
  const rest = schema.get('additionalProperties') ?? true;
  if (typeof rest !== 'boolean' && !(rest instanceof Doc)) {
    return fail('TypeMismatch', "$jsonSchema keyword 'additionalProperties' must be either an object or a boolean");
  }
  const restSchema = rest instanceof Doc ? compile(rest, 'additionalProperties') : undefined;
  const additional = (value: Doc): Field[] =>
    value.fields.filter(({ name }) => !known.has(name) && !patterns.some(({ pattern }) => pattern.test(name)));
  const wrongRest = (value: Doc): Field[] => {
    if (rest === true) return [];
    return additional(value).filter((field) => restSchema === undefined || !restSchema.matches(field.value));
  };
  const wrongPatterns = (value: Doc) =>
    patterns.flatMap((one) => {
      const found = value.fields.find((field) => one.pattern.test(field.name) && !one.schema.matches(field.value));
      return found === undefined ? [] : [{ ...one, field: found }];
    });
  return {
    matches: (value) => !(value instanceof Doc) || (wrongRest(value).length === 0 && wrongPatterns(value).length === 0),
    explain: (value) => [
      ...restErrors(wrongRest(value as Doc), restSchema),
      ...patternErrors(wrongPatterns(value as Doc)),
    ],
  };
}

function restErrors(wrong: readonly Field[], schema: Schema | undefined): Doc[] {
  const [first] = wrong;
  if (first === undefined) return [];
  const operatorName = 'additionalProperties';
  if (schema === undefined) {
    const names = wrong.map((field) => field.name);
    return [docOf({ operatorName, specifiedAs: { additionalProperties: false }, additionalProperties: names })];
  }
  const reason = 'at least one additional property did not match the subschema';
  const details = Arr.of([...schema.explain(first.value)]);
  return [docOf({ operatorName, ...schema.annotations, reason, failingProperty: first.name, details })];
}

function patternErrors(wrong: readonly { source: string; schema: Schema; field: Field }[]): Doc[] {
  if (wrong.length === 0) return [];
  const details = wrong.map(({ source, schema, field }) =>
    docOf({
      propertyName: field.name,
      ...schema.annotations,
      regexMatched: source,
      details: Arr.of([...schema.explain(field.value)]),
    }),
  );
  return [docOf({ operatorName: 'patternProperties', details })];
}

/** `minProperties` and `maxProperties`. */
export function sizeRule(field: Field): Rule {
  const wanted = countOf(field);
  const size = (value: Value): number => (value as Doc).fields.length;
  return {
    matches: (value) =>
      !(value instanceof Doc) || (field.name === 'minProperties' ? size(value) >= wanted : size(value) <= wanted),
    explain: (value) => [
      docOf({
        operatorName: field.name,
        specifiedAs: { [field.name]: field.value },
        reason: 'specified number of properties was not satisfied',
        numberOfProperties: size(value),
      }),
    ],
  };
}

export function dependenciesRule(field: Field, compile: Compile): Rule {
  const dependencies = objectOf(field).fields.map((dependency) => {
    if (dependency.value instanceof Doc) {
      return { name: dependency.name, schema: compile(dependency.value, 'dependencies'), names: [] };
    }
    return { name: dependency.name, schema: undefined, names: namesOf(dependency, 'dependencies') };
  });
  const failing = (value: Doc) =>
    dependencies.filter(
      ({ name, schema, names }) =>
        value.has(name) && (schema === undefined ? names.some((other) => !value.has(other)) : !schema.matches(value)),
    );
  return {
    matches: (value) => !(value instanceof Doc) || failing(value).length === 0,
    explain: (value) => [
      docOf({
        operatorName: 'dependencies',
        failingDependencies: failing(value as Doc).map(({ name, schema, names }) =>
          schema === undefined
            ? docOf({
                conditionalProperty: name,
                missingProperties: names.filter((other) => !(value as Doc).has(other)),
              })
            : docOf({ conditionalProperty: name, details: Arr.of([...schema.explain(value)]) }),
        ),
      }),
    ],
  };
}

const isArray = (value: Value): value is Arr => value instanceof Arr;

/** `minItems` and `maxItems`. */
export function itemCountRule(field: Field): Rule {
  const wanted = countOf(field);
  const holds = (value: Value): boolean => {
    const { length } = (value as Arr).items;
    return field.name === 'minItems' ? length >= wanted : length <= wanted;
  };
  return leafRule(field, isArray, holds, 'array did not match specified length', (value) => ({
    numberOfItems: (value as Arr).items.length,
  }));
}

export function uniqueRule(field: Field): Rule {
  if (typeof field.value !== 'boolean') fail('TypeMismatch', "$jsonSchema keyword 'uniqueItems' must be a boolean");
  const duplicate = ({ items }: Arr): Value | undefined =>
    items.find((item, i) => items.slice(0, i).some((other) => sameUnordered(other, item)));
  return leafRule(
    field,
    isArray,
    (value) => field.value === false || duplicate(value as Arr) === undefined,
    'found a duplicate item',
    (value) => ({ duplicatedValue: duplicate(value as Arr) }),
  );
}

/** `items` as one schema, or `additionalItems`: from an index on. */
function eachItemRule(keyword: string, schema: Schema, from: number, reason: string): Rule {
  const failing = (value: Arr): number => value.items.findIndex((item, i) => i >= from && !schema.matches(item));
  return {
    matches: (value) => !isArray(value) || failing(value) < 0,
    explain: (value) => {
      const itemIndex = failing(value as Arr);
      const details = Arr.of([...schema.explain((value as Arr).items[itemIndex] as Value)]);
      return [docOf({ operatorName: keyword, ...schema.annotations, reason, itemIndex, details })];
    },
  };
}

export function itemsRules(items: Field | undefined, additional: Field | undefined, compile: Compile): readonly Rule[] {
  if (items === undefined || items.value instanceof Doc) {
    if (items === undefined) return [];
    return [eachItemRule('items', compile(items.value, 'items'), 0, 'At least one item did not match the sub-schema')];
  }
  if (!(items.value instanceof Arr)) {
    return fail('TypeMismatch', "$jsonSchema keyword 'items' must be an array or an object");
  }
  const schemas = items.value.items.map((item, i) => compile(item, `items.${i}`));
  const rules: Rule[] = [tupleRule(schemas)];
  if (additional === undefined || additional.value === true) return rules;
  if (additional.value === false) return [...rules, noMoreRule(schemas.length)];
  const reason = 'At least one additional item did not match the sub-schema';
  return [
    ...rules,
    eachItemRule('additionalItems', compile(additional.value, 'additionalItems'), schemas.length, reason),
  ];
}

function tupleRule(schemas: readonly Schema[]): Rule {
  const failing = (value: Arr) =>
    schemas.flatMap((schema, i) => {
      const item = value.items[i];
      return item !== undefined && !schema.matches(item) ? [{ schema, item, i }] : [];
    });
  return {
    matches: (value) => !isArray(value) || failing(value).length === 0,
    explain: (value) => [
      docOf({
        operatorName: 'items',
        details: failing(value as Arr).map(({ schema, item, i }) => detailed(schema, item, { itemIndex: i })),
      }),
    ],
  };
}

function noMoreRule(from: number): Rule {
  return {
    matches: (value) => !isArray(value) || value.items.length <= from,
    explain: (value) => [
      docOf({
        operatorName: 'additionalItems',
        specifiedAs: { additionalItems: false },
        reason: 'found additional items',
        additionalItems: Arr.of((value as Arr).items.slice(from)),
      }),
    ],
  };
}
