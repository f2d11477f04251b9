import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Decimal128, Long, MongoClient, ObjectId, type Collection, type Db, type Document } from 'mongodb';
import { startMongoServer, type MongoServer } from './index.js';

let dataDir: string;
let server: MongoServer;
let client: MongoClient;
let db: Db;
let things: Collection<Document>;

async function open(): Promise<void> {
  server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
  client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`, { useBigInt64: true });
  db = client.db('test');
  things = db.collection('things');
}

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'standalone-mongodb-'));
  await open();
});

beforeEach(async () => {
  await db.dropDatabase();
});

afterAll(async () => {
  await client.close();
  await server.close();
  await rm(dataDir, { recursive: true });
});

const id = (name: string): Document => ({ _id: name });

describe('writing and reading', () => {
  it('gives back what was inserted, in order, with its types', async () => {
    const when = new Date(1_700_000_000_123);
    const docs = [
      { _id: 'a', n: 1, long: 9_007_199_254_740_993n, half: 0.5, when, list: [1, { x: null }] },
      { _id: new ObjectId(), amount: Decimal128.fromString('12.50'), pattern: /^a/i, flag: false },
    ];
    await things.insertMany(docs as Document[]);
    expect(await things.find().toArray()).toEqual(docs);
    expect(await things.countDocuments()).toBe(2);
    expect(await things.estimatedDocumentCount()).toBe(2);
  });

  it('refuses a duplicate _id with 11000, keyPattern and keyValue, whatever the number type', async () => {
    await things.insertOne({ _id: 1 as never });
    await expect(things.insertOne({ _id: Long.fromNumber(1) as never })).rejects.toMatchObject({
      code: 11000,
      keyPattern: { _id: 1 },
      keyValue: { _id: 1n },
    });
  });

  it('goes on after errors of an unordered insertMany and names their indexes', async () => {
    await things.insertOne(id('b'));
    const docs = [id('a'), id('b'), id('c'), id('a')];
    await expect(things.insertMany(docs, { ordered: false })).rejects.toMatchObject({
      code: 11000,
      insertedCount: 2,
      writeErrors: [{ index: 1 }, { index: 3 }],
    });
    expect(await things.countDocuments()).toBe(3);
  });

  it('guards replaceOne by position and says duplicate when the guard fails', async () => {
    const write = (name: string, position: bigint, v: number) =>
      things.bulkWrite(
        [
          {
            replaceOne: {
              filter: { _id: name as never, position: { $lt: position } },
              replacement: { position, v },
              upsert: true,
            },
          },
        ],
        { ordered: false, writeConcern: { w: 'majority', j: true } },
      );
    expect(await write('x', 5n, 1)).toMatchObject({ upsertedCount: 1, upsertedIds: { 0: 'x' } });
    expect(await write('x', 7n, 2)).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    await expect(write('x', 7n, 3)).rejects.toMatchObject({ code: 11000 });
    expect(await things.findOne(id('x'))).toEqual({ _id: 'x', position: 7n, v: 2 });
  });

  it('updates by operators and leaves other fields as they are', async () => {
    await things.insertOne({ _id: 'a' as never, long: 5n, n: 1, list: [1] });
    const result = await things.updateOne(id('a'), {
      $set: { 'deep.er': 'x' },
      $inc: { long: 1, n: 2 },
      $push: { list: { $each: [3, 2], $sort: 1 } } as never,
      $unset: { gone: '' },
    });
    expect(result).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await things.findOne(id('a'))).toEqual({ _id: 'a', long: 6n, n: 3, list: [1, 2, 3], deep: { er: 'x' } });
    expect(await things.updateOne(id('a'), { $set: { n: 3 } })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
  });

  it('upserts from the equalities of the filter', async () => {
    const result = await things.updateOne(
      { a: 1, b: { $gt: 2 }, 'c.d': 'x' },
      { $set: { e: 1 }, $setOnInsert: { f: 2 } },
      { upsert: true },
    );
    expect(result.upsertedCount).toBe(1);
    expect(await things.findOne({}, { projection: { _id: 0 } })).toEqual({ a: 1, c: { d: 'x' }, e: 1, f: 2 });
  });

  it('updates, replaces and deletes many', async () => {
    await things.insertMany([1, 2, 3, 4].map((n) => ({ n })));
    expect((await things.updateMany({ n: { $gte: 3 } }, { $set: { big: true } })).modifiedCount).toBe(2);
    expect((await things.deleteMany({ big: true })).deletedCount).toBe(2);
    expect((await things.deleteOne({})).deletedCount).toBe(1);
    expect(await things.countDocuments()).toBe(1);
  });

  it('finds and modifies one', async () => {
    await things.insertMany([
      { _id: 'a' as never, n: 2 },
      { _id: 'b' as never, n: 1 },
    ]);
    expect(await things.findOneAndUpdate({}, { $inc: { n: 10 } }, { sort: { n: 1 }, returnDocument: 'after' })).toEqual(
      { _id: 'b', n: 11 },
    );
    expect(await things.findOneAndDelete({ n: 2 })).toEqual({ _id: 'a', n: 2 });
    expect(
      await things.findOneAndUpdate(id('z'), { $set: { n: 1 } }, { upsert: true, returnDocument: 'after' }),
    ).toEqual({ _id: 'z', n: 1 });
    expect(await things.findOneAndReplace(id('q'), { n: 1 })).toBeNull();
  });
});

describe('finding', () => {
  beforeEach(async () => {
    await things.insertMany(
      Array.from({ length: 300 }, (_, i) => ({
        _id: i as never,
        n: BigInt(i % 10),
        name: `n${i % 7}`,
        tags: [i % 3, 'x'],
        deep: { v: i },
      })),
    );
  });

  it('filters, sorts, skips, limits and projects', async () => {
    const found = await things
      .find({ n: { $in: [3, 4n] }, name: /^n[12]$/, $or: [{ 'deep.v': { $lt: 100 } }, { tags: 2 }] })
      .sort({ 'deep.v': -1 })
      .skip(1)
      .limit(3)
      .project({ n: 1, 'deep.v': 1 })
      .toArray();
    const expected = Array.from({ length: 300 }, (_, i) => i)
      .filter((i) => [3, 4].includes(i % 10) && [1, 2].includes(i % 7) && (i < 100 || i % 3 === 2))
      .reverse()
      .slice(1, 4)
      .map((i) => ({ _id: i, n: BigInt(i % 10), deep: { v: i } }));
    expect(found).toEqual(expected);
  });

  it('hands out batches', async () => {
    const seen: unknown[] = [];
    for await (const doc of things.find({}, { batchSize: 7 })) seen.push(doc._id);
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => i));
    const cursor = things.find({}, { batchSize: 2 });
    await cursor.next();
    const killed = cursor.id as unknown as bigint;
    await cursor.close();
    await expect(db.command({ getMore: killed, collection: 'things' })).rejects.toMatchObject({ code: 43 });
  });

  it('uses indexes for equality, ranges, $in and order', async () => {
    await things.createIndex({ n: 1, 'deep.v': -1 });
    const explained = await things
      .find({ n: 3, 'deep.v': { $gt: 100, $lte: 200 } })
      .sort({ 'deep.v': -1 })
      .explain('executionStats');
    expect(explained.queryPlanner.winningPlan).toMatchObject({
      stage: 'FETCH',
      inputStage: { stage: 'IXSCAN', indexName: 'n_1_deep.v_-1' },
    });
    expect(explained.executionStats).toMatchObject({ nReturned: 10, totalKeysExamined: 10, totalDocsExamined: 10 });
    const values = await things
      .find({ n: { $in: [1, 2] } })
      .sort({ n: 1, 'deep.v': -1 })
      .map((doc) => doc.deep.v)
      .toArray();
    expect(values.slice(0, 2)).toEqual([291, 281]);
    const back = await things
      .find({ n: 3 })
      .sort({ 'deep.v': 1 })
      .limit(2)
      .map((doc) => doc.deep.v)
      .toArray();
    expect(back).toEqual([3, 13]);
    const scanned = await things.find({ name: 'n1' }).explain('executionStats');
    expect(scanned.queryPlanner.winningPlan.stage).toBe('COLLSCAN');
    expect(scanned.executionStats.totalDocsExamined).toBe(300);
  });

  it('keeps multikey and unique indexes with the documents', async () => {
    await things.createIndex({ tags: 1 });
    expect(await things.find({ tags: 2 }).toArray()).toHaveLength(100);
    await things.updateOne(id(5 as never), { $set: { tags: [9] } });
    expect(await things.find({ tags: 2 }).toArray()).toHaveLength(99);
    expect(await things.find({ tags: 9 }).toArray()).toHaveLength(1);
    await expect(things.createIndex({ name: 1 }, { unique: true })).rejects.toMatchObject({ code: 11000 });
    await things.createIndex({ 'deep.v': 1 }, { unique: true });
    await expect(things.insertOne({ deep: { v: 7n } })).rejects.toMatchObject({
      code: 11000,
      keyValue: { 'deep.v': 7n },
    });
    expect((await things.indexes()).map((index) => index.name)).toEqual(['_id_', 'tags_1', 'deep.v_1']);
    await things.dropIndex('tags_1');
    await expect(things.dropIndex('tags_1')).rejects.toMatchObject({ code: 27 });
  });

  it('counts and lists distinct values', async () => {
    expect(await things.distinct('n', { 'deep.v': { $lt: 3 } })).toEqual([0n, 1n, 2n]);
    expect(await things.distinct('tags')).toEqual([0, 'x', 1, 2]);
    expect(await things.countDocuments({ n: 3 })).toBe(30);
  });

  it('aggregates', async () => {
    const groups = await things
      .aggregate([
        { $match: { n: { $lt: 2 } } },
        {
          $group: {
            _id: '$n',
            total: { $sum: '$deep.v' },
            money: { $sum: '$n' },
            count: { $sum: 1 },
            least: { $min: '$deep.v' },
            first: { $first: '$name' },
            mean: { $avg: '$deep.v' },
          },
        },
        { $sort: { _id: -1 } },
      ])
      .toArray();
    expect(groups).toEqual([
      { _id: 1n, total: 4380, money: 30n, count: 30, least: 1, first: 'n1', mean: 146 },
      { _id: 0n, total: 4350, money: 0n, count: 30, least: 0, first: 'n0', mean: 145 },
    ]);
    expect(
      await things.aggregate([{ $unwind: '$tags' }, { $match: { tags: 'x' } }, { $count: 'n' }]).toArray(),
    ).toEqual([{ n: 300 }]);
  });

  it('sums int64 exactly past 2^53', async () => {
    await db.collection('money').insertMany([{ v: 9_007_199_254_740_993n }, { v: 2 }]);
    const [sum] = await db
      .collection('money')
      .aggregate([{ $group: { _id: null, v: { $sum: '$v' } } }])
      .toArray();
    expect(sum?.v).toBe(9_007_199_254_740_995n);
  });
});

describe('collections', () => {
  it('creates, lists, renames and drops', async () => {
    await db.createCollection('made');
    await expect(client.db('admin').command({ renameCollection: 'test.none', to: 'test.x' })).rejects.toMatchObject({
      code: 26,
    });
    await db.collection('made').rename('other');
    expect(
      await db
        .listCollections()
        .map((info) => info.name)
        .toArray(),
    ).toEqual(['other']);
    expect((await client.db().admin().listDatabases()).databases.map((one) => one.name)).toEqual(['test']);
    await db.collection('other').drop();
    expect(await db.listCollections().toArray()).toEqual([]);
  });

  it('holds documents to a validator', async () => {
    await db.createCollection('valid', { validator: { n: { $gte: 0 } } });
    const valid = db.collection('valid');
    await valid.insertOne({ n: 1 });
    await expect(valid.insertOne({ n: -1 })).rejects.toMatchObject({ code: 121 });
    await expect(valid.updateOne({}, { $inc: { n: -5 } })).rejects.toMatchObject({ code: 121 });
  });

  it('answers as a standalone does to transactions and change streams', async () => {
    const begin = { insert: 'things', documents: [{}], txnNumber: 1n, startTransaction: true, autocommit: false };
    await expect(db.command(begin)).rejects.toMatchObject({ code: 20 });
    await expect(things.aggregate([{ $changeStream: {} }]).toArray()).rejects.toMatchObject({ code: 40573 });
    expect(await db.command({ hello: 1 })).not.toHaveProperty('setName');
  });

  it('expires documents of a TTL index', async () => {
    await things.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    expect((await things.indexes())[1]).toMatchObject({ expireAfterSeconds: 60 });
  });

  it('refuses by name what it does not have', async () => {
    await expect(db.command({ frobnicate: 1 })).rejects.toMatchObject({ code: 59, codeName: 'CommandNotFound' });
    await expect(db.command({ find: 'things', frob: 1 })).rejects.toMatchObject({ code: 40415 });
    await expect(things.find({ a: { $near: 1 } }).toArray()).rejects.toMatchObject({ code: 238 });
    await expect(things.aggregate([{ $frob: 1 }]).toArray()).rejects.toMatchObject({ code: 40324 });
  });
});

describe('durability', () => {
  it('has everything again after closing and opening', async () => {
    await things.createIndex({ n: 1 });
    await things.insertMany(Array.from({ length: 50 }, (_, n) => ({ _id: n as never, n: BigInt(n) })));
    await things.deleteOne({ n: 7 });
    await client.close();
    await server.close();
    await open();
    expect(await things.countDocuments()).toBe(49);
    const explained = await things.find({ n: { $gte: 40 } }).explain('executionStats');
    expect(explained.executionStats).toMatchObject({ nReturned: 10, totalKeysExamined: 10 });
    await things.insertOne({ _id: 'after' as never, n: 99n });
    expect(await things.find().sort({ $natural: -1 }).limit(1).toArray()).toEqual([{ _id: 'after', n: 99n }]);
  });
});

describe('what is held in memory', () => {
  it('goes on on disk beyond its limits, unless it may not (292); a document of a result has 16 MiB', async () => {
    const filler = 'x'.repeat(1_000_000);
    for (let n = 0; n < 108; n += 12) {
      await things.insertMany(Array.from({ length: 12 }, (_, i) => ({ n: (n + i) * 7919, filler })));
    }
    const code = (error: { code?: number }): number | undefined => error.code;
    const inMemory = things.find().sort({ n: -1 }).allowDiskUse(false).project({ n: 1 });
    expect(await inMemory.toArray().catch(code)).toBe(292);
    const sorted = await things.find().sort({ n: -1 }).project({ n: 1 }).toArray();
    expect(sorted.map(({ n }) => n)).toEqual(Array.from({ length: 108 }, (_, i) => (107 - i) * 7919));
    const all = { $group: { _id: null, all: { $push: '$$ROOT' } } };
    expect(await things.aggregate([all]).toArray().catch(code)).toBe(146);
    expect(
      await things
        .aggregate([{ $limit: 20 }, all])
        .toArray()
        .catch(code),
    ).toBe(10334);
    const first = await things.find().sort({ n: -1 }).limit(2).allowDiskUse(false).project({ n: 1 }).toArray();
    expect(first.map(({ n }) => n)).toEqual([107 * 7919, 106 * 7919]);
  }, 60_000);

  it('gives the same from disk as from memory', async () => {
    const docs = Array.from({ length: 3000 }, (_, i) => ({
      _id: i as never,
      k: (i * 7919) % 500,
      s: i % 3,
      pad: 'x'.repeat(500),
    }));
    await things.insertMany(docs);
    const asked = async (): Promise<unknown[]> => [
      await things.find().sort({ s: -1 }).project({ _id: 1 }).toArray(),
      await things.find().sort({ k: 1, _id: -1 }).skip(5).limit(2000).project({ _id: 1 }).toArray(),
      await things.aggregate([{ $sort: { s: 1 } }, { $project: { _id: 1 } }]).toArray(),
      await things
        .aggregate([
          { $group: { _id: '$k', n: { $sum: 1 }, first: { $first: '$_id' }, all: { $push: '$_id' } } },
          { $sort: { _id: 1 } },
        ])
        .toArray(),
      await things.aggregate([{ $group: { _id: '$_id', s: { $max: '$s' } } }, { $sort: { _id: -1 } }]).toArray(),
    ];
    const expected = await asked();
    const admin = client.db('admin');
    const set = (sort: number, group: number) =>
      admin.command({
        setParameter: 1,
        internalQueryMaxBlockingSortMemoryUsageBytes: sort,
        internalDocumentSourceGroupMaxMemoryBytes: group,
      });
    await set(100_000, 100_000);
    expect(await asked()).toEqual(expected);
    const refused = things.aggregate([{ $group: { _id: '$_id' } }], { allowDiskUse: false }).toArray();
    await expect(refused).rejects.toMatchObject({ code: 292 });
  }, 60_000);
});
