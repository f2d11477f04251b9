import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import {
  Binary,
  BSONRegExp,
  Decimal128,
  Double,
  Long,
  MaxKey,
  MongoClient,
  ObjectId,
  Timestamp,
  type Document,
  type ServerHeartbeatSucceededEvent,
} from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();
const coll = (): string => subject.coll.collectionName;

/** The reply of a write whose only statement fails. */
async function failed(command: Document): Promise<Document> {
  const reply = await subject.db.command(command);
  return (reply['writeErrors'] as Document[])[0] as Document;
}

it.each<[unknown, string]>([
  [1, '1'],
  [Long.fromNumber(5), '5'],
  [new Double(3), '3.0'],
  [new Double(0.1), '0.1'],
  [new Double(1e20), '1e+20.0'],
  [new Double(NaN), 'nan.0'],
  [new Double(-Infinity), '-inf.0'],
  [Decimal128.fromString('1.50'), "NumberDecimal('1.50')"],
  ['x"y', '"x"y"'],
  [null, 'null'],
  [true, 'true'],
  [new Date(-1), 'new Date(-1)'],
  [new ObjectId('0'.repeat(24)), "ObjectId('000000000000000000000000')"],
  [new Timestamp({ t: 1, i: 2 }), 'Timestamp(1, 2)'],
  [new Binary(Buffer.from([1, 255])), 'BinData(0, 01FF)'],
  [new Binary(Buffer.alloc(16, 7), 4), 'UUID("07070707-0707-0707-0707-070707070707")'],
  [new MaxKey(), 'MaxKey'],
  [new BSONRegExp('a', 'i'), '/a/i'],
  [{ x: 1, y: { z: 'q' } }, '{ x: 1, y: { z: "q" } }'],
  [{}, '{}'],
])('a duplicate %p is told as %s', async (value, text) => {
  await subject.coll.createIndex({ a: 1 }, { unique: true });
  const documents = [1, 2].map((_id) => ({ _id, a: value }));
  const error = await failed({ insert: coll(), documents });
  const where = `${subject.db.databaseName}.${coll()} index: a_1 dup key: { a: ${text} }`;
  expect(error).toMatchObject({ index: 1, code: 11000, keyPattern: { a: 1 } });
  expect(error['errmsg']).toBe(`E11000 duplicate key error collection: ${where}`);
  expect(Object.keys(error)).toEqual(['index', 'code', 'errmsg', 'keyPattern', 'keyValue']);
});

describe('what fails while it runs', () => {
  it.each<[string, () => Document, number, RegExp]>([
    ['find', () => ({ find: coll(), filter: { $expr: { $abs: '$s' } } }), 28765, /during find/],
    ['a projection', () => ({ find: coll(), projection: { x: { $abs: '$s' } } }), 28765, /during find/],
    ['count', () => ({ count: coll(), query: { $expr: { $abs: '$s' } } }), 28765, /during count/],
    ['distinct', () => ({ distinct: coll(), key: 'a', query: { $expr: { $abs: '$s' } } }), 28765, /during distinct/],
    [
      'aggregate',
      () => ({ aggregate: coll(), pipeline: [{ $set: { x: { $abs: '$s' } } }], cursor: {} }),
      28765,
      /during aggregat/,
    ],
    [
      'findAndModify',
      () => ({ findAndModify: coll(), query: { _id: 1 }, update: { $inc: { s: 1 } } }),
      14,
      /^Plan executor error during findAndModify :: caused by :: Cannot apply \$inc to a value of non-numeric type/,
    ],
  ])('%s says so', async (_name, command, code, message) => {
    await subject.coll.insertOne({ _id: 1 as never, s: 'x', a: 1 });
    const failure = subject.db.command(command());
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(message);
  });

  it.each<[string, Document, number, string]>([
    ['a path', { $set: { 's.x': 1 } }, 28, 'Cannot create field \'x\' in element {s: "x"}'],
    ['an _id', { $set: { _id: 9 } }, 66, "Performing an update on the path '_id' would modify the immutable field"],
    ['a replaced _id', { _id: 9 }, 66, "the (immutable) field '_id' was found to have been altered to _id: 9"],
    ['a type', { $push: { s: 1 } }, 2, "The field 's' must be an array but is of type string in document {_id: 1}"],
  ])('an update says %s', async (_name, u, code, message) => {
    await subject.coll.insertOne({ _id: 1 as never, s: 'x' });
    const error = await failed({ update: coll(), updates: [{ q: { _id: 1 }, u }] });
    expect(error).toMatchObject({ index: 0, code, errmsg: expect.stringContaining(message) });
  });

  it('what is constant fails before, whether there are documents or not', async () => {
    const failure = subject.coll.aggregate([{ $project: { x: { $divide: [1, 0] } } }]).toArray();
    await expect(failure).rejects.toThrow(/^Failed to optimize pipeline :: caused by :: can't \$divide by zero/);
    await expect(subject.coll.find({ $expr: { $abs: 'x' } }).toArray()).rejects.toMatchObject({ code: 28765 });
    const spared = [{ $set: { x: { $cond: [true, 1, { $divide: [1, '$zero'] }] } } }];
    expect(await subject.coll.aggregate(spared).toArray()).toEqual([]);
  });
});

describe('refused', () => {
  it.each<[string, () => Document, number, (string | RegExp)?]>([
    ['a system collection', () => ({ create: 'system.frob' }), 73, /Invalid system namespace: .*system\.frob/],
    ['writing to system.users', () => ({ insert: 'system.users', documents: [{}] }), 73],
    ['writing to system.views', () => ({ insert: 'system.views', documents: [{}] }), 73, /cannot write to/],
    ['dropping a database halfway', () => ({ dropDatabase: 2 }), 5255100],
    ['a cursor that is no int64', () => ({ killCursors: coll(), cursors: [5] }), 14, "'killCursors.cursors.0'"],
    ['a document that is none', () => ({ insert: coll(), documents: [5] }), 14, "'insert.documents.0'"],
    ['sessions that are no list', () => ({ endSessions: 5 }), 14],
    ['a session without an id', () => ({ endSessions: [{}] }), 40414],
    ['a session of bytes', () => ({ endSessions: [{ id: new Binary(Buffer.alloc(16)) }] }), 14],
    [
      'a sorted update of many',
      () => ({ update: coll(), updates: [{ q: {}, u: { $set: { a: 1 } }, multi: true, sort: { a: 1 } }] }),
      9,
    ],
    ['waiting for no topology', () => ({ hello: 1, maxAwaitTimeMS: 1 }), 51759],
    ['no time to wait', () => ({ hello: 1, topologyVersion: { processId: new ObjectId(), counter: 0n } }), 31368],
  ])('%s', async (_name, command, code, message = '') => {
    const failure = subject.db.command(command());
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(message);
  });
});

it('a hello with the known topology is answered with the same', async () => {
  const admin = subject.client.db('admin');
  const { topologyVersion } = await admin.command({ hello: 1 });
  const again = await admin.command({ hello: 1, topologyVersion: topologyVersion as Document, maxAwaitTimeMS: 1 });
  expect(again['topologyVersion']).toEqual(topologyVersion);
});

it('a driver that watches the server is told of it over and over, unasked, and loses no connection', async () => {
  const [host] = subject.client.options.hosts;
  const watching = new MongoClient(`mongodb://${host}/?directConnection=true`, { heartbeatFrequencyMS: 500 });
  const lost: string[] = [];
  watching.on('serverHeartbeatFailed', ({ failure }) => lost.push(failure.message));
  watching.on('connectionPoolCleared', () => lost.push('connections'));
  await watching.connect();
  const told = async () => (await once(watching, 'serverHeartbeatSucceeded'))[0] as ServerHeartbeatSucceededEvent;
  for (let awaited = 0; awaited < 3 && lost.length === 0;) if ((await told()).awaited) awaited += 1;
  await watching.close();
  expect(lost).toEqual([]);
});
