import { afterEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { EventStore, type EventStoreOptions, type SubscriptionPage } from '#libs/event-store';
import {
  appended,
  caughtUp,
  checkpoint,
  confirmation,
  event,
  failure,
  FakeEventStore,
  type FakeBehaviour,
  type ReadCallOnServer,
} from '../../support/fake-event-store.js';
import { sampleEvents } from '../../support/sample-events.js';
import { eventstoreUrlOf } from '../../support/stores.js';

const opened: { close(): Promise<void> | void }[] = [];
const STREAM = 'account-fake.1';

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

async function serve(behaviour: FakeBehaviour): Promise<FakeEventStore> {
  const server = await FakeEventStore.start(behaviour);
  opened.push(server);
  return server;
}

function connect(
  port: number,
  options: EventStoreOptions = { deadlineMs: 300, patienceMs: 4_000, stallMs: 300 },
): EventStore {
  const store = EventStore.connect(eventstoreUrlOf(port), options);
  opened.push(store);
  return store;
}

async function until(condition: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 5_000;
  while (!condition()) {
    if (Date.now() > giveUpAt) throw new Error('it did not happen');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

const isSubscription = (call: ReadCallOnServer) => call.request.getOptions()!.hasSubscription();
const fromOf = (call: ReadCallOnServer) => call.request.getOptions()!.getAll()?.getPosition()?.getCommitPosition();

/** Pages of a subscription until it has given so many events. */
async function take(
  store: EventStore,
  events: number,
  options: { after?: bigint; pageSize?: number } = {},
): Promise<SubscriptionPage[]> {
  const abort = new AbortController();
  const pages: SubscriptionPage[] = [];
  let count = 0;
  for await (const page of store.subscribeAll({ after: 0n, signal: abort.signal, ...options })) {
    pages.push(page);
    count += page.events.length;
    if (count >= events) break;
  }
  return pages;
}

describe('traps of the client', () => {
  it('a loop over a read or a subscription that breaks off ends the call on the server', async () => {
    const server = await serve({
      read: (call) => {
        for (let n = 1; n <= 20; n++) call.write(event(n));
      },
    });
    const store = connect(server.port);
    for await (const _page of store.readStream(STREAM, { pageSize: 5 })) break;
    for await (const _page of store.readAll({ pageSize: 5 })) break;
    for await (const _page of store.subscribeAll({ after: 0n, signal: new AbortController().signal })) break;
    expect(server.reads).toBe(3);
    await until(() => server.open.size === 0);
  });

  it('an aborted subscription ends by itself, on the server too', async () => {
    const server = await serve({ read: (call) => call.write(confirmation()) });
    const abort = new AbortController();
    setTimeout(() => abort.abort(), 100);
    for await (const page of connect(server.port, { stallMs: 60_000 }).subscribeAll({
      after: 0n,
      signal: abort.signal,
    })) {
      expect(page).toBeUndefined();
    }
    await until(() => server.open.size === 0);
  });

  it('a checkpoint never runs ahead of an event that was not handed out', async () => {
    const server = await serve({
      read: (call) => {
        for (const message of [confirmation(), event(10), checkpoint(50), event(60), event(61), checkpoint(90)])
          call.write(message);
      },
    });
    const pages = await take(connect(server.port), 3, { pageSize: 1 });
    expect(pages.flatMap((page) => page.events.map((e) => e.position))).toEqual([10n, 60n, 61n]);
    let handedOut = 0n;
    for (const page of pages) {
      handedOut = page.events[0]?.position ?? handedOut;
      const next = [10n, 60n, 61n].find((position) => position > handedOut) ?? 1_000n;
      expect(page.upTo >= handedOut && page.upTo < next).toBe(true);
    }
  });

  it('a checkpoint moves the position over a stretch without events', async () => {
    const server = await serve({
      read: (call) => {
        for (const message of [confirmation(), event(10), checkpoint(50), caughtUp()]) call.write(message);
      },
    });
    const pages: SubscriptionPage[] = [];
    for await (const page of connect(server.port).subscribeAll({ after: 0n, signal: new AbortController().signal })) {
      pages.push(page);
      if (page.caughtUp) break;
    }
    expect(pages.flatMap((page) => page.events)).toHaveLength(1);
    expect(pages.at(-1)).toMatchObject({ upTo: 50n, caughtUp: true });
  });

  it('a subscription that the server ends goes on after the last event', async () => {
    const asked: (string | undefined)[] = [];
    const server = await serve({
      read: (call, nth) => {
        asked.push(fromOf(call));
        call.write(confirmation());
        call.write(event(nth * 10));
        if (nth === 1) call.end();
        else if (nth === 2) call.emit('error', failure(status.UNAVAILABLE, 'gone'));
        else if (nth === 3) call.emit('error', failure(status.DEADLINE_EXCEEDED, 'too late'));
      },
    });
    const pages = await take(connect(server.port), 4);
    expect(pages.flatMap((page) => page.events.map((e) => e.position))).toEqual([10n, 20n, 30n, 40n]);
    expect(asked).toEqual([undefined, '10', '20', '30']);
  });

  it('a subscription that was never confirmed is taken up again', async () => {
    const server = await serve({
      read: (call, nth) => {
        if (nth > 1) [confirmation(), event(10)].forEach((message) => call.write(message));
      },
    });
    expect(await take(connect(server.port), 1)).toHaveLength(1);
    expect(server.reads).toBe(2);
  });

  it('a subscription that falls silent while there are events is taken up again', async () => {
    let subscriptions = 0;
    const server = await serve({
      read: (call) => {
        if (!isSubscription(call)) {
          call.write(event(20));
          call.end();
        } else if (++subscriptions === 1) [confirmation(), event(10)].forEach((message) => call.write(message));
        else [confirmation(), event(20)].forEach((message) => call.write(message));
      },
    });
    const pages = await take(connect(server.port), 2);
    expect(pages.flatMap((page) => page.events.map((e) => e.position))).toEqual([10n, 20n]);
    expect(subscriptions).toBe(2);
  });

  it('a quiet subscription is left alone, and its position moves over what it does not want', async () => {
    let subscriptions = 0;
    const server = await serve({
      read: (call) => {
        if (isSubscription(call)) {
          subscriptions++;
          call.write(confirmation());
          setTimeout(() => call.write(event(500)), 1_500);
          return;
        }
        const backwards = call.request.getOptions()!.getReadDirection() === 1;
        if (backwards) call.write(event(77, '$stats', '$statsCollected'));
        call.end();
      },
    });
    const pages = await take(connect(server.port), 1);
    expect(pages.map((page) => page.upTo)).toEqual([77n, 500n]);
    expect(subscriptions).toBe(1);
  });

  it('an append that fails with DeadlineExceeded is settled over a new connection', async () => {
    const server = await serve({
      read: (call) => call.end(),
      batchAppend: (call, nth) => {
        call.on('data', (request) => {
          if (nth === 1) call.emit('error', failure(status.DEADLINE_EXCEEDED, 'too late'));
          else call.write(appended(request, 0, 9));
        });
      },
    });
    expect(await connect(server.port).append(STREAM, 'no_stream', sampleEvents(STREAM, 1).events)).toEqual({
      revision: 0n,
      position: 9n,
    });
    expect(server.appends).toBe(2);
  });

  it('goes to the leader that a follower names', async () => {
    const leader = await serve({
      read: (call) => call.end(),
      batchAppend: (call) => call.on('data', (request) => call.write(appended(request, 0, 9))),
    });
    const endpoint = {
      exception: 'not-leader',
      'leader-endpoint-host': '127.0.0.1',
      'leader-endpoint-port': `${leader.port}`,
    };
    const asked: string[] = [];
    const refuse = (call: {
      metadata: { get(key: string): unknown[] };
      emit(name: 'error', error: Error): boolean;
    }) => {
      asked.push(String(call.metadata.get('requires-leader')[0]));
      call.emit('error', failure(status.NOT_FOUND, 'not leader', endpoint));
    };
    const follower = await serve({ read: refuse, batchAppend: refuse });
    const result = await connect(follower.port).append(STREAM, 'no_stream', sampleEvents(STREAM, 1).events);
    expect(result.position).toBe(9n);
    expect(asked[0]).toBe('true');
    expect(leader.appends).toBe(1);
  });

  it('a refusal is not tried again', async () => {
    const server = await serve({
      read: (call) => call.emit('error', failure(status.PERMISSION_DENIED, 'no', { exception: 'access-denied' })),
    });
    const store = connect(server.port);
    await expect(store.headPosition()).rejects.toMatchObject({ code: 'STORE_ACCESS_DENIED' });
    await expect(take(store, 1)).rejects.toMatchObject({ code: 'STORE_ACCESS_DENIED' });
    expect(server.reads).toBe(2);
  });

  it('an answer without a position is completed by reading', async () => {
    const { events } = sampleEvents(STREAM, 1);
    const server = await serve({
      read: (call) => {
        const stored = event(33);
        const recorded = stored.getEvent()!.getEvent()!;
        recorded.setCustomMetadata(Buffer.from(events[0]!.metadataText).toString('base64'));
        call.write(stored);
        call.end();
      },
      batchAppend: (call) => call.on('data', (request) => call.write(appended(request, 0))),
    });
    expect(await connect(server.port).append(STREAM, 'no_stream', events)).toEqual({ revision: 0n, position: 33n });
  });

  it('every append goes over the one batch-append call: there are no credentials of single calls that could leave it', async () => {
    const server = await serve({
      batchAppend: (call) => call.on('data', (request) => call.write(appended(request, 0, 9))),
    });
    const store = EventStore.connect(`esdb://admin:changeit@127.0.0.1:${server.port}?tls=false`);
    opened.push(store);
    const streams = Array.from({ length: 20 }, (_, n) => `account-fake.${n}`);
    await Promise.all(streams.map((stream) => store.append(stream, 'no_stream', sampleEvents(stream, 1).events)));
    expect(server.appends).toBe(1);
  });
});
