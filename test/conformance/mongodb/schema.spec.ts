import { describe, expect, it } from '@jest/globals';
import type { Document, MongoServerError } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/** The details of the error that a document meets under a validator. */
async function detailsOf(validator: Document, doc: Document): Promise<Document> {
  await subject.db.createCollection(subject.coll.collectionName, { validator });
  const error = await subject.coll.insertOne({ _id: 1 as never, ...doc }).then(
    () => undefined,
    (failure: MongoServerError) => failure,
  );
  expect(error?.code).toBe(121);
  expect(error?.errInfo?.['failingDocumentId']).toBe(1);
  return error?.errInfo?.['details'] as Document;
}

async function ruleErrors(schema: Document, doc: Document): Promise<Document[]> {
  const details = await detailsOf({ $jsonSchema: schema }, doc);
  expect(details['operatorName']).toBe('$jsonSchema');
  return details['schemaRulesNotSatisfied'] as Document[];
}

type Row = readonly [string, Document, unknown, Document];

/** Schemas of property `a`, a wrong value for it, and what the error says. */
const PROPERTIES: readonly Row[] = [
  [
    'bsonType',
    { bsonType: 'int' },
    'x',
    { reason: 'type did not match', consideredValue: 'x', consideredType: 'string' },
  ],
  ['type', { type: 'number' }, 'x', { reason: 'type did not match', consideredValue: 'x', consideredType: 'string' }],
  ['minimum', { minimum: 5 }, 4, { reason: 'comparison failed', consideredValue: 4 }],
  ['maximum', { maximum: 5, exclusiveMaximum: true }, 5, { reason: 'comparison failed', consideredValue: 5 }],
  [
    'multipleOf',
    { multipleOf: 3 },
    4,
    { reason: 'considered value is not a multiple of the specified value', consideredValue: 4 },
  ],
  ['minLength', { minLength: 2 }, 'é', { reason: 'specified string length was not satisfied', consideredValue: 'é' }],
  [
    'maxLength',
    { maxLength: 2 },
    'abc',
    { reason: 'specified string length was not satisfied', consideredValue: 'abc' },
  ],
  ['pattern', { pattern: '^x' }, 'ax', { reason: 'regular expression did not match', consideredValue: 'ax' }],
  ['enum', { enum: [1, 'a', null] }, 2, { reason: 'value was not found in enum', consideredValue: 2 }],
  [
    'minItems',
    { minItems: 2 },
    [1],
    { reason: 'array did not match specified length', consideredValue: [1], numberOfItems: 1 },
  ],
  [
    'uniqueItems',
    { uniqueItems: true },
    [1, 2, 1],
    { reason: 'found a duplicate item', consideredValue: [1, 2, 1], duplicatedValue: 1 },
  ],
  [
    'minProperties',
    { minProperties: 2 },
    { x: 1 },
    { reason: 'specified number of properties was not satisfied', numberOfProperties: 1 },
  ],
];

describe('$jsonSchema as a validator', () => {
  it.each(PROPERTIES)('says what %s found', async (keyword, schema, value, error) => {
    const [properties] = await ruleErrors({ properties: { a: { ...schema, description: 'why' } } }, { a: value });
    expect(properties).toEqual({
      operatorName: 'properties',
      propertiesNotSatisfied: [
        {
          propertyName: 'a',
          description: 'why',
          details: [{ operatorName: keyword, specifiedAs: schema, ...error }],
        },
      ],
    });
  });

  it('says what is missing and what is too much', async () => {
    const schema = {
      required: ['name', 'age'],
      properties: { _id: {}, name: { bsonType: 'string' } },
      additionalProperties: false,
    };
    expect(await ruleErrors(schema, { name: 'x', extra: 1 })).toEqual([
      {
        operatorName: 'additionalProperties',
        specifiedAs: { additionalProperties: false },
        additionalProperties: ['extra'],
      },
      { operatorName: 'required', specifiedAs: { required: ['name', 'age'] }, missingProperties: ['age'] },
    ]);
  });

  it('goes into documents and arrays', async () => {
    const item = { bsonType: 'object', required: ['q'], properties: { q: { bsonType: 'int' } } };
    expect(
      await ruleErrors({ properties: { list: { bsonType: 'array', items: item } } }, { list: [{ q: 1 }, {}] }),
    ).toEqual([
      {
        operatorName: 'properties',
        propertiesNotSatisfied: [
          {
            propertyName: 'list',
            details: [
              {
                operatorName: 'items',
                reason: 'At least one item did not match the sub-schema',
                itemIndex: 1,
                details: [{ operatorName: 'required', specifiedAs: { required: ['q'] }, missingProperties: ['q'] }],
              },
            ],
          },
        ],
      },
    ]);
  });

  it('combines schemas', async () => {
    const [any] = await ruleErrors(
      { anyOf: [{ required: ['a'] }, { properties: { b: { minimum: 5 } }, required: ['b'] }] },
      { b: 1 },
    );
    expect(any).toMatchObject({
      operatorName: 'anyOf',
      schemasNotSatisfied: [
        { index: 0, details: [{ operatorName: 'required', missingProperties: ['a'] }] },
        { index: 1, details: [{ operatorName: 'properties' }] },
      ],
    });
  });

  it('tells too many and negated matches', async () => {
    const schema = { oneOf: [{ required: ['a'] }, { required: ['b'] }], not: { required: ['c'] } };
    expect(await ruleErrors(schema, { a: 1, b: 1, c: 1 })).toEqual([
      { operatorName: 'oneOf', reason: 'more than one subschema matched', matchingSchemaIndexes: [0, 1] },
      { operatorName: 'not', reason: 'child expression matched' },
    ]);
  });

  it('knows dependencies and patterns', async () => {
    const schema = { dependencies: { a: ['b', 'c'] }, patternProperties: { '^n': { bsonType: 'int' } } };
    expect(await ruleErrors(schema, { a: 1, b: 1, n1: 'x' })).toEqual([
      {
        operatorName: 'patternProperties',
        details: [
          { propertyName: 'n1', regexMatched: '^n', details: [expect.objectContaining({ operatorName: 'bsonType' })] },
        ],
      },
      { operatorName: 'dependencies', failingDependencies: [{ conditionalProperty: 'a', missingProperties: ['c'] }] },
    ]);
  });
});

describe('filters as validators', () => {
  it.each<[string, Document, Document, Document]>([
    [
      'a comparison',
      { a: { $gt: 5 } },
      { a: 3 },
      { operatorName: '$gt', specifiedAs: { a: { $gt: 5 } }, reason: 'comparison failed', consideredValue: 3 },
    ],
    [
      'a missing field',
      { a: { $gt: 5 } },
      {},
      { operatorName: '$gt', specifiedAs: { a: { $gt: 5 } }, reason: 'field was missing' },
    ],
    [
      'a type',
      { a: { $type: 'int' } },
      { a: 'x' },
      {
        operatorName: '$type',
        specifiedAs: { a: { $type: 'int' } },
        reason: 'type did not match',
        consideredValue: 'x',
        consideredType: 'string',
      },
    ],
    [
      'several clauses',
      { a: 1, b: { $exists: true } },
      { a: 2 },
      {
        operatorName: '$and',
        clausesNotSatisfied: [
          {
            index: 0,
            details: { operatorName: '$eq', specifiedAs: { a: 1 }, reason: 'comparison failed', consideredValue: 2 },
          },
          {
            index: 1,
            details: { operatorName: '$exists', specifiedAs: { b: { $exists: true } }, reason: 'path does not exist' },
          },
        ],
      },
    ],
    [
      'an expression',
      { $expr: { $lt: ['$a', '$b'] } },
      { a: 2, b: 1 },
      {
        operatorName: '$expr',
        specifiedAs: { $expr: { $lt: ['$a', '$b'] } },
        reason: 'expression did not match',
        expressionResult: false,
      },
    ],
  ])('explain %s', async (_name, validator, doc, details) => {
    expect(await detailsOf(validator, doc)).toEqual(details);
  });

  it('are passed by when asked, and spare old documents when moderate', async () => {
    await subject.coll.insertOne({ _id: 1 as never, a: 1 });
    await subject.db.command({
      collMod: subject.coll.collectionName,
      validator: { a: { $gt: 5 } },
      validationLevel: 'moderate',
    });
    await subject.coll.updateOne({ _id: 1 as never }, { $set: { b: 1 } });
    await expect(subject.coll.insertOne({ a: 1 })).rejects.toMatchObject({ code: 121 });
    await subject.coll.insertOne({ _id: 2 as never, a: 1 }, { bypassDocumentValidation: true });
    expect(await subject.coll.countDocuments()).toBe(2);
  });
});

describe('$jsonSchema as a query', () => {
  const DOCS = [{ a: 1 }, { a: 'x' }, { a: [1, 2] }, { b: 1 }, { a: { c: 5 } }, { a: 2.5 }];

  it.each<[string, Document, readonly number[]]>([
    ['a type', { properties: { a: { bsonType: 'number' } } }, [1, 4, 6]],
    ['a required type', { required: ['a'], properties: { a: { bsonType: ['string', 'array'] } } }, [2, 3]],
    ['items', { required: ['a'], properties: { a: { bsonType: 'array', items: { minimum: 1 } } } }, [3]],
    ['nested properties', { required: ['a'], properties: { a: { required: ['c'], bsonType: 'object' } } }, [5]],
    ['multiples', { required: ['a'], properties: { a: { bsonType: 'number', multipleOf: 0.5 } } }, [1, 6]],
    ['not', { not: { required: ['a'] } }, [4]],
    ['all documents', {}, [1, 2, 3, 4, 5, 6]],
  ])('finds %s', async (_name, schema, expected) => {
    await subject.coll.insertMany(DOCS.map((doc, i) => ({ _id: (i + 1) as never, ...doc })));
    const found = await subject.coll
      .find({ $jsonSchema: schema })
      .sort({ _id: 1 })
      .map((doc) => doc._id as unknown)
      .toArray();
    expect(found).toEqual(expected);
  });

  it.each<[string, unknown, number]>([
    ['an unknown keyword', { frob: 1 }, 9],
    ['an unsupported keyword', { format: 'date' }, 9],
    ['the type integer', { type: 'integer' }, 9],
    ['an unknown type', { bsonType: 'frob' }, 2],
    ['a minimum that is no number', { minimum: 'x' }, 14],
    ['a schema that is no document', 5, 14],
    ['type and bsonType', { type: 'string', bsonType: 'string' }, 9],
    ['an exclusive bound alone', { exclusiveMinimum: true }, 9],
    ['an empty required', { required: [] }, 9],
    ['an empty enum', { enum: [] }, 9],
  ])('refuses %s', async (_name, schema, code) => {
    await expect(subject.coll.find({ $jsonSchema: schema as Document }).toArray()).rejects.toMatchObject({ code });
  });
});
