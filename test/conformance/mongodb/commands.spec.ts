import { describe, expect, it } from '@jest/globals';
import { Long, UUID, type Document } from 'mongodb';
import { conformanceSubject } from './support.js';

const subject = conformanceSubject();

const admin = (command: Document) => subject.client.db('admin').command(command);
const run = (command: Document) => subject.db.command(command, { useBigInt64: true });
const coll = () => subject.coll.collectionName;

describe('arguments', () => {
  it.each<[string, () => Document, number, string?]>([
    ['an unknown argument', () => ({ find: coll(), frob: 1 }), 40415],
    ['an unknown argument of update', () => ({ update: coll(), updates: [], frob: 1 }), 40415, 'update.frob'],
    [
      'an unknown field of a statement',
      () => ({ update: coll(), updates: [{ q: {}, u: { $set: { a: 1 } }, frob: 1 }] }),
      40415,
      "BSON field 'update.updates.frob' is an unknown field.",
    ],
    ['a missing argument', () => ({ distinct: coll() }), 40414, 'is missing but a required field'],
    [
      'a filter that is no document',
      () => ({ find: coll(), filter: 'x' }),
      14,
      "is the wrong type 'string', expected type 'object'",
    ],
    ['a limit that is no number', () => ({ find: coll(), limit: 'x' }), 14],
    ['a negative limit', () => ({ find: coll(), limit: -1 }), 51024],
    ['a negative skip', () => ({ find: coll(), skip: -1 }), 51024],
    ['a negative batch size', () => ({ find: coll(), batchSize: -1 }), 51024],
    ['a hint of a wrong type', () => ({ find: coll(), hint: 5 }), 9, 'Hint must be a string or an object'],
    ['a collection that is no name', () => ({ find: 5 }), 73],
    ['an empty name', () => ({ find: '' }), 73],
    ['a pipeline that is no array', () => ({ aggregate: coll(), pipeline: 5, cursor: {} }), 14],
    ['aggregate without a cursor', () => ({ aggregate: coll(), pipeline: [] }), 9],
    ['an empty batch', () => ({ insert: coll(), documents: [] }), 16],
    ['a delete limit of 2', () => ({ delete: coll(), deletes: [{ q: {}, limit: 2 }] }), 9],
    ['a getMore id that is no long', () => ({ getMore: 5, collection: coll() }), 14],
    ['cursors that are no array', () => ({ killCursors: coll(), cursors: 5 }), 14],
    ['an unknown command', () => ({ frobnicate: 1 }), 59, "no such command: 'frobnicate'"],
    ['an unknown read concern', () => ({ find: coll(), readConcern: { level: 'frob' } }), 2],
    ['a snapshot read', () => ({ find: coll(), readConcern: { level: 'snapshot' } }), 123],
    ['w beyond one node', () => ({ insert: coll(), documents: [{}], writeConcern: { w: 2 } }), 2],
    ['a named write concern', () => ({ insert: coll(), documents: [{}], writeConcern: { w: 'frob' } }), 2],
    ['maxTimeMS below zero', () => ({ find: coll(), maxTimeMS: -1 }), 2],
    ['apiStrict without a version', () => ({ ping: 1, apiStrict: true }), 322],
    ['another API version', () => ({ ping: 1, apiVersion: '2' }), 322],
    ['a command that is not stable', () => ({ dbStats: 1, apiVersion: '1', apiStrict: true }), 323],
    ['renaming outside of admin', () => ({ renameCollection: 'a.b', to: 'a.c' }), 13],
  ])('refuses %s', async (_name, command, code, text = '') => {
    const failure = run(command());
    await expect(failure).rejects.toMatchObject({ code });
    await expect(failure).rejects.toThrow(text);
  });

  it('takes null for an argument that is not given', async () => {
    expect(await run({ find: coll(), filter: null, sort: null, limit: null })).toMatchObject({ ok: 1 });
    expect(await run({ ping: 1, apiVersion: '1', apiStrict: true, comment: { why: 1 } })).toMatchObject({ ok: 1 });
  });

  it('refuses transactions as a standalone does', async () => {
    const lsid = { id: new UUID() };
    const find = { find: coll(), lsid, txnNumber: Long.ONE, startTransaction: true, autocommit: false };
    await expect(run(find)).rejects.toMatchObject({ code: 20 });
    const update = { update: coll(), updates: [{ q: {}, u: { $set: { a: 1 } } }], lsid, txnNumber: Long.ONE };
    await expect(run(update)).rejects.toMatchObject({ code: 20 });
    await expect(subject.coll.watch().next()).rejects.toMatchObject({ code: 40573 });
  });
});

describe('handshake and status', () => {
  it('tells what a standalone is', async () => {
    const hello = await admin({ hello: 1 });
    expect(hello).toMatchObject({
      isWritablePrimary: true,
      maxBsonObjectSize: 16777216,
      maxMessageSizeBytes: 48000000,
      maxWriteBatchSize: 100000,
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      readOnly: false,
      ok: 1,
    });
    expect(hello['setName']).toBeUndefined();
    expect(hello['maxWireVersion']).toBeGreaterThanOrEqual(21);
    expect(await admin({ isMaster: 1 })).toMatchObject({ ismaster: true });
    expect((await admin({ buildInfo: 1 }))['versionArray']).toHaveLength(4);
  });

  it('answers what shells ask', async () => {
    expect(await admin({ getLog: '*' })).toMatchObject({ names: expect.arrayContaining(['startupWarnings']) });
    expect(await admin({ getLog: 'startupWarnings' })).toMatchObject({ log: expect.any(Array) });
    expect(await admin({ getCmdLineOpts: 1 })).toMatchObject({ argv: expect.any(Array) });
    expect(await admin({ whatsmyuri: 1 })).toMatchObject({ you: expect.stringMatching(/:\d+$/) });
    expect(await admin({ currentOp: 1 })).toMatchObject({ inprog: expect.any(Array) });
    expect((await admin({ listCommands: 1 }))['commands']).toHaveProperty('find');
    expect(await admin({ connectionStatus: 1 })).toMatchObject({ authInfo: { authenticatedUsers: [] } });
    await expect(admin({ replSetGetStatus: 1 })).rejects.toMatchObject({ code: 76 });
    await expect(admin({ getLog: 'frob' })).rejects.toMatchObject({ code: 96 });
    await expect(admin({ atlasVersion: 1 })).rejects.toMatchObject({ code: 59 });
  });

  it('counts connections and operations', async () => {
    const before = await subject.db.admin().serverStatus();
    await subject.coll.insertMany([{}, {}]);
    await subject.coll.find({ a: 1 }).toArray();
    const after = await subject.db.admin().serverStatus();
    expect(after['connections'].current).toBeGreaterThan(0);
    expect(Number(after['opcounters'].insert - before['opcounters'].insert)).toBeGreaterThanOrEqual(2);
    expect(Number(after['opcounters'].query - before['opcounters'].query)).toBeGreaterThanOrEqual(1);
  });

  it('counts in stats', async () => {
    await subject.coll.insertMany([{ a: 1 }, { a: 2 }]);
    await subject.coll.createIndex({ a: 1 });
    expect(await run({ collStats: coll() })).toMatchObject({ count: 2, nindexes: 2, capped: false });
    expect(await run({ validate: coll() })).toMatchObject({
      valid: true,

      nIndexes: 2,
    });
    expect(await run({ dbStats: 1 })).toMatchObject({ db: subject.db.databaseName, views: 0 });
  });
});

describe('collections', () => {
  it('creates the same again, and nothing else', async () => {
    await run({ create: coll(), validator: { a: { $gt: 1 } } });
    expect(await run({ create: coll(), validator: { a: { $gt: 1 } } })).toMatchObject({ ok: 1 });
    await expect(run({ create: coll() })).rejects.toMatchObject({ code: 48 });
    const [info] = await subject.db.listCollections({ name: coll() }).toArray();
    expect(info).toMatchObject({
      type: 'collection',
      options: { validator: { a: { $gt: 1 } }, validationLevel: 'strict', validationAction: 'error' },
      idIndex: { v: 2, key: { _id: 1 }, name: '_id_' },
    });
  });

  it('renames, also over another', async () => {
    const target = `${coll()}_target`;
    await subject.coll.insertOne({ a: 1 });
    await subject.db.collection(target).insertOne({ b: 1 });
    await expect(subject.coll.rename(target)).rejects.toMatchObject({ code: 48 });
    await subject.coll.rename(target, { dropTarget: true });
    expect(await subject.db.collection(target).countDocuments({ a: 1 })).toBe(1);
    expect(await subject.db.listCollections({ name: coll() }, { nameOnly: true }).toArray()).toEqual([]);
    const name = `${subject.db.databaseName}.none`;
    await expect(admin({ renameCollection: name, to: `${name}2` })).rejects.toMatchObject({ code: 26 });
  });

  it('changes a validator and an index', async () => {
    await expect(run({ collMod: coll(), validator: {} })).rejects.toMatchObject({ code: 26 });
    await subject.coll.createIndex({ at: 1 }, { expireAfterSeconds: 60 });
    expect(await run({ collMod: coll(), index: { name: 'at_1', expireAfterSeconds: 90 } })).toMatchObject({
      expireAfterSeconds_old: 60n,
      expireAfterSeconds_new: 90n,
    });
    expect(await run({ collMod: coll(), index: { keyPattern: { at: 1 }, hidden: true } })).toMatchObject({
      hidden_old: false,
      hidden_new: true,
    });
    expect(await subject.coll.indexes()).toContainEqual({
      v: 2,
      key: { at: 1 },
      name: 'at_1',
      expireAfterSeconds: 90,
      hidden: true,
    });
    await run({ collMod: coll(), validator: { a: 1 }, validationLevel: 'strict' });
    await expect(subject.coll.insertOne({ a: 2 })).rejects.toMatchObject({ code: 121 });
    await run({ collMod: coll(), validationAction: 'warn' });
    await subject.coll.insertOne({ a: 2 });
    await expect(run({ collMod: coll(), index: { name: 'no', hidden: true } })).rejects.toMatchObject({ code: 27 });
  });
});

describe('cursors', () => {
  it('hands out batches as asked', async () => {
    await subject.coll.insertMany(Array.from({ length: 250 }, (_, i) => ({ _id: i as never })));
    const first = (await run({ find: coll() }))['cursor'];
    expect(first.firstBatch).toHaveLength(101);
    expect(first.ns).toBe(`${subject.db.databaseName}.${coll()}`);
    const next = (await run({ getMore: Long.fromBigInt(first.id), collection: coll(), batchSize: 10 }))['cursor'];
    expect(next.nextBatch).toHaveLength(10);
    await expect(run({ getMore: Long.fromBigInt(first.id), collection: 'other' })).rejects.toMatchObject({ code: 13 });
    const killed = await run({ killCursors: coll(), cursors: [Long.fromBigInt(first.id), Long.fromNumber(12345)] });
    expect(killed).toMatchObject({
      cursorsKilled: [first.id],
      cursorsNotFound: [12345n],
      cursorsAlive: [],
      cursorsUnknown: [],
    });
    await expect(run({ getMore: Long.fromBigInt(first.id), collection: coll() })).rejects.toMatchObject({ code: 43 });
    const empty = (await run({ find: coll(), batchSize: 0 }))['cursor'];
    expect(empty.firstBatch).toEqual([]);
    expect(empty.id).not.toBe(0n);
    const single = (await run({ find: coll(), batchSize: 2, singleBatch: true }))['cursor'];
    expect([single.firstBatch.length, single.id]).toEqual([2, 0n]);
  });

  it('leaves a cursor open until a batch comes up short', async () => {
    await subject.coll.insertMany([{ a: 1 }, { a: 2 }]);
    const cursor = (await run({ find: coll(), batchSize: 2 }))['cursor'];
    expect(cursor.id).not.toBe(0n);
    const rest = (await run({ getMore: Long.fromBigInt(cursor.id), collection: coll() }))['cursor'];
    expect([rest.nextBatch, rest.id]).toEqual([[], 0n]);
    expect((await run({ find: coll(), limit: 2, batchSize: 2 }))['cursor'].id).toBe(0n);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the collection is dropped', () => subject.coll.drop()],
    ['it is dropped and made again', () => subject.coll.drop().then(() => subject.coll.insertOne({}))],
    ['the collection is renamed', () => subject.coll.rename(`${coll()}_renamed`)],
    ['the index that it reads is dropped', () => subject.coll.dropIndex('a_1')],
  ])('end with QueryPlanKilled when %s', async (_name, change) => {
    await subject.coll.insertMany(Array.from({ length: 10 }, (_, a) => ({ a })));
    await subject.coll.createIndex({ a: 1 });
    const cursor = subject.coll.find({ a: { $gte: 0 } }, { batchSize: 2 });
    await cursor.next();
    await change();
    await expect(cursor.toArray()).rejects.toMatchObject({ code: 175 });
  });

  it('go on when an index is dropped that they do not read', async () => {
    await subject.coll.insertMany(Array.from({ length: 10 }, (_, a) => ({ a })));
    await subject.coll.createIndex({ a: 1 });
    const cursor = subject.coll.find({ b: null }, { batchSize: 2 });
    await cursor.next();
    await subject.coll.dropIndex('a_1');
    expect(await cursor.toArray()).toHaveLength(9);
  });
});

describe('limits', () => {
  it('tells an upsert that is too large from an insert (17420)', async () => {
    const third = 'x'.repeat(6 * 1024 * 1024);
    const tooLarge = subject.coll.updateOne({ a: third }, [{ $set: { b: '$a', c: '$a' } }], { upsert: true });
    await expect(tooLarge).rejects.toMatchObject({ code: 17420 });
  });

  it('refuses a database whose name differs by its case only', async () => {
    await subject.coll.insertOne({});
    const other = subject.client.db(subject.db.databaseName.toUpperCase());
    await expect(other.collection('c').insertOne({})).rejects.toMatchObject({ code: 13297 });
  });

  it('changes and deletes any number of documents by one statement', async () => {
    await subject.coll.insertMany(Array.from({ length: 10_050 }, (_, a) => ({ a })));
    expect(await subject.coll.updateMany({ a: { $gte: 10 } }, { $inc: { a: 100_000 } })).toMatchObject({
      ...{ matchedCount: 10_040, modifiedCount: 10_040 },
    });
    expect(await subject.coll.countDocuments({ a: { $gt: 100_000 } })).toBe(10_040);
    expect(await subject.coll.deleteMany({ a: { $gte: 5 } })).toMatchObject({ deletedCount: 10_045 });
    expect(await subject.coll.countDocuments({})).toBe(5);
  });
});
