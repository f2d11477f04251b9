import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  BulkWriter,
  CommandRunner,
  EventStore,
  verifyChain,
  type EventStoreOptions,
  type StoredEvent,
} from '#libs/event-store';
import { streamName } from '#libs/kernel';
import { add, sampleCommand, sampleDecider } from '../../support/sample-decider.js';
import { sampleEvents } from '../../support/sample-events.js';
import { eventstoreUrlOf, openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';
import { TcpProxy } from '../../support/tcp-proxy.js';

let server: TestEventStore;
let proxy: TcpProxy;
let direct: EventStore;
let community: string;
let stream: string;
const open: EventStore[] = [];
const QUICK: EventStoreOptions = { deadlineMs: 400, patienceMs: 5_000, stallMs: 500 };

beforeEach(async () => {
  server = await openTestEventStore();
  const { hostname, port } = new URL(server.eventstoreUrl.replace(/^esdb:/, 'http:'));
  proxy = await TcpProxy.start({ host: hostname, port: Number(port) });
  direct = connect(server.eventstoreUrl, {});
  community = uniqueCommunity();
  stream = streamName('account', community, 'A');
});

afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  await proxy.close();
  await server.close();
});

function connect(url: string, options: EventStoreOptions): EventStore {
  const store = EventStore.connect(url, options);
  open.push(store);
  return store;
}

const throughProxy = (options: EventStoreOptions = QUICK) => connect(eventstoreUrlOf(proxy.port), options);
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function stored(of = stream): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of direct.readStream(of)) events.push(...page);
  return events;
}

describe('an append whose outcome is not known', () => {
  it('is settled by reading the events back when the answer never comes', async () => {
    const store = throughProxy();
    await store.append(
      streamName('account', community, 'warm'),
      'no_stream',
      sampleEvents(streamName('account', community, 'warm'), 1).events,
    );
    proxy.mode = 'swallow-answers';
    const { events } = sampleEvents(stream, 3);
    const appending = store.append(stream, 'no_stream', events);
    await wait(300);
    expect(await stored()).toHaveLength(3);
    await wait(300);
    proxy.mode = 'pass';
    proxy.drop();
    expect(await appending).toMatchObject({ revision: 2n, position: (await stored())[2]!.position });
    expect(await stored()).toHaveLength(3);
  });

  it('is sent again when it had not been written', async () => {
    const store = throughProxy();
    proxy.mode = 'stall';
    const appending = store.append(stream, 'no_stream', sampleEvents(stream, 2).events);
    await wait(700);
    proxy.drop();
    proxy.mode = 'pass';
    expect((await appending).revision).toBe(1n);
    expect(await stored()).toHaveLength(2);
  });

  it('survives connections that are reset and refused for a while', async () => {
    const store = throughProxy();
    proxy.mode = 'refuse';
    const appending = store.append(stream, 'no_stream', sampleEvents(stream, 2).events);
    await wait(500);
    proxy.mode = 'pass';
    expect((await appending).revision).toBe(1n);
  });

  it('is reported as unknown when patience is over, and the same command then finds what became of it', async () => {
    const store = throughProxy({ deadlineMs: 1_000, patienceMs: 3_000 });
    const runner = new CommandRunner(store);
    await runner.execute(sampleDecider, 'A', sampleCommand(community, 'a'), add([1]));
    proxy.mode = 'swallow-answers';
    const lost = runner.execute(sampleDecider, 'B', sampleCommand(community, 'b'), add([2]));
    await expect(lost).rejects.toMatchObject({
      code: expect.stringMatching(/^(APPEND_OUTCOME_UNKNOWN|STORE_UNAVAILABLE)$/),
    });
    proxy.mode = 'pass';
    proxy.drop();
    const again = await runner.execute(sampleDecider, 'B', sampleCommand(community, 'b'), add([2]));
    expect(again.revision).toBe(0n);
    expect(await stored(streamName('account', community, 'B'))).toHaveLength(1);
  });

  it('keeps its own time: a silent server cannot hold an append for ever', async () => {
    const store = throughProxy({ deadlineMs: 200, patienceMs: 600 });
    proxy.mode = 'stall';
    await expect(store.append(stream, 'no_stream', sampleEvents(stream, 1).events)).rejects.toMatchObject({
      code: 'APPEND_OUTCOME_UNKNOWN',
    });
  });
});

describe('one failing connection', () => {
  it("does not touch another client's appends in flight, nor the process", async () => {
    const failing = throughProxy({ deadlineMs: 1_000, patienceMs: 3_000 });
    await failing.append(stream, 'no_stream', sampleEvents(stream, 1).events);
    const healthy = connect(server.eventstoreUrl, {});
    const names = Array.from({ length: 300 }, (_, n) => streamName('account', community, `h${n}`));
    const busy = names.map((name) => healthy.append(name, 'no_stream', sampleEvents(name, 5).events));
    proxy.mode = 'refuse';
    proxy.drop();
    const lost = failing.append(
      streamName('account', community, 'lost'),
      'no_stream',
      sampleEvents(streamName('account', community, 'lost'), 1).events,
    );
    await expect(lost).rejects.toMatchObject({ code: 'APPEND_OUTCOME_UNKNOWN' });
    expect((await Promise.all(busy)).every((r) => r.revision === 4n)).toBe(true);
  });
});

describe('commands through a bad network', () => {
  it('are each recorded exactly once, whatever is dropped', async () => {
    const store = throughProxy();
    const runner = new CommandRunner(store);
    let running = true;
    const saboteur = (async () => {
      while (running) {
        await wait(60 + Math.random() * 120);
        proxy.drop();
      }
    })();
    const run = async (n: number): Promise<void> => {
      for (;;) {
        try {
          await runner.execute(sampleDecider, `S${n % 5}`, sampleCommand(community, n), add([1]));
          return;
        } catch (error) {
          if ((error as { code?: string }).code === 'COMMAND_ID_REUSED') throw error;
        }
      }
    };
    for (let from = 0; from < 200; from += 20) await Promise.all(Array.from({ length: 20 }, (_, i) => run(from + i)));
    running = false;
    await saboteur;
    for (let s = 0; s < 5; s++) {
      const name = streamName('account', community, `S${s}`);
      expect((await stored(name)).map((e) => (e.data as { sum: number }).sum)).toEqual(
        Array.from({ length: 40 }, (_, i) => i + 1),
      );
      expect((await verifyChain(direct.readStream(name))).broken).toEqual([]);
    }
  });

  it('are recorded exactly once in bulk too', async () => {
    const bulk = new BulkWriter(throughProxy());
    const writer = await bulk.open(sampleDecider, community, 'A');
    for (let n = 0; n < 5_000; n++) {
      if (n % 1_250 === 600) proxy.drop();
      await writer.record(sampleCommand(community, n), add([1]));
    }
    proxy.drop();
    expect((await writer.flush()).appended).toBe(5_000);
    expect((await stored()).map((e) => (e.data as { sum: number }).sum)).toEqual(
      Array.from({ length: 5_000 }, (_, i) => i + 1),
    );
    expect((await verifyChain(direct.readStream(stream))).broken).toEqual([]);
  });
});

describe('reads', () => {
  it('go on where they were when the connection is lost in the middle', async () => {
    let head = sampleEvents(stream, 0).head;
    for (let n = 0; n < 6; n++) {
      const next = sampleEvents(stream, 500, head, (i) => ({ i, text: 'x'.repeat(500) }));
      await direct.append(stream, n === 0 ? 'no_stream' : head.revision, next.events);
      head = next.head;
    }
    const store = throughProxy();
    const after = (await stored())[0]!.position;
    const revisions: bigint[] = [];
    for await (const page of store.readStream(stream, { pageSize: 100 })) {
      revisions.push(...page.map((e) => e.revision));
      if (revisions.length % 700 === 0) proxy.drop();
    }
    expect(revisions).toEqual(Array.from({ length: 3_000 }, (_, n) => BigInt(n)));
    const positions: bigint[] = [];
    for await (const page of store.readAll({ after, pageSize: 100 })) {
      positions.push(...page.filter((e) => e.stream === stream).map((e) => e.position));
      if (positions.length % 900 < 100) proxy.drop();
    }
    expect(positions).toHaveLength(2_999);
    expect(new Set(positions).size).toBe(2_999);
    const back: bigint[] = [];
    for await (const page of store.readStream(stream, { direction: 'backwards', pageSize: 500 })) {
      back.push(...page.map((e) => e.revision));
      proxy.drop();
    }
    expect(back).toEqual([...revisions].reverse());
  });

  it('fail with a clear error when the server stays silent', async () => {
    const store = throughProxy({ deadlineMs: 1_000, patienceMs: 2_500 });
    proxy.mode = 'stall';
    const read = (async () => {
      for await (const _page of store.readStream(stream)) expect(_page).toBeDefined();
    })();
    await expect(read).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    await expect(store.headPosition()).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
  });
});
