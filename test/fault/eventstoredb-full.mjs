/**
 * The disk of the standalone event store gets full while it is written to: appends fail with a clear status, nothing of them
 * is stored, what was acknowledged can be read, also after a start on the full disk, and when there is space again, writing
 * goes on.
 *
 *   unshare -rm sh -c 'mount -t tmpfs -o size=8m none FOLDER && node test/fault/eventstoredb-full.mjs FOLDER'   after a build
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { startServerProcess } from '../bench/server-process.mjs';

const folder = process.argv[2];
const WRITERS = 6;
const acknowledged = new Map(Array.from({ length: WRITERS }, (_, writer) => [`full-${writer}`, 0]));
const refusals = new Map();

/** Appends two events at a time, as long as it is let; every other writer by calls of their own instead of one batch call. */
async function write(client, stream, writer) {
  for (;;) {
    const n = acknowledged.get(stream);
    const events = [n, n + 1].map((number) =>
      jsonEvent({ type: 'Numbered', data: { number, padding: 'x'.repeat(3000) } }),
    );
    const expectedRevision = n === 0 ? 'no_stream' : BigInt(n - 1);
    const credentials = writer % 2 === 0 ? undefined : { username: 'u', password: 'p' };
    try {
      await client.appendToStream(stream, events, { expectedRevision, credentials });
    } catch (error) {
      refusals.set(error.message, (refusals.get(error.message) ?? 0) + 1);
      return;
    }
    acknowledged.set(stream, n + 2);
  }
}

const writeAll = (client) =>
  Promise.all([...acknowledged.keys()].map((stream, writer) => write(client, stream, writer)));

/** Throws unless each stream has exactly what was acknowledged. */
async function check(client) {
  for (const [stream, count] of acknowledged) {
    let next = 0;
    for await (const { event } of client.readStream(stream)) {
      if (event.data.number !== next) throw new Error(`${stream} has ${event.data.number} in the place of ${next}`);
      next += 1;
    }
    if (next !== count) throw new Error(`${stream} has ${next} events; ${count} were acknowledged`);
  }
}

const total = () => [...acknowledged.values()].reduce((sum, count) => sum + count, 0);
const dataDir = join(folder, 'data');
let server = await startServerProcess({ dataDir });
let client = EventStoreDBClient.connectionString(server.url);

async function startAgain() {
  await client.dispose();
  await server.kill();
  server = await startServerProcess({ dataDir });
  client = EventStoreDBClient.connectionString(server.url);
}

try {
  const figures = {};
  await writeAll(client);
  await check(client);
  figures.beforeFull = total();
  await startAgain();
  await check(client);
  await writeAll(client);
  await check(client);
  execFileSync('mount', ['-o', 'remount,size=16m', folder]);
  await writeAll(client);
  await check(client);
  figures.afterMoreSpace = total();
  await startAgain();
  await check(client);
  process.stdout.write(`${JSON.stringify({ ...figures, refusals: [...refusals.keys()] })}\n`);
} finally {
  await client.dispose();
  await server.kill();
}
