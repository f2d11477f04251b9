import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { type AllStreamSubscription, EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { type ServerProcess, residentMiB, startServerProcess } from '../bench/server-process.mjs';

const EVENTS = 3000;
const STALLED = 40;
/** A page of the server, the buffers of its call and its connection; all of the events would be 60 MiB for each. */
const MIB_EACH = 2.5;

let dataDir: string;
let server: ServerProcess;
let clients: EventStoreDBClient[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-pressure-'));
  server = await startServerProcess({ dataDir });
  clients = [];
});
afterEach(async () => {
  await Promise.all(clients.map((client) => client.dispose()));
  await server.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

function connect(): EventStoreDBClient {
  const client = EventStoreDBClient.connectionString(server.url);
  clients.push(client);
  return client;
}

const numbered = (n: number, text: string) => jsonEvent({ id: randomUUID(), type: 'Numbered', data: { n, text } });

it('subscribers that stop reading cost a bounded memory, and nobody else anything', async () => {
  const client = connect();
  const text = 'x'.repeat(20_000);
  for (let n = 0; n < EVENTS; n += 50) {
    const events = Array.from({ length: 50 }, (_, index) => numbered(n + index, text));
    await client.appendToStream('long', events);
  }
  const before = residentMiB(server.pid)?.own ?? 0;
  const stalled: AllStreamSubscription[] = [];
  for (let n = 0; n < STALLED; n++) {
    const subscription = connect().subscribeToAll({ fromPosition: 'start' });
    subscription.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      subscription.once('data', () => {
        subscription.pause();
        resolve();
      });
    });
    stalled.push(subscription);
  }
  await delay(1000);
  let next = 0;
  for await (const { event } of client.readStream<ReturnType<typeof numbered>>('long')) {
    expect(event!.data.n).toBe(next++);
  }
  expect(next).toBe(EVENTS);
  const after = residentMiB(server.pid)?.own ?? 0;
  expect(after - before).toBeLessThan(STALLED * MIB_EACH);
  await Promise.all(stalled.map((subscription) => subscription.unsubscribe()));
}, 120_000);

it('a thousand calls at once are each answered right', async () => {
  const client = connect();
  const credentials = { username: 'u', password: 'p' };
  const results = await Promise.all(
    Array.from({ length: 1000 }, async (_, n) => {
      // With credentials each append is a call of its own.
      await client.appendToStream(`call-${n}`, numbered(n, ''), { expectedRevision: 'no_stream', credentials });
      const found: number[] = [];
      for await (const { event } of client.readStream<ReturnType<typeof numbered>>(`call-${n}`)) {
        found.push(event!.data.n);
      }
      return found;
    }),
  );
  expect(results).toEqual(Array.from({ length: 1000 }, (_, n) => [n]));
}, 120_000);
