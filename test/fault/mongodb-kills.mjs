/**
 * kill -9 of the standalone MongoDB server under load, at random moments: nothing acknowledged is lost, indexes and documents
 * agree, and every start is timed.
 *
 *   node test/fault/mongodb-kills.mjs [--kills N]      after a build
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { MongoClient } from 'mongodb';
import { startMongoProcess } from '../bench/server-process.mjs';

const WRITERS = 6;
const DOCUMENTS = 40;
const COLLECTIONS = ['counters', 'inserted', 'queue'];
const { values } = parseArgs({ options: { kills: { type: 'string', default: '6' } } });
const kills = Number(values.kills);

/** Positions and counts acknowledged, and those sent: what is stored lies in between. */
class Journal {
  position = 0n;
  inserted = 0;
  removed = 0;
  acknowledged = new Map();
  sent = new Map();
  insertedIds = new Set();
  removedIds = new Set();
  removing = new Set();

  /** A writer's guarded replaces of its own documents, batch by batch, as the projection engine makes them. */
  async replace(db, writer) {
    for (let position = this.position + 1n; ; position += 1n) {
      const docs = Array.from({ length: DOCUMENTS }, (_, i) => {
        const group = Number(position) % 7;
        return { _id: `${writer}/${i}`, position, group, tags: [group, -i], filler: 'x'.repeat((i * 97) % 3000) };
      });
      for (const doc of docs) this.sent.set(doc._id, position);
      const operations = docs.map((doc) => ({
        replaceOne: { filter: { _id: doc._id, position: { $lt: position } }, replacement: doc, upsert: true },
      }));
      await db.collection('counters').bulkWrite(operations, { ordered: false });
      for (const doc of docs) this.acknowledged.set(doc._id, position);
    }
  }

  /** Inserts with a unique index beside _id; one of three is removed again. */
  async insert(db, writer) {
    for (let n = this.inserted; ; n += 1) {
      const _id = `${writer}-${n}`;
      await db.collection('inserted').insertOne({ _id, reference: `ref ${_id}`, n });
      this.insertedIds.add(_id);
      if (n % 3 !== 0) continue;
      this.removing.add(_id);
      await db.collection('inserted').deleteOne({ _id });
      this.removedIds.add(_id);
    }
  }

  /** Changes by operators, found by an index. */
  async work(db) {
    const queue = db.collection('queue');
    for (let n = 0; ; n += 1) {
      await queue.insertMany([{ state: 'waiting' }, { state: 'waiting' }]);
      await queue.findOneAndUpdate({ state: 'waiting' }, { $set: { state: 'done', n }, $push: { log: n } });
      if (n % 50 === 49) await queue.deleteMany({ state: 'done' });
    }
  }

  /** What is wrong with the documents, if anything. What the server has now counts as acknowledged. */
  async check(db) {
    const faults = [];
    const stored = new Map((await db.collection('counters').find().toArray()).map((doc) => [doc._id, doc.position]));
    for (const [id, sent] of this.sent) {
      const [least, found] = [this.acknowledged.get(id) ?? 0n, stored.get(id) ?? 0n];
      if (found < least) faults.push(`${id} is at ${found}, not ${least} as was acknowledged`);
      if (found > sent) faults.push(`${id} is at ${found}, but only ${sent} was sent`);
      this.acknowledged.set(id, found);
      if (sent > this.position) this.position = sent;
    }
    const ids = new Set((await db.collection('inserted').distinct('_id')).map(String));
    for (const id of this.insertedIds) if (!ids.has(id) && !this.removing.has(id)) faults.push(`${id} is gone`);
    for (const id of this.removedIds) if (ids.has(id)) faults.push(`${id} is there again`);
    this.inserted = 1 + Math.max(-1, ...[...ids, ...this.removing].map((id) => Number(id.split('-')[1])));
    return faults;
  }
}

/** Every document is compared with every index. */
async function disagreements(db) {
  const faults = [];
  for (const name of COLLECTIONS) {
    const { valid, errors } = await db.command({ validate: name });
    if (!valid) faults.push(`${name}: ${errors.join(', ')}`);
  }
  return faults;
}

const clientOf = ({ url }) => new MongoClient(url, { useBigInt64: true, serverSelectionTimeoutMS: 2000 });

const dataDir = await mkdtemp(join(tmpdir(), 'mongodb-kills-'));
const journal = new Journal();
let slowestStartMs = 0;
let writes = 0;
let done = 0;
let server;
try {
  server = await startMongoProcess({ dataDir });
  const setup = clientOf(server);
  await setup
    .db('fault')
    .collection('counters')
    .createIndexes([{ key: { group: 1, position: -1 } }, { key: { tags: 1 } }]);
  await setup.db('fault').collection('inserted').createIndex({ reference: 1 }, { unique: true });
  await setup.db('fault').collection('queue').createIndex({ state: 1 });
  await setup.close();
  for (; done < kills; done += 1) {
    const client = clientOf(server);
    const db = client.db('fault');
    await db.command({ ping: 1 });
    const writers = Array.from({ length: WRITERS }, (_, writer) => journal.replace(db, writer));
    const loads = [...writers, journal.insert(db, 'a'), journal.insert(db, 'b'), journal.work(db)];
    const writing = Promise.allSettled(loads);
    await delay(50 + Math.random() * 450);
    await server.kill();
    const ended = (await writing).map(({ reason }) => reason);
    // A number is a code of the server; the client gives what became of its socket as a text.
    const refused = ended.find((error) => typeof error.code === 'number');
    if (refused) throw new Error(`the server refused a write: ${refused}`);
    await client.close();
    const startedAt = performance.now();
    server = await startMongoProcess({ dataDir });
    slowestStartMs = Math.max(slowestStartMs, Math.round(performance.now() - startedAt));
    const reader = clientOf(server);
    const faults = await journal.check(reader.db('fault'));
    if (done % 10 === 9 || done === kills - 1) faults.push(...(await disagreements(reader.db('fault'))));
    await reader.close();
    if (faults.length > 0) throw new Error(faults.join('; '));
  }
  writes = Number(journal.position) * DOCUMENTS * WRITERS + journal.insertedIds.size + journal.removedIds.size;
  if (journal.position < BigInt(kills) / 2n || journal.insertedIds.size < kills / 4)
    throw new Error('too little was written');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await server?.kill();
  await rm(dataDir, { recursive: true, force: true });
}
const failures = process.exitCode ?? 0;
// A client that was left open after a failure would go on looking for its server.
process.stdout.write(`${JSON.stringify({ kills: done, writes, slowestStartMs, failures })}\n`, () =>
  process.exit(failures),
);
