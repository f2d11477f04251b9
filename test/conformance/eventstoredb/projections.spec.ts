import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  ABORTED,
  type EventStoreDBClient,
  FAULTED,
  RUNNING,
  STOPPED,
  StreamNotFoundError,
  jsonEvent,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, projects, startTarget } from './target.js';

/** Started before the tests are told: a node may run without projections. */
const target: Target = await startTarget();
const client: EventStoreDBClient = target.client;
const describeProjections = (await projects(client)) ? describe : describe.skip;

/** Names of the projections made, for a server that is kept. */
const made: string[] = [];
afterAll(async () => {
  for (const name of made) {
    await client.disableProjection(name).catch(() => undefined);
    await client.deleteProjection(name).catch(() => undefined);
  }
  await target.stop();
});

async function create(query: string, options: Parameters<EventStoreDBClient['createProjection']>[2] = {}) {
  const name = `projection-${randomUUID()}`;
  await client.createProjection(name, query, options);
  made.push(name);
  return name;
}

/** Asks until the answer satisfies, and gives the last answer: projections take their time. */
async function settled<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean): Promise<T> {
  for (const end = Date.now() + 30_000; ; await delay(50)) {
    const answer = await ask();
    if (satisfies(answer) || Date.now() > end) return answer;
  }
}

const statusOf = async (name: string): Promise<string> => (await client.getProjectionStatus(name)).projectionStatus;
const counting = (stream: string) => `fromStream("${stream}").when({
  $init() { return { count: 0 }; },
  Numbered(state, event) { state.count += event.data.n; return state; }
})`;

describeProjections('the state of a projection', () => {
  it('is folded from the events before and after it was made', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(4, 1));
    const name = await create(counting(stream));
    await client.appendToStream(stream, [...numbered(1, 10), ...numbered(1, 5, 'Other')]);
    const ask = () => client.getProjectionState<{ count: number }>(name);
    expect(await settled(ask, ({ count }) => count === 20)).toEqual({ count: 20 });
    expect(await client.getProjectionResult(name)).toEqual({ count: 20 });
  });

  it('may be a number', async () => {
    const stream = freshStream();
    const name = await create(
      `fromStream("${stream}").when({ $init() { return 0; }, Numbered(s, e) { return s + 1 } });`,
    );
    await client.appendToStream(stream, numbered(3));
    expect(
      await settled(
        () => client.getProjectionState<number>(name),
        (count) => count === 3,
      ),
    ).toBe(3);
  });

  it('is kept by stream of a category, also of streams of links', async () => {
    await client.enableProjection('$by_category');
    const category = `cat${randomUUID().slice(0, 8)}`;
    const source = freshStream('activities');
    await create(
      `fromStream("${source}").when({ $any: function (state, ev) { linkTo("${category}-" + ev.data.name, ev) } })`,
      { emitEnabled: true },
    );
    const name = await create(`fromCategory("${category}").foreachStream().when({
      "$init": function (state, ev) { return { naps: 0, snacks: 0 }; },
      "napped": function (state, ev) { state.naps++; },
      "snacked": function (state, ev) { state.snacks++; }
    });`);
    const events = (['a napped', 'b napped', 'a snacked', 'a napped'] as const).map((text) => {
      const [of, type] = text.split(' ') as [string, string];
      return jsonEvent({ type, data: { name: of } });
    });
    await client.appendToStream(source, events);
    const ask = () => client.getProjectionState<{ naps?: number }>(name, { partition: `${category}-a` });
    expect(await settled(ask, ({ naps }) => naps === 2)).toEqual({ naps: 2, snacks: 1 });
    expect(await client.getProjectionResult(name, { partition: `${category}-b` })).toEqual({ naps: 1, snacks: 0 });
  });

  it('is made a result', async () => {
    const stream = freshStream();
    const name = await create(`${counting(stream)}.transformBy(function (state) { return { total: state.count } })`);
    await client.appendToStream(stream, numbered(3, 1));
    const state = () => client.getProjectionState<{ count: number }>(name);
    await settled(state, ({ count }) => count === 6);
    expect(await client.getProjectionResult(name)).toEqual({ total: 6 });
  });
});

describeProjections('a projection that writes', () => {
  const emitting = (stream: string) =>
    `fromStream("${stream}").when({ Numbered(s, e) { emit("${stream}_emitted", "Emitted", { was: e.data.n }, {}); } });`;
  const read = (stream: string) =>
    collect(client.readStream(stream)).catch((error: unknown) => {
      if (error instanceof StreamNotFoundError) return [];
      throw error;
    });

  it.each([true, false])('notes its streams if asked to: %s', async (trackEmittedStreams) => {
    const stream = freshStream();
    const name = await create(emitting(stream), { emitEnabled: true, trackEmittedStreams });
    await client.appendToStream(stream, numbered(2, 7));
    const emitted = await settled(
      () => read(`${stream}_emitted`),
      ({ length }) => length === 2,
    );
    expect(emitted.map(({ event }) => [event!.type, event!.data])).toEqual([
      ['Emitted', { was: 7 }],
      ['Emitted', { was: 8 }],
    ]);
    const noted = await settled(
      () => read(`$projections-${name}-emittedstreams`),
      ({ length }) => length > 0 || !trackEmittedStreams,
    );
    expect(noted.slice(0, 1).map(({ event }) => event!.type)).toEqual(trackEmittedStreams ? ['$StreamTracked'] : []);
  });

  it('without leave is faulted', async () => {
    const stream = freshStream();
    const name = await create(emitting(stream));
    await client.appendToStream(stream, numbered(1));
    expect(
      await settled(
        () => statusOf(name),
        (status) => status.startsWith(FAULTED),
      ),
    ).toMatch(new RegExp(`^${FAULTED}`));
    expect(await read(`${stream}_emitted`)).toEqual([]);
  });
});

describeProjections('managing projections', () => {
  const query = 'fromAll().when({ $init: function (state, ev) { return { last: ev }; } });';

  it('disables, enables and aborts', async () => {
    const name = await create(query);
    expect(
      await settled(
        () => statusOf(name),
        (status) => status === RUNNING,
      ),
    ).toBe(RUNNING);
    await client.disableProjection(name);
    expect(await statusOf(name)).toBe(STOPPED);
    await client.enableProjection(name);
    expect(
      await settled(
        () => statusOf(name),
        (status) => status === RUNNING,
      ),
    ).toBe(RUNNING);
    await client.abortProjection(name);
    expect(await statusOf(name)).toBe(ABORTED);
  });

  it('goes on after it was disabled', async () => {
    const stream = freshStream();
    const name = await create(counting(stream));
    await client.appendToStream(stream, numbered(1, 3));
    const ask = () => client.getProjectionState<{ count: number }>(name);
    await settled(ask, ({ count }) => count === 3);
    await client.disableProjection(name);
    await client.appendToStream(stream, numbered(1, 4));
    await client.enableProjection(name);
    expect(await settled(ask, ({ count }) => count === 7)).toEqual({ count: 7 });
  });

  it('changes the query and resets', async () => {
    const name = await create(query);
    await client.updateProjection(name, query.replace('last: ev', 'last: ev, updated: true'));
    await client.updateProjection(name, query, { emitEnabled: true });
    await client.resetProjection(name);
    expect(
      await settled(
        () => statusOf(name),
        (status) => status === RUNNING,
      ),
    ).toBe(RUNNING);
  });

  it('lists them with those of the system, and makes each name once', async () => {
    const name = await create(query);
    const names = (await client.listProjections()).map((details) => details.name);
    expect(names).toEqual(expect.arrayContaining([name, '$streams', '$by_category', '$by_event_type']));
    await expect(client.createProjection(name, query)).rejects.toThrow();
    await client.disableProjection(name);
    await client.deleteProjection(name);
  });

  it.each<[string, (name: string) => Promise<unknown>]>([
    ['delete', (name) => client.deleteProjection(name)],
    ['disable', (name) => client.disableProjection(name)],
    ['abort', (name) => client.abortProjection(name)],
    ['enable', (name) => client.enableProjection(name)],
    ['reset', (name) => client.resetProjection(name)],
    ['update', (name) => client.updateProjection(name, query)],
    ['status', (name) => client.getProjectionStatus(name)],
    ['state', (name) => client.getProjectionState(name)],
    ['result', (name) => client.getProjectionResult(name)],
  ])('%s fails on one that is not there', async (_name, call) => {
    await expect(call(`missing-${randomUUID()}`)).rejects.toThrow(/NotFound|not.*(exist|found)/i);
  });
});
