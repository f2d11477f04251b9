import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MongoClient, type Collection } from 'mongodb';
import { startMongoServer, type MongoServer } from '../server.js';

interface Item {
  _id: number;
  group: number;
  round: number;
  filler: string;
}

let dataDir: string;
let server: MongoServer;
let client: MongoClient;
let items: Collection<Item>;

async function start(mappedBytes: number): Promise<void> {
  server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0, mappedBytes });
  client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`, {
    serverSelectionTimeoutMS: 3000,
  });
  items = client.db('store').collection('items');
}

async function stop(): Promise<void> {
  await client.close();
  await server.close();
}

const item = (n: number, round: number): Item => ({ _id: n, group: n % 10, round, filler: 'x'.repeat(2000) });
const COUNT = 1500;

async function fill(): Promise<void> {
  for (let n = 0; n < COUNT; n += 500) {
    await items.insertMany(Array.from({ length: 500 }, (_, i) => item(n + i, 0)));
  }
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mongodb-store-'));
});
afterEach(async () => {
  await stop().catch(() => undefined);
  rmSync(dataDir, { recursive: true, force: true });
});

describe('letting go of mapped files', () => {
  beforeEach(() => start(256 * 1024));

  it('reopens the files while documents are written, read by open cursors and indexed', async () => {
    await fill();
    const ids: number[] = [];
    const reading = (async () => {
      for await (const { _id } of items.find().batchSize(50)) ids.push(_id);
    })();
    const writing = Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let n = writer; n < COUNT; n += 4) await items.replaceOne({ _id: n }, item(n, 1));
      }),
    );
    await items.createIndex({ group: 1, round: 1 });
    await Promise.all([reading, writing]);
    expect(ids).toEqual(Array.from({ length: COUNT }, (_, n) => n));
    expect(await items.countDocuments({ group: 3, round: 1 })).toBe(COUNT / 10);
    expect(await items.countDocuments({ round: 0 })).toBe(0);
    expect(server.reopenings).toBeGreaterThan(10);
  }, 60_000);

  it('has everything after a close beside running writes', async () => {
    await fill();
    let acknowledged = 0;
    const writing = (async () => {
      for (let n = 0; ; n += 1) {
        await items.updateOne({ _id: n % COUNT }, { $inc: { round: 1 } });
        acknowledged += 1;
      }
    })().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 300));
    await server.close();
    await client.close();
    await writing;
    await start(256 * 1024);
    const [sum] = await items.aggregate([{ $group: { _id: null, rounds: { $sum: '$round' } } }]).toArray();
    expect(acknowledged).toBeGreaterThan(0);
    expect(sum?.['rounds']).toBeGreaterThanOrEqual(acknowledged);
    expect(await items.estimatedDocumentCount()).toBe(COUNT);
  }, 60_000);

  it('says so and refuses everything when the files cannot be opened again', async () => {
    await items.insertOne(item(-1, 0));
    rmSync(dataDir, { recursive: true });
    writeFileSync(dataDir, 'no folder any more');
    await expect(fill()).rejects.toThrow(/could not be opened again|storage is closed/);
    expect((await server.failed).message).toContain('could not be opened again');
    await expect(items.findOne({ _id: 1 })).rejects.toThrow('storage is closed');
  }, 60_000);
});
