import { describe, expect, it } from '@jest/globals';
import { Double, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

async function run(docs: readonly Document[], pipeline: Document[]): Promise<Document[]> {
  if (docs.length > 0) await subject.coll.insertMany(docs.map((doc, i) => ({ _id: i + 1, ...doc })) as Document[]);
  return subject.coll.aggregate(pipeline).toArray();
}

describe('$bucketAuto', () => {
  it('makes buckets of about the same size and keeps equals together', async () => {
    const docs = [1, 2, 2, 2, 3, 9].map((v) => ({ v }));
    expect(
      await run(docs, [{ $bucketAuto: { groupBy: '$v', buckets: 3, output: { ids: { $push: '$_id' } } } }]),
    ).toEqual([
      { _id: { min: 1, max: 3 }, ids: [1, 2, 3, 4] },
      { _id: { min: 3, max: 9 }, ids: [5, 6] },
    ]);
    expect(await subject.coll.aggregate([{ $bucketAuto: { groupBy: '$v', buckets: 1 } }]).toArray()).toEqual([
      { _id: { min: 1, max: 9 }, count: 6 },
    ]);
  });
});

describe('$graphLookup', () => {
  it('follows references, each document once', async () => {
    const docs = [
      { name: 'a', to: 'b' },
      { name: 'b', to: ['c', 'd'] },
      { name: 'c', to: 'a' },
      { name: 'd', off: true },
    ];
    const graph = {
      from: subject.coll.collectionName,
      startWith: '$to',
      connectFromField: 'to',
      connectToField: 'name',
      as: 'seen',
    };
    const [first] = await run(docs, [{ $match: { name: 'a' } }, { $graphLookup: { ...graph, depthField: 'depth' } }]);
    const seen = (first?.['seen'] as Document[]).map(({ name, depth }) => `${String(name)}${String(depth)}`);
    expect(seen.sort()).toEqual(['a2', 'b0', 'c1', 'd1']);
    const [near] = await subject.coll
      .aggregate([
        { $match: { name: 'a' } },
        { $graphLookup: { ...graph, maxDepth: 1, restrictSearchWithMatch: { off: { $ne: true } } } },
      ])
      .toArray();
    expect((near?.['seen'] as Document[]).map(({ name }) => name as unknown).sort()).toEqual(['b', 'c']);
  });
});

describe('$redact', () => {
  it('keeps, prunes and descends', async () => {
    const docs = [{ level: 1, a: { level: 5, x: 1 }, b: [{ level: 1, y: 1 }, { level: 9 }, 3] }, { level: 9 }];
    const expression = { $cond: [{ $lte: ['$level', 4] }, '$$DESCEND', '$$PRUNE'] };
    expect(await run(docs, [{ $redact: expression }])).toEqual([{ _id: 1, level: 1, b: [{ level: 1, y: 1 }, 3] }]);
  });
});

describe('$documents', () => {
  it('needs no collection', async () => {
    const docs = await subject.db.aggregate([{ $documents: [{ a: 1 }, { a: 2 }] }, { $match: { a: 2 } }]).toArray();
    expect(docs).toEqual([{ a: 2 }]);
    await expect(run([], [{ $documents: [{ a: 1 }] }])).rejects.toMatchObject({ code: 73 });
  });

  it('joins by what is at a path: elements of arrays, patterns as values, nothing as null', async () => {
    const foreign = subject.db.collection(`${subject.coll.collectionName}_f`);
    await foreign.insertMany([
      { _id: 1 as never, k: 'ab' },
      { _id: 2 as never, k: /^a/ },
      { _id: 3 as never },
      { _id: 4 as never, k: 7 },
    ]);
    const docs = [{ l: /^a/ }, { l: [] }, { l: [{ x: [7, 8] }, { x: 'ab' }] }, { l: [7, 'z'] }, {}];
    const stages = ['l', 'l.x'].map((localField) => ({
      $lookup: { from: foreign.collectionName, localField, foreignField: 'k', as: localField === 'l' ? 'a' : 'b' },
    }));
    const found = await run(docs, [
      ...stages,
      { $sort: { _id: 1 } },
      { $project: { _id: 0, a: '$a._id', b: '$b._id' } },
    ]);
    expect(found).toEqual([
      { a: [2], b: [3] },
      { a: [3], b: [3] },
      { a: [], b: [1, 4] },
      { a: [4], b: [3] },
      { a: [3], b: [3] },
    ]);
  });

  it('joins', async () => {
    const lookup = {
      pipeline: [{ $documents: [{ k: 1, v: 'x' }] }, { $match: { $expr: { $eq: ['$k', '$$k'] } } }],
      let: { k: '$k' },
      as: 'found',
    };
    expect(await run([{ k: 1 }, { k: 2 }], [{ $lookup: lookup }, { $sort: { _id: 1 } }])).toEqual([
      { _id: 1, k: 1, found: [{ k: 1, v: 'x' }] },
      { _id: 2, k: 2, found: [] },
    ]);
  });
});

describe('$fill and $densify', () => {
  it('fill gaps', async () => {
    const docs = [{ t: 1, v: 1 }, { t: 2 }, { t: 3, v: 5, w: 'x' }, { t: 4 }];
    const output = { v: { method: 'linear' }, w: { method: 'locf' }, z: { value: 0 } };
    const filled = await run(docs, [{ $fill: { sortBy: { t: 1 }, output } }]);
    expect(filled.map(({ v, w, z }) => [v, w, z] as unknown)).toEqual([
      [1, null, 0],
      [3, null, 0],
      [5, 'x', 0],
      [null, 'x', 0],
    ]);
  });

  it('add documents by numbers and dates', async () => {
    const range = { step: 2, bounds: 'full' };
    expect(
      (await run([{ v: 0 }, { v: 5 }], [{ $densify: { field: 'v', range } }])).map(({ v }) => v as unknown),
    ).toEqual([0, 2, 4, 5]);
    const hours = await subject.db
      .aggregate([
        {
          $documents: [
            { at: new Date(0), p: 1 },
            { at: new Date(7_200_000), p: 1 },
          ],
        },
        { $densify: { field: 'at', partitionByFields: ['p'], range: { step: 1, unit: 'hour', bounds: 'partition' } } },
      ])
      .toArray();
    expect(hours).toEqual([0, 1, 2].map((hour) => ({ at: new Date(hour * 3_600_000), p: 1 })));
  });
});

describe('$merge', () => {
  const target = () => subject.db.collection(`${subject.coll.collectionName}_target`);
  const merge = (options: Document) => ({ $merge: { into: target().collectionName, ...options } });

  it.each<[string, Document, unknown]>([
    [
      'merges',
      {},
      [
        { _id: 1, a: 1, b: 1 },
        { _id: 2, a: 2 },
      ],
    ],
    [
      'replaces',
      { whenMatched: 'replace' },
      [
        { _id: 1, a: 1 },
        { _id: 2, a: 2 },
      ],
    ],
    ['keeps', { whenMatched: 'keepExisting', whenNotMatched: 'discard' }, [{ _id: 1, b: 1 }]],
    [
      'runs a pipeline',
      { whenMatched: [{ $set: { sum: { $add: ['$b', '$$new.a'] } } }] },
      [
        { _id: 1, b: 1, sum: 2 },
        { _id: 2, a: 2 },
      ],
    ],
    [
      'runs a pipeline with variables',
      { let: { x: '$a' }, whenMatched: [{ $set: { x: '$$x' } }], whenNotMatched: 'discard' },
      [{ _id: 1, b: 1, x: 1 }],
    ],
  ])('%s', async (_name, options, expected) => {
    await target().insertOne({ _id: 1 as never, b: 1 });
    await run([{ a: 1 }, { a: 2 }], [merge(options)]);
    expect(await target().find().sort({ _id: 1 }).toArray()).toEqual(expected);
  });

  it('by another unique field, or not at all', async () => {
    await target().insertOne({ _id: 9 as never, k: 'x', n: 1 });
    const pipeline = [{ $project: { _id: 0, k: 1, m: 1 } }, merge({ on: 'k' })];
    await expect(run([{ k: 'x', m: 2 }], pipeline)).rejects.toMatchObject({ code: 51183 });
    await target().createIndex({ k: 1 }, { unique: true });
    await run([], pipeline);
    expect(await target().find().toArray()).toEqual([{ _id: 9, k: 'x', n: 1, m: 2 }]);
  });

  it('fails when told to', async () => {
    await target().insertOne({ _id: 1 as never });
    await expect(run([{ a: 1 }], [merge({ whenMatched: 'fail' })])).rejects.toMatchObject({ code: 11000 });
    await expect(run([], [{ $set: { _id: 5 } }, merge({ whenNotMatched: 'fail' })])).rejects.toMatchObject({
      code: 13113,
    });
  });
});

describe('$out', () => {
  it('leaves the target as it was when it fails, and keeps its indexes', async () => {
    const target = subject.db.collection(`${subject.coll.collectionName}_out`);
    await target.createIndex({ a: 1 }, { unique: true });
    await target.insertOne({ _id: 7 as never, a: 7 });
    await expect(run([{ a: 1 }, { a: 1 }], [{ $out: target.collectionName }])).rejects.toMatchObject({ code: 11000 });
    expect(await target.find().toArray()).toEqual([{ _id: 7, a: 7 }]);
    await subject.coll.aggregate([{ $limit: 1 }, { $out: target.collectionName }]).toArray();
    expect(await target.find().toArray()).toEqual([{ _id: 1, a: 1 }]);
    expect(await target.indexes()).toHaveLength(2);
  });
});

describe('statistics', () => {
  it('of indexes and the collection', async () => {
    await subject.coll.createIndex({ a: 1 });
    const names = (await run([{ a: 1 }], [{ $indexStats: {} }])).map(({ name }) => name as string);
    expect(names.sort()).toEqual(['_id_', 'a_1']);
    const [stats] = await subject.coll.aggregate([{ $collStats: { count: {}, storageStats: {} } }]).toArray();
    expect(stats).toMatchObject({ count: 1, storageStats: { count: 1, nindexes: 2 } });
  });
});

describe('refused', () => {
  it.each<[Document, number]>([
    [{ $addFields: 5 }, 40272],
    [{ $project: 5 }, 15969],
    [{ $project: {} }, 51272],
    [{ $replaceRoot: 5 }, 40229],
    [{ $replaceRoot: {} }, 40231],
    [{ $replaceWith: 5 }, 40228],
    [{ $facet: 5 }, 40169],
    [{ $facet: { a: 5 } }, 40170],
    [{ $facet: { a: [{ $out: 'x' }] } }, 40600],
    [{ $bucket: 5 }, 40201],
    [{ $bucket: { groupBy: '$a', boundaries: [1] } }, 40192],
    [{ $bucket: { groupBy: '$a', boundaries: [2, 1] } }, 40194],
    [{ $bucket: { groupBy: 'a', boundaries: [1, 2] } }, 40202],
    [{ $bucket: { groupBy: '$a', boundaries: [1, 'x'] } }, 40193],
    [{ $bucketAuto: 5 }, 40240],
    [{ $bucketAuto: { groupBy: '$a' } }, 40246],
    [{ $bucketAuto: { groupBy: '$a', buckets: 0 } }, 40243],
    [{ $graphLookup: 5 }, 9],
    [{ $fill: 5 }, 9],
    [{ $densify: 5 }, 9],
    [{ $sample: 5 }, 28745],
    [{ $sample: { size: 'x' } }, 28746],
    [{ $sample: { size: -1 } }, 28747],
    [{ $sample: {} }, 28749],
    [{ $sortByCount: 5 }, 40149],
    [{ $sortByCount: 'a' }, 40148],
    [{ $unset: '' }, 40352],
    [{ $unset: [] }, 31119],
    [{ $unset: [1] }, 31120],
    [{ $unset: 5 }, 31002],
    [{ $unwind: 5 }, 15981],
    [{ $unwind: {} }, 28812],
    [{ $unwind: { path: '$a', frob: 1 } }, 28811],
    [{ $unwind: { path: '$a', preserveNullAndEmptyArrays: 1 } }, 28809],
    [{ $unwind: { path: '$a', includeArrayIndex: '$i' } }, 28822],
    [{ $count: 5 }, 40156],
    [{ $count: '$a' }, 40158],
    [{ $count: 'a.b' }, 40160],
    [{ $match: 5 }, 15959],
    [{ $sort: 5 }, 15973],
    [{ $sort: {} }, 15976],
    [{ $sort: { a: 2 } }, 15975],
    [{ $sort: { a: 'x' } }, 15974],
    [{ $skip: -1 }, 5107200],
    [{ $limit: 'x' }, 5107201],
    [{ $group: 5 }, 15947],
    [{ $group: { _id: 1, 'a.b': { $sum: 1 } } }, 40235],
    [{ $group: { _id: 1, a: 5 } }, 40234],
    [{ $group: { _id: 1, a: { $sum: 1, $avg: 1 } } }, 40238],
    [{ $lookup: 5 }, 9],
    [{ $lookup: { from: 'x', as: 'y', localField: 'z' } }, 9],
    [{ $lookup: { from: 'x', as: 'y', pipeline: [{ $frob: 1 }] } }, 40324],
    [{ $lookup: { from: 'x', as: 'y', pipeline: [{ $out: 'z' }] } }, 51047],
    [{ $unionWith: 5 }, 9],
    [{ $out: '' }, 73],
    [{ $out: { db: 'x' } }, 40414],
    [{ $out: { db: 'x', coll: 'c', bogus: 1 } }, 40415],
    [{ $merge: '' }, 73],
    [{ $merge: { coll: 'c' } }, 40415],
    [{ $merge: { into: '' } }, 5786800],
    [{ $merge: { into: 'x', whenMatched: 'frob' } }, 2],
  ])('%j: %i', async (stage, code) => {
    await expect(run([{ a: 1 }], [stage])).rejects.toMatchObject({ code });
  });

  it('in the wrong place', async () => {
    await expect(run([], [{ $out: 'x' }, { $match: {} }])).rejects.toMatchObject({ code: 40601 });
    await expect(run([], [{ $match: {} }, { $indexStats: {} }])).rejects.toMatchObject({ code: 40602 });
    await expect(subject.coll.updateOne({}, [{ $match: {} }])).rejects.toMatchObject({ code: 72 });
    await expect(subject.coll.updateOne({}, [{ $frob: {} }])).rejects.toMatchObject({ code: 40324 });
  });
});

it('integral doubles stay doubles wherever a document is made around them', async () => {
  const asStored = { promoteValues: false, useBigInt64: false } as const;
  await subject.coll.insertOne({ _id: 1, o: { x: new Double(2) }, d: new Double(3) } as Document);
  const of = async (stage: Document) => (await subject.coll.aggregate([stage], asStored).toArray())[0] as Document;
  expect((await of({ $project: { a: { $objectToArray: '$o' } } }))['a'][0].v).toEqual(new Double(2));
  expect((await of({ $bucketAuto: { groupBy: '$d', buckets: 1 } }))['_id']).toEqual({
    min: new Double(3),
    max: new Double(3),
  });
  expect((await of({ $fill: { output: { none: { value: new Double(4) } } } }))['none']).toEqual(new Double(4));
  const upsert = {
    findAndModify: subject.coll.collectionName,
    query: { _id: new Double(7) },
    update: { $set: { a: 1 } },
  };
  const made = await subject.db.command({ ...upsert, upsert: true }, asStored);
  expect(made['lastErrorObject'].upserted).toEqual(new Double(7));
});
