import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AllStreamSubscription,
  END,
  EventStoreDBClient,
  START,
  type StreamSubscription,
  eventTypeFilter,
  excludeSystemEvents,
  streamNameFilter,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, numbersOf, startTarget } from './target.js';

let target: Target;
let client: EventStoreDBClient;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
});
afterAll(() => target.stop());

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, index) => from + index);

async function take(subscription: AllStreamSubscription | StreamSubscription, count: number): Promise<number[]> {
  return numbersOf(await collect(subscription as StreamSubscription, count));
}

describe('a catch-up subscription to a stream', () => {
  it('goes from the past to live without gap or duplicate', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(700));
    const subscription = client.subscribeToStream(stream, { fromRevision: START });
    const writing = (async () => {
      for (let n = 700; n < 1000; n += 10) await client.appendToStream(stream, numbered(10, n));
    })();
    expect(await take(subscription, 1000)).toEqual(range(0, 1000));
    await writing;
    await subscription.unsubscribe();
  });

  it('starts behind a revision (exclusive), or with what comes', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(5));
    const behind = client.subscribeToStream(stream, { fromRevision: 2n });
    const live = client.subscribeToStream(stream, { fromRevision: END });
    await once(live, 'confirmation');
    await client.appendToStream(stream, numbered(2, 5));
    expect(await take(behind, 4)).toEqual([3, 4, 5, 6]);
    expect(await take(live, 2)).toEqual([5, 6]);
    await Promise.all([behind.unsubscribe(), live.unsubscribe()]);
  });

  it('waits for a stream that does not exist yet', async () => {
    const stream = freshStream();
    const subscription = client.subscribeToStream(stream);
    await once(subscription, 'confirmation');
    await client.appendToStream(stream, numbered(1));
    expect(await take(subscription, 1)).toEqual([0]);
    await subscription.unsubscribe();
  });

  it('says that it has caught up', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(10));
    const subscription = client.subscribeToStream(stream);
    let seen = 0;
    subscription.on('data', () => seen++);
    await once(subscription, 'caughtUp');
    expect(seen).toBe(10);
    await subscription.unsubscribe();
  });
});

describe('a catch-up subscription to $all', () => {
  it('goes from a position (exclusive) to live without gap or duplicate', async () => {
    const stream = freshStream();
    const { position } = await client.appendToStream(stream, numbered(1, -1));
    await client.appendToStream(stream, numbered(600));
    const subscription = client.subscribeToAll({ fromPosition: position! });
    const writing = (async () => {
      for (let n = 600; n < 900; n += 5) await client.appendToStream(stream, numbered(5, n));
    })();
    const own: number[] = [];
    for await (const { event } of subscription) {
      if (event?.streamId === stream) own.push((event.data as unknown as { n: number }).n);
      if (own.length === 900) break;
    }
    expect(own).toEqual(range(0, 900));
    await writing;
    await subscription.unsubscribe();
  });

  it('with a filter, reports checkpoints over events that are not wanted', async () => {
    const wanted = freshStream('wanted');
    const other = freshStream('other');
    const { position } = await client.appendToStream(wanted, numbered(1, -1));
    await client.appendToStream(other, numbered(200));
    await client.appendToStream(wanted, numbered(1));
    const checkpoints: bigint[] = [];
    const filter = streamNameFilter({
      prefixes: ['wanted-'],
      maxSearchWindow: 10,
      checkpointInterval: 2,
      checkpointReached: async (_subscription, { commit }) => void checkpoints.push(commit),
    });
    const subscription = client.subscribeToAll({ fromPosition: position!, filter });
    expect(await take(subscription, 1)).toEqual([0]);
    expect(checkpoints.length).toBeGreaterThanOrEqual(5);
    expect(checkpoints.every((commit, index) => index === 0 || commit >= checkpoints[index - 1]!)).toBe(true);
    await subscription.unsubscribe();
  });

  it.each([
    ['stream prefix', (own: string[]) => streamNameFilter({ prefixes: [own[1]!, own[3]!] }), [10, 11, 30, 31]],
    ['stream regex', (own: string[]) => streamNameFilter({ regex: `^${own[2]!}$` }), [20, 21]],
    [
      'stream regex as .NET has it',
      (own: string[]) => streamNameFilter({ regex: `(?i)\\A${own[2]!.toUpperCase()}\\z` }),
      [20, 21],
    ],
    ['event type prefix', (_: string[], id: string) => eventTypeFilter({ prefixes: [`Od${id}`] }), [10, 11, 30, 31]],
    [
      'event type regex',
      (_: string[], id: string) => eventTypeFilter({ regex: `^(Od${id}d|None)$` }),
      [10, 11, 30, 31],
    ],
    ['no system events', () => excludeSystemEvents(), [0, 1, 10, 11, 20, 21, 30, 31]],
  ])('filtered by %s', async (_name, filterOf, expected) => {
    const own = range(0, 4).map(() => freshStream());
    const id = randomUUID();
    const before = await client.appendToStream(freshStream(), numbered(1));
    for (const [n, stream] of own.entries()) {
      await client.appendToStream(stream, numbered(2, n * 10, n % 2 === 0 ? `Ev${id}en` : `Od${id}d`));
    }
    const subscription = client.subscribeToAll({ fromPosition: before.position!, filter: filterOf(own, id) });
    const seen: number[] = [];
    for await (const { event } of subscription) {
      expect(event!.type.startsWith('$')).toBe(false);
      // Others may write, too.
      if (own.includes(event!.streamId)) seen.push((event!.data as unknown as { n: number }).n);
      if (seen.length === expected.length) break;
    }
    expect(seen).toEqual(expected);
    await subscription.unsubscribe();
  });

  it('from the end gets only what comes', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(5));
    const subscription = client.subscribeToAll({ fromPosition: END, filter: streamNameFilter({ prefixes: [stream] }) });
    await once(subscription, 'confirmation');
    await client.appendToStream(stream, numbered(2, 5));
    expect(await take(subscription, 2)).toEqual([5, 6]);
    await subscription.unsubscribe();
  });

  it('serves others while one does not read', async () => {
    const stream = freshStream();
    const payload = 'x'.repeat(2000);
    const events = (n: number) => numbered(200, n).map((event) => ({ ...event, metadata: { payload } }));
    const lazy = client.subscribeToStream(stream);
    await once(lazy, 'confirmation');
    lazy.pause();
    for (let n = 0; n < 2000; n += 200) await client.appendToStream(stream, events(n));
    expect(await collect(client.readStream(stream))).toHaveLength(2000);
    await delay(50);
    expect(await take(lazy, 2000)).toEqual(range(0, 2000));
    await lazy.unsubscribe();
  });

  it('says that it fell behind, and caught up again', async () => {
    const stream = freshStream();
    const subscription = client.subscribeToStream(stream);
    const said: string[] = [];
    for (const name of ['caughtUp', 'fellBehind'] as const) subscription.on(name, () => said.push(name));
    await once(subscription, 'confirmation');
    await delay(50);
    subscription.pause();
    const metadata = { payload: 'x'.repeat(2000) };
    const events = (n: number) => numbered(200, n).map((event) => ({ ...event, metadata }));
    for (let n = 0; n < 5000; n += 200) await client.appendToStream(stream, events(n));
    let seen = 0;
    subscription.on('data', () => seen++);
    subscription.resume();
    const settled = (): boolean => seen === 5000 && said.at(-1) === 'caughtUp';
    for (const end = Date.now() + 20_000; !settled() && Date.now() < end;) await delay(20);
    expect(seen).toBe(5000);
    expect(said[0]).toBe('caughtUp');
    expect(said.at(-1)).toBe('caughtUp');
    await subscription.unsubscribe();
  });
});
