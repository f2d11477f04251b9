import { describe, expect, it } from '@jest/globals';
import { Decimal128, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, type Document } from 'mongodb';
import { conformanceSubject, idsOf } from './support.js';

const subject = conformanceSubject();

async function found(docs: readonly Document[], filter: Document): Promise<unknown[]> {
  await subject.coll.insertMany(docs.map((doc, i) => ({ _id: i + 1, ...doc })) as Document[]);
  return idsOf(subject.coll, filter);
}

const dec = (text: string): Decimal128 => Decimal128.fromString(text);

type Row = readonly [string, readonly Document[], Document, readonly number[]];

const ROWS: readonly Row[] = [
  [
    'numbers are equal across types',
    [{ a: 1 }, { a: 1n }, { a: 1.5 }, { a: dec('1.0') }, { a: '1' }],
    { a: 1 },
    [1, 2, 4],
  ],
  [
    'int64 beyond 2^53 is exact',
    [{ a: 9007199254740993n }, { a: 9007199254740992 }],
    { a: { $gt: 9007199254740992n } },
    [1],
  ],
  ['0.1 is not decimal 0.1', [{ a: 0.1 }, { a: dec('0.1') }], { a: dec('0.1') }, [2]],
  ['ranges keep to their type', [{ a: 1 }, { a: 'x' }, { a: null }, {}, { a: true }], { a: { $gte: 0 } }, [1]],
  ['null finds null and missing', [{ a: null }, {}, { a: 0 }], { a: null }, [1, 2]],
  ['$ne null finds neither', [{ a: null }, {}, { a: 0 }], { a: { $ne: null } }, [3]],
  ['$gte null finds null and missing', [{ a: null }, {}, { a: 0 }], { a: { $gte: null } }, [1, 2]],
  ['an array matches by an element', [{ a: [1, 2] }, { a: 2 }, { a: [3] }], { a: 2 }, [1, 2]],
  ['an array matches as a whole', [{ a: [1, 2] }, { a: [2, 1] }, { a: [[1, 2]] }], { a: [1, 2] }, [1, 3]],
  [
    'different elements may meet each bound',
    [{ a: [1, 9] }, { a: [5] }, { a: [1] }],
    { a: { $gt: 3, $lt: 6 } },
    [1, 2],
  ],
  ['two elements meet two bounds', [{ a: [1, 9] }, { a: [1] }], { a: { $gt: 8, $lt: 2 } }, [1]],
  ['$elemMatch wants one element', [{ a: [1, 9] }, { a: [5] }], { a: { $elemMatch: { $gt: 3, $lt: 6 } } }, [2]],
  [
    '$elemMatch on documents',
    [
      {
        a: [
          { x: 1, y: 1 },
          { x: 2, y: 2 },
        ],
      },
      { a: [{ x: 1, y: 2 }] },
    ],
    { a: { $elemMatch: { x: 1, y: 2 } } },
    [2],
  ],
  [
    'dotted paths through arrays',
    [{ a: [{ b: 1 }, { b: 2 }] }, { a: { b: 2 } }, { a: [[{ b: 2 }]] }],
    { 'a.b': 2 },
    [1, 2],
  ],
  ['dotted paths with positions', [{ a: [5, 6] }, { a: { 1: 6 } }, { a: [6] }], { 'a.1': 6 }, [1, 2]],
  [
    'a dotted null is not found in scalars of arrays',
    [{ a: [1] }, { a: [] }, { a: [{}] }, { a: 1 }],
    { 'a.b': null },
    [3, 4],
  ],
  ['embedded documents are equal in order', [{ a: { x: 1, y: 2 } }, { a: { y: 2, x: 1 } }], { a: { x: 1, y: 2 } }, [1]],
  [
    '$in mixes values, patterns and null',
    [{ a: 'abc' }, { a: 5 }, {}, { a: 'x' }],
    { a: { $in: [/^a/, 5n, null] } },
    [1, 2, 3],
  ],
  ['$nin', [{ a: 1 }, { a: [1, 2] }, { a: 3 }, {}], { a: { $nin: [1] } }, [3, 4]],
  ['$not is true for missing', [{ a: 5 }, { a: 1 }, {}], { a: { $not: { $gt: 3 } } }, [2, 3]],
  ['$nor', [{ a: 1 }, { b: 1 }, {}], { $nor: [{ a: 1 }, { b: 1 }] }, [3]],
  [
    '$or and $and',
    [
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: 2, b: 2 },
    ],
    { $and: [{ $or: [{ a: 2 }, { b: 1 }] }, { b: { $lt: 3 } }] },
    [1, 3],
  ],
  ['$exists', [{ a: null }, {}, { a: [] }], { a: { $exists: true } }, [1, 3]],
  [
    '$type by alias and number',
    [{ a: 1 }, { a: 1n }, { a: 'x' }, { a: ['x'] }, { a: 1.5 }],
    { a: { $type: ['long', 2] } },
    [2, 3, 4],
  ],
  ['$type number', [{ a: 1 }, { a: 1n }, { a: '1' }, { a: dec('1') }], { a: { $type: 'number' } }, [1, 2, 4]],
  ['$type array', [{ a: [1] }, { a: 1 }, { a: [] }], { a: { $type: 'array' } }, [1, 3]],
  ['$size', [{ a: [] }, { a: [1] }, { a: 1 }], { a: { $size: 1 } }, [2]],
  ['$all', [{ a: [1, 2, 3] }, { a: [1] }, { a: 1 }], { a: { $all: [1, 2] } }, [1]],
  ['$all of one value takes a scalar', [{ a: 1 }, { a: [1, 2] }, { a: 2 }], { a: { $all: [1] } }, [1, 2]],
  [
    '$all with $elemMatch',
    [{ a: [{ x: 1 }, { x: 5 }] }, { a: [{ x: 1 }] }],
    { a: { $all: [{ $elemMatch: { x: 1 } }, { $elemMatch: { x: { $gt: 4 } } }] } },
    [1],
  ],
  ['empty $all finds nothing', [{ a: [] }, { a: 1 }], { a: { $all: [] } }, []],
  ['$mod truncates', [{ a: 4 }, { a: 5n }, { a: 4.7 }, { a: -4 }, { a: 'x' }], { a: { $mod: [2, 0] } }, [1, 3, 4]],
  [
    '$regex with options',
    [{ a: 'Abc' }, { a: 'xabc' }, { a: ['ABX'] }],
    { a: { $regex: '^ab', $options: 'i' } },
    [1, 3],
  ],
  ['$bitsAllSet', [{ a: 7 }, { a: 5n }, { a: 2 }], { a: { $bitsAllSet: [0, 2] } }, [1, 2]],
  ['$bitsAnyClear', [{ a: 7 }, { a: 5 }], { a: { $bitsAnyClear: 3 } }, [2]],
  ['NaN equals NaN only', [{ a: NaN }, { a: 1 }, { a: dec('NaN') }], { a: NaN }, [1, 3]],
  ['nothing is below NaN', [{ a: NaN }, { a: -1 }], { a: { $lt: 0 } }, [2]],
  [
    'MinKey and MaxKey bound all',
    [{ a: 1 }, { a: 'x' }, { a: new MaxKey() }],
    { a: { $gt: new MinKey(), $lt: new MaxKey() } },
    [1, 2],
  ],
  [
    'dates, object ids, timestamps',
    [{ a: new Date(5) }, { a: new ObjectId('0'.repeat(24)) }, { a: new Timestamp({ t: 1, i: 1 }) }],
    { a: { $gt: new Date(4) } },
    [1],
  ],
  ['booleans are not numbers', [{ a: true }, { a: 1 }, { a: false }], { a: { $gt: false } }, [1]],
  [
    '$expr compares fields',
    [
      { a: 1, b: 2 },
      { a: 3, b: 2 },
      { a: 2n, b: 2 },
    ],
    { $expr: { $gte: ['$a', '$b'] } },
    [2, 3],
  ],
  ['$comment is nothing', [{ a: 1 }], { $comment: 'why', a: 1 }, [1]],
  ['strings sort by bytes', [{ a: '\uffff' }, { a: '\u{1f600}' }], { a: { $gt: '\uffff' } }, [2]],
  ['explicit $eq with a pattern is a value', [{ a: /x/ }, { a: 'x' }], { a: { $eq: /x/ } }, [1]],
  ['$not with a pattern', [{ a: 'x' }, { a: 'y' }, {}], { a: { $not: /x/ } }, [2, 3]],
];

describe('filters', () => {
  it.each(ROWS)('%s', async (_name, docs, filter, expected) => {
    expect(await found(docs, filter)).toEqual(expected);
  });

  it.each(ROWS)('%s (with an index)', async (_name, docs, filter, expected) => {
    await subject.coll.createIndex({ a: 1 });
    await subject.coll.createIndex({ 'a.b': -1 });
    expect(await found(docs, filter)).toEqual(expected);
  });

  it.each<[string, Document, number]>([
    ['unknown operator', { a: { $frob: 1 } }, 2],
    ['unknown top-level operator', { $frob: 1 }, 2],
    ['$in without an array', { a: { $in: 1 } }, 2],
    ['$or of nothing', { $or: [] }, 2],
    ['$not of nothing', { a: { $not: {} } }, 2],
    ['$mod by zero', { a: { $mod: [0, 1] } }, 2],
    ['negative $size', { a: { $size: -1 } }, 2],
    ['unknown $type', { a: { $type: 'frob' } }, 2],
    ['$options without $regex', { a: { $options: 'i' } }, 2],
    ['a pattern that is none', { a: { $regex: '[' } }, 51091],
    ['an unknown flag', { a: { $regex: 'a', $options: 'z' } }, 51108],
    ['$mod of one number', { a: { $mod: [1] } }, 2],
    ['a $size that is no number', { a: { $size: 'x' } }, 2],
    ['a negative bit mask', { a: { $bitsAllSet: -1 } }, 9],
    ['a bit mask that is no number', { a: { $bitsAllSet: 'x' } }, 2],
    ['operators in $in', { a: { $in: [{ $gt: 1 }] } }, 2],
    ['$elemMatch of a number', { a: { $elemMatch: 1 } }, 2],
    ['$all of a number', { a: { $all: 1 } }, 2],
    ['a pattern in $ne', { a: { $ne: /x/ } }, 2],
    ['operators beside names', { a: { $gt: 1, b: 2 } }, 2],
    ['no type at all', { a: { $type: [] } }, 9],
  ])('refuses %s', async (_name, filter, code) => {
    await expect(subject.coll.find(filter).toArray()).rejects.toMatchObject({ code });
  });
});

describe('sort', () => {
  const ALL = [
    new MinKey(),
    null,
    -1.5,
    1,
    9007199254740993n,
    dec('1e100'),
    'a',
    'b',
    { x: 1 },
    new ObjectId('1'.repeat(24)),
    false,
    true,
    new Date(0),
    new Timestamp({ t: 1, i: 1 }),
    /a/,
    new MaxKey(),
  ];
  it.each([false, true])('orders all types (index: %s)', async (indexed) => {
    if (indexed) await subject.coll.createIndex({ a: 1 });
    await subject.coll.insertMany([...ALL.keys()].reverse().map((i) => ({ _id: i as never, a: ALL[i] })));
    const up = await subject.coll
      .find()
      .sort({ a: 1 })
      .map((doc) => doc._id as unknown)
      .toArray();
    expect(up).toEqual([...ALL.keys()]);
    const down = await subject.coll
      .find()
      .sort({ a: -1 })
      .map((doc) => doc._id as unknown)
      .toArray();
    expect(down).toEqual([...ALL.keys()].reverse());
  });

  it('takes the least element of an array upwards and the greatest downwards', async () => {
    await subject.coll.insertMany([
      { _id: 1 as never, a: [5, 1] },
      { _id: 2 as never, a: 3 },
      { _id: 3 as never, a: [] },
      { _id: 4 as never },
    ]);
    expect(
      await subject.coll
        .find()
        .sort({ a: 1, _id: 1 })
        .map((d) => d._id as unknown)
        .toArray(),
    ).toEqual([3, 4, 1, 2]);
    expect(
      await subject.coll
        .find()
        .sort({ a: -1, _id: 1 })
        .map((d) => d._id as unknown)
        .toArray(),
    ).toEqual([1, 2, 4, 3]);
  });
});

describe('projection', () => {
  const DOC = { _id: 1, a: 1, b: { c: 2, d: [{ e: 1, f: 2 }, { e: 3 }, 5] }, list: [1, 2, 3, 4] };
  it.each<[string, Document, Document]>([
    ['inclusion', { a: 1 }, { _id: 1, a: 1 }],
    ['exclusion', { b: 0, list: 0 }, { _id: 1, a: 1 }],
    ['without _id', { a: 1, _id: 0 }, { a: 1 }],
    ['only _id', { _id: 1 }, { _id: 1 }],
    ['paths through arrays', { 'b.d.e': 1 }, { _id: 1, b: { d: [{ e: 1 }, { e: 3 }] } }],
    ['excluded paths', { 'b.d.e': 0, list: 0 }, { _id: 1, a: 1, b: { c: 2, d: [{ f: 2 }, {}, 5] } }],
    ['nested form', { b: { c: 1 } }, { _id: 1, b: { c: 2 } }],
    ['$slice from the end', { list: { $slice: -2 }, b: 0, a: 0 }, { _id: 1, list: [3, 4] }],
    ['$slice with skip', { list: { $slice: [1, 2] }, b: 0, a: 0 }, { _id: 1, list: [2, 3] }],
    ['$elemMatch', { list: { $elemMatch: { $gt: 2 } } }, { _id: 1, list: [3] }],
    ['expressions', { a: 1, twice: { $multiply: ['$a', 2] }, lit: 'x' }, { _id: 1, a: 1, twice: 2, lit: 'x' }],
  ])('%s', async (_name, projection, expected) => {
    await subject.coll.insertOne(DOC as never);
    expect(await subject.coll.findOne({}, { projection })).toEqual(expected);
  });

  it('keeps the element that matched', async () => {
    await subject.coll.insertOne(DOC as never);
    expect(await subject.coll.findOne({ list: { $gt: 2 } }, { projection: { 'list.$': 1 } })).toEqual({
      _id: 1,
      list: [3],
    });
  });

  it('refuses a mix', async () => {
    await subject.coll.insertOne(DOC as never);
    await expect(subject.coll.findOne({}, { projection: { a: 1, b: 0 } })).rejects.toMatchObject({ code: 31254 });
    await expect(subject.coll.findOne({}, { projection: { a: 0, b: 1 } })).rejects.toMatchObject({ code: 31253 });
  });
});

describe('refused projections and sorts', () => {
  it.each<[Document, number]>([
    [{ '': 1 }, 40352],
    [{ 'a.': 1 }, 40353],
    [{ 'a..b': 1 }, 15998],
    [{ $a: 1 }, 16410],
    [{ b: 1, 'b.x': 1 }, 31249],
    [{ 'b.x': 1, b: 1 }, 31250],
    [{ a: { $frob: 1 } }, 31325],
    [{ a: { $slice: 'x' } }, 28667],
    [{ 'b.d': { $elemMatch: { x: 2 } } }, 31275],
    [{ 'l.$': 1, 'd.$': 1 }, 31276],
    [{ 'l.$': 0 }, 31395],
    [{ 'l.$': 1 }, 51246],
    [{ 'l.$': { $add: [1, 1] } }, 31271],
    [{ 'l.$': 'x' }, 31308],
    [{ 'l.$': 1, d: { $elemMatch: { x: 1 } } }, 31256],
    [{ b: 0, a: 'x' }, 31310],
    [{ b: 0, a: { $abs: 1 } }, 31252],
    [{ a: { $elemMatch: 1 } }, 31274],
  ])('%j: %i', async (projection, code) => {
    await subject.coll.insertOne({ l: [1], d: [1], b: { x: 1 } });
    await expect(subject.coll.findOne({}, { projection })).rejects.toMatchObject({ code });
  });

  it.each<[Document, number]>([
    [{ a: 5 }, 15975],
    [{ a: 'x' }, 15974],
    [{ '': 1 }, 40352],
    [{ $a: 1 }, 16410],
  ])('sort %j: %i', async (sort, code) => {
    const find = { find: subject.coll.collectionName, sort };
    await expect(subject.db.command(find)).rejects.toMatchObject({ code });
  });
});

describe('types', () => {
  it('come back as they were stored', async () => {
    const raw = subject.db.collection(subject.coll.collectionName, {
      useBigInt64: false,
      promoteValues: false,
    } as never);
    await subject.coll.insertOne({
      _id: 1 as never,
      int: new Int32(1),
      long: Long.fromNumber(1),
      double: 1.5,
      dec: dec('1.10'),
    });
    const doc = (await raw.findOne({})) as Document;
    expect(doc['int']._bsontype).toBe('Int32');
    expect(doc['long']._bsontype).toBe('Long');
    expect(doc['double']._bsontype).toBe('Double');
    expect(String(doc['dec'])).toBe('1.10');
  });

  it('keep an integer-named order of fields', async () => {
    const { coll } = subject;
    await coll.insertOne({ _id: 1 as never, b: 1, a: 2 });
    await coll.updateOne({}, { $set: { c: 1 } });
    expect(Object.keys((await coll.findOne({})) as Document)).toEqual(['_id', 'b', 'a', 'c']);
  });
});
