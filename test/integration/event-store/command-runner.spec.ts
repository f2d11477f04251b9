import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandRunner, EventStore, Upcasters, verifyChain, type StoredEvent } from '#libs/event-store';
import { ManualClock, streamName, type Json } from '#libs/kernel';
import { add, sampleCommand, sampleDecider, type SampleState } from '../../support/sample-decider.js';
import { openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';

let server: TestEventStore;
let store: EventStore;
let runner: CommandRunner;
let other: CommandRunner;
let clock: ManualClock;
let id: string;
let counter = 0;
const community = uniqueCommunity();

beforeAll(async () => {
  server = await openTestEventStore();
  store = EventStore.connect(server.eventstoreUrl);
});

afterAll(async () => {
  await store.close();
  await server.close();
});

beforeEach(() => {
  clock = new ManualClock('2026-05-01T00:00:00.000Z');
  runner = new CommandRunner(store, clock);
  other = new CommandRunner(store, clock);
  id = `r${++counter}`;
});

interface RunOptions {
  by?: CommandRunner;
  limit?: number;
  input?: string;
  ifRevision?: bigint;
}

const run = (key: string, amounts: number[], options: RunOptions = {}) =>
  (options.by ?? runner).execute(
    sampleDecider,
    id,
    {
      ...sampleCommand(community, [id, key], options.input ?? key),
      ...(options.ifRevision === undefined ? {} : { ifRevision: options.ifRevision }),
    },
    add(amounts, options.limit),
  );

async function stored(): Promise<StoredEvent[]> {
  const events: StoredEvent[] = [];
  for await (const page of store.readStream(streamName('account', community, id))) events.push(...page);
  return events;
}

const sums = async () => (await stored()).map((e) => (e.data as { sum: number }).sum);

describe('CommandRunner', () => {
  it('does nothing on a stream that has moved on since the caller looked; a repetition still gets its first answer', async () => {
    const moved = expect.objectContaining({ code: 'REVISION_CHANGED' });
    await expect(run('early', [1], { ifRevision: 0n })).rejects.toEqual(moved);
    await run('a', [1], { ifRevision: -1n });
    await run('b', [1], { by: other });
    await expect(run('c', [1], { ifRevision: 0n })).rejects.toEqual(moved);
    expect(await run('c', [1], { ifRevision: 1n })).toMatchObject({ revision: 2n, repeated: false });
    expect(await run('c', [1], { ifRevision: 1n })).toMatchObject({ revision: 2n, repeated: true });
    expect(await sums()).toHaveLength(3);
  });

  it('loads, decides, appends, and answers with revision and position', async () => {
    const result = await run('a', [1, 2]);
    expect(result).toMatchObject({ revision: 1n, repeated: false, stream: streamName('account', community, id) });
    expect(result.events).toEqual([
      { type: 'AmountAdded', revision: 0n },
      { type: 'AmountAdded', revision: 1n },
    ]);
    const events = await stored();
    expect(events[1]!.position).toBe(result.position);
    expect(events[0]!.metadata).toMatchObject({
      communityId: community,
      schemaVersion: 1,
      actor: { id: 'tester', role: 'test' },
    });
    expect((await run('b', [3])).revision).toBe(2n);
    expect(await sums()).toEqual([1, 3, 6]);
  });

  it('gives the first result again for the same command, from the cache or not', async () => {
    const first = await run('a', [1, 2]);
    await run('b', [5]);
    const again = { ...first, repeated: true };
    expect(await run('a', [1, 2])).toEqual(again);
    expect(await run('a', [1, 2], { by: other })).toEqual(again);
    expect(await stored()).toHaveLength(3);
  });

  it('refuses a command id that was used with another input', async () => {
    await run('a', [1]);
    await expect(run('a', [1], { input: 'changed' })).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    await expect(run('a', [1], { input: 'changed', by: other })).rejects.toMatchObject({ code: 'COMMAND_ID_REUSED' });
    expect(await stored()).toHaveLength(1);
  });

  it('does not remember a refusal', async () => {
    await expect(run('a', [10], { limit: 5 })).rejects.toMatchObject({ code: 'SUM_TOO_LARGE' });
    expect((await run('a', [10], { limit: 20 })).repeated).toBe(false);
  });

  it('decides again on what others wrote', async () => {
    await run('a', [1]);
    await run('b', [2], { by: other });
    await run('c', [4]);
    expect(await sums()).toEqual([1, 3, 7]);
  });

  it('notices that another process ran the very same command', async () => {
    await run('a', [1]);
    clock.advance(1_000);
    const result = await run('b', [2], { by: other });
    clock.advance(1_000);
    // The server takes the events for a repetition, for their ids are the same; they are not what is stored.
    expect(await run('b', [2])).toMatchObject({ revision: result.revision, position: result.position });
    clock.advance(1_000);
    expect(await run('b', [2])).toEqual({ ...result, repeated: true });
    await run('c', [3]);
    expect(await stored()).toHaveLength(3);
    expect((await verifyChain(store.readStream(result.stream))).broken).toEqual([]);
  });

  it('keeps the chain when two processes run the same commands at the same time', async () => {
    for (let n = 0; n < 30; n++) {
      clock.advance(1);
      const one = run(`k${n}`, [1, 1]);
      clock.advance(1);
      await Promise.all([one, run(`k${n}`, [1, 1], { by: other })]);
    }
    expect(await sums()).toEqual(Array.from({ length: 60 }, (_, n) => n + 1));
    expect((await verifyChain(store.readStream(streamName('account', community, id)))).broken).toEqual([]);
  });

  it('confirms a refusal and a nothing-to-do on cached state by reading first', async () => {
    await run('a', [9]);
    await run('b', [-9], { by: other });
    expect((await run('c', [2], { limit: 5 })).revision).toBe(2n);
    await run('d', [100], { by: other });
    const onlyIfLarge = (state: SampleState) => (state.sum > 50 ? add([1])(state) : []);
    const result = await runner.execute(sampleDecider, id, sampleCommand(community, [id, 'e']), onlyIfLarge);
    expect(result.events).toHaveLength(1);
  });

  it('answers nothing-to-do with the position that it saw', async () => {
    const last = await run('a', [1]);
    expect(await run('b', [])).toEqual({
      stream: last.stream,
      revision: 0n,
      position: last.position,
      events: [],
      recorded: [],
      repeated: false,
    });
    expect(await run('b', [7])).toMatchObject({ repeated: false, revision: 1n });
  });

  it('keeps the order of parallel commands on one stream, from two processes too', async () => {
    const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
    const results = await Promise.all(keys.map((key, n) => run(key, [1], { by: n % 2 ? runner : other })));
    expect(new Set(results.map((r) => r.revision)).size).toBe(40);
    expect(await sums()).toEqual(keys.map((_, n) => n + 1));
    expect((await verifyChain(store.readStream(streamName('account', community, id)))).broken).toEqual([]);
  });

  it('never lets recordedAt decrease, whatever the clock does', async () => {
    await run('a', [1]);
    clock.set('2020-01-01T00:00:00.000Z');
    await run('b', [1]);
    await run('c', [1], { by: other });
    clock.set('2026-05-02T00:00:00.000Z');
    await run('d', [1]);
    expect((await stored()).map((e) => e.metadata.recordedAt.slice(0, 10))).toEqual([
      '2026-05-01',
      '2026-05-01',
      '2026-05-01',
      '2026-05-02',
    ]);
  });

  it('leaves a whole state after a decision that throws anything', async () => {
    await run('a', [1]);
    const broken = () => {
      throw new TypeError('a bug');
    };
    await expect(runner.execute(sampleDecider, id, sampleCommand(community, [id, 'x']), broken)).rejects.toThrow(
      TypeError,
    );
    const bigint = () => [{ ...add([1])({ sum: 0, events: 0 })[0]!, data: { amount: 1n, sum: 1n } as never }];
    await expect(runner.execute(sampleDecider, id, sampleCommand(community, [id, 'y']), bigint)).rejects.toMatchObject({
      code: 'EVENT_NOT_JSON',
    });
    await run('b', [1]);
    expect(await sums()).toEqual([1, 2]);
  });

  it('refuses a command that no append can hold', async () => {
    const huge = () => [
      { ...add([1])({ sum: 0, events: 0 })[0]!, data: { amount: 1, sum: 1, text: 'x'.repeat(1_100_000) } },
    ];
    await expect(runner.execute(sampleDecider, id, sampleCommand(community, [id, 'h']), huge)).rejects.toMatchObject({
      code: 'COMMAND_TOO_LARGE',
    });
    expect((await run('a', [1])).revision).toBe(0n);
  });

  it('keeps the states of two contexts that fold the same stream apart', async () => {
    const counting: typeof sampleDecider = {
      ...sampleDecider,
      evolve: (state) => ({ sum: 0, events: state.events + 10 }),
    };
    await run('a', [5]);
    await runner.execute(counting, id, sampleCommand(community, [id, 'b']), add([1]));
    await run('c', [2]);
    expect(await runner.inspect(counting, community, id, (state) => state)).toEqual({ sum: 0, events: 30 });
    expect(await runner.inspect(sampleDecider, community, id, (state) => state)).toEqual({ sum: 8, events: 3 });
  });

  it('shows the present state, others included', async () => {
    await run('a', [1]);
    await run('b', [2], { by: other });
    expect(await runner.inspect(sampleDecider, community, id, (state) => state.sum)).toBe(3);
    expect(await runner.inspect(sampleDecider, community, 'nobody', (state) => state.sum)).toBe(0);
  });

  it('folds old versions through their upcasters', async () => {
    await run('a', [1]);
    const double = {
      type: 'AmountAdded',
      fromVersion: 1,
      upcast: (data: Json) => ({ ...(data as { sum: number }), amount: 100 }),
    };
    const upcasting = new CommandRunner(store, clock, new Upcasters([double]));
    expect(await upcasting.inspect(sampleDecider, community, id, (state) => state.sum)).toBe(100);
    await run('b', [5], { by: upcasting });
    expect((await stored())[1]!.metadata.schemaVersion).toBe(2);
    expect((await stored())[1]!.data).toEqual({ amount: 5, sum: 105 });
    await expect(
      new CommandRunner(store, clock).inspect(sampleDecider, community, id, (s) => s.sum),
    ).rejects.toMatchObject({ code: 'EVENT_VERSION_UNKNOWN' });
  });
});
