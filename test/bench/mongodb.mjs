import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { timed } from './figures.mjs';
import { BATCH, documentOf, guardedReplaces } from './mongodb-documents.mjs';
import { memory } from './mongodb-memory.mjs';
import { startMongoProcess } from './server-process.mjs';

const IN_FLIGHT = 4;
const BATCHES = 24;
const FINDS = 3000;
const FINDS_IN_FLIGHT = 16;
const WARM_UP = 0.25;
const COLLECTIONS = ['plain', 'indexed'];

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const batchFrom = (n, position) => Array.from({ length: BATCH }, (_, i) => documentOf(n * BATCH + i, position));

/** One server's turn: thousands of documents per second, and finds per second. */
async function turn(client, share = 1) {
  const db = client.db(`bench-${randomUUID().slice(0, 8)}`);
  const batches = Math.round(BATCHES * share);
  const perSec = (ms, count) => (count * 1000) / ms;
  const result = {};
  await db.collection('indexed').createIndex({ communityId: 1, dueOn: 1, _id: 1 });
  for (const name of COLLECTIONS) {
    const prepared = Array.from({ length: batches }, (_, n) => batchFrom(n, 1n));
    const ms = await timed(batches, IN_FLIGHT, (n) => db.collection(name).insertMany(prepared[n]));
    result[name === 'plain' ? 'insert' : 'insertIndexed'] = perSec(ms, batches * BATCH);
  }
  const plain = db.collection('plain');
  const finds = Math.round(FINDS * share);
  const findMs = await timed(finds, FINDS_IN_FLIGHT, async (n) => {
    const found = await plain.findOne({ _id: documentOf((n * 7919) % (batches * BATCH))._id });
    if (!found) throw new Error('a document was not found');
  });
  result.findById = perSec(findMs, finds);
  const replaces = Array.from({ length: batches }, (_, n) => guardedReplaces(batchFrom(n, 2n)));
  const ms = await timed(batches, IN_FLIGHT, (n) => plain.bulkWrite(replaces[n], { ordered: false }));
  result.guardedReplace = perSec(ms, batches * BATCH);
  await db.dropDatabase();
  return result;
}

const describe = (values) =>
  Object.values(values)
    .map((value) => Math.round(value))
    .join(' / ');

async function speed(folder, rounds, say) {
  const servers = [
    await startMongoProcess({ sample: { ...documentOf(1), position: 1, amountMinor: 1, lines: [] } }),
    await startMongoProcess({ dataDir: join(folder, 'speed') }),
  ];
  const clients = servers.map(({ url }) => new MongoClient(url, { useBigInt64: true }));
  const turns = [[], []];
  try {
    for (const client of clients) await turn(client, WARM_UP);
    for (let round = 1; round <= rounds; round += 1) {
      // Who is first changes, so that neither always follows the other's garbage.
      for (const side of round % 2 === 1 ? [0, 1] : [1, 0]) turns[side].push(await turn(clients[side]));
      say(`round ${round}: bare ${describe(turns[0].at(-1))}, standalone ${describe(turns[1].at(-1))} per second`);
    }
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(servers.map((server) => server.close()));
  }
  const result = {};
  for (const name of Object.keys(turns[0][0])) {
    const [barePerSec, perSec] = turns.map((list) => Math.round(median(list.map((values) => values[name]))));
    const ratio = median(turns[1].map((values, round) => values[name] / turns[0][round][name]));
    result[name] = { perSec, barePerSec, ratio: Number(ratio.toFixed(3)) };
  }
  return result;
}

/**
 * The standalone MongoDB server against a bare one, in turns, each in a process of its own, by the same client in this
 * process; ratios are medians of the rounds' ratios. Then, with `documents` documents, its memory (MiB) and how long a find
 * by an index takes (ms).
 */
export async function run({ documents = 50_000, rounds = 3, say }) {
  const folder = await mkdtemp(join(tmpdir(), 'mongodb-bench-'));
  try {
    say(`${rounds} round(s): insert / insert with an index / find by _id / guarded replace`);
    const speeds = rounds > 0 ? await speed(folder, rounds, say) : {};
    return { ...speeds, large: await memory(join(folder, 'large'), documents, say) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
