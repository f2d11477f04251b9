import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  DISPATCH_TO_SINGLE,
  END,
  EventStoreDBClient,
  PINNED,
  PersistentSubscriptionDoesNotExistError,
  PersistentSubscriptionDroppedError,
  PersistentSubscriptionExistsError,
  PersistentSubscriptionFailedError,
  PersistentSubscriptionMaximumSubscribersReachedError,
  type PersistentSubscriptionToStream,
  type PersistentSubscriptionToStreamResolvedEvent,
  START,
  binaryEvent,
  eventTypeFilter,
  persistentSubscriptionToAllSettingsFromDefaults as allSettings,
  persistentSubscriptionToStreamSettingsFromDefaults as settings,
  streamNameFilter,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, startTarget } from './target.js';

let target: Target;
let client: EventStoreDBClient;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
});
/** Stream and name of the groups made, for a server that is kept. */
const made: [stream: string, group: string][] = [];
afterAll(async () => {
  for (const [stream, group] of made) {
    await client.deletePersistentSubscriptionToStream(stream, group).catch(() => undefined);
  }
  await target.stop();
});

type Resolved = PersistentSubscriptionToStreamResolvedEvent;
type Sub = PersistentSubscriptionToStream;
const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);
const numberOf = ({ event }: Resolved): number => (event?.data as unknown as { n: number }).n;

async function eventually(condition: () => Promise<boolean> | boolean, limitMs = 10_000): Promise<void> {
  for (const end = Date.now() + limitMs; !(await condition()); await delay(20)) {
    if (Date.now() > end) throw new Error('the condition did not come true');
  }
}

/** Takes events and acknowledges them until there are so many. */
async function takeAndAck(subscription: Sub, count: number): Promise<number[]> {
  const taken: number[] = [];
  for await (const event of subscription) {
    taken.push(numberOf(event));
    await subscription.ack(event);
    if (taken.length === count) break;
  }
  return taken;
}

async function groupOn(stream: string, changes: Parameters<typeof settings>[0] = {}): Promise<string> {
  const group = `group-${randomUUID()}`;
  await client.createPersistentSubscriptionToStream(stream, group, settings({ startFrom: START, ...changes }));
  made.push([stream, group]);
  return group;
}
const connect = (stream: string, group: string, bufferSize = 10): Sub =>
  client.subscribeToPersistentSubscriptionToStream(stream, group, { bufferSize });

describe('a persistent subscription to a stream', () => {
  it.each([
    ['start', START, range(0, 8)],
    ['a revision (inclusive)', 2n, range(2, 6)],
    ['the end', END, range(4, 4)],
  ] as const)('from %s goes on live', async (_name, startFrom, expected) => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(4));
    const group = await groupOn(stream, { startFrom });
    const subscription = connect(stream, group);
    await once(subscription, 'confirmation');
    await client.appendToStream(stream, numbered(4, 4));
    expect(await takeAndAck(subscription, expected.length)).toEqual(expected);
    await subscription.unsubscribe();
  });

  it('goes on after its checkpoint when a consumer comes back', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(30));
    const group = await groupOn(stream, { checkPointUpperBound: 5, checkPointLowerBound: 1 });
    const first = connect(stream, group, 1);
    expect(await takeAndAck(first, 20)).toEqual(range(0, 20));
    await first.unsubscribe();
    await delay(100);
    const second = connect(stream, group, 1);
    const [next] = await takeAndAck(second, 1);
    expect(next).toBeGreaterThanOrEqual(19);
    expect(next).toBeLessThanOrEqual(20);
    await second.unsubscribe();
  });

  it('tells of its checkpoints in a stream of their own', async () => {
    const stream = freshStream();
    const group = await groupOn(stream, { checkPointLowerBound: 5, checkPointAfter: 500 });
    await client.appendToStream(stream, numbered(5));
    const told = client.subscribeToStream(`$persistentsubscription-${stream}::${group}-checkpoint`);
    const subscription = connect(stream, group);
    expect(await takeAndAck(subscription, 5)).toEqual(range(0, 5));
    const [checkpoint] = await collect(told, 1);
    expect(checkpoint!.event).toMatchObject({ type: '$SubscriptionCheckpoint', data: '4' });
    await subscription.unsubscribe();
    await told.unsubscribe();
  });

  it('sends no more than the buffer size without acknowledgement', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(30));
    const group = await groupOn(stream);
    const subscription = connect(stream, group, 7);
    const seen: Resolved[] = [];
    subscription.on('data', (event: Resolved) => seen.push(event));
    await eventually(() => seen.length >= 7);
    await delay(100);
    expect(seen).toHaveLength(7);
    await subscription.ack(...seen.slice(0, 3));
    await eventually(() => seen.length === 10);
    await subscription.unsubscribe();
  });

  it('retries what is refused, counts, and parks after the most retries', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(2));
    const group = await groupOn(stream, { maxRetryCount: 2 });
    const subscription = connect(stream, group);
    const counts: number[] = [];
    subscription.on('data', (event: Resolved) => {
      if (numberOf(event) === 1) return void subscription.ack(event);
      counts.push(event.retryCount);
      return void subscription.nack('retry', 'again', event);
    });
    const parked = async (): Promise<bigint> =>
      (await client.getPersistentSubscriptionToStreamInfo(stream, group)).stats.parkedMessageCount;
    await eventually(async () => (await parked()) === 1n);
    expect(counts).toEqual([0, 1, 2]);
    await subscription.unsubscribe();
  });

  it('retries in the order of the stream, whatever the order of refusal', async () => {
    const stream = freshStream();
    const group = await groupOn(stream, { startFrom: START });
    await client.appendToStream(stream, numbered(3));
    const subscription = connect(stream, group, 3);
    const taken: Resolved[] = [];
    for await (const event of subscription) {
      taken.push(event);
      if (taken.length > 3) await subscription.ack(event);
      if (taken.length === 3) await subscription.nack('retry', 'again', taken[2]!, taken[0]!, taken[1]!);
      if (taken.length === 6) break;
    }
    expect(taken.map(numberOf)).toEqual([0, 1, 2, 0, 1, 2]);
    await subscription.unsubscribe();
  });

  it('skips, and goes on', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(3));
    const group = await groupOn(stream);
    const subscription = connect(stream, group, 1);
    const seen: number[] = [];
    for await (const event of subscription) {
      seen.push(numberOf(event));
      if (seen.length === 3) break;
      await subscription.nack('skip', 'not wanted', event);
    }
    expect(seen).toEqual([0, 1, 2]);
    await subscription.unsubscribe();
  });

  it('parks and replays, all or up to a number', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(6));
    const group = await groupOn(stream);
    const subscription = connect(stream, group);
    let parking = true;
    const replayed: Resolved[] = [];
    subscription.on('data', (event: Resolved) => {
      if (parking) return void subscription.nack('park', 'later', event);
      replayed.push(event);
      return void subscription.ack(event);
    });
    const parked = async (): Promise<bigint> =>
      (await client.getPersistentSubscriptionToStreamInfo(stream, group)).stats.parkedMessageCount;
    await eventually(async () => (await parked()) === 6n);
    parking = false;
    await client.replayParkedMessagesToStream(stream, group, { stopAt: 2 });
    await eventually(async () => replayed.length === 2 && (await parked()) === 4n);
    expect(replayed.map(numberOf)).toEqual([0, 1]);
    await client.replayParkedMessagesToStream(stream, group);
    await eventually(async () => replayed.length === 6 && (await parked()) === 0n);
    expect(replayed.map(numberOf)).toEqual(range(0, 6));
    await subscription.unsubscribe();
  });

  it('parks and replays for a group that was deleted and made again', async () => {
    const stream = freshStream();
    const group = await groupOn(stream);
    await client.appendToStream(stream, numbered(1));
    for (const _time of [1, 2]) {
      const subscription = connect(stream, group);
      for await (const event of subscription) {
        await subscription.nack('park', 'later', event);
        break;
      }
      await subscription.unsubscribe();
      await eventually(async () => {
        const { stats, connections } = await client.getPersistentSubscriptionToStreamInfo(stream, group);
        return stats.parkedMessageCount > 0n && connections.length === 0;
      });
      await client.replayParkedMessagesToStream(stream, group);
      const again = connect(stream, group);
      expect(await takeAndAck(again, 1)).toEqual([0]);
      await again.unsubscribe();
      await client.deletePersistentSubscriptionToStream(stream, group);
      await client.createPersistentSubscriptionToStream(stream, group, settings({ startFrom: START }));
    }
  });

  it('sends again what is not answered in time', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(1));
    const group = await groupOn(stream, { messageTimeout: 300 });
    const subscription = connect(stream, group);
    const counts: number[] = [];
    subscription.on('data', (event: Resolved) => {
      counts.push(event.retryCount);
      if (event.retryCount > 0) void subscription.ack(event);
    });
    await eventually(() => counts.length === 2);
    expect(counts).toEqual([0, 1]);
    await subscription.unsubscribe();
  });

  it('gives what a lost consumer had to another, as a retry', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(5));
    const group = await groupOn(stream);
    const lost = connect(stream, group);
    expect(await collect(lost as AsyncIterable<Resolved>, 5)).toHaveLength(5);
    await lost.unsubscribe();
    const other = connect(stream, group);
    const again = await collect(other as AsyncIterable<Resolved>, 5);
    expect(again.map(numberOf).sort()).toEqual(range(0, 5));
    expect(again.map(({ retryCount }) => retryCount)).toEqual([1, 1, 1, 1, 1]);
    await other.unsubscribe();
  });

  it('resolves links when asked to', async () => {
    const stream = freshStream();
    const links = freshStream('links');
    await client.appendToStream(stream, numbered(2));
    const link = (text: string) => binaryEvent({ type: '$>', data: Buffer.from(text) });
    await client.appendToStream(links, [link(`1@${stream}`), link(`7@${stream}`), link(`0@${stream}`)]);
    const group = await groupOn(links, { resolveLinkTos: true });
    const subscription = connect(links, group);
    // The link whose event is gone comes, if at all, without an event.
    const found: Resolved[] = [];
    for await (const resolved of subscription) {
      if (resolved.event !== undefined && found.push(resolved) === 2) break;
    }
    expect(found.map(numberOf)).toEqual([1, 0]);
    expect(found[0]!.link).toMatchObject({ streamId: links, revision: 0n, type: '$>' });
    await subscription.unsubscribe();
  });
});

describe('strategies', () => {
  async function spread(strategy: Parameters<typeof settings>[0], streams = 1): Promise<number[][]> {
    const source = freshStream();
    const targets = range(0, streams).map(() => freshStream());
    for (const stream of targets) await client.appendToStream(stream, numbered(4));
    const links = targets.flatMap((stream) => range(0, 4).map((n) => `${n}@${stream}`));
    const group = await groupOn(source, { resolveLinkTos: true, ...strategy });
    const consumers = [connect(source, group, 50), connect(source, group, 50)];
    const seen: string[][] = [[], []];
    await Promise.all(consumers.map((consumer) => once(consumer, 'confirmation')));
    consumers.forEach((consumer, index) =>
      consumer.on('data', (event: Resolved) => {
        seen[index]!.push(event.event!.streamId);
        void consumer.ack(event);
      }),
    );
    await client.appendToStream(
      source,
      links.map((text) => binaryEvent({ type: '$>', data: Buffer.from(text) })),
    );
    await eventually(() => seen[0]!.length + seen[1]!.length === links.length);
    await Promise.all(consumers.map((consumer) => consumer.unsubscribe()));
    return targets.map((stream) => seen.map((streamIds) => streamIds.filter((id) => id === stream).length));
  }

  it('RoundRobin shares evenly', async () => {
    expect(await spread({})).toEqual([[2, 2]]);
  });

  it('DispatchToSingle sends to one while it takes', async () => {
    const [shares] = await spread({ consumerStrategyName: DISPATCH_TO_SINGLE });
    expect(shares!.sort()).toEqual([0, 4]);
  });

  it('Pinned keeps the events of a stream together', async () => {
    const shares = await spread({ consumerStrategyName: PINNED }, 8);
    expect(shares.every(([a, b]) => (a === 4 && b === 0) || (a === 0 && b === 4))).toBe(true);
  });
});

describe('a persistent subscription to $all', () => {
  it.each([
    ['stream', (stream: string) => streamNameFilter({ prefixes: [stream] })],
    ['event type', (stream: string) => eventTypeFilter({ regex: `^${stream}$` })],
  ])('filters by %s', async (_name, filterOf) => {
    const stream = freshStream();
    const group = `group-${randomUUID()}`;
    const filter = filterOf(stream);
    await client.createPersistentSubscriptionToAll(group, allSettings({ startFrom: START }), { filter });
    await client.appendToStream(freshStream(), numbered(50));
    await client.appendToStream(stream, numbered(3, 0, stream));
    const subscription = client.subscribeToPersistentSubscriptionToAll(group);
    expect(await takeAndAck(subscription as unknown as Sub, 3)).toEqual([0, 1, 2]);
    await subscription.unsubscribe();
    await client.deletePersistentSubscriptionToAll(group);
  });

  it('moves its checkpoint over events that its filter does not want', async () => {
    const group = `group-${randomUUID()}`;
    const often = allSettings({ startFrom: START, checkPointLowerBound: 1, checkPointUpperBound: 5 });
    await client.createPersistentSubscriptionToAll(group, often, {
      filter: streamNameFilter({ prefixes: [freshStream()] }),
    });
    const subscription = client.subscribeToPersistentSubscriptionToAll(group).on('data', () => undefined);
    await client.appendToStream(freshStream(), numbered(20));
    await eventually(async () => {
      const { stats } = await client.getPersistentSubscriptionToAllInfo(group);
      return stats.lastCheckpointedEventPosition !== undefined;
    });
    await subscription.unsubscribe();
    await client.deletePersistentSubscriptionToAll(group);
  });

  it('starts at a position (inclusive), gives info, is updated, listed and replayed', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(5));
    const [, second] = await collect(client.readStream(stream));
    const group = `group-${randomUUID()}`;
    const startFrom = second!.event!.position!;
    await client.createPersistentSubscriptionToAll(group, allSettings({ startFrom }));
    const subscription = client.subscribeToPersistentSubscriptionToAll(group);
    const own: number[] = [];
    for await (const event of subscription) {
      await subscription.ack(event);
      if (event.event?.streamId === stream) own.push(numberOf(event as unknown as Resolved));
      if (own.length === 4) break;
    }
    expect(own).toEqual([1, 2, 3, 4]);
    await subscription.unsubscribe();
    const changed = allSettings({ startFrom, maxRetryCount: 3, consumerStrategyName: PINNED });
    await client.updatePersistentSubscriptionToAll(group, changed);
    const info = await client.getPersistentSubscriptionToAllInfo(group);
    expect(info).toMatchObject({ eventSource: '$all', groupName: group, settings: changed, connections: [] });
    expect((await client.listPersistentSubscriptionsToAll()).map(({ groupName }) => groupName)).toContain(group);
    await client.replayParkedMessagesToAll(group);
    await client.deletePersistentSubscriptionToAll(group);
  });
});

describe('managing persistent subscriptions', () => {
  it('creates once', async () => {
    const stream = freshStream();
    const group = await groupOn(stream);
    const error = await client
      .createPersistentSubscriptionToStream(stream, group, settings())
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(PersistentSubscriptionExistsError);
    expect(error).toMatchObject({ streamName: stream, groupName: group });
  });

  it('refuses $all as the name of a stream', async () => {
    const group = `group-${randomUUID()}`;
    const create = client.createPersistentSubscriptionToStream('$all', group, settings());
    await expect(create).rejects.toThrow();
    await client.createPersistentSubscriptionToAll(group, allSettings());
    const remove = client.deletePersistentSubscriptionToStream('$all', group);
    await expect(remove).rejects.toBeInstanceOf(PersistentSubscriptionFailedError);
    await client.deletePersistentSubscriptionToAll(group);
  });

  it('gives info with the settings, connections and statistics', async () => {
    const stream = freshStream();
    const group = `group-${randomUUID()}`;
    const given = settings({ startFrom: 3n, extraStatistics: true, checkPointUpperBound: 2, maxSubscriberCount: 5 });
    await client.createPersistentSubscriptionToStream(stream, group, given);
    made.push([stream, group]);
    const before = await client.getPersistentSubscriptionToStreamInfo(stream, group);
    expect(before).toMatchObject({ eventSource: stream, groupName: group, settings: given, connections: [] });
    expect(before.stats.lastKnownEventRevision).toBeUndefined();
    await client.appendToStream(stream, numbered(10));
    const subscription = connect(stream, group);
    subscription.on('data', (event: Resolved) => void subscription.ack(event));
    const information = () => client.getPersistentSubscriptionToStreamInfo(stream, group);
    await eventually(async () => {
      const { stats } = await information();
      return stats.lastKnownEventRevision === 9n && stats.lastCheckpointedEventRevision !== undefined;
    });
    const info = await information();
    expect(typeof info.stats.lastCheckpointedEventRevision).toBe('bigint');
    expect(info.connections).toHaveLength(1);
    const [connection] = info.connections;
    expect(connection!.connectionName).toBe(client.connectionName);
    expect(connection!.extraStatistics!.get('quintile 3')).toBeDefined();
    await subscription.unsubscribe();
    await eventually(async () => (await information()).connections.length === 0);
  });

  it('counts what was sent, all in all and since it was last asked', async () => {
    const stream = freshStream();
    const group = await groupOn(stream, { startFrom: START });
    const subscription = connect(stream, group);
    const information = () => client.getPersistentSubscriptionToStreamInfo(stream, group);
    const counts = async () => {
      const { stats, connections } = await information();
      return [stats, connections[0]!].map((of) => [Number(of.totalItems), Number(of.countSinceLastMeasurement)]);
    };
    await once(
      subscription.on('data', (event: Resolved) => void subscription.ack(event)),
      'confirmation',
    );
    await information();
    await client.appendToStream(stream, numbered(3));
    await eventually(async () => (await information()).stats.totalItems === 3n);
    expect(await counts()).toEqual([
      [3, 0],
      [3, 0],
    ]);
    const seen = once(subscription, 'data');
    await client.appendToStream(stream, numbered(1));
    await seen;
    expect(await counts()).toEqual([
      [4, 1],
      [4, 1],
    ]);
    await subscription.unsubscribe();
  });

  it('knows what waits while nobody reads', async () => {
    const stream = freshStream();
    const group = await groupOn(stream, { startFrom: START });
    await client.appendToStream(stream, numbered(5));
    const information = () => client.getPersistentSubscriptionToStreamInfo(stream, group);
    await eventually(async () => (await information()).stats.lastKnownEventRevision === 4n);
    const { status, stats } = await information();
    expect(status).toBe('Live');
    expect(stats).toMatchObject({ readBufferCount: 5, totalItems: 0n, totalInFlightMessages: 0 });
  });

  it.each([
    ['a position that there is not', { startFrom: { commit: 1n << 50n, prepare: 1n << 50n } }],
    ['batches as long as the buffer', { readBatchSize: 20, historyBufferSize: 20 }],
  ])('refuses %s', async (_name, wrong) => {
    const group = `group-${randomUUID()}`;
    const create = client.createPersistentSubscriptionToAll(group, allSettings(wrong));
    await expect(create).rejects.toBeInstanceOf(PersistentSubscriptionFailedError);
    await client.createPersistentSubscriptionToAll(group, allSettings());
    const update = client.updatePersistentSubscriptionToAll(group, allSettings(wrong));
    await expect(update).rejects.toBeInstanceOf(PersistentSubscriptionFailedError);
    await client.deletePersistentSubscriptionToAll(group);
  });

  it('updates: consumers are dropped, the place is kept', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(5));
    const often = { startFrom: START, checkPointLowerBound: 1, checkPointUpperBound: 1 } as const;
    const group = await groupOn(stream, often);
    const subscription = connect(stream, group, 1);
    const dropped = new Promise((resolve) => subscription.once('error', resolve));
    subscription.on('data', (event: Resolved) => void subscription.ack(event));
    await eventually(async () => {
      const { stats } = await client.getPersistentSubscriptionToStreamInfo(stream, group);
      return stats.lastCheckpointedEventRevision === 4n;
    });
    // The checkpoint is told of before it is on disk.
    await delay(200);
    await client.updatePersistentSubscriptionToStream(stream, group, settings({ ...often, maxRetryCount: 1 }));
    expect(await dropped).toBeInstanceOf(PersistentSubscriptionDroppedError);
    await client.appendToStream(stream, numbered(1, 5));
    const again = connect(stream, group);
    expect(await takeAndAck(again, 1)).toEqual([5]);
    await again.unsubscribe();
    const missing = client.updatePersistentSubscriptionToStream(stream, 'missing', settings());
    await expect(missing).rejects.toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  });

  it('deletes: consumers are dropped', async () => {
    const stream = freshStream();
    const group = await groupOn(stream);
    const subscription = connect(stream, group);
    const dropped = new Promise((resolve) => subscription.once('error', resolve));
    await once(subscription, 'confirmation');
    await client.deletePersistentSubscriptionToStream(stream, group);
    expect(await dropped).toBeInstanceOf(PersistentSubscriptionDroppedError);
    const again = client.deletePersistentSubscriptionToStream(stream, group);
    await expect(again).rejects.toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  });

  it('refuses more consumers than allowed', async () => {
    const stream = freshStream();
    const group = await groupOn(stream, { maxSubscriberCount: 1 });
    const first = connect(stream, group);
    await once(first, 'confirmation');
    const second = connect(stream, group);
    const error = await new Promise((resolve) => second.once('error', resolve));
    expect(error).toBeInstanceOf(PersistentSubscriptionMaximumSubscribersReachedError);
    await first.unsubscribe();
  });

  it('names what does not exist', async () => {
    const stream = freshStream();
    const missing = (promise: Promise<unknown>) => promise.catch((caught: unknown) => caught);
    for (const attempt of [
      missing(client.getPersistentSubscriptionToStreamInfo(stream, 'missing')),
      missing(client.replayParkedMessagesToStream(stream, 'missing')),
      missing(collect(connect(stream, 'missing') as AsyncIterable<Resolved>)),
    ]) {
      const error = await attempt;
      expect(error).toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
      expect(error).toMatchObject({ streamName: stream, groupName: 'missing' });
      expect((error as Error).message).toBe(
        `5 NOT_FOUND: Subscription group missing on stream ${stream} does not exist.`,
      );
    }
    const list = client.listPersistentSubscriptionsToStream(stream);
    await expect(list).rejects.toBeInstanceOf(PersistentSubscriptionDoesNotExistError);
  });

  it('lists by stream and all, and restarts the subsystem', async () => {
    const stream = freshStream('어학연구소/0️⃣');
    const groups = [await groupOn(stream), await groupOn(stream)].sort();
    const listed = await client.listPersistentSubscriptionsToStream(stream);
    expect(listed.map(({ groupName }) => groupName).sort()).toEqual(groups);
    const all = await client.listAllPersistentSubscriptions();
    expect(all.filter(({ eventSource }) => eventSource === stream)).toHaveLength(2);
    await client.restartPersistentSubscriptionSubsystem();
    await delay(500);
    await eventually(async () => {
      const found = client.getPersistentSubscriptionToStreamInfo(stream, groups[0]!);
      return found.then(
        () => true,
        () => false,
      );
    }, 20_000);
    await client.appendToStream(stream, numbered(1));
    const subscription = connect(stream, groups[0]!);
    expect(await takeAndAck(subscription, 1)).toEqual([0]);
    await subscription.unsubscribe();
  });
});
