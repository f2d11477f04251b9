import { mkdtemp, rm } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { cpuMilliseconds } from './child.mjs';
import { median, rounded } from './figures.mjs';
import { residentMiB, startServerProcess } from './server-process.mjs';

const SINGLES = 3000;
const SINGLES_IN_FLIGHT = 64;
const BATCHES = 40;
const BATCH_EVENTS = 500;
const BATCHES_IN_FLIGHT = 4;
const ALL_EVENTS = SINGLES + BATCHES * BATCH_EVENTS;
const WARM_UP = 0.2;

const data = { accountId: 'B1/0101', amount: { currency: 'CNY', minor: '123456' }, note: 'x'.repeat(160) };
const metadata = { commandId: randomUUID(), actor: { id: 'bench', role: 'clerk' }, hash: 'f'.repeat(64) };
const type = 'FeeAssessed';
const sample = { id: randomUUID(), type, data: JSON.stringify(data), metadata: JSON.stringify(metadata) };
const newEvents = (count) => Array.from({ length: count }, () => jsonEvent({ type, data, metadata }));

/** Runs `work(0…count−1)`, so many at a time; events per second. */
async function perSecond(count, inFlight, eventsEach, work) {
  let next = 0;
  const startedAt = performance.now();
  const runner = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: inFlight }, runner));
  return (count * eventsEach * 1000) / (performance.now() - startedAt);
}

async function readPerSecond(client, options, expected) {
  const startedAt = performance.now();
  let events = 0;
  for await (const { event } of client.readAll(options)) events += event === undefined ? 0 : 1;
  if (events !== expected) throw new Error(`read ${events} of ${expected} events`);
  return (events * 1000) / (performance.now() - startedAt);
}

/** What a phase does per second, and the server's processor time for each event in microseconds (which other load hardly changes). */
async function phase(pid, events, work) {
  const before = cpuMilliseconds(pid);
  const rate = await work();
  return { rate, cpuMicros: ((cpuMilliseconds(pid) - before) * 1000) / events };
}

/** One server's turn: appends one by one, in batches, then reads what it has appended. */
async function turn(client, pid, share = 1) {
  const turnId = randomUUID().slice(0, 8);
  const before = await client.appendToStream(`bench-${turnId}`, newEvents(1));
  const singles = Math.round(SINGLES * share);
  const batches = Math.round(BATCHES * share);
  const prepared = Array.from({ length: batches }, () => newEvents(BATCH_EVENTS));
  const single = await phase(pid, singles, () =>
    perSecond(singles, SINGLES_IN_FLIGHT, 1, (n) =>
      client.appendToStream(`bench-${turnId}-s${n % 1000}`, newEvents(1)),
    ),
  );
  const batch = await phase(pid, batches * BATCH_EVENTS, () =>
    perSecond(batches, BATCHES_IN_FLIGHT, BATCH_EVENTS, (n) =>
      client.appendToStream(`bench-${turnId}-b${n}`, prepared[n]),
    ),
  );
  const count = singles + batches * BATCH_EVENTS;
  const options = { fromPosition: before.position, maxCount: count };
  const read = await phase(pid, count, () => readPerSecond(client, options, count));
  return { single, batch, read };
}

const describe = ({ single, batch, read }) => [single, batch, read].map(({ rate }) => Math.round(rate)).join(' / ');

async function speed(folder, rounds, say) {
  const servers = [await startServerProcess({ sample }), await startServerProcess({ dataDir: join(folder, 'speed') })];
  const clients = servers.map(({ url }) => EventStoreDBClient.connectionString(url));
  const turns = [[], []];
  try {
    const take = (side, share) => turn(clients[side], servers[side].pid, share);
    for (const side of [0, 1]) await take(side, WARM_UP);
    for (let round = 1; round <= rounds; round += 1) {
      // Who is first changes, so that neither always follows the other's garbage.
      for (const side of round % 2 === 1 ? [0, 1] : [1, 0]) turns[side].push(await take(side));
      say(`round ${round}: bare ${describe(turns[0].at(-1))}, standalone ${describe(turns[1].at(-1))} events/s`);
    }
  } finally {
    await Promise.all(clients.map((client) => client.dispose()));
    await Promise.all(servers.map((server) => server.close()));
  }
  const result = {};
  for (const name of ['single', 'batch', 'read']) {
    const of = (field) => turns.map((list) => median(list.map((values) => values[name][field])));
    const [barePerSec, eventsPerSec] = of('rate').map(Math.round);
    const [bareCpuMicros, cpuMicros] = of('cpuMicros').map((value) => rounded(value, 1));
    const ratio = rounded(median(turns[1].map((values, round) => values[name].rate / turns[0][round][name].rate)));
    result[name] = { eventsPerSec, barePerSec, ratio, cpuMicros, bareCpuMicros };
  }
  return result;
}

/** Resident memory of the server with so many events: after they were appended, after all were read, after a restart. */
async function memory(folder, events, say) {
  const dataDir = join(folder, 'memory');
  let server = await startServerProcess({ dataDir });
  let client = EventStoreDBClient.connectionString(server.url);
  const batches = Math.ceil(events / BATCH_EVENTS);
  await perSecond(batches, BATCHES_IN_FLIGHT, BATCH_EVENTS, (n) =>
    client.appendToStream(`bench-${n % 5000}`, newEvents(Math.min(BATCH_EVENTS, events - n * BATCH_EVENTS))),
  );
  const appended = residentMiB(server.pid);
  const readPerSec = await readAll(client, events);
  const read = residentMiB(server.pid);
  await client.dispose();
  await server.close();
  const startedAt = performance.now();
  server = await startServerProcess({ dataDir });
  const startMs = Math.round(performance.now() - startedAt);
  const started = residentMiB(server.pid);
  client = EventStoreDBClient.connectionString(server.url);
  await readAll(client, events);
  const readAgain = residentMiB(server.pid);
  await client.dispose();
  await server.close();
  say(`${events} events: reading all ${readPerSec} events/s, a process start with them ${startMs} ms`);
  return { events, startMs, residentMiB: { appended, read, started, readAgain } };
}

async function readAll(client, events) {
  const perSec = await readPerSecond(client, { maxCount: events }, events);
  return Math.round(perSec);
}

/**
 * The standalone event store against a bare grpc-js server, in turns, each in a process of its own, by the same client in
 * this process; ratios are medians of the rounds' ratios. Then its memory with `events` events; all of it is in MiB.
 */
export async function run({ events = 50_000, rounds = 3, say }) {
  const folder = await mkdtemp(join(tmpdir(), 'eventstoredb-bench-'));
  try {
    say(`${rounds} round(s) of ${ALL_EVENTS} events: one by one / in batches of ${BATCH_EVENTS} / reading $all`);
    return { ...(await speed(folder, rounds, say)), memory: await memory(folder, events, say) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
