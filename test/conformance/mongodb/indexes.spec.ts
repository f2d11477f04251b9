import { describe, expect, it } from '@jest/globals';
import type { Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/** The stages of a winning plan, outermost first, wherever the server nests them. */
function stagesOf(plan: Document | undefined): string[] {
  if (plan === undefined) return [];
  const inner = (plan['inputStage'] ?? plan['queryPlan'] ?? (plan['inputStages'] as Document[] | undefined)?.[0]) as
    Document | undefined;
  return [...(typeof plan['stage'] === 'string' ? [plan['stage']] : []), ...stagesOf(inner)];
}

async function explained(filter: Document, sort: Document = {}) {
  const result = await subject.coll.find(filter).sort(sort).explain('executionStats');
  const { nReturned, totalKeysExamined: keys, totalDocsExamined: docs } = result['executionStats'];
  return {
    stages: stagesOf(result['queryPlanner'].winningPlan),
    nReturned: Number(nReturned),
    keys: Number(keys),
    docs: Number(docs),
  };
}

const fill = (count: number) =>
  subject.coll.insertMany(
    Array.from({ length: count }, (_, i) => ({ _id: i as never, a: i % 10, b: i, c: `s${i % 4}`, l: [i, -i] })),
  );

describe('use', () => {
  it('serves equality, ranges, $in, $or and order', async () => {
    await fill(200);
    await subject.coll.createIndexes([{ key: { a: 1, b: 1 } }, { key: { c: 1 } }, { key: { l: 1 } }]);
    expect(await explained({ a: 3 })).toMatchObject({ stages: ['FETCH', 'IXSCAN'], nReturned: 20, keys: 20, docs: 20 });
    expect(await explained({ a: 3, b: { $gte: 100, $lt: 120 } })).toMatchObject({ nReturned: 2, docs: 2 });
    expect((await explained({ a: 3 }, { b: -1 })).stages).not.toContain('SORT');
    expect((await explained({ a: 3 }, { c: 1 })).stages).toContain('SORT');
    expect((await explained({ $or: [{ a: 1 }, { c: 's1' }] })).stages).toContain('OR');
    expect(await explained({ l: { $lt: -197 } })).toMatchObject({ nReturned: 2, docs: 2 });
    expect((await explained({ d: 1 })).stages).toEqual(['COLLSCAN']);
    expect(
      (await subject.coll.find({ d: null }).hint({ c: 1 }).explain('executionStats'))['queryPlanner'].winningPlan
        .inputStage.indexName,
    ).toBe('c_1');
    await expect(subject.coll.find({}).hint('nope').toArray()).rejects.toMatchObject({ code: 2 });
  });

  it('orders by a compound index both ways', async () => {
    await fill(50);
    await subject.coll.createIndex({ a: 1, b: -1 });
    const forward = await subject.coll
      .find()
      .sort({ a: 1, b: -1 })
      .limit(3)
      .map((doc) => doc['b'] as number)
      .toArray();
    const backward = await subject.coll
      .find()
      .sort({ a: -1, b: 1 })
      .limit(3)
      .map((doc) => doc['b'] as number)
      .toArray();
    expect([forward, backward]).toEqual([
      [40, 30, 20],
      [9, 19, 29],
    ]);
  });

  it('keeps entries right through updates and deletes', async () => {
    await fill(100);
    await subject.coll.createIndex({ a: 1 });
    await subject.coll.updateMany({ a: 3 }, { $set: { a: 33 } });
    await subject.coll.deleteMany({ a: 4 });
    await subject.coll.replaceOne({ _id: 5 as never }, { a: 33 });
    expect(await explained({ a: 33 })).toMatchObject({ nReturned: 11, keys: 11 });
    expect(await explained({ a: { $in: [3, 4] } })).toMatchObject({ nReturned: 0, docs: 0 });
  });
});

describe('kinds', () => {
  it('unique, also across number types and for missing fields', async () => {
    await subject.coll.createIndex({ u: 1 }, { unique: true });
    await subject.coll.insertOne({ u: 1 });
    await expect(subject.coll.insertOne({ u: 1n })).rejects.toMatchObject({ code: 11000, keyPattern: { u: 1 } });
    await subject.coll.insertOne({});
    await expect(subject.coll.insertOne({ x: 1 })).rejects.toMatchObject({ code: 11000, keyValue: { u: null } });
    await subject.coll.insertOne({ u: 2 });
    await expect(subject.coll.updateOne({ u: 2 }, { $set: { u: 1 } })).rejects.toMatchObject({ code: 11000 });
  });

  it('sparse and partial', async () => {
    await subject.coll.createIndex({ s: 1 }, { unique: true, sparse: true });
    await subject.coll.createIndex({ p: 1 }, { unique: true, partialFilterExpression: { live: true } });
    await subject.coll.insertMany([{}, {}, { s: 1 }, { p: 1 }, { p: 1 }, { p: 1, live: true }]);
    await expect(subject.coll.insertOne({ s: 1 })).rejects.toMatchObject({ code: 11000 });
    await expect(subject.coll.insertOne({ p: 1, live: true })).rejects.toMatchObject({ code: 11000 });
    expect(await subject.coll.find({ s: null }).toArray()).toHaveLength(5);
    expect(await subject.coll.find({ p: 1 }).toArray()).toHaveLength(3);
    expect((await explained({ p: 1, live: true })).stages).toEqual(['FETCH', 'IXSCAN']);
  });

  it('refuses parallel arrays', async () => {
    await subject.coll.createIndex({ a: 1, b: 1 });
    await expect(subject.coll.insertOne({ a: [1], b: [2] })).rejects.toMatchObject({ code: 171 });
  });

  it('holds keys of any length', async () => {
    await subject.coll.createIndex({ long: 1 });
    const long = 'x'.repeat(5000);
    await subject.coll.insertMany([
      { _id: `${long}a` as never, long: `${long}1` },
      { _id: `${long}b` as never, long: `${long}2` },
    ]);
    expect(await subject.coll.findOne({ long: `${long}2` }, { projection: { _id: 0, long: 0 } })).toEqual({});
    await expect(subject.coll.insertOne({ _id: `${long}a` as never })).rejects.toMatchObject({ code: 11000 });
    const sorted = await subject.coll
      .find()
      .sort({ long: -1 })
      .map((doc) => String(doc['long']).at(-1))
      .toArray();
    expect(sorted).toEqual(['2', '1']);
  });
});

describe('management', () => {
  it('lists, drops, and tells conflicts', async () => {
    await subject.coll.createIndex({ a: 1 }, { name: 'mine' });
    expect(await subject.coll.createIndex({ a: 1 }, { name: 'mine' })).toBe('mine');
    expect(await subject.coll.indexes()).toEqual([
      { v: 2, key: { _id: 1 }, name: '_id_' },
      { v: 2, key: { a: 1 }, name: 'mine' },
    ]);
    await expect(subject.coll.createIndex({ a: 1 }, { name: 'other' })).rejects.toMatchObject({ code: 85 });
    await expect(subject.coll.createIndex({ b: 1 }, { name: 'mine' })).rejects.toMatchObject({ code: 86 });
    await expect(subject.coll.createIndex({ a: 0 })).rejects.toMatchObject({ code: 67 });
    await expect(subject.coll.dropIndex('nope')).rejects.toMatchObject({ code: 27 });
    await expect(subject.coll.dropIndex('_id_')).rejects.toMatchObject({ code: 72 });
    await subject.coll.dropIndexes();
    expect(await subject.coll.indexes()).toHaveLength(1);
  });
});

describe('texts with a zero within', () => {
  const TEXTS = ['a', 'a\0', 'a\0b', 'a\x01', 'a\x01\x01', 'b'];

  it.each([{ a: 1 }, { a: -1 }, { a: -1, b: 1 }, { b: 1, a: -1 }] as const)(
    'are told apart by an index of %j',
    async (key) => {
      await subject.coll.insertMany(TEXTS.map((a, i) => ({ _id: i as never, a, b: 1 })));
      await subject.coll.createIndex(key);
      for (const [i, a] of TEXTS.entries()) {
        const others = { $eq: 1, $gt: TEXTS.length - i - 1, $gte: TEXTS.length - i, $lt: i, $lte: i + 1 };
        for (const [operator, count] of Object.entries(others)) {
          const filter = { b: 1, a: { [operator]: a } };
          expect([operator, a, await subject.coll.countDocuments(filter)]).toEqual([operator, a, count]);
          expect([operator, a, (await subject.coll.find(filter).toArray()).length]).toEqual([operator, a, count]);
        }
      }
      const sorted = await subject.coll.find({ b: 1 }).sort({ a: -1 }).toArray();
      expect(sorted.map((doc) => doc['a'] as string)).toEqual([...TEXTS].reverse());
    },
  );
});

describe('building', () => {
  const COUNT = 20_000;
  const documents = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ _id: (from + i) as never, a: (from + i) % 100, l: [i % 7, i % 11] }));

  /** Every entry of the indexes is a document's, and the other way round. */
  async function expectValid(indexes: number): Promise<void> {
    const { valid, nIndexes } = await subject.db.command({ validate: subject.coll.collectionName, full: true });
    expect({ valid, nIndexes: Number(nIndexes) }).toEqual({ valid: true, nIndexes: indexes });
    for (const filter of [{ a: 5 }, { l: 3 }]) {
      const counted = await subject.coll.countDocuments(filter, { hint: { $natural: 1 } });
      expect(await subject.coll.countDocuments(filter)).toBe(counted);
    }
  }

  it('misses nothing that is written meanwhile', async () => {
    await subject.coll.insertMany(documents(0, COUNT));
    let isBuilt = false;
    const built = subject.coll.createIndexes([{ key: { a: 1 } }, { key: { l: 1 } }]).then(() => (isBuilt = true));
    let rounds = 0;
    for (let next = COUNT; !isBuilt; next += 10) {
      await subject.coll.insertMany(documents(next, 10));
      await subject.coll.updateMany(
        { _id: { $gte: next - COUNT, $lt: next - COUNT + 5 } as never },
        { $inc: { a: 1 } },
      );
      await subject.coll.deleteMany({ _id: { $gte: next - 5000, $lt: next - 4995 } as never });
      rounds += 1;
    }
    await built;
    expect(rounds).toBeGreaterThan(1);
    await expectValid(3);
  }, 60_000);

  it('is done once for those who ask for the same at the same time', async () => {
    await subject.coll.insertMany(documents(0, 2000));
    const answers = await Promise.all(
      [1, 2, 3].map(() => subject.coll.createIndexes([{ key: { a: 1 } }, { key: { l: 1 } }])),
    );
    expect(answers).toEqual([1, 2, 3].map(() => ['a_1', 'l_1']));
    await expectValid(3);
  });

  it('leaves nothing of any index when one of them fails', async () => {
    await subject.coll.insertMany(documents(0, 2000));
    const failing = [{ key: { l: 1 } }, { key: { a: 1 }, unique: true }] as const;
    await expect(subject.coll.createIndexes([...failing])).rejects.toMatchObject({ code: 11000, keyPattern: { a: 1 } });
    expect((await subject.coll.indexes()).map(({ name }) => name)).toEqual(['_id_']);
    await subject.coll.insertMany(documents(2000, 10));
    await subject.coll.createIndexes([{ key: { a: 1 } }, { key: { l: 1 } }]);
    await expectValid(3);
  });
});
