import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BSON, Double, Int32, Long, type Document } from 'mongodb';
import { compare, Refused, Unknown, type Value } from './aggregate-model.js';
import { runModel } from './aggregate-model-stages.js';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/*
 * Random pipelines over random documents against the model beside this file: results are compared with their types. Some tens
 * by default; `AGGREGATION_RUNS` tells how many.
 */
const RUNS = Number(process.env['AGGREGATION_RUNS'] ?? 80);

const number = fc.oneof(
  fc.integer({ min: -4, max: 6 }).map((n) => new Int32(n) as Value),
  fc.integer({ min: -4, max: 6 }).map((n) => Long.fromNumber(n) as Value),
  fc.constantFrom<Value>(...[0, 0.5, -1.25, 2, 3].map((n) => new Double(n)), Long.fromBigInt((1n << 40n) + 1n)),
);
const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 2, arbitrary: fc.constantFrom<Value>('', 'a', 'ab', 'é', '\u{1f600}b') },
  { weight: 1, arbitrary: fc.constantFrom<Value>(null, true, false) },
  { weight: 1, arbitrary: fc.constantFrom<Value>(new Date(0), new Date('2024-02-29T23:30:00Z'), new Date(-1)) },
);
const value: fc.Arbitrary<Value> = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 3, arbitrary: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<Value> },
  { weight: 1, arbitrary: fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }) as fc.Arbitrary<Value> },
  { weight: 1, arbitrary: fc.array(fc.record({ x: scalar }), { maxLength: 2 }) as fc.Arbitrary<Value> },
);
const FIELDS = ['a', 'b', 'l', 'o'] as const;
const doc = fc.record(
  { a: scalar, b: value, l: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<Value>, o: fc.record({ x: scalar }) },
  { requiredKeys: [] },
);
const docs = fc.array(doc, { minLength: 1, maxLength: 8 });

const BIG = [new Int32(2 ** 31 - 1), Long.fromBigInt(2n ** 62n), Long.fromBigInt(-(2n ** 53n) - 1n)];
const literal = fc.oneof(scalar, fc.constantFrom<Value>(...BIG));
const field = fc.constantFrom('$a', '$b', '$l', '$o', '$o.x', '$b.x', '$none', '$$ROOT.a');

const BINARY = ['$subtract', '$divide', '$mod', '$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$cmp', '$arrayElemAt'];
const LISTS = ['$in', '$indexOfArray', '$setEquals', '$setIsSubset'];
const UNARY = [
  ...['$abs', '$floor', '$ceil', '$trunc', '$not', '$strLenCP', '$strLenBytes', '$size', '$first', '$last'],
  ...['$reverseArray', '$isArray', '$isNumber', '$type', '$objectToArray', '$year', '$month', '$dayOfMonth'],
  ...['$dayOfWeek', '$hour'],
];
const MANY = ['$add', '$multiply', '$concat', '$concatArrays', '$and', '$or', '$ifNull', '$mergeObjects'];
/** What most often suits an operator, so that not all end in an error. */
const SUITED: Readonly<Record<string, readonly string[]>> = {
  ...{ $size: ['$l'], $first: ['$l'], $last: ['$l'], $reverseArray: ['$l'], $concatArrays: ['$l'] },
  ...{ $mergeObjects: ['$o', '$none'], $objectToArray: ['$o'], $add: ['$a', '$o.x'], $multiply: ['$a', '$o.x'] },
};

const { expression } = fc.letrec<{ expression: unknown; call: unknown }>((tie) => {
  const args = (name: string, minLength: number, maxLength: number): fc.Arbitrary<Document> => {
    const suited = SUITED[name];
    const one = suited === undefined ? tie('expression') : fc.oneof(fc.constantFrom(...suited), tie('expression'));
    return fc.array(one, { minLength, maxLength }).map((list) => ({ [name]: list }));
  };
  const of = (names: readonly string[], least: number, most: number): fc.Arbitrary<unknown> =>
    fc.constantFrom(...names).chain((name) => args(name, least, most));
  return {
    expression: fc.oneof({ maxDepth: 3 }, field, field, literal.map(quoted), tie('call')),
    call: fc.oneof(
      of(BINARY, 2, 2),
      of(LISTS, 2, 2).map((call) => withList(call as Document)),
      of(UNARY, 1, 1),
      of(MANY, 2, 3),
      of(['$cond'], 3, 3),
      tie('expression').map((inner) => ({ $map: { input: '$l', in: { $eq: ['$$this', inner] } } })),
      literal.map((limit) => ({ $filter: { input: '$l', cond: { $gt: ['$$this', quoted(limit)] } } })),
      tie('expression').map((inner) => ({
        $reduce: { input: '$l', initialValue: inner, in: { $ifNull: ['$$this', '$$value'] } },
      })),
      tie('expression').map((inner) => ({ x: inner, y: '$a' })),
      fc.array(tie('expression'), { maxLength: 2 }),
    ),
  };
});

function quoted(one: Value): unknown {
  return one === null || one instanceof Date ? one : { $literal: one };
}

/** These take a list behind, or before. */
function withList(call: Document): Document {
  const [[name, [first, second]] = ['', []]] = Object.entries(call) as [string, unknown[]][];
  if (name === '$indexOfArray') return { [name]: ['$l', second] };
  return { [name]: name === '$in' ? [first, '$l'] : ['$l', second] };
}

const accumulator = fc
  .tuple(fc.constantFrom('$sum', '$avg', '$min', '$max', '$first', '$last', '$push'), field)
  .map(([name, argument]) => ({ [name]: argument }));
const output = fc.oneof(
  accumulator,
  fc.constant({ $count: {} }),
  field.map((argument) => ({ $addToSet: argument })),
);

/** A document of expressions would be one of paths in these stages. */
function whole(inner: unknown): unknown {
  const isDocument = typeof inner === 'object' && inner !== null && 'x' in inner;
  return isDocument ? { $mergeObjects: [inner] } : inner;
}

/** Stages whose result is in the order of their input. */
const shaping: fc.Arbitrary<Document> = fc.oneof(
  expression.map(($expr) => ({ $match: { $expr } })),
  fc.tuple(fc.constantFrom(...FIELDS, 'new'), expression).map(([name, inner]) => ({ $set: { [name]: whole(inner) } })),
  fc
    .tuple(fc.constantFrom(...FIELDS), expression)
    .map(([name, inner]) => ({ $project: { [name]: 1, new: whole(inner) } })),
  fc
    .record(
      {
        path: fc.constantFrom('$l', '$b', '$none'),
        preserveNullAndEmptyArrays: fc.boolean(),
        includeArrayIndex: fc.constant('at'),
      },
      { requiredKeys: ['path'] },
    )
    .map(($unwind) => ({ $unwind })),
  fc
    .constantFrom(...FIELDS)
    .map((localField) => ({ $lookup: { from: 'foreign', localField, foreignField: 'k', as: 'o' } })),
  fc.constant({ $replaceWith: { $mergeObjects: ['$o', { _id: '$_id', l: '$l' }] } }),
);
const ordering = fc
  .tuple(fc.constantFrom(...FIELDS), fc.constantFrom(1, -1), fc.nat(2), fc.integer({ min: 1, max: 6 }))
  .map(([name, direction, $skip, $limit]) => [{ $sort: { [name]: direction, _id: 1 } }, { $skip }, { $limit }]);
const gathering: fc.Arbitrary<Document> = fc.oneof(
  fc.tuple(expression, output, output).map(([_id, x, y]) => ({ $group: { _id, x, y } })),
  fc.tuple(expression, output).map(([groupBy, x]) => ({
    $bucket: {
      groupBy: { $ifNull: [groupBy, null] },
      boundaries: [-1, 0, 3].map((n) => new Int32(n)),
      default: 'other',
      output: { x },
    },
  })),
);
const pipeline = fc
  .tuple(
    fc.option(ordering, { nil: [] as Document[] }),
    fc.array(shaping, { maxLength: 2 }),
    fc.option(gathering, { nil: undefined }),
    fc.boolean(),
  )
  .map(([first, stages, last, facet]): Document[] => {
    const rest = [...stages, ...(last === undefined ? [] : [last])];
    return facet ? [...first, { $facet: { all: rest, some: [{ $limit: 2 }] } }] : [...first, ...rest];
  });

/** Groups come in any order, and so do the members of sets. */
function comparable(results: readonly unknown[]): string[] {
  const sorted = (one: unknown): unknown => (Array.isArray(one) ? [...(one as Value[])].sort(compare) : one);
  return results
    .map((one) => text(Object.fromEntries(Object.entries(one as Document).map(([k, v]) => [k, sorted(v)]))))
    .sort();
}

const text = (one: unknown): string => BSON.EJSON.stringify(one, { relaxed: false });

it('gives what the model gives', async () => {
  let round = 0;
  const raw = { promoteValues: false, useBigInt64: false } as const;
  await fc.assert(
    fc.asyncProperty(
      docs,
      fc.array(fc.record({ k: value }), { maxLength: 4 }),
      pipeline,
      async (list, others, stages) => {
        round += 1;
        const [coll, foreign] = [subject.db.collection(`a${round}`), subject.db.collection(`f${round}`)];
        const stored = list.map((one, i) => ({ _id: new Int32(i) as never, ...one }));
        const joined = others.map((one, i) => ({ _id: new Int32(i) as never, ...one }));
        await coll.insertMany(stored);
        if (joined.length > 0) await foreign.insertMany(joined);
        const asked = text(stages).replaceAll('"from":"foreign"', `"from":"f${round}"`);
        const found = await coll
          .aggregate(BSON.EJSON.parse(asked, { relaxed: false }) as Document[], raw)
          .toArray()
          .catch((error: Error) => error.message);
        // What is constant is evaluated even when no document asks for it.
        if (typeof found === 'string' && found.startsWith('Failed to optimize')) return;
        try {
          const expected = runModel(stored, stages, joined);
          expect(typeof found === 'string' ? found : comparable(found)).toEqual(comparable(expected));
        } catch (error) {
          if (error instanceof Unknown) return;
          if (!(error instanceof Refused)) throw error;
          expect(typeof found).toBe('string');
        }
      },
    ),
    { numRuns: RUNS },
  );
}, 600_000);
