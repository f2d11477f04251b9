import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { MongoClient, type Collection } from 'mongodb';

/** More rounds by STANDALONE_KILLS=200; the built server is needed (`npm run build`). */
const KILLS = Number(process.env['STANDALONE_KILLS'] ?? 6);
const WRITERS = 6;
const entry = resolve('dist/libs/standalone-mongodb/src/index.js');

const program = `
  import { startMongoServer } from ${JSON.stringify(pathToFileURL(entry).href)};
  const server = await startMongoServer({ dataDir: process.argv[1], host: '127.0.0.1', port: 0 });
  console.log(server.port);
`;

interface Counter {
  _id: string;
  position: bigint;
  group: number;
  tags: number[];
}

let dataDir: string;
let child: ChildProcess;
let client: MongoClient;
let coll: Collection<Counter>;

/** @param limit what the shell is to run first, as a limit of its own */
async function start(limit = 'true'): Promise<void> {
  const node = ['--input-type=module', '-e', program, dataDir];
  child = spawn('sh', ['-c', `${limit}; exec "$0" "$@"`, process.execPath, ...node], {
    stdio: ['ignore', 'pipe', limit === 'true' ? 'inherit' : 'ignore'],
  });
  const [port] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const options = { useBigInt64: true, serverSelectionTimeoutMS: 2000 };
  client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, options);
  coll = client.db('fault').collection('counters');
}

async function kill(): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await client.close();
}

/** What was acknowledged, and what was sent, by document: what is stored lies in between. */
class Journal {
  readonly acknowledged = new Map<string, bigint>();
  readonly sent = new Map<string, bigint>();

  /** Guarded replaces of a writer's own 40 documents, batch by batch, until the server is gone. */
  async write(writer: number, from: bigint): Promise<void> {
    for (let position = from; ; position += 1n) {
      const docs = Array.from({ length: 40 }, (_, i): Counter => {
        const group = Number(position) % 7;
        return { _id: `${writer}/${i}`, position, group, tags: [group, -i] };
      });
      for (const doc of docs) this.sent.set(doc._id, position);
      try {
        await coll.bulkWrite(
          docs.map((doc) => ({
            replaceOne: { filter: { _id: doc._id, position: { $lt: position } }, replacement: doc, upsert: true },
          })),
          { ordered: false, writeConcern: { w: 'majority', j: true } },
        );
      } catch {
        return;
      }
      for (const doc of docs) this.acknowledged.set(doc._id, position);
    }
  }

  /** Nothing acknowledged is lost, and every index holds exactly what the documents say. */
  async check(): Promise<bigint> {
    const docs = await coll.find().toArray();
    const stored = new Map(docs.map((doc) => [doc._id, doc]));
    let highest = 0n;
    for (const [id, position] of this.sent) {
      const found = stored.get(id)?.position ?? 0n;
      expect(found).toBeGreaterThanOrEqual(this.acknowledged.get(id) ?? 0n);
      expect(found).toBeLessThanOrEqual(position);
      if (found > 0n) this.acknowledged.set(id, found);
      highest = position > highest ? position : highest;
    }
    for (const group of [0, 1, 2, 3, 4, 5, 6]) {
      const expected = docs
        .filter((doc) => doc.group === group)
        .map((doc) => doc._id)
        .sort();
      for (const filter of [{ group }, { tags: group }]) {
        const explained = await coll.find(filter).explain('executionStats');
        expect(explained['queryPlanner'].winningPlan.inputStage.stage).toBe('IXSCAN');
        expect(explained['executionStats'].totalDocsExamined).toBe(explained['executionStats'].nReturned);
      }
      expect(
        (
          await coll
            .find({ group })
            .map((doc) => doc._id)
            .toArray()
        ).sort(),
      ).toEqual(expected);
    }
    expect(await coll.estimatedDocumentCount()).toBe(docs.length);
    return highest;
  }
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'mongodb-fault-'));
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) await kill();
  rmSync(dataDir, { recursive: true, force: true });
});

(existsSync(entry) ? describe : describe.skip)('kill -9 of the standalone MongoDB server', () => {
  it(`loses nothing acknowledged in ${KILLS} kills under load`, async () => {
    const journal = new Journal();
    await start();
    await coll.createIndexes([{ key: { group: 1 } }, { key: { tags: 1 } }]);
    let next = 1n;
    for (let round = 0; round < KILLS; round += 1) {
      const from = next;
      const writers = Array.from({ length: WRITERS }, (_, writer) => journal.write(writer, from));
      await delay(100 + Math.random() * 300);
      await kill();
      await Promise.all(writers);
      await start();
      next = (await journal.check()) + 1n;
    }
    expect(next).toBeGreaterThan(BigInt(KILLS));
  }, 300_000);

  it('leaves an index whole, or nothing of it, when it is being built', async () => {
    await start();
    const docs = Array.from({ length: 20_000 }, (_, i) => ({ _id: `${i}`, position: 1n, group: i % 7, tags: [i, -i] }));
    await coll.insertMany(docs);
    for (const wait of [5, 20, 50, 90]) {
      const built = coll.createIndexes([{ key: { group: 1 } }, { key: { tags: 1 } }]).catch(() => undefined);
      await delay(wait);
      await kill();
      await built;
      await start();
      const indexes = await coll.indexes();
      expect([1, 3]).toContain(indexes.length);
      expect((await client.db('fault').command({ validate: 'counters' }))['valid']).toBe(true);
      if (indexes.length > 1) await coll.dropIndexes();
    }
    await coll.createIndexes([{ key: { group: 1 } }, { key: { tags: 1 } }]);
    expect(await coll.countDocuments({ tags: -19_999 })).toBe(1);
  }, 60_000);
});

(existsSync(entry) ? describe : describe.skip)('a disk that is full', () => {
  it('answers what does not fit with 14031, has all that was acknowledged, and goes on', async () => {
    await start('ulimit -f 6000');
    let acknowledged = 0;
    const codes = await Promise.all(
      [0, 1, 2, 3].map(async (writer) => {
        for (let n = writer * 100; ; n += 400) {
          const docs = Array.from({ length: 100 }, (_, i) => ({ _id: `${n + i}`, position: 1n, group: 0, tags: [] }));
          try {
            await coll.insertMany(docs.map((doc) => ({ ...doc, filler: 'x'.repeat(2000) })));
            acknowledged += docs.length;
          } catch (error) {
            return (error as { code?: number }).code;
          }
        }
      }),
    );
    expect(codes).toEqual([14031, 14031, 14031, 14031]);
    expect(acknowledged).toBeGreaterThan(0);
    expect(await coll.find().count()).toBe(acknowledged);
    expect(await coll.countDocuments({ group: 0 })).toBe(acknowledged);
    await client.db('admin').command({ setParameter: 1, internalQueryMaxBlockingSortMemoryUsageBytes: 500_000 });
    const fillers = { $concat: Array.from({ length: 6 }, () => '$filler') };
    const large = coll.aggregate([{ $set: { large: fillers } }, { $sort: { large: 1 } }, { $count: 'n' }]);
    await expect(large.toArray()).rejects.toMatchObject({ code: 14031 });
    await coll.deleteMany({ _id: { $lt: '5' } });
    await coll.insertOne({ _id: 'after', position: 1n, group: 0, tags: [] });
    expect(await coll.countDocuments({ _id: 'after' })).toBe(1);
  }, 60_000);
});
