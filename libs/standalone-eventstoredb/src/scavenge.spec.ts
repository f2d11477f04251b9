import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient, StreamDeletedError, StreamNotFoundError, jsonEvent } from '@eventstore/db-client';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import operationsPb from '@eventstore/db-client/generated/operations_pb.js';
import { type ServiceError, credentials } from '@grpc/grpc-js';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type EventStoreServer, startEventStoreServer } from './index.js';

let dataDir: string;
let server: EventStoreServer;
let client: EventStoreDBClient;

async function start(): Promise<void> {
  server = await startEventStoreServer({ dataDir, host: '127.0.0.1', port: 0 });
  client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${server.port}?tls=false`);
}
async function stop(): Promise<void> {
  await client.dispose();
  await server.close();
}
async function restart(): Promise<void> {
  await stop();
  await start();
}

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-scavenge-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const events = (count: number, from = 0) =>
  Array.from({ length: count }, (_, n) => jsonEvent({ type: 'Large', data: { n: from + n, text: 'x'.repeat(1000) } }));

async function numbersIn(stream: string): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { event } of client.readStream(stream)) numbers.push((event!.data as unknown as { n: number }).n);
  return numbers;
}
async function countAll(stream: string): Promise<number> {
  let count = 0;
  for await (const { event } of client.readAll()) if (event!.streamId === stream) count++;
  return count;
}

function operations<T>(call: (client: InstanceType<typeof operationsGrpc.OperationsClient>) => T): T {
  return call(new operationsGrpc.OperationsClient(`127.0.0.1:${server.port}`, credentials.createInsecure()));
}

/** Scavenges and waits until the stream has so many events in $all. */
async function scavengeUntil(stream: string, count: number): Promise<void> {
  const request = new operationsPb.StartScavengeReq().setOptions(new operationsPb.StartScavengeReq.Options());
  await new Promise<void>((resolve, reject) =>
    operations((client) => client.startScavenge(request, (error) => (error === null ? resolve() : reject(error)))),
  );
  for (const end = Date.now() + 10_000; (await countAll(stream)) !== count; await delay(20)) {
    if (Date.now() > end) throw new Error(`${await countAll(stream)} events are left of ${stream}`);
  }
  await delay(50);
}

describe('scavenge', () => {
  it('removes what is cut off, keeps revisions and positions', async () => {
    await client.appendToStream('cut', events(20));
    await client.appendToStream('other', events(3));
    await client.appendToStream('cut', events(20, 20));
    await client.setStreamMetadata('cut', { truncateBefore: 30 });
    await scavengeUntil('cut', 10);
    for (let round = 0; round < 2; round++) {
      expect(await numbersIn('cut')).toEqual(Array.from({ length: 10 }, (_, n) => 30 + n));
      expect(await numbersIn('other')).toEqual([0, 1, 2]);
      await restart();
    }
    const result = await client.appendToStream('cut', events(1, 40), { expectedRevision: 39n });
    expect(result.nextExpectedRevision).toBe(40n);
  });

  it('leaves the last event of a deleted stream, whose revisions go on', async () => {
    await client.appendToStream('gone', events(10));
    await client.deleteStream('gone');
    await scavengeUntil('gone', 1);
    await restart();
    await expect(numbersIn('gone')).rejects.toBeInstanceOf(StreamNotFoundError);
    const result = await client.appendToStream('gone', events(2, 10), { expectedRevision: 'no_stream' });
    expect(result.nextExpectedRevision).toBe(11n);
    expect(await numbersIn('gone')).toEqual([10, 11]);
  });

  it('leaves only the tombstone of a stream that has one', async () => {
    await client.appendToStream('ended', events(10));
    await client.tombstoneStream('ended');
    await scavengeUntil('ended', 1);
    await restart();
    await expect(client.appendToStream('ended', events(1))).rejects.toBeInstanceOf(StreamDeletedError);
  });

  it('gives the space back when the server starts again', async () => {
    for (let n = 0; n < 4000; n += 200) await client.appendToStream('space', events(200, n));
    await client.setStreamMetadata('space', { maxCount: 5 });
    await scavengeUntil('space', 5);
    const before = statSync(join(dataDir, 'data.mdb')).size;
    await restart();
    expect(statSync(join(dataDir, 'data.mdb')).size).toBeLessThan(before / 4);
    expect(await numbersIn('space')).toEqual([3995, 3996, 3997, 3998, 3999]);
    const { nextExpectedRevision } = await client.appendToStream('space', events(1, 4000));
    expect(nextExpectedRevision).toBe(4000n);
  });

  it('names a scavenge that does not run', async () => {
    const options = new operationsPb.StopScavengeReq.Options().setScavengeId('none');
    const request = new operationsPb.StopScavengeReq().setOptions(options);
    const error = await new Promise<ServiceError | null>((resolve) =>
      operations((client) => client.stopScavenge(request, (caught) => resolve(caught))),
    );
    expect(error!.metadata.get('exception')).toEqual(['scavenge-not-found']);
  });
});
