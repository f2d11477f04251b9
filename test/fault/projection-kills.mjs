/**
 * kill -9 of a process that folds all read models, and carries out what is asked of it, at random moments behind its first write, or behind the
 * beginning of what it was asked for, until it has come through; what it then left must be, byte by byte, what an undisturbed run leaves. Then from zero again, until there were as many kills as asked.
 *
 *   node test/fault/projection-kills.mjs [--kills N] [--events N] [--seed N] [--state FILE]      after a build
 *
 * The log is that of two communities with events between them that no read model can fold, so that parking is killed, too. Rounds take turns:
 * catching up; live; everything delivered twice; connections reset beside the kills; and builds made, switched, rolled back and dropped, parked
 * events retried and discarded. A run with --state FILE goes on where one with the same file was stopped. Exit status 1 on any difference.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EventStore } from '#libs/event-store';
import { runAlone, startAlone } from '../bench/child.mjs';
import { startDropProxy } from './drop-proxy.mjs';
import { appendPoison } from './poison.mjs';
import { askForEverything, differences, digests, inStore } from './read-model-state.mjs';
import { RunnerPool } from './runner-pool.mjs';
import { seededRandom } from './seeded-random.mjs';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    events: { type: 'string', default: '600' },
    seed: { type: 'string' },
    state: { type: 'string' },
  },
});
const [kills, events] = [Number(values.kills), Number(values.events)];
const stateFile = values.state && resolve(process.env.INIT_CWD ?? '.', values.state);
const state = { seed: Number(values.seed ?? Date.now() % 1_000_000), kills: 0, rounds: 0, failures: 0, seconds: 0 };
Object.assign(state, { byMode: {}, underWay: {}, ...readState() });
const random = seededRandom(state.seed + state.rounds);
const say = (line) => process.stderr.write(`${line}\n`);

const MODES = [
  { name: 'work', mode: 'live', mended: true },
  { name: 'catch-up', mode: 'catch-up' },
  { name: 'work', mode: 'live', mended: true, twice: true },
  { name: 'live', mode: 'live' },
  { name: 'twice', mode: 'live', twice: true },
  { name: 'work', mode: 'live', mended: true, broken: true },
  { name: 'twice', mode: 'catch-up', twice: true },
  { name: 'broken', mode: 'live', broken: true },
];
/** Kills come within this share of the time that a whole run takes behind its first write: so a round takes several. */
const KILLED_WITHIN = 0.3;
/** Events. */
const TWO_COMMUNITIES_FROM = 500;
const [SHORTEST_BREAK_MS, LONGEST_BREAK_MS] = [50, 800];

function readState() {
  try {
    return stateFile && JSON.parse(readFileSync(stateFile, 'utf8'));
  } catch {
    return undefined;
  }
}

async function fill(servers) {
  const eventStore = EventStore.connect(servers.eventstoreUrl);
  try {
    const communities = events < TWO_COMMUNITIES_FROM ? ['yinghu'] : ['yinghu', 'lanting'];
    for (const communityId of communities) {
      const perCommunity = Math.round(events / communities.length);
      const log = { eventstoreUrl: servers.eventstoreUrl, communityId, events: perCommunity };
      await runAlone('fill-log.mjs', log);
      await appendPoison(eventStore, communityId);
    }
    return (await eventStore.headPosition()).toString();
  } finally {
    await eventStore.close();
  }
}

/** What undisturbed runs leave, and how long they take: of the fold alone, and of the work on what is folded. */
async function undisturbed(pool, servers, head) {
  const round = { ...servers, database: 'undisturbed', head, mode: 'catch-up' };
  const foldMs = await pool.run(round);
  const folded = await digests(servers.mongodbUrl, round.database);
  await askForEverything(servers.mongodbUrl, round.database);
  const workMs = await pool.run({ ...round, mode: 'live', mended: true });
  const worked = await digests(servers.mongodbUrl, round.database);
  const refused = await inStore(servers.mongodbUrl, round.database, (store) =>
    store.collection('read_model_requests').find({ state: 'failed' }).toArray(),
  );
  if (refused.length > 0)
    throw new Error(`refused: ${JSON.stringify(refused.map(({ action, error }) => [action, error]))}`);
  return { fold: { expected: folded, tookMs: foldMs }, work: { expected: worked, tookMs: workMs } };
}

/** Kills runner after runner until one comes through, or until there were enough; says how many, and what they were at. */
async function disturb(pool, round, { most, tookMs }) {
  // What is asked for begins some time after folding does.
  const word = round.mended ? 'serving' : 'writing';
  const under = [];
  while (under.length < most) {
    const was = await pool.runAndKill(round, word, random() * tookMs * KILLED_WITHIN);
    if (was === 'done') return under;
    under.push(was);
  }
  await pool.run(round);
  return under;
}

/** Resets all connections again and again until told to stop. */
async function breakConnections(proxies, signal) {
  while (!signal.aborted) {
    const pauseMs = SHORTEST_BREAK_MS + random() * (LONGEST_BREAK_MS - SHORTEST_BREAK_MS);
    await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
    for (const proxy of proxies) proxy.drop();
  }
}

async function playRound(pool, { servers, proxied, proxies, head, known }) {
  const { name, broken, ...how } = MODES[state.rounds % MODES.length];
  const database = `killed_${state.rounds}`;
  const { expected, tookMs } = name === 'work' ? known.work : known.fold;
  if (name === 'work') {
    await pool.run({ ...servers, database, head, mode: 'catch-up' });
    await askForEverything(servers.mongodbUrl, database);
  }
  const stop = new AbortController();
  const breaking = broken && breakConnections(proxies, stop.signal);
  const round = { ...(broken ? proxied : servers), database, head, ...how };
  const under = await disturb(pool, round, { most: kills - state.kills, tookMs });
  stop.abort();
  await breaking;
  const found = await digests(servers.mongodbUrl, database);
  // Builds are registered by whoever folds live, and need not be.
  if (name !== 'work') delete found.read_models;
  const different = differences(expected, found);
  if (different.length === 0) await inStore(servers.mongodbUrl, database, (store) => store.dropDatabase());
  return {
    name: Object.entries({ name, ...how, broken })
      .filter(([, value]) => value)
      .map(([key, value]) => (value === true ? key : value))
      .join(' '),
    under,
    different,
  };
}

function note({ name, under, different }, seconds) {
  state.rounds += 1;
  state.kills += under.length;
  state.failures += different.length;
  state.seconds = seconds;
  state.byMode[name] = (state.byMode[name] ?? 0) + under.length;
  for (const was of under) state.underWay[was] = (state.underWay[was] ?? 0) + 1;
  if (stateFile) writeFileSync(stateFile, JSON.stringify(state));
  const outcome = different.length === 0 ? 'equal' : `DIFFERENT: ${different.join(', ')}`;
  say(`${state.kills} of ${kills} kills after ${seconds} s: ${under.length} in this round (${name}): ${outcome}`);
}

const folder = await mkdtemp(join(tmpdir(), 'estate-fault-'));
const servers = await startAlone('stores-server.mjs', { dataDir: folder }).then(
  ({ eventstoreUrl, mongodbUrl, close }) => ({ close, urls: { eventstoreUrl, mongodbUrl } }),
);
const urls = Object.values(servers.urls).map((text) => new URL(text));
const proxies = await Promise.all(urls.map(({ port }) => startDropProxy(Number(port))));
const proxied = Object.fromEntries(
  Object.entries(servers.urls).map(([key, text], n) => [key, text.replace(urls[n].port, proxies[n].port)]),
);
const pool = new RunnerPool();
const startedAt = performance.now() - state.seconds * 1_000;
try {
  const head = await fill(servers.urls);
  const known = await undisturbed(pool, servers.urls, head);
  const [foldMs, workMs] = [known.fold, known.work].map(({ tookMs }) => Math.round(tookMs));
  const collections = Object.keys(known.fold.expected).length;
  say(
    `seed ${state.seed}: ${events} events, ${collections} collections; undisturbed: fold ${foldMs} ms, work ${workMs} ms`,
  );
  while (state.kills < kills) {
    const round = { servers: servers.urls, proxied, proxies, head, known };
    note(await playRound(pool, round), Math.round((performance.now() - startedAt) / 1_000));
  }
} finally {
  await pool.close();
  await Promise.all(proxies.map((proxy) => proxy.close()));
  await servers.close();
  await rm(folder, { recursive: true, force: true });
}
process.stdout.write(`${JSON.stringify({ ...state, events })}\n`);
process.exitCode = state.failures === 0 ? 0 : 1;
