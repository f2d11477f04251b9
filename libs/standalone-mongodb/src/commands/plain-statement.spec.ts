import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BSON, Decimal128, Double, Int32, Long, MongoClient, ObjectId, Timestamp, type Document } from 'mongodb';
import { startMongoServer, type MongoServer } from '../server.js';

/*
 * Plain writes are done from their bytes; a collection with a validator has all of them done in the general way. Both get the same
 * commands: answers and stored bytes are the same, and all indexes agree with the documents.
 */
const [PLAIN, GENERAL] = ['plain', 'general'];
const INDEXES = [
  { name: 'a_b', key: { a: 1, b: -1 } },
  { name: 'sparse', key: { b: 1 }, sparse: true },
];

let dataDir: string;
let server: MongoServer;
let client: MongoClient;
let rounds = 0;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'mongodb-plain-'));
  server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
  client = await MongoClient.connect(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
});
afterAll(async () => {
  await client.close();
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const number = fc.oneof(
  fc.integer({ min: -3, max: 3 }).map((n) => new Int32(n) as unknown),
  fc.integer({ min: -3, max: 3 }).map((n) => Long.fromNumber(n) as unknown),
  fc.constantFrom<unknown>(
    ...[0, -0, 0.5, NaN, -Infinity, 2 ** 53].map((n) => new Double(n)),
    ...['9007199254740993', '-9007199254740993', '9223372036854775807'].map((text) => Long.fromString(text)),
    Decimal128.fromString('1.0'),
  ),
);
const text = fc.constantFrom<unknown>('', 'a', 'ab', 'a\u0000b', '\u00e9', '樱湖', 'x'.repeat(700));
const other = fc.constantFrom<unknown>(
  ...[null, true, false, new Date(0), new Date(-1), new ObjectId('f'.repeat(24))],
  ...[new Timestamp({ t: 1, i: 2 }), { x: 1 }],
);
const value = fc.oneof(
  { weight: 4, arbitrary: number },
  { weight: 2, arbitrary: text },
  { weight: 1, arbitrary: other },
  { weight: 1, arbitrary: fc.array(number, { maxLength: 2 }) as fc.Arbitrary<unknown> },
);
const id = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<unknown>(1, 2, Long.fromNumber(2), 'a', new Date(5), null) },
  { weight: 1, arbitrary: fc.constantFrom<unknown>({ x: 1 }, [1], true, 'é', 'x'.repeat(2000)) },
);
const count = fc.integer({ min: 0, max: 2 }).map((n) => Long.fromNumber(n) as unknown);
const compared = fc.oneof({ weight: 3, arbitrary: count }, { weight: 1, arbitrary: value });
const fields = fc.record({ a: value, b: value, n: compared }, { requiredKeys: [] });
const odd = fc.constantFrom<Document>({}, {}, {}, {}, {}, {}, { $c: 1 }, { _id: 9 });
const document = fc.tuple(id, fields).map(([_id, rest]): Document => ({ _id, ...rest }));
const operator = fc.constantFrom('$lt', '$lte', '$gt', '$gte', '$eq', '$ne');
const guard = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(operator, compared).map(([op, wanted]): Document => ({ n: { [op]: wanted } })) },
  { weight: 2, arbitrary: compared.map((n): Document => ({ n })) },
  { weight: 2, arbitrary: fc.boolean().map((yes): Document => ({ a: { $exists: yes } })) },
  { weight: 1, arbitrary: fc.constantFrom<Document>({ 'a.x': 1 }, { $or: [{ n: 1 }] }, { n: { $gt: 0, $lt: 9 } }) },
  { weight: 4, arbitrary: fc.constant<Document>({}) },
);
const statement = fc
  .tuple(id, guard, fields, odd, fc.boolean(), fc.boolean())
  .map(([_id, tests, rest, more, upsert, bare]): Document => {
    const u = bare ? { ...rest, ...more } : { _id, ...rest, ...more };
    return { q: { _id, ...tests }, u, upsert };
  });
/** What nothing is left to the general way of. */
const guarded = fc
  .tuple(fc.integer({ min: 1, max: 3 }), operator, count, count, fields, fc.boolean())
  .map(([_id, op, wanted, n, rest, upsert]): Document => {
    return { q: { _id, n: { [op]: wanted } }, u: { _id, ...rest, n }, upsert };
  });
const command = fc.oneof(
  fc.tuple(fc.array(document, { minLength: 1, maxLength: 6 }), fc.boolean()).map(([documents, ordered]): Document => {
    return { insert: '', documents, ordered };
  }),
  fc
    .tuple(fc.array(fc.oneof(statement, guarded), { minLength: 1, maxLength: 8 }), fc.boolean())
    .map(([updates, ordered]): Document => {
      return { update: '', updates, ordered };
    }),
);

/** The answer to a command on one of the collections, their names left out. */
async function answerOf(db: string, collection: string, given: Document): Promise<string> {
  const name = Object.keys(given)[0] as string;
  const reply = await client
    .db(db)
    .command({ ...given, [name]: collection }, { promoteValues: false })
    .catch((error: Error & { code?: number }) => ({ code: error.code, message: error.message }));
  return BSON.EJSON.stringify(reply, { relaxed: false }).replaceAll(`.${collection} `, '. ');
}

/** Finds by _id: one that is answered from its bytes, and one with an argument more. */
async function expectSameFinds(db: string, ids: readonly unknown[]): Promise<void> {
  for (const _id of ids) {
    for (const more of [{}, { limit: 1, singleBatch: true }]) {
      const find = { find: PLAIN, filter: { _id }, ...more };
      expect(await answerOf(db, PLAIN, find)).toBe(await answerOf(db, PLAIN, { ...find, batchSize: 101 }));
    }
  }
}

async function bytesOf(db: string, collection: string): Promise<string[]> {
  const stored = await client.db(db).collection(collection).find({}, { raw: true }).toArray();
  return stored.map((bytes) => (bytes as unknown as Buffer).toString('hex'));
}

it('writes from bytes what the general way writes, and answers the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 6 }), async (commands) => {
      const name = `round${(rounds += 1)}`;
      const db = client.db(name);
      await db.createCollection(GENERAL, { validator: { $expr: true } });
      for (const collection of [PLAIN, GENERAL]) await db.collection(collection).createIndexes(INDEXES);
      for (const one of commands) {
        expect(await answerOf(name, PLAIN, one)).toBe(await answerOf(name, GENERAL, one));
      }
      expect(await bytesOf(name, PLAIN)).toEqual(await bytesOf(name, GENERAL));
      await expectSameFinds(name, [1, 'a', 'missing', 'x'.repeat(2000), new Date(5)]);
      const { valid, keysPerIndex } = await db.command({ validate: PLAIN });
      expect(valid).toBe(true);
      expect(keysPerIndex).toEqual((await db.command({ validate: GENERAL }))['keysPerIndex']);
      await db.dropDatabase();
    }),
    { numRuns: 50 },
  );
}, 120_000);

it('guards a replacement by what other clients have on its way to disk', async () => {
  const collection = client.db('guards').collection<{ _id: number; n: number }>('items');
  const order = Array.from({ length: 60 }, (_, i) => (i * 37) % 60);
  const results = await Promise.all(
    order.flatMap((n) =>
      [1, 2, 3].map((_id) =>
        collection
          .replaceOne({ _id, n: { $lt: n } }, { _id, n } as { n: number }, { upsert: true })
          .catch(({ code }: Error & { code?: number }) => code),
      ),
    ),
  );
  expect(await collection.find().sort({ _id: 1 }).toArray()).toEqual([1, 2, 3].map((_id) => ({ _id, n: 59 })));
  expect(results.filter((result) => typeof result === 'number' && result !== 11000)).toEqual([]);
  expect(results.filter((result) => typeof result === 'object' && result.upsertedCount === 1)).toHaveLength(3);
});
