import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  CancelledError,
  EventStoreDBClient,
  jsonEvent,
  persistentSubscriptionToAllSettingsFromDefaults,
} from '@eventstore/db-client';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { type ServiceError, credentials, status } from '@grpc/grpc-js';
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

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-eventstoredb-'));
  await start();
});
afterEach(async () => {
  await stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const event = (n: number) => jsonEvent({ type: 'Numbered', data: { n } });

async function readAll(): Promise<[stream: string, revision: bigint, position: bigint][]> {
  const seen: [string, bigint, bigint][] = [];
  for await (const { event: stored } of client.readAll()) {
    if (stored!.type.startsWith('$')) continue;
    seen.push([stored!.streamId, stored!.revision, stored!.position!.commit]);
  }
  return seen;
}

describe('a restarted server', () => {
  it('has every event, and goes on with positions, revisions and streams', async () => {
    for (let n = 0; n < 5; n++) await client.appendToStream(`s-${n % 2}`, [event(n), event(n)]);
    const before = await readAll();
    await stop();
    await start();
    expect(await readAll()).toEqual(before);
    const result = await client.appendToStream('s-1', event(9), { expectedRevision: 3n });
    expect(result.position!.commit).toBe(before.at(-1)![2] + 1n);
    await client.appendToStream('s-2', event(1), { expectedRevision: 'no_stream' });
    expect((await readAll()).slice(-2).map(([stream, revision]) => [stream, revision])).toEqual([
      ['s-1', 4n],
      ['s-2', 0n],
    ]);
  });

  it('still knows a repeated append, whatever it expected', async () => {
    const events = [event(1), event(2)];
    const first = await client.appendToStream('repeated', events, { expectedRevision: 'no_stream' });
    await stop();
    await start();
    for (const expectedRevision of ['no_stream', 'any'] as const) {
      expect(await client.appendToStream('repeated', events, { expectedRevision })).toEqual(first);
    }
    expect(await readAll()).toHaveLength(2);
  });
});

describe('projections', () => {
  it('go on with what they remember, over restarts of their own and of the server', async () => {
    const query = 'fromStream("s").when({ $init: () => ({ n: 0 }), Numbered(s, e) { s.n += e.data.n } })';
    const settled = async (n: number): Promise<unknown> => {
      for (const end = Date.now() + 10_000; ; await delay(20)) {
        const state = await client.getProjectionState<{ n: number }>('sum');
        if (state.n === n || Date.now() > end) return state;
      }
    };
    await client.createProjection('sum', query);
    await client.appendToStream('s', [event(1), event(2)]);
    expect(await settled(3)).toEqual({ n: 3 });
    await client.restartSubsystem();
    await client.appendToStream('s', event(4));
    expect(await settled(7)).toEqual({ n: 7 });
    await stop();
    await start();
    expect(await client.getProjectionState('sum')).toEqual({ n: 7 });
    await client.appendToStream('s', event(5));
    expect(await settled(12)).toEqual({ n: 12 });
    await client.resetProjection('sum');
    expect(await settled(12)).toEqual({ n: 12 });
  });
});

describe('closing', () => {
  it('cancels a running subscription', async () => {
    const subscription = client.subscribeToAll();
    const ended = new Promise((resolve) => subscription.once('error', resolve));
    await new Promise((resolve) => subscription.once('confirmation', resolve));
    await server.close();
    expect(await ended).toBeInstanceOf(CancelledError);
  });

  it('cancels a read whose client takes no more', async () => {
    const large = () => jsonEvent({ type: 'Large', data: { text: 'x'.repeat(100_000) } });
    for (let n = 0; n < 10; n++) await client.appendToStream('large', Array.from({ length: 8 }, large));
    const reading = async (): Promise<void> => {
      for await (const { event: first } of client.readStream('large')) if (first!.revision === 0n) await server.close();
    };
    await expect(reading()).rejects.toBeInstanceOf(CancelledError);
  });

  it('refuses an append that is still coming, and a call that comes now', async () => {
    const streams = new streamsGrpc.StreamsClient(`127.0.0.1:${server.port}`, credentials.createInsecure());
    const name = new sharedPb.StreamIdentifier().setStreamName(Buffer.from('coming'));
    const coming = new Promise<ServiceError | null>((resolve) => {
      const options = new streamsPb.AppendReq.Options().setStreamIdentifier(name).setAny(new sharedPb.Empty());
      streams.append(resolve).write(new streamsPb.AppendReq().setOptions(options));
    });
    await client.appendToStream('other', event(1));
    await delay(50);
    const closed = server.close();
    const late = new Promise<ServiceError | null>((resolve) => streams.delete(new streamsPb.DeleteReq(), resolve));
    const notReady = { code: status.UNAVAILABLE, details: 'Server Is Not Ready' };
    expect(await Promise.all([coming, late])).toMatchObject([notReady, notReady]);
    await closed;
    streams.close();
  });
});

describe('a change of a persistent subscription', () => {
  it('is an event of the system', async () => {
    await client.createPersistentSubscriptionToAll('group', persistentSubscriptionToAllSettingsFromDefaults());
    await client.deletePersistentSubscriptionToAll('group');
    const changes: unknown[] = [];
    for await (const { event: change } of client.readStream('$persistentSubscriptionConfig')) {
      changes.push([change!.type, (change!.data as unknown as { change: string }).change]);
    }
    expect(changes).toEqual([
      ['$PersistentConfig', 'created'],
      ['$PersistentConfig', 'deleted'],
    ]);
  });
});

describe('a connection', () => {
  it('that says nothing, or little, does not disturb the others', async () => {
    const sockets = ['', 'P', 'PR', 'xyz'].map((start) => {
      const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
      socket.write(start);
      return socket;
    });
    await delay(50);
    await client.appendToStream('undisturbed', event(1));
    expect(await readAll()).toHaveLength(1);
    for (const socket of sockets) socket.destroy();
  });

  it('is served when its first bytes come one by one', async () => {
    const socket = connect(server.port, '127.0.0.1');
    const request = 'GET /ping HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
    for (const byte of request) {
      socket.write(byte);
      await delay(1);
    }
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toContain('Ping request successfully handled');
  });
});

describe('starting', () => {
  it('refuses an address that others can reach, unless told otherwise', async () => {
    const other = mkdtempSync(join(tmpdir(), 'standalone-eventstoredb-'));
    await expect(startEventStoreServer({ dataDir: other, host: '0.0.0.0', port: 0 })).rejects.toThrow(
      'no authentication',
    );
    const open = await startEventStoreServer({ dataDir: other, host: '0.0.0.0', port: 0, allowRemote: true });
    await open.close();
    rmSync(other, { recursive: true, force: true });
  });

  it('refuses a port that is taken', async () => {
    const other = mkdtempSync(join(tmpdir(), 'standalone-eventstoredb-'));
    await expect(startEventStoreServer({ dataDir: other, host: '127.0.0.1', port: server.port })).rejects.toThrow();
    rmSync(other, { recursive: true, force: true });
  });

  it('serves one node that leads, so that discovery works', async () => {
    const discovering = EventStoreDBClient.connectionString(
      `esdb+discover://127.0.0.1:${server.port}?tls=false&nodePreference=leader`,
    );
    await discovering.appendToStream('discovered', event(1));
    expect(await readAll()).toHaveLength(1);
    await discovering.dispose();
  });
});

describe('calls that are cancelled as soon as they are made', () => {
  it('do not end the server, whatever they name', async () => {
    const session = connectHttp2(`http://127.0.0.1:${server.port}`);
    const paths = [
      '/nothing',
      '/event_store.client.streams.Streams/Read',
      '/event_store.client.streams.Streams/Append',
    ];
    for (let n = 0; n < 60; n++) {
      const request = session.request({
        ':method': 'POST',
        ':path': paths[n % 3]!,
        'content-type': n % 2 === 0 ? 'text/plain' : 'application/grpc',
      });
      request.on('error', () => undefined);
      request.write(Buffer.alloc(20_000));
      setImmediate(() => request.close(n % 4 === 0 ? constants.NGHTTP2_INTERNAL_ERROR : constants.NGHTTP2_CANCEL));
      if (n % 5 === 0) await delay(2);
    }
    await delay(50);
    session.destroy();
    await client.appendToStream('after-it', event(1), { expectedRevision: 'no_stream' });
  });
});
