import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, type StoredEvent, type SubscriptionPage } from '#libs/event-store';
import { streamName } from '#libs/kernel';
import { sampleEvents } from '../../support/sample-events.js';
import { eventstoreUrlOf, openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

let server: TestEventStore;
let proxy: TcpProxy;
let store: EventStore;
let subscriber: EventStore;
const community = uniqueCommunity();
let counter = 0;
const freshStream = () => streamName('account', community, `s${++counter}`);

beforeAll(async () => {
  server = await openTestEventStore();
  const { hostname, port } = new URL(server.eventstoreUrl.replace(/^esdb:/, 'http:'));
  proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
  store = EventStore.connect(server.eventstoreUrl);
  subscriber = EventStore.connect(eventstoreUrlOf(proxy.port), { deadlineMs: 2_000, stallMs: 400 });
});

afterAll(async () => {
  await store.close();
  await subscriber.close();
  await proxy.close();
  await server.close();
});

interface Listening {
  readonly events: StoredEvent[];
  readonly pages: SubscriptionPage[];
  stop(): Promise<void>;
  until(condition: () => boolean): Promise<void>;
}

function listen(options: { after: bigint; types?: string[]; pageSize?: number }): Listening {
  const abort = new AbortController();
  const [events, pages]: [StoredEvent[], SubscriptionPage[]] = [[], []];
  const running = (async () => {
    for await (const page of subscriber.subscribeAll({ signal: abort.signal, ...options })) {
      pages.push(page);
      events.push(...page.events.filter((e) => e.metadata.communityId === community));
    }
  })();
  return {
    events,
    pages,
    stop: () => (abort.abort(), running),
    until: async (condition) => {
      const giveUpAt = Date.now() + 20_000;
      while (!condition()) {
        if (Date.now() > giveUpAt) throw new Error('it did not happen');
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    },
  };
}

describe('subscribeAll', () => {
  it('catches up, says so, and goes on live', async () => {
    const after = await store.headPosition();
    const [past, live] = [freshStream(), freshStream()];
    await store.append(past, 'no_stream', sampleEvents(past, 30).events);
    const listening = listen({ after, pageSize: 10 });
    await listening.until(() => listening.events.length === 30 && listening.pages.some((page) => page.caughtUp));
    await store.append(live, 'no_stream', sampleEvents(live, 5).events);
    await listening.until(() => listening.events.length === 35);
    await listening.stop();
    expect(listening.pages.every((page) => page.events.length <= 10)).toBe(true);
    const upTo = listening.pages.map((page) => page.upTo);
    expect(upTo).toEqual([...upTo].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
    for (const page of listening.pages) for (const e of page.events) expect(e.position <= page.upTo).toBe(true);
  });

  it('loses and doubles nothing while its connection is cut again and again', async () => {
    const after = await store.headPosition();
    const listening = listen({ after });
    const stream = freshStream();
    let head = sampleEvents(stream, 0).head;
    for (let n = 0; n < 60; n++) {
      const next = sampleEvents(stream, 4, head);
      await store.append(stream, n === 0 ? 'no_stream' : head.revision, next.events);
      head = next.head;
      if (n % 6 === 3) proxy.drop();
    }
    await listening.until(() => listening.events.length >= 240);
    await listening.stop();
    expect(listening.events.map((e) => e.revision)).toEqual(Array.from({ length: 240 }, (_, n) => BigInt(n)));
  });

  it('notices a connection that is up but dead', async () => {
    const after = await store.headPosition();
    const listening = listen({ after });
    const stream = freshStream();
    const first = sampleEvents(stream, 1);
    await store.append(stream, 'no_stream', first.events);
    await listening.until(() => listening.events.length === 1);
    proxy.mode = 'stall';
    await store.append(stream, 0n, sampleEvents(stream, 1, first.head).events);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // Old connections stay dead; new ones work: what a failed-over network looks like.
    proxy.drop();
    proxy.mode = 'pass';
    await listening.until(() => listening.events.length === 2);
    await listening.stop();
  });

  it('moves its position over events of other types', async () => {
    const after = await store.headPosition();
    const listening = listen({ after, types: ['NeverHappened'] });
    const stream = freshStream();
    const { position } = await store.append(stream, 'no_stream', sampleEvents(stream, 3).events);
    await listening.until(() => (listening.pages.at(-1)?.upTo ?? 0n) >= position);
    await listening.stop();
    expect(listening.events).toEqual([]);
  });
});
