import { describe, expect, it } from '@jest/globals';
import type { Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

/** The stages of a plan, outermost first, wherever the server nests them. */
function stagesOf(plan: Document | undefined): string[] {
  if (plan === undefined) return [];
  const inner = (plan['inputStage'] ?? plan['queryPlan'] ?? (plan['inputStages'] as Document[] | undefined)?.[0]) as
    Document | undefined;
  return [...(typeof plan['stage'] === 'string' ? [plan['stage']] : []), ...stagesOf(inner)];
}

async function fill(): Promise<void> {
  await subject.coll.insertMany(Array.from({ length: 20 }, (_, i) => ({ _id: i as never, a: i % 5, b: i, l: [i] })));
  await subject.coll.createIndexes([{ key: { a: 1, b: -1 } }, { key: { l: 1 } }]);
}

const planOf = (explained: Document): Document => explained['queryPlanner'].winningPlan as Document;

function scanOf(plan: Document): Document {
  return plan['stage'] === 'IXSCAN' ? plan : scanOf((plan['inputStage'] ?? plan['queryPlan']) as Document);
}

describe('plans', () => {
  it.each<[string, (explain: 'queryPlanner') => Promise<Document>, readonly string[]]>([
    ['a scan', (v) => subject.coll.find({ z: 1 }).explain(v), ['COLLSCAN']],
    ['a sort without an index', (v) => subject.coll.find().sort({ z: 1 }).explain(v), ['SORT', 'COLLSCAN']],
    ['a sort by an index', (v) => subject.coll.find().sort({ a: 1, b: -1 }).explain(v), ['FETCH', 'IXSCAN']],
    [
      'skip and limit',
      (v) => subject.coll.find({ a: 1 }).skip(1).limit(2).explain(v),
      ['LIMIT', 'SKIP', 'FETCH', 'IXSCAN'],
    ],
    ['a limit under a sort', (v) => subject.coll.find().sort({ z: 1 }).limit(2).explain(v), ['SORT', 'COLLSCAN']],
    [
      'a projection',
      (v) => subject.coll.find({ z: 1 }).project({ z: 1 }).explain(v),
      ['PROJECTION_SIMPLE', 'COLLSCAN'],
    ],
    [
      'a nested projection',
      (v) => subject.coll.find({ z: 1 }).project({ 'z.y': 1 }).explain(v),
      ['PROJECTION_DEFAULT', 'COLLSCAN'],
    ],
    ['hints', (v) => subject.coll.find({ z: 1 }).hint({ l: 1 }).explain(v), ['FETCH', 'IXSCAN']],
    ['natural order', (v) => subject.coll.find({ a: 1 }).hint({ $natural: -1 }).explain(v), ['COLLSCAN']],
  ])('of %s', async (_name, explain, stages) => {
    await fill();
    expect(stagesOf(planOf(await explain('queryPlanner')))).toEqual(stages);
  });

  it('of an _id look it up', async () => {
    await fill();
    const [stage] = stagesOf(planOf(await subject.coll.find({ _id: 5 as never }).explain('queryPlanner')));
    expect(stage).toMatch(/^(EXPRESS_IXSCAN|EXPRESS_CLUSTERED_IXSCAN|IDHACK|FETCH)$/);
  });

  it('of writes change nothing', async () => {
    await fill();
    const name = subject.coll.collectionName;
    const explained = await subject.db.command({
      explain: { delete: name, deletes: [{ q: { a: 1 }, limit: 0 }] },
      verbosity: 'executionStats',
    });
    expect(stagesOf(planOf(explained))).toEqual(expect.arrayContaining(['IXSCAN']));
    expect(await subject.coll.countDocuments()).toBe(20);
  });

  it('say what was asked, and by which bounds', async () => {
    await fill();
    const explained = await subject.coll.find({ a: 3, b: { $gt: 5, $lte: 15 } }).explain('queryPlanner');
    expect(explained['queryPlanner']).toMatchObject({
      namespace: `${subject.db.databaseName}.${subject.coll.collectionName}`,
      indexFilterSet: false,
      rejectedPlans: expect.any(Array),
    });
    expect(scanOf(planOf(explained))).toMatchObject({
      keyPattern: { a: 1, b: -1 },
      indexName: 'a_1_b_-1',
      isMultiKey: false,
      multiKeyPaths: { a: [], b: [] },
      isUnique: false,
      isSparse: false,
      isPartial: false,
      direction: 'forward',
      indexBounds: { a: ['[3, 3]'], b: ['[15, 5)'] },
    });
    const array = await subject.coll.find({ l: { $in: [2, 1] } }).explain('queryPlanner');
    expect(scanOf(planOf(array))).toMatchObject({
      isMultiKey: true,
      multiKeyPaths: { l: ['l'] },
      indexBounds: { l: ['[1, 1]', '[2, 2]'] },
    });
  });

  it.each<[Document, string]>([
    [{ l: { $gt: 5 } }, '(5, inf.0]'],
    [{ l: { $lt: 5 } }, '[-inf.0, 5)'],
    [{ l: { $gte: 'x' } }, '["x", {})'],
    [{ l: { $lt: 'x' } }, '["", "x")'],
    [{ l: { $gt: new Date(5) } }, '(new Date(5), new Date(9223372036854775807)]'],
  ])('bound %j by its type', async (filter, text) => {
    await fill();
    expect(scanOf(planOf(await subject.coll.find(filter).explain('queryPlanner')))['indexBounds']).toEqual({
      l: [text],
    });
  });
});

describe('negations', () => {
  it.each<[Document, readonly string[], Document | undefined]>([
    [{ b: { $ne: 5 } }, ['[MinKey, 5)', '(5, MaxKey]'], undefined],
    [{ b: { $nin: [7, 2] } }, ['[MinKey, 2)', '(2, 7)', '(7, MaxKey]'], undefined],
    [{ b: { $not: { $gt: 5 } } }, ['[MinKey, 5]', '(inf.0, MaxKey]'], undefined],
    [{ b: { $not: { $lte: 5 } } }, ['[MinKey, -inf.0)', '(5, MaxKey]'], undefined],
    [{ b: { $ne: null } }, ['[MinKey, null)', '(null, MaxKey]'], { b: { $not: { $eq: null } } }],
    [{ b: { $exists: true } }, ['[MinKey, MaxKey]'], { b: { $exists: true } }],
    [{ b: { $exists: false } }, ['[null, null]'], { b: { $not: { $exists: true } } }],
  ])('%j is bounded', async (filter, bounds, rest) => {
    await fill();
    await subject.coll.createIndex({ b: 1 });
    const plan = planOf(await subject.coll.find(filter).explain('queryPlanner'));
    expect(scanOf(plan)['indexBounds']).toEqual({ b: bounds });
    expect(plan['filter']).toEqual(rest);
  });

  it('are read backwards, and not from an index that lacks what they find', async () => {
    await fill();
    await subject.coll.createIndex({ b: -1 });
    const explained = await subject.coll.find({ b: { $ne: 5 } }).explain('executionStats');
    expect(scanOf(planOf(explained))['indexBounds']).toEqual({ b: ['[MaxKey, 5)', '(5, MinKey]'] });
    expect(explained['executionStats']).toMatchObject({ nReturned: 19, totalKeysExamined: 19, totalDocsExamined: 19 });
    await subject.coll.createIndex({ z: 1 }, { sparse: true });
    const stages = async (filter: Document) =>
      stagesOf(planOf(await subject.coll.find(filter).explain('queryPlanner'))).at(-1);
    expect(await stages({ z: { $ne: 5 } })).toBe('COLLSCAN');
    expect(await stages({ z: { $exists: true } })).toBe('IXSCAN');
    expect(await stages({ z: { $exists: false } })).toBe('COLLSCAN');
  });
});

describe('counts', () => {
  async function explainCount(command: Document): Promise<Document> {
    const count = { count: subject.coll.collectionName, ...command };
    return subject.db.command({ explain: count, verbosity: 'executionStats' });
  }

  it.each<[Document, readonly string[], number, number]>([
    [{ query: { a: 3 } }, ['COUNT', 'COUNT_SCAN'], 4, 4],
    [{ query: { a: { $lt: 2 } } }, ['COUNT', 'COUNT_SCAN'], 8, 8],
    [{ query: { a: 3, b: { $gt: 5 } } }, ['COUNT', 'COUNT_SCAN'], 3, 3],
    [{ query: { l: { $gte: 15 } } }, ['COUNT', 'COUNT_SCAN'], 5, 5],
    [{ query: { a: { $in: [1, 2] } } }, ['COUNT', 'IXSCAN'], 8, 8],
    [{ query: { a: 3 }, skip: 1, limit: 2 }, ['COUNT', 'COUNT_SCAN'], 3, 2],
  ])('%j look at keys only', async (command, stages, keys, counted) => {
    await fill();
    const { queryPlanner, executionStats } = await explainCount(command);
    expect(stagesOf(queryPlanner.winningPlan as Document)).toEqual(stages);
    expect(executionStats).toMatchObject({ totalDocsExamined: 0, executionStages: { nCounted: counted } });
    // mongod looks at the key after the last one, too.
    expect([keys, keys + 1]).toContain(executionStats.totalKeysExamined);
  });

  it('of what keys do not say look at documents', async () => {
    await fill();
    const { executionStats } = await explainCount({ query: { a: 3, z: null } });
    expect(executionStats).toMatchObject({ totalDocsExamined: 4, executionStages: { nCounted: 4 } });
    const missing = await explainCount({ query: { a: null } });
    expect(stagesOf(missing['queryPlanner'].winningPlan as Document)).toContain('FETCH');
  });

  it('of all look at nothing', async () => {
    await fill();
    const { queryPlanner, executionStats } = await explainCount({ skip: 5 });
    expect(stagesOf(queryPlanner.winningPlan as Document).at(-1)).toBe('RECORD_STORE_FAST_COUNT');
    expect(executionStats).toMatchObject({ totalKeysExamined: 0, totalDocsExamined: 0 });
  });

  it('do not count NaN among the numbers below another', async () => {
    await subject.coll.createIndex({ n: 1 });
    await subject.coll.insertMany([{ n: NaN }, { n: 1 }, { n: -Infinity }, { n: null }, {}, { n: 'x' }]);
    const count = async (query: Document): Promise<unknown> => {
      return (await subject.db.command({ count: subject.coll.collectionName, query }))['n'];
    };
    expect([await count({ n: { $lt: 5 } }), await count({ n: { $gte: -Infinity } }), await count({ n: NaN })]).toEqual([
      2, 2, 1,
    ]);
    expect([await count({ n: { $gte: NaN, $lt: 5 } }), await count({ n: { $gt: NaN } })]).toEqual([0, 0]);
    expect([await count({ n: null }), await count({ n: { $lt: 'y' } }), await count({ n: 1 })]).toEqual([2, 1, 1]);
  });

  it('by aggregation look at keys only', async () => {
    await fill();
    const counting: Document[] = [{ $match: { a: 3 } }, { $group: { _id: 1, n: { $sum: 1 } } }];
    const explained = await subject.coll.aggregate(counting).explain('executionStats');
    expect(JSON.stringify(explained)).toContain('"totalDocsExamined":0');
    expect(await subject.coll.countDocuments({ l: { $gte: 15 } })).toBe(5);
  });
});

describe('statistics', () => {
  it('count keys and documents', async () => {
    await fill();
    const { executionStats } = await subject.coll.find({ a: 3, z: { $exists: false } }).explain('executionStats');
    expect(executionStats).toMatchObject({
      executionSuccess: true,
      nReturned: 4,
      totalKeysExamined: 4,
      totalDocsExamined: 4,
      executionStages: {
        stage: 'FETCH',
        nReturned: 4,
        docsExamined: 4,
        inputStage: { stage: 'IXSCAN', keysExamined: 4 },
      },
    });
  });

  it('of aggregations', async () => {
    await fill();
    const explained = await subject.coll
      .aggregate([{ $match: { a: 3 } }, { $sort: { b: -1 } }])
      .explain('executionStats');
    expect(JSON.stringify(explained)).toContain('IXSCAN');
    const grouped = await subject.coll.aggregate([{ $match: { z: 3 } }, { $unwind: '$l' }]).explain('queryPlanner');
    expect(JSON.stringify(grouped)).toContain('COLLSCAN');
  });
});

it('refuses what cannot be explained', async () => {
  await expect(subject.db.command({ explain: { frob: 1 } })).rejects.toMatchObject({ code: 59 });
  await expect(subject.db.command({ explain: { find: 'x' }, verbosity: 'frob' })).rejects.toMatchObject({ code: 2 });
});
