import { MongoClient } from 'mongodb';
import { timed } from './figures.mjs';
import { BATCH, documentOf, guardedReplaces } from './mongodb-documents.mjs';
import { residentMiB, startMongoProcess } from './server-process.mjs';

const FINDS = 2000;

async function readAll(collection, documents) {
  let read = 0;
  for await (const _ of collection.find().batchSize(2000)) read += 1;
  if (read !== documents) throw new Error(`read ${read} of ${documents} documents`);
}

function percentile(sorted, share) {
  return Number(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))].toFixed(2));
}

/** Milliseconds of finds of one document each by a secondary index. */
async function findsByIndex(collection, documents) {
  const times = [];
  await timed(FINDS, 1, async (n) => {
    const { amountMinor, _id } = documentOf((n * 104_729) % documents);
    const startedAt = performance.now();
    const found = await collection.findOne({ amountMinor });
    times.push(performance.now() - startedAt);
    if (found?._id !== _id) throw new Error('the index found another document');
  });
  times.sort((a, b) => a - b);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), max: percentile(times, 1) };
}

/** Reads everything while everything is replaced. */
async function readBesideWrites(collection, documents) {
  await Promise.all([
    readAll(collection, documents),
    timed(Math.floor(documents / BATCH / 4), 2, (n) =>
      collection.bulkWrite(
        guardedReplaces(Array.from({ length: BATCH }, (_, i) => documentOf((n * BATCH + i) * 4, 2n))),
        { ordered: false },
      ),
    ),
  ]);
}

/** Resident memory with so many documents: all of it in MiB, as `own` (heap, buffers) and `files` (pages of its files). */
export async function memory(dataDir, documents, say) {
  let server = await startMongoProcess({ dataDir });
  let client = new MongoClient(server.url, { useBigInt64: true });
  let collection = client.db('bench').collection('large');
  const resident = {};
  let peak = 0;
  const note = (name) => {
    resident[name] = residentMiB(server.pid);
    say(`${name}: ${JSON.stringify(resident[name])}`);
  };
  const watch = setInterval(() => (peak = Math.max(peak, residentMiB(server.pid)?.all ?? 0)), 20);
  try {
    await collection.createIndex({ communityId: 1, dueOn: 1 });
    await timed(Math.ceil(documents / BATCH), 4, (n) =>
      collection.insertMany(
        Array.from({ length: Math.min(BATCH, documents - n * BATCH) }, (_, i) => documentOf(n * BATCH + i)),
      ),
    );
    note('inserted');
    await collection.createIndex({ amountMinor: 1 });
    note('indexBuilt');
    await readAll(collection, documents);
    note('read');
    await readBesideWrites(collection, documents);
    note('readBesideWrites');
    const findMs = await findsByIndex(collection, documents);
    note('found');
    await client.close();
    await server.close();
    const startedAt = performance.now();
    server = await startMongoProcess({ dataDir });
    const startMs = Math.round(performance.now() - startedAt);
    client = new MongoClient(server.url, { useBigInt64: true });
    collection = client.db('bench').collection('large');
    note('started');
    if ((await collection.estimatedDocumentCount()) !== documents) throw new Error('the count is wrong');
    await readAll(collection, documents);
    note('readAgain');
    return { documents, startMs, findByIndexMs: findMs, residentMiB: { ...resident, peak } };
  } finally {
    clearInterval(watch);
    await client.close();
    await server.close();
  }
}
