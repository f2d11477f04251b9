import { describe, expect, it } from '@jest/globals';
import { Decimal128, Double, Long, type Document, type UpdateFilter, type UpdateOptions } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

async function updated(
  before: Document,
  update: UpdateFilter<Document> | Document[],
  filter: Document = {},
  options: UpdateOptions = {},
) {
  await subject.coll.insertOne({ _id: 1 as never, ...before });
  await subject.coll.updateOne(filter, update, options);
  const { _id, ...rest } = (await subject.coll.findOne({})) as Document;
  expect(_id).toBe(1);
  return rest;
}

it('a zero of the other sign is a change', async () => {
  await subject.coll.insertOne({ _id: 1 as never, a: new Double(-0) });
  expect(await subject.coll.updateOne({}, { $set: { a: new Double(0) } })).toMatchObject({ modifiedCount: 1 });
  expect(await subject.coll.updateOne({}, { $set: { a: new Double(0) } })).toMatchObject({ modifiedCount: 0 });
});

type Row = readonly [string, Document, Document | Document[], Document, Document?, UpdateOptions?];

const ROWS: readonly Row[] = [
  ['$set nested', { a: 1 }, { $set: { 'b.c': 2 } }, { a: 1, b: { c: 2 } }],
  ['$set a position', { a: [1, 2] }, { $set: { 'a.1': 5 } }, { a: [1, 5] }],
  ['$set past the end fills with null', { a: [1] }, { $set: { 'a.3': 5 } }, { a: [1, null, null, 5] }],
  ['$set adds fields by name', {}, { $set: { z: 1, b: 1, a: 1 } }, { a: 1, b: 1, z: 1 }],
  ['$unset', { a: 1, b: { c: 1, d: 2 } }, { $unset: { a: '', 'b.c': '', x: '' } }, { b: { d: 2 } }],
  ['$unset of an element leaves null', { a: [1, 2, 3] }, { $unset: { 'a.1': '' } }, { a: [1, null, 3] }],
  ['$inc int', { a: 1 }, { $inc: { a: 2, b: 5 } }, { a: 3, b: 5 }],
  ['$inc grows to int64', { a: 2147483647 }, { $inc: { a: 1 } }, { a: 2147483648n }],
  ['$inc int64 stays exact', { a: 9007199254740993n }, { $inc: { a: 2 } }, { a: 9007199254740995n }],
  ['$inc by a double', { a: 1n }, { $inc: { a: 0.5 } }, { a: 1.5 }],
  ['$mul', { a: 3n, b: 2 }, { $mul: { a: 2, b: 1.5, c: 7 } }, { a: 6n, b: 3, c: 0 }],
  ['$min and $max', { a: 5, b: 5 }, { $min: { a: 3, b: 9 }, $max: { c: 1 } }, { a: 3, b: 5, c: 1 }],
  ['$rename', { a: 1, b: { c: 2 } }, { $rename: { a: 'x', 'b.c': 'y' } }, { b: {}, x: 1, y: 2 }],
  ['$push', { a: [1] }, { $push: { a: 2, b: 1 } }, { a: [1, 2], b: [1] }],
  ['$push $each $position', { a: [1, 4] }, { $push: { a: { $each: [2, 3], $position: 1 } } }, { a: [1, 2, 3, 4] }],
  ['$push $sort $slice', { a: [3, 1] }, { $push: { a: { $each: [2], $sort: -1, $slice: 2 } } }, { a: [3, 2] }],
  ['$push $slice from the end', { a: [1, 2] }, { $push: { a: { $each: [3], $slice: -2 } } }, { a: [2, 3] }],
  [
    '$push $sort by a field',
    { a: [{ x: 2 }] },
    { $push: { a: { $each: [{ x: 1 }], $sort: { x: 1 } } } },
    { a: [{ x: 1 }, { x: 2 }] },
  ],
  ['$addToSet', { a: [1, 'x'] }, { $addToSet: { a: { $each: [1, 'y'] } } }, { a: [1, 'x', 'y'] }],
  ['$pop first and last', { a: [1, 2, 3], b: [1, 2] }, { $pop: { a: -1, b: 1 } }, { a: [2, 3], b: [1] }],
  ['$pull a value', { a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
  ['$pull by operators', { a: [1, 5, 9] }, { $pull: { a: { $gt: 3, $lt: 8 } } }, { a: [1, 9] }],
  ['$pull documents', { a: [{ x: 1, y: 1 }, { x: 2 }] }, { $pull: { a: { x: 1 } } }, { a: [{ x: 2 }] }],
  ['$pullAll', { a: [1, 2, 3, 2] }, { $pullAll: { a: [2, 3] } }, { a: [1] }],
  ['$bit', { a: 13 }, { $bit: { a: { and: 10 } } }, { a: 8 }],
  ['positional $', { a: [1, 5, 9] }, { $set: { 'a.$': 0 } }, { a: [1, 0, 9] }, { a: { $gt: 3 } }],
  [
    'positional $ in documents',
    { a: [{ x: 1 }, { x: 2 }] },
    { $inc: { 'a.$.x': 10 } },
    { a: [{ x: 1 }, { x: 12 }] },
    { 'a.x': 2 },
  ],
  ['all positional', { a: [1, 2] }, { $inc: { 'a.$[]': 1 } }, { a: [2, 3] }],
  [
    'arrayFilters',
    { a: [1, 5, 9] },
    { $set: { 'a.$[big]': 0 } },
    { a: [1, 0, 0] },
    {},
    { arrayFilters: [{ big: { $gt: 3 } }] },
  ],
  [
    'arrayFilters on documents',
    {
      a: [
        { x: 1, y: [1] },
        { x: 2, y: [2] },
      ],
    },
    { $push: { 'a.$[e].y': 7 } },
    {
      a: [
        { x: 1, y: [1] },
        { x: 2, y: [2, 7] },
      ],
    },
    {},
    { arrayFilters: [{ 'e.x': 2 }] },
  ],
  ['pipeline', { a: 1, b: 2 }, [{ $set: { c: { $add: ['$a', '$b'] } } }, { $unset: 'a' }], { b: 2, c: 3 }],
];

describe('update operators', () => {
  it.each(ROWS)('%s', async (...row) => {
    const [, before, update, after, filter, options] = row;
    expect(await updated(before, update, filter, options)).toEqual(after);
  });

  it('adds decimals', async () => {
    const after = await updated({ a: Decimal128.fromString('1.10') }, { $inc: { a: Decimal128.fromString('2.205') } });
    expect(String(after['a'])).toBe('3.305');
  });

  it('sets dates of its own', async () => {
    const after = await updated({}, {
      $currentDate: { at: true, ts: { $type: 'timestamp' } },
    } as never);
    expect(after['at']).toBeInstanceOf(Date);
    expect(after['ts']._bsontype).toBe('Timestamp');
  });

  it('counts only what changes', async () => {
    await subject.coll.insertMany([{ a: 1 }, { a: 2 }]);
    expect(await subject.coll.updateMany({}, { $set: { a: 2 } })).toMatchObject({ matchedCount: 2, modifiedCount: 1 });
    expect(await subject.coll.updateMany({ a: 9 }, { $set: { a: 2 } })).toMatchObject({
      matchedCount: 0,
      modifiedCount: 0,
    });
  });

  it.each<[string, Document, Document, number]>([
    ['$inc of a string', { a: 'x' }, { $inc: { a: 1 } }, 14],
    ['$inc by a string', { a: 1 }, { $inc: { a: 'x' } }, 14],
    ['$inc past int64', { a: 9223372036854775807n }, { $inc: { a: 1n } }, 2],
    ['$push to a number', { a: 1 }, { $push: { a: 1 } }, 2],
    ['$pop of a number', { a: 1 }, { $pop: { a: 1 } }, 14],
    ['a field in a number', { a: 1 }, { $set: { 'a.b': 1 } }, 28],
    ['a conflict', { a: 1 }, { $set: { 'a.b': 1 }, $unset: { a: 1 } }, 40],
    ['the _id', {}, { $set: { _id: 2 } }, 66],
    ['an unknown operator', {}, { $frob: { a: 1 } }, 9],
    ['an unused array filter', { a: [1] }, { $set: { 'a.$[x]': 1 } }, 2],
    ['$ without a match', { a: [1] }, { $set: { 'a.$': 1 } }, 2],
    ['an empty path', {}, { $set: { '': 1 } }, 56],
    ['a path that ends with a dot', {}, { $set: { 'a.': 1 } }, 56],
    ['a dollar in a path', {}, { $set: { 'a.$b': 1 } }, 52],
    ['$ at the begin of a path', { a: [1] }, { $set: { $: 1 } }, 2],
    ['renaming out of an array', { a: [{ b: 1 }] }, { $rename: { 'a.0.b': 'c' } }, 2],
    ['renaming into an array', { a: [1], b: 2 }, { $rename: { b: 'a.0' } }, 2],
    ['renaming to itself', { a: 1 }, { $rename: { a: 'a' } }, 2],
    ['a rename to no name', { a: 1 }, { $rename: { a: 5 } }, 2],
    ['$addToSet to a number', { a: 1 }, { $addToSet: { a: 1 } }, 2],
    ['$pull from a number', { a: 1 }, { $pull: { a: 1 } }, 2],
    ['$pullAll of no array', { a: [1] }, { $pullAll: { a: 1 } }, 2],
    ['$bit of a double', { a: 1.5 }, { $bit: { a: { and: 1 } } }, 2],
    ['a $currentDate with an unknown option', {}, { $currentDate: { a: { frob: 1 } } }, 2],
    ['a $bit without an operation', { a: 1 }, { $bit: { a: {} } }, 2],
    ['a $bit of a double, also when nothing matches', {}, { $bit: { a: { and: 1.5 } } }, 2],
    ['an $addToSet with more than $each', { a: [] }, { $addToSet: { a: { $each: [1], $frob: 1 } } }, 2],
    ['two positions in a path', { a: [1] }, { $set: { 'a.$.$': 1 } }, 2],
    ['an _id unset', {}, { $unset: { _id: 1 } }, 66],
    ['an _id renamed', {}, { $rename: { _id: 'b' } }, 66],
    ['an unknown $currentDate', {}, { $currentDate: { a: { $type: 'frob' } } }, 2],
    ['$pop by 2', { a: [1] }, { $pop: { a: 2 } }, 9],
    ['an operator that is no document', {}, { $set: 5 }, 9],
    ['a $push with an unknown clause', { a: [] }, { $push: { a: { $each: [1], $frob: 1 } } }, 2],
    ['$each of no array', { a: [] }, { $push: { a: { $each: 1 } } }, 2],
    ['$[] of no array', { a: 1 }, { $set: { 'a.$[]': 1 } }, 2],
    ['a field in null', { a: null }, { $inc: { 'a.b': 1 } }, 28],
    ['a name in an array', { a: [1] }, { $set: { 'a.b': 1 } }, 28],
  ])('refuses %s', async (_name, before, update, code) => {
    await subject.coll.insertOne({ _id: 1 as never, ...before });
    await expect(subject.coll.updateOne({}, update)).rejects.toMatchObject({ code });
    expect(await subject.coll.findOne({})).toEqual({ _id: 1, ...before });
  });
});

describe('messages', () => {
  it.each<[Document, Document, string]>([
    [{ a: 'x' }, { $inc: { a: 1 } }, "{_id: 1} has the field 'a' of non-numeric type string"],
    [{ a: 1 }, { $push: { a: 1 } }, "The field 'a' must be an array but is of type int in document {_id: 1}"],
    [{ a: 1 }, { $set: { 'a.b': 1 } }, "Cannot create field 'b' in element {a: 1}"],
    [{ a: 1 }, { $pop: { a: 1 } }, "Path 'a' contains an element of non-array type 'int'"],
    [{}, { $set: { a: 1 }, $inc: { a: 1 } }, "Updating the path 'a' would create a conflict at 'a'"],
    [{}, { $set: { _id: 2 } }, "Performing an update on the path '_id' would modify the immutable field '_id'"],
  ])('of %j by %j', async (doc, update, text) => {
    await subject.coll.insertOne({ _id: 1 as never, ...doc });
    await expect(subject.coll.updateOne({}, update)).rejects.toThrow(text);
  });

  it('of duplicates name the value', async () => {
    await subject.coll.createIndex({ a: 1, b: 1 }, { unique: true });
    await subject.coll.insertOne({ a: 'x', b: [1, 2] });
    const failure = subject.coll.insertOne({ a: 'x', b: [3, 2] });
    const name = `${subject.db.databaseName}.${subject.coll.collectionName}`;
    await expect(failure).rejects.toMatchObject({ keyPattern: { a: 1, b: 1 }, keyValue: { a: 'x', b: 2 } });
    await expect(failure).rejects.toThrow(
      `E11000 duplicate key error collection: ${name} index: a_1_b_1 dup key: { a: "x", b: 2 }`,
    );
  });
});

describe('replacing', () => {
  it('keeps the _id and takes the rest', async () => {
    await subject.coll.insertOne({ _id: 1 as never, a: 1, b: 2 });
    expect(await subject.coll.replaceOne({ a: 1 }, { c: 3 })).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
    expect(await subject.coll.findOne({})).toEqual({ _id: 1, c: 3 });
    expect(await subject.coll.replaceOne({}, { c: 3 })).toMatchObject({ matchedCount: 1, modifiedCount: 0 });
    await expect(subject.coll.replaceOne({}, { _id: 2 as never, c: 3 })).rejects.toMatchObject({ code: 66 });
  });
});

describe('upsert', () => {
  it.each<[string, Document, Document, Document]>([
    ['equalities', { _id: 7, a: 1, b: { $eq: 2 }, c: { $gt: 1 } }, { $set: { d: 1 } }, { _id: 7, a: 1, b: 2, d: 1 }],
    ['$and', { $and: [{ _id: 7 }, { a: 1 }] }, { $inc: { n: 1 } }, { _id: 7, a: 1, n: 1 }],
    ['$in of one', { _id: 7, a: { $in: [1] } }, { $set: { b: 1 } }, { _id: 7, a: 1, b: 1 }],
    ['$setOnInsert', { _id: 7 }, { $set: { a: 1 }, $setOnInsert: { b: 2 } }, { _id: 7, a: 1, b: 2 }],
  ])('from %s', async (_name, filter, update, expected) => {
    const result = await subject.coll.updateOne(filter, update, { upsert: true });
    expect(result).toMatchObject({ matchedCount: 0, upsertedCount: 1, upsertedId: 7 });
    expect(await subject.coll.findOne({})).toEqual(expected);
  });

  it('makes an ObjectId when there is no _id', async () => {
    const result = await subject.coll.replaceOne({ a: 1 }, { b: 2 }, { upsert: true });
    expect((await subject.coll.findOne({})) as Document).toEqual({ _id: result.upsertedId, b: 2 });
  });

  it('meets a duplicate when the guard fails', async () => {
    await subject.coll.insertOne({ _id: 'x' as never, position: 5n });
    const guarded = (position: bigint) =>
      subject.coll.replaceOne({ _id: 'x' as never, position: { $lt: position } }, { position }, { upsert: true });
    await expect(guarded(5n)).rejects.toMatchObject({ code: 11000, keyPattern: { _id: 1 }, keyValue: { _id: 'x' } });
    expect(await guarded(6n)).toMatchObject({ matchedCount: 1, modifiedCount: 1 });
  });
});

describe('findAndModify', () => {
  it('gives the document before, after, or of the delete', async () => {
    await subject.coll.insertMany([
      { _id: 1 as never, n: 1 },
      { _id: 2 as never, n: 2 },
    ]);
    expect(await subject.coll.findOneAndUpdate({}, { $inc: { n: 5 } }, { sort: { n: -1 } })).toEqual({ _id: 2, n: 2 });
    expect(await subject.coll.findOneAndReplace({ _id: 1 as never }, { x: 1 }, { returnDocument: 'after' })).toEqual({
      _id: 1,
      x: 1,
    });
    expect(await subject.coll.findOneAndDelete({ n: 7 }, { projection: { n: 0 } })).toEqual({ _id: 2 });
    const meta = await subject.coll.findOneAndUpdate(
      { _id: 9 as never },
      { $set: { a: 1 } },
      { upsert: true, includeResultMetadata: true },
    );
    expect(meta).toMatchObject({ value: null, lastErrorObject: { n: 1, updatedExisting: false, upserted: 9 } });
  });
});

describe('bulk writes', () => {
  it('mixes operations and reports them', async () => {
    const result = await subject.coll.bulkWrite([
      { insertOne: { document: { _id: 1 as never, a: 1 } } },
      { insertOne: { document: { _id: 2 as never, a: 1 } } },
      { updateMany: { filter: { a: 1 }, update: { $set: { b: 1 } } } },
      { replaceOne: { filter: { _id: 3 as never }, replacement: { c: 1 }, upsert: true } },
      { deleteOne: { filter: { _id: 1 as never } } },
    ]);
    expect(result).toMatchObject({
      insertedCount: 2,
      matchedCount: 2,
      modifiedCount: 2,
      upsertedCount: 1,
      deletedCount: 1,
    });
    expect(result.upsertedIds).toEqual({ 3: 3 });
  });

  it('stops at the first error when ordered', async () => {
    const writes = [1, 1, 2].map((_id) => ({ insertOne: { document: { _id: _id as never } } }));
    await expect(subject.coll.bulkWrite(writes)).rejects.toMatchObject({ code: 11000, result: { insertedCount: 1 } });
    expect(await subject.coll.countDocuments()).toBe(1);
  });

  it('runs the client-level command over two collections', async () => {
    const [a, b] = ['x', 'y'].map((name) => `${subject.db.databaseName}.${subject.coll.collectionName}${name}`) as [
      string,
      string,
    ];
    const result = await subject.client.bulkWrite(
      [
        { namespace: a, name: 'insertOne', document: { _id: 1 as never } },
        {
          namespace: b,
          name: 'updateOne',
          filter: { _id: 5 as never },
          update: { $set: { v: Long.ONE } },
          upsert: true,
        },
        { namespace: a, name: 'updateMany', filter: {}, update: { $set: { z: 1 } } },
        { namespace: a, name: 'deleteMany', filter: { z: 1 } },
      ],
      { verboseResults: true },
    );
    expect(result).toMatchObject({
      insertedCount: 1,
      upsertedCount: 1,
      matchedCount: 1,
      modifiedCount: 1,
      deletedCount: 1,
    });
    expect(result.updateResults?.get(1)).toMatchObject({ upsertedId: 5 });
  });
});
