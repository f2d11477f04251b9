/**
 * Lag from an append to where its event is visible: appends go on at a steady rate while another process folds; an event is visible
 * when the checkpoints of all read models have passed it, which is what a reader with its token waits for.
 *
 *   node replay-lag.mjs '{"eventstoreUrl": URL, "mongodbUrl": URL, "database": NAME, "perSecond": N, "seconds": N}'
 *   → {"events", "p50Ms", "p99Ms", "fromAcknowledged": {"p50Ms", "p99Ms"}}   the former from the call of the append
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EventStore } from '#libs/event-store';
import { accountDecider } from '#libs/receivables';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { answer } from './child.mjs';
import { percentile, rounded } from './figures.mjs';
import { accountIdOf, fee, opening, StreamWriter } from './made-up-log.mjs';

const ACCOUNTS = 500;
const WARM_UP_SECONDS = 2;
const LONGEST_WAIT_MS = 30_000;
const { eventstoreUrl, mongodbUrl, database, perSecond, seconds } = JSON.parse(process.argv[2]);
const eventStore = EventStore.connect(eventstoreUrl);
const readStore = await ReadStore.connect(mongodbUrl, { database });
const waiting = [];
const seen = [];
let failure;

async function append(writer, on) {
  const item = { calledAt: performance.now() };
  const { position } = await writer.record(fee(on, 20_000));
  Object.assign(item, { acknowledgedAt: performance.now(), position });
  waiting.push(item);
}

/** Marks what has become visible; as often as the store answers. */
async function look() {
  const checkpoints = await readStore.liveCheckpoints(projections);
  const at = performance.now();
  const reached = checkpoints.map((checkpoint) => checkpoint?.position ?? -1n).reduce((a, b) => (a < b ? a : b));
  for (const item of waiting.filter(({ position }) => position <= reached)) seen.push({ ...item, at });
  waiting.splice(0, waiting.length, ...waiting.filter(({ position }) => position > reached));
}

async function appendSteadily(writers, forSeconds) {
  const startedAt = performance.now();
  const count = perSecond * forSeconds;
  for (let n = 0; n < count; n += 1) {
    const earlyMs = startedAt + (n * 1000) / perSecond - performance.now();
    if (earlyMs > 0) await sleep(earlyMs);
    append(writers[n % ACCOUNTS], Math.floor(n / ACCOUNTS)).catch((error) => (failure = error));
  }
  const giveUpAt = performance.now() + LONGEST_WAIT_MS;
  while (seen.length < count) {
    if (failure) throw failure;
    if (performance.now() > giveUpAt) throw new Error(`${count - seen.length} events did not become visible`);
    await sleep(5);
  }
}

const writers = Array.from({ length: ACCOUNTS }, (_, number) => {
  return new StreamWriter(eventStore, accountDecider, 'lag', accountIdOf(number));
});
for (const [number, writer] of writers.entries()) await writer.record(opening(number, 0));
let looking = true;
const looks = (async () => {
  while (looking) await look().then(() => sleep(1));
})();
await appendSteadily(writers, WARM_UP_SECONDS);
seen.length = 0;
await appendSteadily(writers, seconds);
looking = false;
await looks;
const of = (since) => {
  const lags = seen.map((item) => item.at - item[since]);
  return { p50Ms: rounded(percentile(lags, 50), 1), p99Ms: rounded(percentile(lags, 99), 1) };
};
const result = { events: seen.length, ...of('calledAt'), fromAcknowledged: of('acknowledgedAt') };
await Promise.all([eventStore.close(), readStore.close()]);
answer(result);
