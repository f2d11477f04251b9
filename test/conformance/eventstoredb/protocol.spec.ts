import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { EventStoreDBClient, type Position } from '@eventstore/db-client';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type { SupportedMethods } from '@eventstore/db-client/generated/serverfeatures_pb.js';
import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import monitoringPb from '@eventstore/db-client/generated/monitoring_pb.js';
import type { StatsResp } from '@eventstore/db-client/generated/monitoring_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import usersGrpc from '@eventstore/db-client/generated/users_grpc_pb.js';
import usersPb from '@eventstore/db-client/generated/users_pb.js';
import { type ServiceError, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Target, collect, freshStream, numbered, startTarget } from './target.js';

/** What the Node client does not do, other clients of the protocol do. */
let target: Target;
let client: EventStoreDBClient;
let streams: InstanceType<typeof streamsGrpc.StreamsClient>;
let address: string;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
  address = /\/\/(?:[^@]*@)?([^/?]+)/.exec(target.url)![1]!;
  streams = new streamsGrpc.StreamsClient(address, credentials.createInsecure());
});
afterAll(async () => {
  streams.close();
  await target.stop();
});

const empty = () => new sharedPb.Empty();

function allFrom({ commit, prepare }: Position): InstanceType<typeof streamsPb.ReadReq.Options> {
  const position = new streamsPb.ReadReq.Options.Position();
  position.setCommitPosition(String(commit)).setPreparePosition(String(prepare));
  return new streamsPb.ReadReq.Options()
    .setAll(new streamsPb.ReadReq.Options.AllOptions().setPosition(position))
    .setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setStructured(empty()))
    .setNoFilter(empty());
}

async function read(options: InstanceType<typeof streamsPb.ReadReq.Options>): Promise<ReadResp[]> {
  return collect(streams.read(new streamsPb.ReadReq().setOptions(options)) as AsyncIterable<ReadResp>);
}

function uuidOf(resp: ReadResp): string {
  const structured = resp.getEvent()!.getEvent()!.getId()!.getStructured()!;
  const half = (text: string): string => BigInt.asUintN(64, BigInt(text)).toString(16).padStart(16, '0');
  return half(structured.getMostSignificantBits()) + half(structured.getLeastSignificantBits());
}

describe('the protocol', () => {
  it('gives ids as two 64-bit halves when asked to, and takes them so', async () => {
    const stream = freshStream();
    const events = numbered(5);
    const { position } = await client.appendToStream(stream, events);
    const responses = await read(allFrom(position!).setCount('1'));
    expect(uuidOf(responses[0]!)).toBe(events[4]!.id.replaceAll('-', ''));

    const id = new sharedPb.UUID.Structured();
    id.setMostSignificantBits('-81985529216486896').setLeastSignificantBits('81985529216486895');
    const identifier = new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream));
    const message = new streamsPb.AppendReq.ProposedMessage().setId(new sharedPb.UUID().setStructured(id));
    message.getMetadataMap().set('type', 'structured').set('content-type', 'application/octet-stream');
    await new Promise<void>((resolve, reject) => {
      const call = streams.append((error) => (error === null ? resolve() : reject(error)));
      const options = new streamsPb.AppendReq.Options().setStreamIdentifier(identifier).setAny(empty());
      call.write(new streamsPb.AppendReq().setOptions(options));
      call.write(new streamsPb.AppendReq().setProposedMessage(message));
      call.end();
    });
    const [last] = await collect(client.readStream(stream, { fromRevision: 5n }));
    expect(last!.event!.id).toBe('fedcba98-7654-3210-0123-456789abcdef');
  });

  it('reads $all with a filter, forwards and backwards', async () => {
    const wanted = freshStream();
    const { position } = await client.appendToStream(freshStream(), numbered(1));
    await client.appendToStream(wanted, numbered(3));
    await client.appendToStream(freshStream(), numbered(3));
    const expression = new streamsPb.ReadReq.Options.FilterOptions.Expression().setPrefixList([wanted]);
    const filter = new streamsPb.ReadReq.Options.FilterOptions()
      .setStreamIdentifier(expression)
      .setCount(empty())
      .setCheckpointintervalmultiplier(1);
    const forwards = await read(allFrom(position!).setCount('2').setFilter(filter));
    const revisions = (responses: ReadResp[]): string[] =>
      responses.filter((resp) => resp.hasEvent()).map((resp) => resp.getEvent()!.getEvent()!.getStreamRevision());
    expect(revisions(forwards)).toEqual(['0', '1']);
    const end = new streamsPb.ReadReq.Options.AllOptions().setEnd(empty());
    const backwards = await read(allFrom(position!).setAll(end).setReadDirection(1).setCount('2').setFilter(filter));
    expect(revisions(backwards)).toEqual(['2', '1']);
  });

  it.each([
    ['no options', undefined],
    ['no stream', new streamsPb.ReadReq.Options().setCount('1')],
  ])('answers a read with %s by an error', async (_name, options) => {
    const request = new streamsPb.ReadReq();
    if (options !== undefined) request.setOptions(options);
    const error = await collect(streams.read(request) as AsyncIterable<ReadResp>).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(Error);
  });

  it('serves 1,000 calls at once', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(1));
    // A node may permit 100 calls for each connection; clients with unlike settings do not share one.
    const separator = target.url.includes('?') ? '&' : '?';
    const clients = Array.from({ length: 20 }, (_, n) =>
      EventStoreDBClient.connectionString(`${target.url}${separator}keepAliveInterval=${20_000 + n}`),
    );
    const subscriptions = clients.flatMap((each) => Array.from({ length: 50 }, () => each.subscribeToStream(stream)));
    await Promise.all(subscriptions.map((subscription) => once(subscription, 'data')));
    const seen = Promise.all(subscriptions.map((subscription) => once(subscription, 'data')));
    await client.appendToStream(stream, numbered(1, 1));
    await seen;
    await Promise.all(subscriptions.map((subscription) => subscription.unsubscribe()));
    await Promise.all(clients.map((each) => each.dispose()));
  });

  it('answers liveness by HTTP on the same port', async () => {
    const ping = await fetch(`http://${address}/ping`, { headers: { accept: 'application/json' } });
    expect(await ping.json()).toMatchObject({ text: 'Ping request successfully handled' });
    const nonsense = await fetch(`http://${address}/nonsense`, { method: 'POST' });
    expect([nonsense.status, nonsense.statusText]).toEqual([404, 'Not Found']);
  });

  it('tells tools who it is by HTTP', async () => {
    const ask = async (path: string): Promise<unknown> =>
      (await fetch(`http://${address}${path}`, { headers: { accept: 'application/json' } })).json();
    expect(await ask('/info')).toMatchObject({ esVersion: expect.stringMatching(/^2\d\.\d+\./), state: 'leader' });
    expect(await ask('/gossip')).toMatchObject({ members: [{ state: 'Leader', isAlive: true }] });
    expect((await fetch(`http://${address}/health/live`)).status).toBe(204);
  });

  it('streams statistics', async () => {
    const monitoring = new monitoringGrpc.MonitoringClient(address, credentials.createInsecure());
    const call = monitoring.stats(new monitoringPb.StatsReq().setRefreshTimePeriodInMs('100'));
    const [first] = await collect(call as AsyncIterable<StatsResp>, 1);
    expect(first!.getStatsMap().getLength()).toBeGreaterThan(0);
    monitoring.close();
  });

  it('says the first and the last revision to a client that asks for it', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(50));
    const told = async (from: number): Promise<string[]> => {
      const source = new streamsPb.ReadReq.Options.StreamOptions()
        .setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream)))
        .setRevision(String(from));
      const options = new streamsPb.ReadReq.Options()
        .setStream(source)
        .setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setString(empty()))
        .setNoFilter(empty())
        .setControlOption(new streamsPb.ReadReq.Options.ControlOption().setCompatibility(1));
      return (await read(options.setCount('1'))).map((response) => {
        if (response.hasFirstStreamPosition()) return `first ${response.getFirstStreamPosition()}`;
        if (response.hasLastStreamPosition()) return `last ${response.getLastStreamPosition()}`;
        return `event ${response.getEvent()!.getEvent()!.getStreamRevision()}`;
      });
    };
    expect(await told(0)).toEqual(['event 0', 'last 49']);
    expect(await told(60)).toEqual(['first 50', 'last 49']);
    await client.setStreamMetadata(stream, { truncateBefore: 40 });
    expect(await told(0)).toEqual(['first 40', 'event 40', 'last 49']);
    expect(await told(45)).toEqual(['event 45', 'last 49']);
  });

  it('gives a filtered subscription its checkpoint before it says that it has caught up', async () => {
    const { position } = await client.appendToStream(freshStream(), numbered(1));
    const { position: last } = await client.appendToStream(freshStream(), numbered(3));
    const filter = new streamsPb.ReadReq.Options.FilterOptions()
      .setStreamIdentifier(new streamsPb.ReadReq.Options.FilterOptions.Expression().setPrefixList([freshStream()]))
      .setCount(empty())
      .setCheckpointintervalmultiplier(1);
    const subscription = new streamsPb.ReadReq.Options.SubscriptionOptions();
    const options = allFrom(position!).setSubscription(subscription).setFilter(filter);
    const call = streams.read(new streamsPb.ReadReq().setOptions(options));
    const [confirmed, checkpoint, caughtUp] = await collect(call as AsyncIterable<ReadResp>, 3);
    expect(confirmed!.hasConfirmation()).toBe(true);
    expect(BigInt(checkpoint!.getCheckpoint()!.getCommitPosition()) >= last!.commit).toBe(true);
    expect(caughtUp!.hasCaughtUp()).toBe(true);
  });

  it('takes the largest position for the end', async () => {
    const largest = 2n ** 64n - 1n;
    const none = await read(allFrom({ commit: largest, prepare: largest }).setCount('1'));
    expect(none.filter((response) => response.hasEvent())).toEqual([]);
    const some = await read(allFrom({ commit: largest, prepare: largest }).setReadDirection(1).setCount('1'));
    expect(some.filter((response) => response.hasEvent())).toHaveLength(1);
  });

  it('takes an event that is not JSON although it says so', async () => {
    const stream = freshStream();
    const url = `http://${address}/streams/${stream}`;
    const headers = { 'content-type': 'application/json', 'es-eventtype': 'malformed' };
    await fetch(url, { method: 'POST', headers, body: '****' });
    const events = await collect(client.readStream(stream)).catch(() => []);
    // A node with the HTTP interface switched off stores nothing.
    for (const { event } of events) expect(event).toMatchObject({ type: 'malformed', isJson: true, data: '****' });
  });

  it('names the version that it stands for', async () => {
    const features = new featuresGrpc.ServerFeaturesClient(address, credentials.createInsecure());
    const methods = await new Promise<SupportedMethods>((resolve, reject) =>
      features.getSupportedMethods(empty(), (error, answer) => (error === null ? resolve(answer) : reject(error))),
    );
    expect(methods.getEventStoreServerVersion()).toMatch(/^2[34]\.\d+\.\d+/);
    features.close();
  });
});

describe('a client that goes away', () => {
  it('does not disturb the others', async () => {
    const stream = freshStream();
    const leaving = EventStoreDBClient.connectionString(target.url);
    await leaving.appendToStream(stream, numbered(2000));
    leaving.subscribeToAll().on('error', () => undefined);
    const reading = leaving.readAll();
    reading.on('error', () => undefined);
    await once(reading, 'data');
    await leaving.dispose();
    await delay(50);
    expect(await collect(client.readStream(stream))).toHaveLength(2000);
  });
});

/** Only of the standalone server: a real one manages users. */
(process.env['EVENTSTORE_URL'] ? describe.skip : describe)('what is not there', () => {
  it('is answered with UNIMPLEMENTED and its name', async () => {
    const users = new usersGrpc.UsersClient(address, credentials.createInsecure());
    const error = await new Promise<ServiceError | null>((resolve) => users.create(new usersPb.CreateReq(), resolve));
    expect(error!.code).toBe(status.UNIMPLEMENTED);
    expect(error!.details).toContain('event_store.client.users.Users/Create');
    const create = client.createProjection('mine', 'class Mine {} fromAll().when({ $any: function (s, e) {} })');
    await expect(create).rejects.toThrow(/Projections\.Create.*ClassDeclaration/);
    users.close();
  });
});
