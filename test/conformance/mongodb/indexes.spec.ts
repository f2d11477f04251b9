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
