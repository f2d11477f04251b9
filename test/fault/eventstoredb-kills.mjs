/**
 * kill -9 of the standalone event store under load, at random moments, and of three kills one with a last page, one with a
 * header that is torn: nothing acknowledged is lost, nothing half-written appears, and every start is timed.
 *
 *   node test/fault/eventstoredb-kills.mjs [--kills N]      after a build
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startServerProcess } from '../bench/server-process.mjs';
import { tear } from './torn-page.mjs';

const WRITERS = 12;
const TORN = [undefined, 'page', 'header'];
const { values } = parseArgs({ options: { kills: { type: 'string', default: '6' } } });
const kills = Number(values.kills);
const streams = Array.from({ length: WRITERS }, (_, index) => `killed-${index}`);

/** Numbers acknowledged, and numbers sent, by stream: what is stored lies in between. */
class Journal {
  acknowledged = new Map();
  sent = new Map();
  /** What the checks have counted: appends that were answered; events of them that are gone; events that nobody sent. */
  counts = { acknowledgedAppends: 0, lost: 0, halfWritten: 0 };

  /** Appends 1 to 5 numbers at a time until the server is gone. */
  async write(client, stream) {
    for (let n = this.acknowledged.get(stream) ?? 0; ;) {
      const count = 1 + (n % 5);
      const events = Array.from({ length: count }, (_, index) =>
        jsonEvent({ type: 'Numbered', data: { n: n + index, padding: 'x'.repeat((n * 37) % 3000) } }),
      );
      this.sent.set(stream, n + count);
      try {
        await client.appendToStream(stream, events, { expectedRevision: n === 0 ? 'no_stream' : BigInt(n - 1) });
      } catch {
        return;
      }
      n += count;
      this.acknowledged.set(stream, n);
      this.counts.acknowledgedAppends += 1;
    }
  }

  /** Settles when so many more appends have been answered. */
  async goesOn(appends) {
    const enough = this.counts.acknowledgedAppends + appends;
    while (this.counts.acknowledgedAppends < enough) await delay(5, undefined, { ref: false });
  }

  /**
   * Compares a stream with what was written; says what is wrong, if anything. An append that was not answered is there as a
   * whole or not at all. What the server has now counts as acknowledged.
   */
  async check(client, stream) {
    const numbers = await numbersOf(client, stream);
    const [least, most] = [this.acknowledged.get(stream) ?? 0, this.sent.get(stream) ?? 0];
    this.acknowledged.set(stream, numbers.length);
    const missing = Math.max(0, least - numbers.length);
    const whole = numbers.length === least || numbers.length === most;
    const wrong = numbers.filter((number, index) => number !== index).length + (missing === 0 && !whole ? 1 : 0);
    this.counts.lost += missing;
    this.counts.halfWritten += wrong;
    if (missing > 0) return `${stream} has ${numbers.length} events of ${least} that were acknowledged`;
    return wrong > 0 ? `${stream} has other events than were written` : undefined;
  }
}

async function numbersOf(client, stream) {
  const numbers = [];
  try {
    for await (const { event } of client.readStream(stream)) numbers.push(event.data.n);
  } catch (error) {
    if (error.type !== 'stream-not-found') throw error;
  }
  return numbers;
}

/** $all must have each stream's revisions without a gap. */
async function gapsInAll(client) {
  const gaps = [];
  const revisions = new Map();
  for await (const { event } of client.readAll()) {
    const expected = (revisions.get(event.streamId) ?? -1n) + 1n;
    if (event.revision !== expected) gaps.push(`$all has ${event.revision}@${event.streamId}, not ${expected}`);
    revisions.set(event.streamId, event.revision);
  }
  return gaps;
}

const dataDir = await mkdtemp(join(tmpdir(), 'eventstoredb-kills-'));
const journal = new Journal();
const faults = [];
let slowestStartMs = 0;
let done = 0;
let server;
try {
  server = await startServerProcess({ dataDir });
  for (let round = 1; round <= kills; round += 1) {
    const client = EventStoreDBClient.connectionString(server.url);
    const writing = Promise.all(streams.map((stream) => journal.write(client, stream)));
    await Promise.race([journal.goesOn(WRITERS), writing]);
    await delay(Math.random() * 250);
    await server.kill();
    done = round;
    await writing;
    await client.dispose();
    const torn = TORN[round % TORN.length];
    if (torn !== undefined) tear(join(dataDir, 'data.mdb'), torn);
    const startedAt = performance.now();
    server = await startServerProcess({ dataDir });
    slowestStartMs = Math.max(slowestStartMs, Math.round(performance.now() - startedAt));
    const reader = EventStoreDBClient.connectionString(server.url);
    for (const stream of streams) faults.push(await journal.check(reader, stream));
    // The whole log grows with every round: it is read now and then, and at the end.
    if (round % 10 === 0 || round === kills) faults.push(...(await gapsInAll(reader)));
    await reader.dispose();
    const found = faults.filter((fault) => fault !== undefined);
    if (found.length > 0) throw new Error(found.join('; '));
  }
  if (streams.some((stream) => !journal.acknowledged.get(stream))) throw new Error('some streams were never written');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
} finally {
  await server?.kill();
  await rm(dataDir, { recursive: true, force: true });
}
const events = [...journal.acknowledged.values()].reduce((sum, count) => sum + count, 0);
process.stdout.write(
  `${JSON.stringify({ kills: done, ...journal.counts, events, slowestStartMs, failures: process.exitCode ?? 0 })}\n`,
);
