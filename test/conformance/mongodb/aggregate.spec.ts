import { describe, expect, it } from '@jest/globals';
import { Decimal128, ObjectId, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

async function run(docs: readonly Document[], pipeline: Document[]): Promise<Document[]> {
  if (docs.length > 0) await subject.coll.insertMany(docs.map((doc, i) => ({ _id: i + 1, ...doc })) as Document[]);
  return subject.coll.aggregate(pipeline).toArray();
}

async function value(expression: unknown, doc: Document = {}): Promise<unknown> {
  const [result] = await run([doc], [{ $project: { _id: 0, v: expression } }]);
  return result?.['v'];
}

const at = new Date('2024-02-29T23:30:15.250Z');

const EXPRESSIONS: readonly (readonly [string, unknown, unknown, Document?])[] = [
  ['$add', { $add: [1, 2, 0.5] }, 3.5],
  ['$add int64', { $add: [9007199254740993n, 1] }, 9007199254740994n],
  ['$add to a date', { $add: ['$at', 1000] }, new Date(at.getTime() + 1000), { at }],
  ['$add null', { $add: [1, null] }, null],
  ['$subtract dates', { $subtract: ['$at', new Date(0)] }, BigInt(at.getTime()), { at }],
  ['$multiply', { $multiply: [3, 4] }, 12],
  ['$divide is a double', { $divide: [7, 2] }, 3.5],
  ['$mod', { $mod: [-7, 3] }, -1],
  ['$abs', { $abs: -3n }, 3n],
  ['$ceil $floor', { $add: [{ $ceil: 1.2 }, { $floor: -1.2 }] }, 0],
  [
    '$round half to even',
    ['$a', { $round: [2.5] }, { $round: [3.5] }, { $round: [1234, -2] }],
    [1, 2, 4, 1200],
    { a: 1 },
  ],
  ['$trunc', { $trunc: [1.239, 2] }, 1.23],
  ['$pow', { $pow: [2, 40] }, 1099511627776n],
  ['$sqrt', { $sqrt: 16 }, 4],
  ['$cmp of types', { $cmp: ['a', 1] }, 1],
  ['$eq by value', { $eq: [1, 1n] }, true],
  ['$and $or $not', { $and: [1, 'x', { $not: [{ $or: [0, null] }] }] }, true],
  ['$cond', { $cond: [{ $gt: ['$a', 1] }, 'big', 'small'] }, 'big', { a: 2 }],
  ['$ifNull', { $ifNull: ['$x', null, 'z'] }, 'z'],
  [
    '$switch',
    {
      $switch: {
        branches: [
          { case: false, then: 1 },
          { case: true, then: 2 },
        ],
        default: 3,
      },
    },
    2,
  ],
  ['$let', { $let: { vars: { x: 5 }, in: { $add: ['$$x', '$a'] } } }, 6, { a: 1 }],
  ['$literal', { $literal: '$a' }, '$a'],
  ['$concat', { $concat: ['a', '$b'] }, 'ax', { b: 'x' }],
  ['$concat null', { $concat: ['a', null] }, null],
  ['$toUpper', { $toUpper: 'aé' }, 'Aé'],
  ['$substrCP', { $substrCP: ['héllo', 1, 3] }, 'éll'],
  ['$strLen', [{ $strLenCP: 'é' }, { $strLenBytes: 'é' }], [1, 2]],
  ['$split', { $split: ['a-b-', '-'] }, ['a', 'b', '']],
  ['$trim', { $trim: { input: '  a ' } }, 'a'],
  ['$ltrim chars', { $ltrim: { input: 'xxa', chars: 'x' } }, 'a'],
  ['$replaceAll', { $replaceAll: { input: 'a.a', find: '.', replacement: { $literal: '$&' } } }, 'a$&a'],
  ['$indexOfCP', { $indexOfCP: ['abcabc', 'c', 3] }, 5],
  ['$regexMatch', { $regexMatch: { input: 'Abc', regex: /^a/i } }, true],
  ['$regexFind', { $regexFind: { input: 'xaby', regex: 'a(b)' } }, { match: 'ab', idx: 1, captures: ['b'] }],
  ['$size', { $size: '$l' }, 2, { l: [1, 2] }],
  ['$arrayElemAt', { $arrayElemAt: ['$l', -1] }, 2, { l: [1, 2] }],
  ['$concatArrays', { $concatArrays: ['$l', [3]] }, [1, 2, 3], { l: [1, 2] }],
  ['$filter', { $filter: { input: '$l', as: 'n', cond: { $gt: ['$$n', 1] } } }, [2, 3], { l: [1, 2, 3] }],
  ['$map', { $map: { input: '$l', in: { $multiply: ['$$this', 2] } } }, [2, 4], { l: [1, 2] }],
  ['$reduce', { $reduce: { input: '$l', initialValue: 0, in: { $add: ['$$value', '$$this'] } } }, 6, { l: [1, 2, 3] }],
  ['$slice', { $slice: ['$l', 1, 1] }, [2], { l: [1, 2, 3] }],
  ['$in', { $in: [2, '$l'] }, true, { l: [1, 2n] }],
  ['$range', { $range: [0, 5, 2] }, [0, 2, 4]],
  ['$reverseArray', { $reverseArray: '$l' }, [2, 1], { l: [1, 2] }],
  [
    '$setUnion',
    {
      $setUnion: [
        [3, 1],
        [2, 1],
      ],
    },
    [1, 2, 3],
  ],
  ['$setDifference', { $setDifference: [[1, 2], [2]] }, [1]],
  ['$sortArray', { $sortArray: { input: '$l', sortBy: { x: -1 } } }, [{ x: 2 }, { x: 1 }], { l: [{ x: 1 }, { x: 2 }] }],
  ['$objectToArray', { $objectToArray: '$o' }, [{ k: 'a', v: 1 }], { o: { a: 1 } }],
  [
    '$arrayToObject',
    {
      $arrayToObject: [
        [
          ['a', 1],
          ['b', 2],
        ],
      ],
    },
    { a: 1, b: 2 },
  ],
  ['$mergeObjects', { $mergeObjects: ['$o', { b: 2 }] }, { a: 1, b: 2 }, { o: { a: 1, b: 1 } }],
  ['$max of an array', { $max: '$l' }, 5, { l: [1, 5, null] }],
  ['$sum of arguments', { $sum: [1, 2n, '$x'] }, 3n],
  ['a path through an array', '$l.x', [1, 2], { l: [{ x: 1 }, {}, { x: 2 }] }],
  ['$type', { $type: '$x' }, 'missing'],
  ['$toLong', { $toLong: '42' }, 42n],
  ['$toInt truncates', { $toInt: 2.9 }, 2],
  ['$toString', { $toString: 5n }, '5'],
  ['$toDate', { $toDate: '2024-02-29T23:30:15.250Z' }, at],
  ['$convert onError', { $convert: { input: 'x', to: 'int', onError: -1 } }, -1],
  ['$year $month', [{ $year: '$at' }, { $month: '$at' }, { $dayOfMonth: '$at' }], [2024, 2, 29], { at }],
  ['time zones', { $dayOfMonth: { date: '$at', timezone: 'Asia/Shanghai' } }, 1, { at }],
  [
    '$dateToString',
    { $dateToString: { date: '$at', format: '%Y-%m-%d %H:%M', timezone: '+08:00' } },
    '2024-03-01 07:30',
    { at },
  ],
  [
    '$dateFromString',
    { $dateFromString: { dateString: '2024-03-01', timezone: 'Asia/Shanghai' } },
    new Date('2024-02-29T16:00:00Z'),
  ],
  [
    '$dateAdd',
    { $dateAdd: { startDate: '$at', unit: 'year', amount: 1 } },
    new Date('2025-02-28T23:30:15.250Z'),
    { at },
  ],
  [
    '$dateDiff',
    { $dateDiff: { startDate: new Date('2023-12-31T23:00:00Z'), endDate: '$at', unit: 'month' } },
    2n,
    { at },
  ],
  ['$dateTrunc', { $dateTrunc: { date: '$at', unit: 'month' } }, new Date('2024-02-01T00:00:00Z'), { at }],
  ['$dateFromParts', { $dateFromParts: { year: 2024, month: 14, day: 1 } }, new Date('2025-02-01T00:00:00Z')],
];

describe('expressions', () => {
  it.each(EXPRESSIONS)('%s', async (...row) => {
    expect(await value(row[1], row[3])).toEqual(row[2]);
  });

  it('divides decimals', async () => {
    expect(String(await value({ $divide: [Decimal128.fromString('1'), 8] }))).toBe('0.125');
  });

  it.each<[string, unknown, number]>([
    ['an unknown operator', { $frob: 1 }, 31325],
    ['an unknown operator within', [{ $frob: 1 }], 168],
    ['division by zero', { $divide: [1, 0] }, 2],
    ['adding a string', { $add: [1, 'x'] }, 14],
    ['an undefined variable', '$$nope', 17276],
    ['two operators', { $add: [1], $abs: 1 }, 16410],
    ['two operators within', [{ $add: [1], $abs: 1 }], 15983],
  ])('refuses %s', async (_name, expression, code) => {
    await expect(value(expression)).rejects.toMatchObject({ code });
  });
});

describe('stages', () => {
  const SALES = [
    { item: 'a', qty: 2n, price: 10, tags: ['x', 'y'] },
    { item: 'b', qty: 1n, price: 20, tags: ['y'] },
    { item: 'a', qty: 5n, price: 10, tags: [] },
  ];

  it('$group with all accumulators', async () => {
    const [group] = await run(SALES, [
      { $sort: { _id: 1 } },
      {
        $group: {
          _id: { item: '$item' },
          sum: { $sum: '$qty' },
          n: { $count: {} },
          avg: { $avg: '$qty' },
          min: { $min: '$qty' },
          max: { $max: '$qty' },
          first: { $first: '$_id' },
          last: { $last: '$_id' },
          push: { $push: '$_id' },
          set: { $addToSet: '$price' },
        },
      },
      { $sort: { '_id.item': 1 } },
    ]);
    expect(group).toEqual({
      _id: { item: 'a' },
      sum: 7n,
      n: 2,
      avg: 3.5,
      min: 2n,
      max: 5n,
      first: 1,
      last: 3,
      push: [1, 3],
      set: [10],
    });
  });

  it('$group puts equal numbers of different types together, null with missing', async () => {
    const groups = await run(
      [{ k: 1 }, { k: 1n }, { k: 1.0 }, { k: null }, {}],
      [{ $group: { _id: '$k', n: { $sum: 1 } } }, { $sort: { n: 1 } }],
    );
    expect(groups).toEqual([
      { _id: null, n: 2 },
      { _id: 1, n: 3 },
    ]);
  });

  it('$unwind in its forms', async () => {
    expect(await run(SALES, [{ $unwind: '$tags' }, { $project: { tags: 1 } }])).toEqual([
      { _id: 1, tags: 'x' },
      { _id: 1, tags: 'y' },
      { _id: 2, tags: 'y' },
    ]);
    const kept = await subject.coll
      .aggregate([
        { $unwind: { path: '$tags', preserveNullAndEmptyArrays: true, includeArrayIndex: 'i' } },
        { $project: { i: 1 } },
      ])
      .toArray();
    expect(kept).toEqual([
      { _id: 1, i: 0n },
      { _id: 1, i: 1n },
      { _id: 2, i: 0n },
      { _id: 3, i: null },
    ]);
  });

  it('$set, $unset, $project, $replaceRoot', async () => {
    const docs = await run(
      [{ a: { b: 1 }, c: 2 }],
      [
        { $set: { 'a.d': '$c', e: { $literal: 1 } } },
        { $unset: ['c'] },
        { $replaceRoot: { newRoot: { $mergeObjects: ['$a', { e: '$e' }] } } },
      ],
    );
    expect(docs).toEqual([{ b: 1, d: 2, e: 1 }]);
  });

  it('$bucket, $sortByCount, $facet, $count, $sample', async () => {
    const [facets] = await run(SALES, [
      {
        $facet: {
          prices: [{ $bucket: { groupBy: '$price', boundaries: [0, 15], default: 'more' } }],
          items: [{ $sortByCount: '$item' }],
          count: [{ $match: { item: 'a' } }, { $count: 'n' }],
          sample: [{ $sample: { size: 2 } }, { $count: 'n' }],
        },
      },
    ]);
    expect(facets).toEqual({
      prices: [
        { _id: 0, count: 2 },
        { _id: 'more', count: 1 },
      ],
      items: [
        { _id: 'a', count: 2 },
        { _id: 'b', count: 1 },
      ],
      count: [{ n: 2 }],
      sample: [{ n: 2 }],
    });
  });

  it('$lookup by fields and by pipeline, $unionWith', async () => {
    const other = subject.db.collection(`${subject.coll.collectionName}_items`);
    await other.insertMany([
      { _id: 'a' as never, name: 'A' },
      { _id: 'b' as never, name: 'B' },
    ]);
    const joined = await run(SALES.slice(0, 2), [
      { $lookup: { from: other.collectionName, localField: 'item', foreignField: '_id', as: 'info' } },
      {
        $lookup: {
          from: other.collectionName,
          let: { i: '$item' },
          pipeline: [{ $match: { $expr: { $ne: ['$_id', '$$i'] } } }, { $project: { name: 1, _id: 0 } }],
          as: 'others',
        },
      },
      { $project: { info: 1, others: 1 } },
      { $sort: { _id: 1 } },
    ]);
    expect(joined).toEqual([
      { _id: 1, info: [{ _id: 'a', name: 'A' }], others: [{ name: 'B' }] },
      { _id: 2, info: [{ _id: 'b', name: 'B' }], others: [{ name: 'A' }] },
    ]);
    expect(await subject.coll.aggregate([{ $unionWith: other.collectionName }, { $count: 'n' }]).toArray()).toEqual([
      { n: 4 },
    ]);
  });

  it('$out and $merge', async () => {
    const target = subject.db.collection(`${subject.coll.collectionName}_out`);
    await run(SALES, [{ $group: { _id: '$item', n: { $sum: '$qty' } } }, { $out: target.collectionName }]);
    expect(await target.find().sort({ _id: 1 }).toArray()).toEqual([
      { _id: 'a', n: 7n },
      { _id: 'b', n: 1n },
    ]);
    await subject.coll
      .aggregate([{ $group: { _id: '$item', m: { $sum: 1 } } }, { $merge: { into: target.collectionName } }])
      .toArray();
    expect(await target.findOne({ _id: 'a' as never })).toEqual({ _id: 'a', n: 7n, m: 2 });
  });

  it('hands out large results batch by batch', async () => {
    await subject.coll.insertMany(Array.from({ length: 2500 }, (_, i) => ({ _id: i as never })));
    const docs = await subject.coll
      .aggregate([{ $match: { _id: { $gte: 10 } } }, { $sort: { _id: -1 } }], { batchSize: 100 })
      .toArray();
    expect(docs).toHaveLength(2490);
    expect(docs[0]).toEqual({ _id: 2499 });
  });

  it.each<[string, Document[], number]>([
    ['an unknown stage', [{ $frob: 1 }], 40324],
    ['two stages in one', [{ $match: {}, $limit: 1 }], 40323],
    ['a limit of zero', [{ $limit: 0 }], 15958],
    ['an unknown accumulator', [{ $group: { _id: 1, a: { $frob: 1 } } }], 15952],
    ['a group without _id', [{ $group: { a: { $sum: 1 } } }], 15955],
    ['$unwind without $', [{ $unwind: 'a' }], 28818],
  ])('refuses %s', async (_name, pipeline, code) => {
    await expect(run([{ a: 1 }], pipeline)).rejects.toMatchObject({ code });
  });
});

it('knows object ids as dates', async () => {
  const id = ObjectId.createFromTime(Math.floor(at.getTime() / 1000));
  expect(await value({ $year: '$oid' }, { oid: id })).toBe(2024);
});
