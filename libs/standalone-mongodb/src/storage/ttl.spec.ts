import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { startMongoServer, type MongoServer } from '../server.js';

let dataDir: string;
let server: MongoServer;
let client: MongoClient;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'ttl-'));
  server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
  client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
});
afterAll(async () => {
  await client.close();
  await server.close();
  await rm(dataDir, { recursive: true });
});

it('removes what has expired, by the earliest date, within a partial index only', async () => {
  const [old, later] = [new Date(Date.now() - 100_000), new Date(Date.now() + 100_000)];
  const db = client.db('t');
  const coll = db.collection<{ _id: string }>('c');
  await coll.insertMany([
    { _id: 'expired', at: old },
    { _id: 'earliest of several', at: [later, old, 'x'] },
    { _id: 'later', at: later },
    { _id: 'several, all later', at: [later, later] },
    { _id: 'no date', at: 5 },
    { _id: 'a number in an array', at: [5] },
    { _id: 'missing' },
    { _id: 'null', at: null },
    { _id: 'outside', other: old, kept: true },
    { _id: 'inside', other: old, kept: false },
  ] as { _id: string }[]);
  await coll.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
  await coll.createIndex({ other: 1 }, { expireAfterSeconds: 10, partialFilterExpression: { kept: false } });
  const admin = client.db('admin');
  expect(await admin.command({ setParameter: 1, ttlMonitorSleepSecs: 1 })).toMatchObject({ was: 60 });
  expect(await admin.command({ getParameter: 1, ttlMonitorSleepSecs: 1 })).toMatchObject({ ttlMonitorSleepSecs: 1 });
  const gone = ['expired', 'earliest of several', 'inside'];
  while ((await coll.countDocuments({ _id: { $in: gone } })) > 0)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const left = (await coll.find().sort({ _id: 1 }).toArray()).map(({ _id }) => _id);
  expect(left).toEqual(
    ['a number in an array', 'later', 'missing', 'no date', 'null', 'outside', 'several, all later'].sort(),
  );
});

it('refuses parameters that are none, or no good', async () => {
  const admin = client.db('admin');
  await expect(admin.command({ setParameter: 1, frob: 1 })).rejects.toMatchObject({ code: 72 });
  await expect(admin.command({ setParameter: 1, ttlMonitorSleepSecs: 0 })).rejects.toMatchObject({ code: 2 });
  await expect(admin.command({ setParameter: 1, featureCompatibilityVersion: 1 })).rejects.toMatchObject({ code: 20 });
  await expect(client.db('t').command({ setParameter: 1, ttlMonitorSleepSecs: 5 })).rejects.toMatchObject({ code: 13 });
});
