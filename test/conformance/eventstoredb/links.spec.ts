import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import {
  BACKWARDS,
  END,
  type EventStoreDBClient,
  type LinkEvent,
  type ResolvedEvent,
  START,
  StreamNotFoundError,
  binaryEvent,
  jsonEvent,
} from '@eventstore/db-client';
import { type Target, collect, freshStream, numbered, projects, startTarget } from './target.js';

/** Started before the tests are told: a node may run without projections. */
const target: Target = await startTarget();
const client: EventStoreDBClient = target.client;
afterAll(() => target.stop());
const describeProjections = (await projects(client)) ? describe : describe.skip;

const link = (text: string) => binaryEvent({ type: '$>', data: Buffer.from(text) });

/** Reads until the stream has so many events: projections take their time. */
async function readWhen(stream: string, count: number): Promise<ResolvedEvent[]> {
  for (const end = Date.now() + 30_000; ; await delay(50)) {
    const events = await collect(client.readStream(stream, { resolveLinkTos: true })).catch((error: unknown) => {
      if (error instanceof StreamNotFoundError) return [];
      throw error;
    });
    if (events.length >= count || Date.now() > end) return events as ResolvedEvent[];
  }
}

describe('links', () => {
  it('are events of their own, or resolved to what they name', async () => {
    const stream = freshStream();
    const links = freshStream('links');
    await client.appendToStream(stream, numbered(3));
    await client.appendToStream(links, [link(`2@${stream}`), link(`0@${stream}`)]);
    const plain = await collect(client.readStream<LinkEvent>(links));
    expect(plain.map(({ event }) => event!.type)).toEqual(['$>', '$>']);
    const resolved = await collect(client.readStream(links, { resolveLinkTos: true }));
    expect(resolved.map(({ event }) => [event!.streamId, event!.revision])).toEqual([
      [stream, 2n],
      [stream, 0n],
    ]);
    expect(resolved[1]!.link).toMatchObject({ streamId: links, revision: 1n, type: '$>' });
    const position = plain[0]!.event!.position!;
    const [inAll] = await collect(client.readAll({ fromPosition: position, maxCount: 1, resolveLinkTos: true }));
    expect(inAll!.event).toMatchObject({ streamId: stream, revision: 2n });
    expect(inAll!.commitPosition).toBe(position.commit);
    const subscription = client.subscribeToStream(links, { fromRevision: START, resolveLinkTos: true });
    const [first] = await collect(subscription as AsyncIterable<ResolvedEvent>, 1);
    expect(first!.event).toMatchObject({ streamId: stream, revision: 2n });
    await subscription.unsubscribe();
  });

  it('to events that are gone have no event', async () => {
    const links = freshStream('links');
    await client.appendToStream(links, [link(`0@${freshStream()}`)]);
    const [event] = await collect(client.readStream(links, { resolveLinkTos: true }));
    expect(event!.event).toBeUndefined();
    expect(event!.link).toMatchObject({ streamId: links });
  });
});

describeProjections('system projections', () => {
  it('$by_category links the events of a category, before and after it is enabled', async () => {
    const category = `cat${randomUUID().slice(0, 8)}`;
    const streams = [`${category}-a`, `${category}-b`] as const;
    await client.appendToStream(streams[0], numbered(2));
    await client.enableProjection('$by_category');
    await client.appendToStream(streams[1], numbered(2));
    const events = await readWhen(`$ce-${category}`, 4);
    expect(events.map(({ event }) => [event!.streamId, event!.revision])).toEqual([
      [streams[0], 0n],
      [streams[0], 1n],
      [streams[1], 0n],
      [streams[1], 1n],
    ]);
    const { link: first, event } = events[0]!;
    expect((first!.metadata as { $causedBy: string }).$causedBy).toBe(event!.id);
    expect((await client.getProjectionStatus('$by_category')).projectionStatus).toBe('Running');
  });

  it('$by_event_type links the events of a type', async () => {
    const type = `Type${randomUUID().slice(0, 8)}`;
    await client.enableProjection('$by_event_type');
    const stream = freshStream();
    await client.appendToStream(stream, [...numbered(1, 0, type), ...numbered(1, 1, 'Other'), ...numbered(1, 2, type)]);
    const events = await readWhen(`$et-${type}`, 2);
    expect(events.map(({ event }) => event!.revision)).toEqual([0n, 2n]);
  });

  it('$by_correlation_id links by metadata', async () => {
    const $correlationId = randomUUID();
    await client.enableProjection('$by_correlation_id');
    const event = jsonEvent({ type: 'Correlated', data: {}, metadata: { $correlationId } });
    const stream = freshStream();
    await client.appendToStream(stream, event);
    const [linked] = await readWhen(`$bc-${$correlationId}`, 1);
    expect(linked!.event).toMatchObject({ streamId: stream, id: event.id });
  });

  it('are listed, stop when disabled and go on when enabled', async () => {
    const names = (await client.listProjections()).map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['$streams', '$stream_by_category', '$by_category', '$by_event_type']),
    );
    const { projectionStatus: before } = await client.getProjectionStatus('$streams');
    await client.enableProjection('$streams');
    await client.disableProjection('$streams');
    expect((await client.getProjectionStatus('$streams')).projectionStatus).toMatch(/Stopped/);
    const stream = freshStream();
    await client.appendToStream(stream, numbered(2));
    await client.enableProjection('$streams');
    const latest = { direction: BACKWARDS, fromRevision: END, maxCount: 500, resolveLinkTos: true } as const;
    const found = async (): Promise<number> => {
      const events = (await collect(client.readStream('$streams', latest)).catch(() => [])) as ResolvedEvent[];
      return events.filter(({ event }) => event?.streamId === stream).length;
    };
    for (const end = Date.now() + 30_000; (await found()) === 0 && Date.now() < end;) await delay(50);
    expect(await found()).toBe(1);
    if (before.startsWith('Stopped')) await client.disableProjection('$streams');
  });
});

describeProjections('projections of a query', () => {
  const remove = async (name: string): Promise<void> => {
    await client.disableProjection(name);
    await client.deleteProjection(name);
  };

  it('link events by what is in them', async () => {
    const [from, prefix] = [freshStream('from'), freshStream('to')];
    const query = `fromStream("${from}").when({
      $any: function (state, ev) {
        linkTo('${prefix}-' + ev.data.some, ev)
      }
    });`;
    const name = `projection-${from}`;
    await client.createProjection(name, query, { emitEnabled: true });
    const event = jsonEvent({ type: 'Linked', data: { some: 'thing' } });
    await client.appendToStream(from, event);
    await client.appendToStream(freshStream('other'), event);
    const [linked, ...others] = await readWhen(`${prefix}-thing`, 1);
    expect(linked!.event).toMatchObject({ streamId: from, id: event.id });
    expect((linked!.link!.metadata as { $causedBy: string }).$causedBy).toBe(event.id);
    expect(others).toHaveLength(0);
    await remove(name);
  });

  it('write events of their own, however long', async () => {
    const category = `cat${randomUUID().slice(0, 8)}`;
    const query = `fromCategory("${category}").when({
      $init() { return 0; },
      Trigger(s, e) { emit("${category}_out", "Emitted", { text: "r" + "e".repeat(3 * 1024 * 1024), of: e.streamId }, {}); }
    });`;
    await client.enableProjection('$by_category');
    const name = `projection-${category}`;
    await client.createProjection(name, query, { emitEnabled: true });
    await client.appendToStream(`${category}-1`, [...numbered(1), ...numbered(1, 1, 'Trigger'), ...numbered(1, 2)]);
    const [emitted] = await readWhen(`${category}_out`, 1);
    expect(emitted!.event).toMatchObject({ type: 'Emitted', isJson: true });
    expect((emitted!.event!.data as { text: string }).text).toHaveLength(3 * 1024 * 1024 + 1);
    expect((await client.getProjectionStatus(name)).projectionStatus).toBe('Running');
    await remove(name);
    const isThere = (): Promise<boolean> =>
      client.getProjectionStatus(name).then(
        () => true,
        () => false,
      );
    for (const end = Date.now() + 10_000; (await isThere()) && Date.now() < end;) await delay(50);
    expect(await isThere()).toBe(false);
  });
});
