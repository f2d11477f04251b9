import { beforeEach, describe, expect, it } from '@jest/globals';
import { Binary, BSONRegExp, Decimal128, Double, Long, Timestamp, type Document } from 'mongodb';
import { conformanceSubject, idsOf } from './support.js';

const subject = conformanceSubject();
const coll = (): string => subject.coll.collectionName;
const dec = (text: string): Decimal128 => Decimal128.fromString(text);

beforeEach(async () => {
  const values = [
    5,
    -1n,
    dec('5'),
    new Double(1.5),
    new Binary(Buffer.from([5])),
    { $id: 3 },
    [{ $id: 3 }],
    'x',
    [[5]],
  ];
  await subject.coll.insertMany(values.map((a, i) => ({ _id: i + 1, a }) as Document));
});

describe('numbers of commands', () => {
  it.each<[string, Document, unknown]>([
    ['a count to 1.9', { count: '', limit: new Double(1.9) }, { n: 1 }],
    ['a count to decimal 1.5', { count: '', limit: dec('1.5') }, { n: 2 }],
    ['a count to less than nothing', { count: '', limit: -3 }, { n: 3 }],
    ['a count to no number', { count: '', limit: new Double(NaN) }, { n: 9 }],
  ])('%s', async (_name, command, expected) => {
    expect(await subject.db.command({ ...command, count: coll() })).toMatchObject(expected as Document);
  });

  it('are cut when they are doubles', async () => {
    const command = { find: coll(), limit: new Double(1.9), skip: new Double(1.9), sort: { _id: 1 } };
    const { cursor } = await subject.db.command(command);
    expect(cursor.firstBatch).toMatchObject([{ _id: 2 }]);
  });
});

describe('arguments refused', () => {
  it.each<[string, () => Document, number, string?]>([
    [
      'the least limit',
      () => ({ count: coll(), limit: Long.MIN_VALUE }),
      2,
      'limit value for count cannot be min long',
    ],
    ['a key with a zero', () => ({ distinct: coll(), key: 'a\0b' }), 31032],
    ['an unknown read concern field', () => ({ find: coll(), readConcern: { frob: 1 } }), 40415],
    [
      'a write that reads majority',
      () => ({ insert: coll(), documents: [{}], readConcern: { level: 'majority' } }),
      72,
    ],
    ['a read with a write concern', () => ({ find: coll(), writeConcern: { w: 1 } }), 72, 'support writeConcern'],
    ['an unknown write concern field', () => ({ insert: coll(), documents: [{}], writeConcern: { frob: 1 } }), 40415],
    ['a j that is no flag', () => ({ insert: coll(), documents: [{}], writeConcern: { j: 'x' } }), 14],
    ['j and fsync', () => ({ insert: coll(), documents: [{}], writeConcern: { j: true, fsync: true } }), 9],
    ['a read preference that is none', () => ({ find: coll(), $readPreference: { mode: 'frob' } }), 2],
  ])('%s', async (_name, command, code, text = '') => {
    const failure = subject.db.command(command());
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(text);
  });
});

describe('filters', () => {
  it.each<[string, Document, readonly number[]]>([
    ['bits far behind the end', { a: { $bitsAllClear: [2147483647] } }, [1, 3, 5]],
    ['bits of negative numbers go on', { a: { $bitsAllSet: [2147483647] } }, [2]],
    ['bits of decimals', { a: { $bitsAllSet: 5 } }, [1, 2, 3, 5]],
    ['$elemMatch on a name that begins with $', { a: { $elemMatch: { $id: 3 } } }, [7]],
    ['$elemMatch of nothing but a comment', { a: { $elemMatch: { $comment: 'x' } } }, [7, 9]],
    ['$all of what is no operator', { a: { $all: [{ $id: 3 }] } }, [6, 7]],
    ['a DBRef is a value', { a: { $ref: 'c', $id: 3 } }, []],
  ])('%s', async (_name, filter, expected) => {
    expect(await idsOf(subject.coll, filter)).toEqual(expected);
  });

  const flagged = new BSONRegExp('x', 'i');
  it.each<[Document, number, string?]>([
    [{ a: { $bitsAllSet: [0.5] } }, 2, 'Failed to parse bit position. Expected an integer: 0: 0.5'],
    [{ a: { $bitsAllSet: [1, 'x'] } }, 2, 'Failed to parse bit position. Expected a number in: 1: "x"'],
    [{ a: { $bitsAllSet: [-1] } }, 2, 'Failed to parse bit position. Expected a non-negative number in: 0: -1'],
    [{ a: { $bitsAllSet: [4294967296n] } }, 2, 'Failed to parse bit position. Cannot represent in an int: '],
    [{ a: { $bitsAllSet: 'x' } }, 2, 'a takes an Array, a number, or a BinData but received: $bitsAllSet: "x"'],
    [
      { a: { $size: new Double(NaN) } },
      2,
      'Failed to parse $size. Expected an integer, but found NaN in: $size: nan.0',
    ],
    [{ a: { $type: 'missing' } }, 2, "'missing' is not a legal type name."],
    [{ a: { $regex: flagged, $options: 'm' } }, 51075],
    [{ a: { $regex: flagged, $options: '' } }, 51075],
    [{ a: { $options: 'm', $regex: flagged } }, 51074],
    [{ a: { $id: 3 } }, 2, 'unknown operator: $id'],
    [{ a: { $elemMatch: { $expr: true } } }, 2, '$expr can only be applied to the top-level document'],
    [{ a: { $elemMatch: { $or: [{ $expr: true }] } } }, 2, '$expr can only be applied to the top-level document'],
    [{ $not: { a: 1 } }, 2, 'unknown top level operator: $not.'],
  ])('refuse %j', async (filter, code, text = '') => {
    const failure = subject.coll.find(filter).toArray();
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(text);
  });

  it('of updates look at no whole document', async () => {
    const arrayFilters = [{ $or: [{ e: 1 }, { $expr: true }] }];
    await expect(subject.coll.updateOne({}, { $set: { 'a.$[e]': 1 } }, { arrayFilters })).rejects.toMatchObject({
      code: 224,
    });
    await expect(
      subject.coll.updateOne({ _id: 7 as never }, { $pull: { a: { $or: [{ $expr: true }] } } } as Document),
    ).rejects.toMatchObject({ code: 224 });
  });
});

describe('positional projections', () => {
  const x = [
    { a: 1, b: 2 },
    { a: 2, c: 3 },
  ];
  it.each<[string, Document, Document, Document, Document]>([
    ['of a path that is not there', {}, { 'g.$': 1 }, { x }, {}],
    ['of no array', { x: { $gt: 0 } }, { 'a.b.$': 1 }, { x: [1], a: { b: { c: 1 } } }, { a: { b: { c: 1 } } }],
    [
      'of the first array on the path',
      { x: 2 },
      { 'a.b.$': 1 },
      { x: [1, 2], a: [{ b: [1] }, { b: [2] }] },
      { a: [{ b: [2] }] },
    ],
    ['by the last of $and', { $and: [{ x: 3 }, { x: 1 }] }, { 'a.$': 1 }, { x: [1, 2, 3], a: [4, 5, 6] }, { a: [4] }],
    [
      'by the first element of an $or',
      { $or: [{ x: 3 }, { x: 2 }] },
      { 'a.$': 1 },
      { x: [1, 2, 3], a: [4, 5, 6] },
      { a: [5] },
    ],
  ])('%s', async (_name, filter, projection, doc, expected) => {
    await subject.db.collection(`${coll()}_p`).insertOne(doc);
    const found = await subject.db.collection(`${coll()}_p`).findOne(filter, { projection: { ...projection, _id: 0 } });
    expect(found).toEqual(expected);
  });

  it.each<[string, Document, Document, number]>([
    ['with nothing recorded', {}, { 'a.$': 1 }, 51246],
    ['by one of several fields', { $or: [{ a: 1 }, { b: 1 }] }, { 'a.$': 1 }, 51246],
    ['of no name', { a: 1 }, { '.$': 1 }, 5392900],
    ['in the middle', { a: 1 }, { 'a.$.b': 1 }, 31394],
  ])('are refused %s', async (_name, filter, projection, code) => {
    const other = subject.db.collection(`${coll()}_p`);
    await other.insertOne({ a: [1, 2], b: 1 });
    await expect(other.find(filter, { projection }).toArray()).rejects.toMatchObject({ code });
  });

  it('are refused of the new document', async () => {
    const command = {
      findAndModify: coll(),
      query: { a: 5 },
      update: { $set: { b: 1 } },
      new: true,
      fields: { 'a.$': 1 },
    };
    await expect(subject.db.command(command)).rejects.toMatchObject({ code: 2 });
  });
});

describe('the order of fields', () => {
  it.each<[Document, string[]]>([
    [{ b: 1, a: '$b' }, ['_id', 'b', 'a']],
    [{ b: 1, _id: '$b' }, ['b', '_id']],
    [{ z: '$b', b: 1, a: '$b' }, ['_id', 'b', 'z', 'a']],
    [{ a: { $elemMatch: { x: 1 } }, b: 1 }, ['_id', 'b', 'a']],
    [{ a: { $slice: 1 }, b: 1 }, ['_id', 'a', 'b']],
  ])('of %j', async (projection, names) => {
    const other = subject.db.collection(`${coll()}_o`);
    await other.insertOne({ a: [{ x: 1 }], b: 2 });
    expect(Object.keys((await other.findOne({}, { projection })) as Document)).toEqual(names);
  });

  it('of what is computed within', async () => {
    const stages = [{ $documents: [{ b: 1, c: { x: 1, y: 2, z: 3 }, l: [1, { y: 2 }] }] }];
    const project = { $project: { 'c.x': '$b', 'c.z': 1, 'l.x': '$b' } };
    const [made] = await subject.db.aggregate([...stages, project]).toArray();
    expect(JSON.stringify(made)).toBe('{"c":{"z":3,"x":1},"l":[{"x":1},{"x":1}]}');
  });
});

describe('empty timestamps', () => {
  const empty = new Timestamp({ t: 0, i: 0 });
  const isEmpty = async (filter: Document, name: string): Promise<boolean> =>
    empty.equals((await subject.coll.findOne(filter))?.[name] as Timestamp);

  it('are filled in at the top of what is inserted and of replacements', async () => {
    await subject.coll.insertOne({ _id: 50 as never, at: empty, within: { at: empty } });
    expect([await isEmpty({ _id: 50 }, 'at')]).toEqual([false]);
    expect((await subject.coll.findOne({ _id: 50 as never }))?.['within']).toEqual({ at: empty });
    await subject.coll.replaceOne({ _id: 50 as never }, { at: empty });
    expect(await isEmpty({ _id: 50 }, 'at')).toBe(false);
    await subject.coll.updateOne({ _id: 50 as never }, { $set: { at: empty } });
    expect(await isEmpty({ _id: 50 }, 'at')).toBe(true);
  });
});

describe('updates', () => {
  it.each<[string, Document, number, string]>([
    ['an update that is none', { u: 5 }, 9, 'Update argument must be either an object or an array'],
    ['a pipeline of numbers', { u: [5] }, 14, "Each element of the 'pipeline' array must be an object"],
    ['an array filter that is none', { u: { $set: { a: 1 } }, arrayFilters: [5] }, 14, 'arrayFilters.0'],
  ])('as a whole are refused for %s', async (_name, statement, code, text) => {
    const failure = subject.db.command({ update: coll(), updates: [{ q: {}, ...statement }] });
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(text);
  });

  it('by unknown operators are refused before their fields', async () => {
    const failure = subject.coll.updateOne({}, { $frob: 1 } as Document);
    await expect(failure).rejects.toThrow('Unknown modifier: $frob');
  });
});

describe('decimals', () => {
  it.each<[unknown, string]>([
    [{ $toString: { $round: [new Double(1e300), 2] } }, 'NaN'],
    [{ $toString: { $sum: [new Double(1e100), dec('1E+100')] } }, '2.000000000000000015902891109759918E+100'],
  ])('%j', async (expression, expected) => {
    const [made] = await subject.db.aggregate([{ $documents: [{ v: expression }] }]).toArray();
    expect(made).toEqual({ v: expected });
  });

  it.each(['1E6145', '1E-7000'])('%s is none', async (text) => {
    const failure = subject.db.aggregate([{ $documents: [{ v: { $toDecimal: text } }] }]).toArray();
    await expect(failure).rejects.toMatchObject({ code: 241 });
  });
});

describe('the bulkWrite command', () => {
  const run = (ops: readonly Document[], more: Document = {}): Promise<Document> => {
    const nsInfo = [
      { ns: `${subject.db.databaseName}.${coll()}` },
      { ns: `${subject.db.databaseName}.system.profile` },
    ];
    return subject.client.db('admin').command({ bulkWrite: 1, ops, nsInfo, ...more }, { useBigInt64: true });
  };

  it('hands its results out in batches', async () => {
    const ops = [
      { insert: 0, document: { _id: 60 } },
      { insert: 0, document: { _id: 61 } },
    ];
    const { cursor } = await run(ops, { cursor: { batchSize: 1 } });
    expect(cursor.firstBatch).toEqual([{ ok: 1, idx: 0, n: 1 }]);
    const more = { getMore: Long.fromBigInt(cursor.id), collection: '$cmd.bulkWrite' };
    const rest = (await subject.client.db('admin').command(more, { useBigInt64: true }))['cursor'];
    expect([rest.nextBatch, rest.id]).toEqual([[{ ok: 1, idx: 1, n: 1 }], 0n]);
    expect((await run([{ insert: 0, document: {} }], { cursor: { batchSize: 1 } }))['cursor'].id).toBe(0n);
  });

  it('goes on where a namespace takes no writes', async () => {
    const ops = [
      { update: 1, filter: { _id: 1 }, updateMods: { $set: { a: 1 } } },
      { delete: 1, filter: { _id: 1 } },
      { delete: 0, filter: { _id: 1 } },
    ];
    expect((await run(ops, { ordered: false }))['cursor'].firstBatch).toMatchObject([
      { ok: 0, idx: 0, code: 73, n: 0, nModified: 0 },
      { ok: 0, idx: 1, code: 73, n: 0 },
      { ok: 1, idx: 2, n: 1 },
    ]);
  });

  it('inserts what is supplied', async () => {
    const update = { update: 0, filter: { _id: 70 }, updateMods: [{ $set: { x: 1 } }], upsert: true };
    await run([{ ...update, upsertSupplied: true, constants: { new: { k: 1 } } }]);
    expect(await subject.coll.findOne({ _id: 70 as never })).toEqual({ _id: 70, k: 1 });
  });

  it.each<[string, Document, number, Document]>([
    ['an unknown field', { insert: 0, document: {}, frob: 1 }, 40415, {}],
    ['a missing document', { insert: 0 }, 40414, {}],
    ['no such namespace', { insert: 2, document: {} }, 2, {}],
    ['a namespace below zero', { insert: -1, document: {} }, 51024, {}],
    ['an update that is none', { update: 0, filter: {}, updateMods: 5 }, 9, {}],
    ['an unknown cursor option', { insert: 0, document: {} }, 40415, { cursor: { frob: 1 } }],
  ])('refuses %s before it does anything', async (_name, op, code, more) => {
    await expect(run([{ insert: 0, document: { _id: 80 } }, op], more)).rejects.toMatchObject({ code });
    expect(await subject.coll.findOne({ _id: 80 as never })).toBeNull();
  });
});

it('variables reach what is within $or', async () => {
  const q = { $or: [{ $expr: { $eq: ['$_id', '$$v'] } }] };
  const update = { update: coll(), updates: [{ q, u: { $set: { a: 1 } } }], let: { v: 1 } };
  expect(await subject.db.command(update)).toMatchObject({ n: 1 });
  expect(await subject.db.command({ delete: coll(), deletes: [{ q, limit: 0 }], let: { v: 1 } })).toMatchObject({
    n: 1,
  });
  expect(await subject.db.command({ count: coll(), query: { $expr: { $lt: ['$_id', '$$NOW'] } } })).toMatchObject({
    n: 8,
  });
});

describe('$rename', () => {
  it.each<[Document, Document, Document]>([
    [{ b: 1 }, { b: 'a' }, { a: 1 }],
    [{ b: 1, a: 2 }, { b: 'a' }, { a: 1 }],
    [{ z: { y: 1 } }, { 'z.y': 'a.b' }, { z: {}, a: { b: 1 } }],
    [{ a: 1 }, { a: 'z.y' }, { z: { y: 1 } }],
    [{ a: 1 }, { none: 'z.y' }, { a: 1 }],
  ])('of %j by %j', async (doc, names, expected) => {
    const other = subject.db.collection(`${coll()}_r`);
    await other.insertOne(doc);
    await other.updateOne({}, { $rename: names as Record<string, string> });
    expect(await other.findOne({}, { projection: { _id: 0 } })).toEqual(expected);
  });
});

describe('paths in expressions', () => {
  it.each<[Document, string, unknown]>([
    [{ x: [[{ y: 1 }], { y: 3 }, [[[{ y: 5 }]]], { y: 6 }] }, '$x.y', [3, 6]],
    [{ x: [[5]] }, '$x.y', []],
    [{ x: [{ y: [{ z: 1 }] }, { y: { z: 2 } }] }, '$x.y.z', [[1], 2]],
  ])('of %j by %s', async (doc, path, expected) => {
    const stages = [{ $documents: [doc] }, { $project: { v: path } }];
    expect(await subject.db.aggregate(stages).toArray()).toEqual([{ v: expected }]);
  });
});

describe('names with a zero', () => {
  it.each<[Document, number]>([
    [{ $count: 'a\0' }, 40159],
    [{ $project: { x: '$a\0' } }, 16411],
    [{ $project: { x: { $setField: { field: 'a\0', input: {}, value: 1 } } } }, 9534700],
    [{ $unwind: { path: '$a', includeArrayIndex: 'i\0' } }, 16411],
  ])('%j is refused', async (stage, code) => {
    await expect(subject.coll.aggregate([stage]).toArray()).rejects.toMatchObject({ code });
  });

  it('are not made by $rename', async () => {
    await expect(subject.coll.updateOne({}, { $rename: { a: 'b\0' } })).rejects.toMatchObject({ code: 2 });
  });
});

describe('stages', () => {
  const from = (doc: Document, ...stages: Document[]) =>
    subject.db.aggregate([{ $documents: [doc] }, ...stages]).toArray();

  it('put documents in the place of what is none', async () => {
    const unwind = { $unwind: { path: '$l', includeArrayIndex: 'a.i' } };
    expect(await from({ a: 1, l: ['x'] }, unwind)).toEqual([{ a: { i: 0n }, l: 'x' }]);
    const lookup = { $lookup: { from: 'none', localField: 'a', foreignField: 'a', as: 'l.x' } };
    expect(await from({ l: [1] }, lookup)).toEqual([{ l: { x: [] } }]);
  });

  it.each<[Document, number]>([
    [{ $limit: new Double(1e30) }, 5107201],
    [{ $skip: new Double(NaN) }, 5107200],
    [{ $unwind: '$' }, 40352],
    [{ $unwind: '$l.' }, 40353],
  ])('%j is refused', async (stage, code) => {
    await expect(from({ l: [1] }, stage)).rejects.toMatchObject({ code });
  });
});

describe('collections and lists', () => {
  it.each<[string, () => Document, number]>([
    ['an _id index of another field', () => ({ create: `${coll()}_x`, idIndex: { key: { a: 1 }, name: '_id_' } }), 2],
    ['expiry of a plain collection', () => ({ create: `${coll()}_x`, expireAfterSeconds: 5 }), 72],
    ['a batch size below zero', () => ({ listCollections: 1, cursor: { batchSize: -1 } }), 51024],
    ['an unknown cursor option', () => ({ listIndexes: coll(), cursor: { frob: 1 } }), 40415],
    ['an index to drop that is no name', () => ({ dropIndexes: coll(), index: [5] }), 14],
    ['a scale of nothing', () => ({ dbStats: 1, scale: 0 }), 51024],
    ['a scale that is no number', () => ({ collStats: coll(), scale: 'x' }), 14],
    ['explaining what has no plan', () => ({ explain: { insert: coll(), documents: [{}] } }), 20],
    ['explaining what is no command', () => ({ explain: { frob: 1 } }), 59],
    ['an unknown argument of explain', () => ({ explain: { find: coll() }, frob: 1 }), 40415],
    ['more of a collection without a name', () => ({ getMore: Long.ONE, collection: '' }), 73],
  ])('refuse %s', async (_name, command, code) => {
    await expect(subject.db.command(command())).rejects.toMatchObject({ code });
  });

  it('give no time to cursors that do not wait', async () => {
    const { cursor } = await subject.db.command({ find: coll(), batchSize: 1 }, { useBigInt64: true });
    const more = { getMore: Long.fromBigInt(cursor.id), collection: coll(), maxTimeMS: 100 };
    await expect(subject.db.command(more)).rejects.toMatchObject({ code: 2 });
  });

  it('measure only the databases that are asked for by name', async () => {
    const list = (filter: Document) => subject.client.db('admin').command({ listDatabases: 1, filter });
    expect(await list({ name: 'none' })).toMatchObject({ databases: [], totalSize: 0 });
    expect((await list({ name: subject.db.databaseName }))['databases']).toHaveLength(1);
  });
});

describe("regular expressions are PCRE's", () => {
  const texts = ['abc', 'a.c', 'x y', 'a\nb', 'a\rb', 'foo12', '[x]', 'ab\n', '\u00a0'];
  const found = async (pattern: string, options = ''): Promise<string[]> => {
    const other = subject.db.collection(`${coll()}_t`);
    if ((await other.countDocuments()) === 0) await other.insertMany(texts.map((s) => ({ s })));
    const docs = await other.find({ s: { $regex: pattern, $options: options } }).toArray();
    return docs.map(({ s }) => s as string);
  };

  it.each<[string, string, string[]]>([
    ['\\Qa.c\\E', '', ['a.c']],
    ['^[[:digit:]oOfF]+$', '', ['foo12']],
    ['[[:^ascii:]]', '', ['\u00a0']],
    ['\\h', '', ['x y', '\u00a0']],
    ['\\s', '', ['x y', 'a\nb', 'a\rb', 'ab\n']],
    ['\\d{2,}', '', ['foo12']],
    ['x(?#comment) y', '', ['x y']],
    ['a.b', '', ['a\rb']],
    ['b$', '', ['a\nb', 'a\rb', 'ab\n']],
    ['ab\\z', '', []],
    ['^b', 'm', ['a\nb']],
    ['\\x{61}\\.', '', ['a.c']],
    ['[]x]]', '', ['[x]']],
    ['(?x) a b c # all', '', ['abc']],
    ['(?P<o>o)(?P=o)', '', ['foo12']],
    ['(o)\\g1', '', ['foo12']],
    ['A[B-D]C', 'i', ['abc']],
    ['\\p{Nd}', '', ['foo12']],
  ])('%s with %j', async (pattern, options, expected) => {
    expect(await found(pattern, options)).toEqual(expected);
  });

  it.each(['\\U', '(?<1a>x)', '[[:frob:]]', 'a|*', '\\1'])('%s is none', async (pattern) => {
    await expect(found(pattern)).rejects.toMatchObject({ code: 51091 });
  });
});

describe('expressions', () => {
  const value = async (expression: unknown): Promise<unknown> => {
    const [made] = await subject.db.aggregate([{ $documents: [{ v: expression }] }]).toArray();
    return made?.['v'];
  };
  const matches = (...found: readonly [string, number][]): Document[] =>
    found.map(([match, idx]) => ({ match, idx, captures: [] }));

  it.each<[unknown, unknown]>([
    [{ $regexFindAll: { input: 'abc', regex: '' } }, matches(['', 0], ['', 1], ['', 2])],
    [{ $regexFindAll: { input: '', regex: '' } }, matches(['', 0])],
    [{ $regexFindAll: { input: 'abc', regex: '\\z' } }, matches(['', 3])],
    [{ $regexFindAll: { input: 'baac', regex: 'a*' } }, matches(['', 0], ['aa', 1], ['', 3])],
    [{ $replaceAll: { input: 'abc', find: '', replacement: '-' } }, '-a-b-c-'],
    [{ $replaceAll: { input: '', find: '', replacement: 'x' } }, 'x'],
    [{ $type: { $arrayElemAt: [{ $setUnion: [[1], [Long.ONE]] }, 0] } }, 'int'],
    [{ $type: { $arrayElemAt: [{ $setUnion: [[Long.ONE], [1]] }, 0] } }, 'long'],
  ])('%j', async (expression, expected) => {
    expect(await value(expression)).toEqual(expected);
  });

  it.each<[unknown, number]>([
    [{ $regexMatch: { input: 'a', regex: '(' } }, 51111],
    [{ $indexOfArray: [[1], 1, -1] }, 40097],
  ])('%j is refused', async (expression, code) => {
    await expect(value(expression)).rejects.toMatchObject({ code });
  });
});

it('shows the record numbers that are asked for', async () => {
  const { cursor } = await subject.db.command({ find: coll(), showRecordId: true, projection: { _id: 1 }, limit: 2 });
  expect(cursor.firstBatch).toEqual([
    { _id: 1, $recordId: expect.anything() },
    { _id: 2, $recordId: expect.anything() },
  ]);
});
