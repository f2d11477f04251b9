/**
 * kill -9 of a process that folds all read models, at random moments, 50 to 500 ms after it began, until it has come through; what it then
 * left must be, byte by byte, what an undisturbed run leaves. Then from zero again, until there were as many kills as asked.
 *
 *   node test/fault/projection-kills.mjs [--kills N] [--events N] [--seed N]      after a build
 *
 * The log is that of two communities with events between them that no read model can fold, so that parking is killed, too. Every other round
 * folds by the subscription. Exit status 1 on any difference.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { EventStore } from '#libs/event-store';
import { Drain } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { runAlone, startAlone } from '../bench/child.mjs';
import { RunnerPool } from './runner-pool.mjs';
import { appendPoison } from './poison.mjs';
import { seededRandom } from './seeded-random.mjs';

const [SHORTEST_MS, LONGEST_MS] = [50, 500];
/** What tells when and by whom something was written, and not what was folded. */
const CIRCUMSTANCES = { updatedAt: 0, fence: 0, parkedAt: 0, stack: 0 };

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    events: { type: 'string', default: '6000' },
    seed: { type: 'string' },
  },
});
const [kills, events] = [Number(values.kills), Number(values.events)];
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const say = (line) => process.stderr.write(`${line}\n`);
const random = seededRandom(seed);

/** A digest of each collection, checkpoints and parked events among them. */
async function digests(store) {
  const found = {};
  for (const name of await store.listCollections()) {
    if (name === 'leases') continue;
    const hash = createHash('sha256');
    const cursor = store.collection(name).find({}, { raw: true, projection: CIRCUMSTANCES }).sort({ _id: 1 });
    for await (const document of cursor) hash.update(document);
    found[name] = hash.digest('hex');
  }
  return found;
}

function differences(expected, found) {
  const names = [...new Set([...Object.keys(expected), ...Object.keys(found)])].sort();
  return names.filter((name) => expected[name] !== found[name]);
}

async function fill(servers) {
  const eventStore = EventStore.connect(servers.eventstoreUrl);
  try {
    for (const communityId of ['yinghu', 'lanting']) {
      const log = { eventstoreUrl: servers.eventstoreUrl, communityId, events: Math.round(events / 2) };
      await runAlone('fill-log.mjs', log);
      await appendPoison(eventStore, communityId);
    }
    return await eventStore.headPosition();
  } finally {
    await eventStore.close();
  }
}

/** What an undisturbed run leaves, and how long it takes. */
async function undisturbed(servers, head) {
  const source = EventStore.connect(servers.eventstoreUrl);
  const store = await ReadStore.connect(servers.mongodbUrl, { database: 'undisturbed' });
  const startedAt = performance.now();
  await new Drain({ source, projections, stores: store }).catchUp(head);
  const tookMs = performance.now() - startedAt;
  const expected = await digests(store);
  await Promise.all([source.close(), store.close()]);
  return { expected, tookMs };
}

/** Kills runner after runner until one comes through, or until there were enough; true when one came through. */
async function disturb(pool, round, most) {
  let killed = 0;
  while (killed < most) {
    const wasKilled = await pool.runAndKill(round, SHORTEST_MS + random() * (LONGEST_MS - SHORTEST_MS));
    if (!wasKilled) return { killed, finished: true };
    killed += 1;
  }
  return { killed, finished: false };
}

const folder = await mkdtemp(join(tmpdir(), 'estate-fault-'));
const servers = await startAlone('stores-server.mjs', { dataDir: folder });
const pool = new RunnerPool();
let [done, rounds, failures] = [0, 0, 0];
const startedAt = performance.now();
try {
  const head = await fill(servers);
  const { expected, tookMs } = await undisturbed(servers, head);
  say(
    `seed ${seed}: ${events} events, ${Object.keys(expected).length} collections, undisturbed in ${Math.round(tookMs)} ms`,
  );
  while (done < kills) {
    rounds += 1;
    const database = `killed_${rounds}`;
    const mode = rounds % 2 === 0 ? 'live' : 'catch-up';
    const { eventstoreUrl, mongodbUrl } = servers;
    const round = { eventstoreUrl, mongodbUrl, database, mode, head: head.toString() };
    const { killed, finished } = await disturb(pool, round, kills - done);
    done += killed;
    if (!finished) await pool.run(round);
    const store = await ReadStore.connect(mongodbUrl, { database });
    const different = differences(expected, await digests(store));
    await store.dropDatabase();
    await store.close();
    failures += different.length;
    say(
      `${done} of ${kills} kills: ${killed} in this round (${mode}): ${different.length === 0 ? 'equal' : `DIFFERENT: ${different.join(', ')}`}`,
    );
  }
} finally {
  await pool.close();
  await servers.close();
  await rm(folder, { recursive: true, force: true });
}
const seconds = Math.round((performance.now() - startedAt) / 1_000);
process.stdout.write(`${JSON.stringify({ kills: done, rounds, events, seed, seconds, failures })}\n`);
process.exitCode = failures === 0 ? 0 : 1;
