import { docOf, type PlainObject } from '../bson/build.js';
import { Arr, Doc, type Field } from '../bson/document.js';
import { typeName, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import type { Rule, Schema } from './rules.js';
import { boundRule, enumRule, lengthRule, multipleRule, patternRule, typeRule } from './scalar-keywords.js';
import {
  allowedRule,
  dependenciesRule,
  itemCountRule,
  itemsRules,
  propertiesRule,
  requiredRule,
  sizeRule,
  uniqueRule,
} from './container-keywords.js';

/** Keywords of JSON Schema draft 4 that mongod refuses, too. */
const UNSUPPORTED = new Set(['$ref', '$schema', 'default', 'definitions', 'format', 'id']);
const KNOWN = new Set([
  ...['type', 'bsonType', 'minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf', 'minLength'],
  ...['maxLength', 'pattern', 'enum', 'properties', 'required', 'additionalProperties', 'patternProperties'],
  ...['minProperties', 'maxProperties', 'dependencies', 'items', 'additionalItems', 'minItems', 'maxItems'],
  ...['uniqueItems', 'allOf', 'anyOf', 'oneOf', 'not', 'title', 'description'],
]);

/** Compiles a schema of `$jsonSchema`. Throws mongod's FailedToParse and TypeMismatch. */
export function compileSchema(value: Value, keyword = '$jsonSchema'): Schema {
  if (!(value instanceof Doc)) {
    if (keyword === '$jsonSchema') return fail('TypeMismatch', '$jsonSchema must be an object');
    return fail('TypeMismatch', `$jsonSchema keyword '${keyword.split('.')[0] ?? ''}' must be an object`);
  }
  const fields = checkedFields(value);
  const rules = [
    ...scalarRules(fields),
    ...arrayRules(fields),
    ...objectRules(value, fields),
    ...logicalRules(fields),
    ...['type', 'bsonType'].flatMap((name) => optional(fields.get(name), typeRule)),
  ];
  return {
    rules,
    annotations: annotationsOf(fields),
    matches: (candidate) => rules.every((rule) => rule.matches(candidate)),
    explain: (candidate) =>
      rules.filter((rule) => !rule.matches(candidate)).flatMap((rule) => [...rule.explain(candidate)]),
  };
}

type Fields = ReadonlyMap<string, Field>;

function checkedFields(schema: Doc): Fields {
  const fields = new Map<string, Field>();
  for (const field of schema.fields) {
    const { name } = field;
    if (UNSUPPORTED.has(name)) fail('FailedToParse', `$jsonSchema keyword '${name}' is not currently supported`);
    if (name === 'encrypt' || name === 'encryptMetadata') {
      fail('NotImplemented', `standalone mode has no $jsonSchema keyword '${name}'`);
    }
    if (!KNOWN.has(name)) fail('FailedToParse', `Unknown $jsonSchema keyword: ${name}`);
    if (fields.has(name)) fail('FailedToParse', `Duplicate $jsonSchema keyword: ${name}`);
    fields.set(name, field);
  }
  if (fields.has('type') && fields.has('bsonType')) {
    fail('FailedToParse', "Cannot specify both $jsonSchema keywords 'type' and 'bsonType'");
  }
  for (const name of ['title', 'description']) {
    const field = fields.get(name);
    if (field !== undefined && typeof field.value !== 'string') {
      fail('TypeMismatch', `$jsonSchema keyword '${name}' must be of type string`);
    }
  }
  return fields;
}

function annotationsOf(fields: Fields): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const name of ['title', 'description']) {
    const value = fields.get(name)?.value;
    if (typeof value === 'string') annotations[name] = value;
  }
  return annotations;
}

function optional(field: Field | undefined, make: (field: Field) => Rule): Rule[] {
  return field === undefined ? [] : [make(field)];
}

function scalarRules(fields: Fields): Rule[] {
  const bounds = [
    ['maximum', 'exclusiveMaximum'],
    ['minimum', 'exclusiveMinimum'],
  ] as const;
  return [
    ...bounds.flatMap(([name, exclusive]) => {
      const [bound, strict] = [fields.get(name), fields.get(exclusive)];
      if (bound === undefined && strict !== undefined) {
        fail('FailedToParse', `$jsonSchema keyword '${name}' must be a present if ${exclusive} is present`);
      }
      return bound === undefined ? [] : [boundRule(bound, strict)];
    }),
    ...optional(fields.get('maxLength'), lengthRule),
    ...optional(fields.get('minLength'), lengthRule),
    ...optional(fields.get('pattern'), patternRule),
    ...optional(fields.get('multipleOf'), multipleRule),
  ];
}

function arrayRules(fields: Fields): Rule[] {
  return [
    ...optional(fields.get('minItems'), itemCountRule),
    ...optional(fields.get('maxItems'), itemCountRule),
    ...optional(fields.get('uniqueItems'), uniqueRule),
    ...itemsRules(fields.get('items'), fields.get('additionalItems'), compileSchema),
  ];
}

function objectRules(schema: Doc, fields: Fields): Rule[] {
  const allowed = fields.has('additionalProperties') || fields.has('patternProperties');
  return [
    ...optional(fields.get('properties'), (field) => propertiesRule(field, compileSchema)),
    ...(allowed ? [allowedRule(schema, compileSchema)] : []),
    ...optional(fields.get('required'), requiredRule),
    ...optional(fields.get('minProperties'), sizeRule),
    ...optional(fields.get('maxProperties'), sizeRule),
    ...optional(fields.get('dependencies'), (field) => dependenciesRule(field, compileSchema)),
  ];
}

function logicalRules(fields: Fields): Rule[] {
  return [
    ...['allOf', 'anyOf', 'oneOf'].flatMap((name) => optional(fields.get(name), combination)),
    ...optional(fields.get('not'), (field) => {
      const schema = compileSchema(field.value, 'not');
      return {
        matches: (value) => !schema.matches(value),
        explain: () => [docOf({ operatorName: 'not', reason: 'child expression matched' })],
      };
    }),
    ...optional(fields.get('enum'), enumRule),
  ];
}

function combination(field: Field): Rule {
  const { name, value: list } = field;
  if (!(list instanceof Arr)) return fail('TypeMismatch', `$jsonSchema keyword '${name}' must be an array`);
  if (list.items.length === 0) fail('BadValue', `$jsonSchema keyword '${name}' must be a non-empty array`);
  const schemas = list.items.map((item) => {
    if (!(item instanceof Doc)) {
      fail(
        'TypeMismatch',
        `$jsonSchema keyword '${name}' must be an array of objects, but found an element of type ${typeName(item)}`,
      );
    }
    return compileSchema(item, name);
  });
  const matching = (value: Value): number[] => schemas.flatMap((schema, i) => (schema.matches(value) ? [i] : []));
  return {
    matches: (value) => {
      const count = matching(value).length;
      return name === 'allOf' ? count === schemas.length : name === 'anyOf' ? count > 0 : count === 1;
    },
    explain: (value) => {
      const matched = matching(value);
      if (name === 'oneOf' && matched.length > 0) {
        const reason = 'more than one subschema matched';
        return [docOf({ operatorName: name, reason, matchingSchemaIndexes: matched })];
      }
      const failed: PlainObject[] = schemas.flatMap((schema, index) =>
        matched.includes(index) ? [] : [{ index, ...schema.annotations, details: Arr.of([...schema.explain(value)]) }],
      );
      return [docOf({ operatorName: name, schemasNotSatisfied: failed })];
    },
  };
}

/** mongod's account of a document that does not match `$jsonSchema`. */
export function explainSchema(schema: Schema, doc: Doc): Doc {
  return docOf({
    operatorName: '$jsonSchema',
    ...schema.annotations,
    schemaRulesNotSatisfied: Arr.of([...schema.explain(doc)]),
  });
}
