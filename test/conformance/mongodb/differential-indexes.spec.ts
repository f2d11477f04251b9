import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Int32,
  Long,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
  type Collection,
  type Document,
} from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/*
 * What an index must never change: two collections get the same random documents, updates and deletes, one of them with indexes;
 * every query finds, counts and orders the same in both. Values are of every type of BSON.
 */
const decimal = (text: string) => Decimal128.fromString(text);

const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n) as unknown),
  fc.integer({ min: -3, max: 3 }).map((n) => Long.fromNumber(n) as unknown),
  fc.constantFrom<unknown>(
    ...[0, -0, 0.5, -1.5, 1e308, NaN, Infinity, -Infinity].map((n) => new Double(n)),
    ...['0', '-0', '1.0', '0.50', 'NaN', 'Infinity', '1E+400', '-7'].map(decimal),
    Long.fromString('9007199254740993'),
    new Double(9007199254740992),
  ),
  fc.constantFrom<unknown>('', 'a', 'ab', 'b', '\u00e9', '\u{1f600}', 'a\u0000b'),
  fc.constantFrom<unknown>(null, true, false, new MinKey(), new MaxKey()),
  fc.constantFrom<unknown>(new Date(0), new Date(-1), new Date(2 ** 41), new Timestamp({ t: 1, i: 2 })),
  fc.constantFrom<unknown>(new ObjectId('0'.repeat(24)), new ObjectId('f'.repeat(24))),
  fc.constantFrom<unknown>(new Binary(Buffer.from([1])), new Binary(Buffer.from([1]), 4), new Binary(Buffer.alloc(0))),
  fc.constantFrom<unknown>(new BSONRegExp('a', 'i'), new BSONRegExp('b')),
);
const value = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 2, arbitrary: fc.array(scalar, { maxLength: 3 }) as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.record({ x: scalar, y: scalar }, { requiredKeys: [] }) as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.array(fc.record({ x: scalar }), { maxLength: 2 }) as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.array(fc.array(scalar, { maxLength: 2 }), { maxLength: 2 }) as fc.Arbitrary<unknown> },
);
const doc = fc.record({ a: value, b: scalar, n: fc.integer({ min: 0, max: 5 }) }, { requiredKeys: ['n'] });

const path = fc.constantFrom('a', 'a.x', 'a.0', 'b');
const operand = scalar.filter((one) => !(one instanceof BSONRegExp));
const test = fc.oneof(
  fc
    .tuple(path, fc.constantFrom('$eq', '$gt', '$gte', '$lt', '$lte', '$ne'), operand)
    .map(([p, op, v]) => ({ [p]: { [op]: v } })),
  fc
    .tuple(path, fc.constantFrom('$in', '$nin'), fc.array(operand, { maxLength: 3 }))
    .map(([p, op, v]) => ({ [p]: { [op]: v } })),
  fc.tuple(path, operand, operand).map(([p, low, high]) => ({ [p]: { $gte: low, $lt: high } })),
  fc.tuple(path, fc.boolean()).map(([p, yes]) => ({ [p]: { $exists: yes } })),
  fc
    .tuple(path, fc.constantFrom('number', 'string', 'array', 'object', 'null'))
    .map(([p, type]) => ({ [p]: { $type: type } })),
  fc.tuple(path, fc.constantFrom('^a', '^ab?', 'b$')).map(([p, $regex]) => ({ [p]: { $regex } })),
  fc.tuple(operand, operand).map(([low, high]) => ({ a: { $elemMatch: { $gte: low, $lte: high } } })),
  fc.tuple(path, operand).map(([p, v]) => ({ [p]: { $not: { $gt: v } } })),
  value.map((v) => ({ a: { $eq: v } })),
);
const filter: fc.Arbitrary<Document> = fc.oneof(
  { weight: 3, arbitrary: test as fc.Arbitrary<Document> },
  { weight: 2, arbitrary: fc.array(test, { minLength: 2, maxLength: 3 }).map(($and) => ({ $and })) },
  { weight: 2, arbitrary: fc.array(test, { minLength: 1, maxLength: 3 }).map(($or) => ({ $or })) },
  {
    weight: 1,
    arbitrary: fc.tuple(test, fc.array(test, { minLength: 1, maxLength: 2 })).map(([one, $or]) => ({ ...one, $or })),
  },
);
const sort = fc.constantFrom<Document>({ _id: 1 }, { b: 1, _id: 1 }, { a: -1, _id: 1 }, { n: 1, b: -1, _id: 1 });

const update = fc.oneof(
  fc.tuple(fc.constantFrom('a', 'b'), scalar).map(([p, v]) => ({ $set: { [p]: v } })),
  value.map((v) => ({ $set: { a: v } })),
  fc.constantFrom({ $unset: { a: 1 } }, { $unset: { b: 1 } }, { $rename: { b: 'c' } }),
  scalar.map((v) => ({ $min: { b: v } })),
);
type Change = readonly ['update', Document, Document] | readonly ['delete', Document];
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(fc.constant('update' as const), filter, update as fc.Arbitrary<Document>),
  fc.tuple(fc.constant('delete' as const), filter),
);

const INDEXES: readonly (readonly [Document, Document?])[] = [
  [{ a: 1 }],
  [{ a: -1, b: 1 }],
  [{ 'a.x': 1 }],
  [{ b: 1, n: -1 }],
  [{ b: 1 }, { sparse: true, name: 'sparse' }],
  [{ a: 1, n: 1 }, { partialFilterExpression: { n: { $gt: 2 } } }],
];
const indexes = fc.subarray([...INDEXES], { minLength: 1, maxLength: 3 });

async function apply(coll: Collection<Document>, changes: readonly Change[]): Promise<unknown[]> {
  const done: unknown[] = [];
  for (const [kind, where, what] of changes) {
    if (kind === 'delete') done.push((await coll.deleteMany(where)).deletedCount);
    else done.push((await coll.updateMany(where, what)).matchedCount);
  }
  return done;
}

const idsOf = (coll: Collection<Document>, where: Document, order: Document): Promise<unknown[]> =>
  coll
    .find(where)
    .sort(order)
    .map((one) => one['_id'] as unknown)
    .toArray();

it('indexes change no result, whatever was updated and deleted before', async () => {
  let round = 0;
  const query = fc.array(fc.tuple(filter, sort), { minLength: 3, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(doc, { minLength: 1, maxLength: 15 }),
      indexes,
      fc.array(change, { maxLength: 3 }),
      query,
      async (docs, keys, changes, queries) => {
        round += 1;
        const [plain, indexed] = ['p', 'i'].map((kind) => subject.db.collection(`${kind}${round}`)) as [
          Collection<Document>,
          Collection<Document>,
        ];
        for (const [key, options] of keys) await indexed.createIndex(key as never, options);
        const stored = docs.map((one, i) => ({ _id: i as never, ...one }));
        await plain.insertMany(stored);
        await indexed.insertMany(stored);
        expect(await apply(indexed, changes)).toEqual(await apply(plain, changes));
        for (const [where, order] of queries) {
          const expected = await idsOf(plain, where, order);
          expect(await idsOf(indexed, where, order)).toEqual(expected);
          expect(await indexed.countDocuments(where)).toBe(expected.length);
        }
        await Promise.all([plain.drop(), indexed.drop()]);
      },
    ),
    { numRuns: Number(process.env['DIFFERENTIAL_RUNS'] ?? 60) },
  );
}, 120_000);
