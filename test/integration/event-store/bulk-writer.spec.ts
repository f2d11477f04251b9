import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { BulkWriter, CommandRunner, EventStore, verifyChain, type StoredEvent } from '#libs/event-store';
import { ManualClock, streamName } from '#libs/kernel';
import { add, sampleCommand, sampleDecider } from '../../support/sample-decider.js';
import { openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';

let server: TestEventStore;
let store: EventStore;
let bulk: BulkWriter;
let id: string;
let counter = 0;
const community = uniqueCommunity();

beforeAll(async () => {
  server = await openTestEventStore();
  store = EventStore.connect(server.eventstoreUrl);
  bulk = new BulkWriter(store);
});

afterAll(async () => {
  await store.close();
  await server.close();
});

beforeEach(() => {
  id = `b${++counter}`;
});

const open = () => bulk.open(sampleDecider, community, id);
const command = (key: string, input = key) => sampleCommand(community, [id, key], input);

async function stored(of = id): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.readStream(streamName('account', community, of))) events.push(...page);
  return events;
}

const sums = async () => (await stored()).map((e) => (e.data as { sum: number }).sum);

describe('BulkWriter', () => {
  it('records many commands in few appends, each with its own id', async () => {
    const stream = await open();
    for (let n = 0; n < 2_300; n++) expect(await stream.record(command(`c${n}`), add([1]))).toBe('recorded');
    expect(stream.state.sum).toBe(2_300);
    expect(await stream.flush()).toEqual({ appended: 2_300, refused: [] });
    const events = await stored();
    expect(events.map((e) => (e.data as { sum: number }).sum)).toEqual(Array.from({ length: 2_300 }, (_, n) => n + 1));
    expect(new Set(events.map((e) => e.metadata.commandId)).size).toBe(2_300);
    expect((await verifyChain(store.readStream(stream.stream))).broken).toEqual([]);
  });

  it('changes nothing when the same commands come again', async () => {
    const first = await open();
    for (let n = 0; n < 20; n++) await first.record(command(`c${n}`), add([1]));
    await first.flush();
    const second = await open();
    for (let n = 0; n < 20; n++) expect(await second.record(command(`c${n}`), add([1]))).toBe('unchanged');
    expect(await second.record(command('c3'), add([1]))).toBe('unchanged');
    await expect(second.record(command('c3', 'other input'), add([1]))).rejects.toMatchObject({
      code: 'COMMAND_ID_REUSED',
    });
    expect(await second.record(command('new'), add([1]))).toBe('recorded');
    expect(await second.record(command('nothing'), add([]))).toBe('unchanged');
    expect(await second.flush()).toEqual({ appended: 1, refused: [] });
    expect(await sums()).toHaveLength(21);
  });

  it('goes on after a refusal as if the command had not come', async () => {
    const stream = await open();
    await stream.record(command('a'), add([3]));
    await expect(stream.record(command('b'), add([10], 5))).rejects.toMatchObject({ code: 'SUM_TOO_LARGE' });
    await stream.record(command('c'), add([1]));
    expect(await stream.flush()).toEqual({ appended: 2, refused: [] });
    expect(await sums()).toEqual([3, 4]);
  });

  it('never splits a command, and sends one of more than 500 events alone', async () => {
    const stream = await open();
    await stream.record(command('small'), add([1]));
    await stream.record(command('large'), add(Array.from({ length: 700 }, () => 1)));
    await stream.record(command('last'), add([1]));
    expect((await stream.flush()).appended).toBe(702);
    expect((await verifyChain(store.readStream(stream.stream))).events).toBe(702);
    const huge = () => [
      { ...add([1])({ sum: 0, events: 0 })[0]!, data: { amount: 1, sum: 1, text: 'x'.repeat(1_100_000) } },
    ];
    await expect(stream.record(command('huge'), huge)).rejects.toMatchObject({ code: 'COMMAND_TOO_LARGE' });
    await stream.flush();
  });

  it('decides again what was not acknowledged when somebody else wrote', async () => {
    const stream = await open();
    await stream.record(command('a'), add([1]));
    await stream.record(command('b'), add([2], 10));
    await stream.record(command('c'), add([3]));
    const runner = new CommandRunner(store);
    await runner.execute(sampleDecider, id, command('theirs'), add([9]));
    await runner.execute(sampleDecider, id, command('a'), add([1]));
    const outcome = await stream.flush();
    expect(outcome.appended).toBe(1);
    expect(outcome.refused).toEqual([
      expect.objectContaining({
        commandId: command('b').commandId,
        error: expect.objectContaining({ code: 'SUM_TOO_LARGE' }),
      }),
    ]);
    expect(await sums()).toEqual([9, 10, 13]);
    expect(stream.state.sum).toBe(13);
    expect((await verifyChain(store.readStream(stream.stream))).broken).toEqual([]);
  });

  it('keeps two bulk writers of one stream in order', async () => {
    const fill = async (name: string) => {
      const stream = await open();
      for (let n = 0; n < 1_200; n++) await stream.record(command(`${name}${n}`), add([1]));
      return stream.flush();
    };
    const outcomes = await Promise.all([fill('x'), fill('y')]);
    expect(outcomes.map((o) => o.appended)).toEqual([1_200, 1_200]);
    expect(await sums()).toEqual(Array.from({ length: 2_400 }, (_, n) => n + 1));
  });

  it('keeps the chain when two processes record the same commands at the same time', async () => {
    const fill = async (clock: ManualClock) => {
      const stream = await new BulkWriter(store, clock).open(sampleDecider, community, id);
      for (let n = 0; n < 1_700; n++) await stream.record(command(`c${n}`), add([1]));
      return stream.flush();
    };
    await Promise.all([
      fill(new ManualClock('2026-01-01T00:00:00.000Z')),
      fill(new ManualClock('2026-01-02T00:00:00.000Z')),
    ]);
    expect(await sums()).toEqual(Array.from({ length: 1_700 }, (_, n) => n + 1));
    expect((await verifyChain(store.readStream(streamName('account', community, id)))).broken).toEqual([]);
  });

  it('loads and writes many streams side by side', async () => {
    const ids = Array.from({ length: 150 }, (_, n) => `${id}/${n}`);
    for (const round of [0, 1]) {
      const streams = await bulk.openAll(sampleDecider, community, ids);
      expect(streams.every((s) => s.state.events === round * 10)).toBe(true);
      await Promise.all(
        streams.map(async (stream, s) => {
          for (let n = 0; n < 10; n++) await stream.record(sampleCommand(community, [ids[s]!, round, n]), add([1]));
          await stream.flush();
        }),
      );
    }
    expect(await stored(ids[149])).toHaveLength(20);
  });
});
