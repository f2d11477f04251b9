/**
 * One round of the bare client: appends the events that an import stored to the same streams in the same grouping, on a fresh
 * data folder, with as many appends in flight. Events are prepared outside of the timing, a window at a time.
 *
 *   node import-bare-round.mjs '{"source": FOLDER, "target": FOLDER, "grouping": FILE, "inFlight": N}'
 *   → {"milliseconds", "cpuMilliseconds", "events"}
 */
import { readFileSync } from 'node:fs';
import { EventStoreDBClient, jsonEvent, NO_STREAM } from '@eventstore/db-client';
import { startEventStore } from './standalone-server.mjs';

const WINDOW_EVENTS = 40_000;
const { source, target, grouping, inFlight } = JSON.parse(process.argv[2]);

const groups = [];
const revisions = new Map();
for (const line of readFileSync(grouping, 'utf8').trimEnd().split('\n')) {
  const [stream, count] = line.split('\t');
  const from = revisions.get(stream) ?? 0;
  groups.push({ stream, from, count: Number(count) });
  revisions.set(stream, from + Number(count));
}

async function readGroup(client, { stream, from, count }) {
  const events = [];
  for await (const { event } of client.readStream(stream, { fromRevision: BigInt(from), maxCount: count })) {
    events.push(jsonEvent({ id: event.id, type: event.type, data: event.data, metadata: event.metadata }));
  }
  return events;
}

async function append(client, { stream, from, events }) {
  await client.appendToStream(stream, events, { expectedRevision: from === 0 ? NO_STREAM : BigInt(from - 1) });
}

/** Runs `work` on every item, `inFlight` at a time; appends to one stream wait for each other. */
async function pool(items, work) {
  const busy = new Map();
  let next = 0;
  const runner = async () => {
    while (next < items.length) {
      const item = items[next++];
      const done = (busy.get(item.stream) ?? Promise.resolve()).then(() => work(item));
      busy.set(item.stream, done);
      await done;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, runner));
}

const [from, to] = [await startEventStore(source), await startEventStore(target)];
const reader = EventStoreDBClient.connectionString(from.url);
const writer = EventStoreDBClient.connectionString(to.url);
// The client connects and asks for the server's features on its first call; that is no work on events.
await writer.appendToStream('warm-up', jsonEvent({ type: 'warmed-up', data: {} }));
let milliseconds = 0;
let cpuMilliseconds = 0;
let events = 0;
for (let at = 0; at < groups.length;) {
  const window = [];
  for (let size = 0; at < groups.length && size < WINDOW_EVENTS; at += 1) {
    size += groups[at].count;
    window.push({ ...groups[at], events: [] });
  }
  await pool(window, async (group) => void (group.events = await readGroup(reader, group)));
  events += window.reduce((sum, group) => sum + group.events.length, 0);
  const startedAt = performance.now();
  const cpuAtStart = process.cpuUsage();
  await pool(window, (group) => append(writer, group));
  milliseconds += performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpuAtStart);
  cpuMilliseconds += (user + system) / 1000;
}
await Promise.all([reader.dispose(), writer.dispose()]);
await Promise.all([from.close(), to.close()]);
process.stdout.write(`${JSON.stringify({ milliseconds, cpuMilliseconds, events })}\n`);
process.exit(0);
