import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projections } from '#projections';
import { runAlone, startAlone } from './child.mjs';
import { median, perSecond, rounded } from './figures.mjs';

const DEFAULT_EVENTS = 100_000;
const LAG_EVENTS_PER_SECOND = 500;
const LAG_SECONDS = 10;
const WAYS = ['bare', 'sink', 'rebuild'];

/** Starts servers on a folder of their own and fills the event store; `close` forgets it all. */
export async function startFilled(events, say) {
  const dataDir = await mkdtemp(join(tmpdir(), 'estate-bench-'));
  const stores = await startAlone('stores-server.mjs', { dataDir });
  const { eventstoreUrl, mongodbUrl } = stores;
  const log = await runAlone('fill-log.mjs', { eventstoreUrl, communityId: 'bench', events });
  say(`${log.events} events of ${log.accounts} accounts and ${log.cases} cases`);
  const close = async () => {
    await stores.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { eventstoreUrl, mongodbUrl, log, close };
}

/**
 * Rebuild of all read models against (`ToSink`) a pipeline of the bare client and the bare driver that writes the same documents to a
 * server that stores nothing, and (`ToBare`) the bare client's drain of $all: in turns, each round in a process of its own. The
 * ratios are medians of those of the rounds; speeds are in events per second.
 */
export async function speedOf({ eventstoreUrl, mongodbUrl, rounds, say }) {
  const sink = await startAlone('mongodb-bare-server.mjs');
  const rates = { bare: [], sink: [], rebuild: [] };
  const peaks = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      // Who is first changes, so that nobody always follows the same one's garbage.
      for (const way of [...WAYS.slice(round % 3), ...WAYS.slice(0, round % 3)]) {
        const input = { way, eventstoreUrl, mongodbUrl, sinkPort: sink.port };
        const { events, milliseconds, cpuMilliseconds, peakRssMiB } = await runAlone('replay-round.mjs', input);
        rates[way].push(perSecond(events, milliseconds));
        if (way === 'rebuild') peaks.push({ events, milliseconds, peakRssMiB });
        const cpu = `${Math.round(cpuMilliseconds)} ms of CPU, peak ${peakRssMiB} MiB`;
        say(`replay round ${round + 1}, ${way}: ${rates[way].at(-1)} events/s, ${cpu}`);
      }
    }
  } finally {
    await sink.close();
  }
  const ratioTo = (way) => rounded(median(rates.rebuild.map((rate, round) => rate / rates[way][round])));
  return {
    bareDrainPerSec: Math.round(median(rates.bare)),
    sinkPerSec: Math.round(median(rates.sink)),
    replayPerSec: Math.round(median(rates.rebuild)),
    ratioToSink: ratioTo('sink'),
    ratioToBare: ratioTo('bare'),
    peakRssMiB: Math.max(...peaks.map((peak) => peak.peakRssMiB)),
    peaks,
  };
}

/** Ten times the events: how much longer a rebuild takes, and how much more memory; against the first tenth of the same log. */
export async function growthOf({ eventstoreUrl, mongodbUrl, log, peaks, say }) {
  const small = await runAlone('replay-round.mjs', { way: 'rebuild', eventstoreUrl, mongodbUrl, upTo: log.tenthAt });
  const whole = {
    milliseconds: median(peaks.map((peak) => peak.milliseconds)),
    peakRssMiB: median(peaks.map((peak) => peak.peakRssMiB)),
  };
  // The tenth is not exactly one: time per event is what is compared.
  const timesTheTime = rounded((10 * whole.milliseconds * small.events) / (small.milliseconds * log.events), 2);
  const peakRssMiB = { tenth: small.peakRssMiB, whole: Math.round(whole.peakRssMiB) };
  say(`ten times the events: ${timesTheTime} times the time, peak ${peakRssMiB.tenth} → ${peakRssMiB.whole} MiB`);
  return { timesTheEvents: 10, timesTheTime, peakRssMiB };
}

async function sparseOf({ eventstoreUrl, mongodbUrl, log, rounds, say }) {
  const ratios = [];
  for (let round = 0; round < rounds; round += 1) {
    const input = { eventstoreUrl, mongodbUrl, wanted: log.referrals };
    const bare = await runAlone('sparse-round.mjs', { way: 'bare', ...input });
    const rebuilt = await runAlone('sparse-round.mjs', { way: 'rebuild', ...input });
    ratios.push(bare.milliseconds / rebuilt.milliseconds);
    say(`sparse read model, round ${round + 1}: ${ms(rebuilt)} by the engine, ${ms(bare)} by the bare filtered read`);
  }
  return { events: log.referrals, ratioToBareFilteredRead: rounded(median(ratios)) };
}

const ms = ({ milliseconds }) => `${Math.round(milliseconds)} ms`;

async function lagOf(say) {
  const { eventstoreUrl, mongodbUrl, close } = await startFilled(1, () => undefined);
  const database = 'bench_lag';
  const projector = await startAlone('projector.mjs', { eventstoreUrl, mongodbUrl, database });
  try {
    const load = { perSecond: LAG_EVENTS_PER_SECOND, seconds: LAG_SECONDS };
    const lag = await runAlone('replay-lag.mjs', { eventstoreUrl, mongodbUrl, database, ...load });
    say(`lag at ${LAG_EVENTS_PER_SECOND} events/s: p50 ${lag.p50Ms} ms, p99 ${lag.p99Ms} ms`);
    return { perSecond: LAG_EVENTS_PER_SECOND, ...lag };
  } finally {
    await projector.close();
    await close();
  }
}

/** Replay of all read models, its growth, a sparse read model, and the lag of live folding (architecture.md §4, §7). */
export async function run({ events = DEFAULT_EVENTS, rounds = 3, say }) {
  const filled = await startFilled(events, say);
  try {
    const { peaks, ...speed } = await speedOf({ ...filled, rounds, say });
    const growth = await growthOf({ ...filled, peaks, say });
    const sparse = await sparseOf({ ...filled, rounds, say });
    const names = projections.map(({ name }) => name);
    return { events: filled.log.events, ...speed, projections: names, growth, sparse, lag: await lagOf(say) };
  } finally {
    await filled.close();
  }
}
