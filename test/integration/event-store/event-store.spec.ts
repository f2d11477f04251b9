import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore, verifyChain, type StoredEvent } from '#libs/event-store';
import { streamName } from '#libs/kernel';
import { sampleEvents } from '../../support/sample-events.js';
import { openTestEventStore, uniqueCommunity, type TestEventStore } from '../../support/stores.js';

let server: TestEventStore;
let store: EventStore;
const community = uniqueCommunity();
let counter = 0;
const freshStream = () => streamName('account', community, `阴湖/${++counter}`);

beforeAll(async () => {
  server = await openTestEventStore();
  store = EventStore.connect(server.eventstoreUrl);
});

afterAll(async () => {
  await store.close();
  await server.close();
});

async function all<T>(pages: AsyncIterable<T[]>): Promise<T[]> {
  const items: T[] = [];
  for await (const page of pages) items.push(...page);
  return items;
}

describe('EventStore', () => {
  it('appends and reads back exactly what was encoded', async () => {
    const stream = freshStream();
    const { events, head } = sampleEvents(stream, 3, undefined, (n) => ({
      n,
      text: '物业费 "x" \u0007 𠀀',
      list: [null, true, { a: 1 }],
    }));
    const result = await store.append(stream, 'no_stream', events);
    expect(result.revision).toBe(2n);
    const read = await all(store.readStream(stream));
    expect(read.map((e) => e.revision)).toEqual([0n, 1n, 2n]);
    expect(read.map((e) => e.id)).toEqual(events.map((e) => e.id));
    expect(read[1]!.data).toEqual(JSON.parse(events[1]!.dataText));
    expect(read[1]!.metadata).toEqual(JSON.parse(events[1]!.metadataText));
    expect(read[2]!.metadata.hash).toBe(head.hash);
    expect(read[2]!.position).toBe(result.position);
    expect((await verifyChain(store.readStream(stream))).broken).toEqual([]);
  });

  it('gives nothing for a stream that does not exist', async () => {
    expect(await all(store.readStream(freshStream()))).toEqual([]);
    expect(await all(store.readStream(freshStream(), { direction: 'backwards', limit: 1 }))).toEqual([]);
  });

  it('reads pages from a revision, both ways, with a limit', async () => {
    const stream = freshStream();
    await store.append(stream, 'no_stream', sampleEvents(stream, 25).events);
    const pages: StoredEvent[][] = [];
    for await (const page of store.readStream(stream, { fromRevision: 3n, pageSize: 10 })) pages.push(page);
    expect(pages.map((page) => page.length)).toEqual([10, 10, 2]);
    expect(pages[0]![0]!.revision).toBe(3n);
    const back = await all(store.readStream(stream, { direction: 'backwards', limit: 4 }));
    expect(back.map((e) => e.revision)).toEqual([24n, 23n, 22n, 21n]);
    const middle = await all(store.readStream(stream, { direction: 'backwards', fromRevision: 2n }));
    expect(middle.map((e) => e.revision)).toEqual([2n, 1n, 0n]);
    expect(await all(store.readStream(stream, { fromRevision: 25n }))).toEqual([]);
  });

  it('refuses a wrong expected revision, and says what the stream has', async () => {
    const stream = freshStream();
    const first = sampleEvents(stream, 2);
    await store.append(stream, 'no_stream', first.events);
    const second = sampleEvents(stream, 1);
    await expect(store.append(stream, 'no_stream', second.events)).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
      expected: -1n,
      actual: 0n,
    });
    await expect(store.append(stream, 7n, second.events)).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
      expected: 7n,
      actual: 1n,
    });
    await expect(store.append(freshStream(), 0n, second.events)).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
      actual: -1n,
    });
    expect(await all(store.readStream(stream))).toHaveLength(2);
  });

  it('throws on a wrong revision even if the connection string says otherwise', async () => {
    const lax = EventStore.connect(`${server.eventstoreUrl}&throwOnAppendFailure=false`);
    const stream = freshStream();
    await lax.append(stream, 'no_stream', sampleEvents(stream, 1).events);
    await expect(lax.append(stream, 'no_stream', sampleEvents(stream, 1).events)).rejects.toMatchObject({
      code: 'WRONG_EXPECTED_REVISION',
    });
    await lax.close();
  });

  it('recognises the same events at the same revision, even after others followed', async () => {
    const stream = freshStream();
    const first = sampleEvents(stream, 2);
    const result = await store.append(stream, 'no_stream', first.events);
    await store.append(stream, 1n, sampleEvents(stream, 1, first.head).events);
    expect(await store.append(stream, 'no_stream', first.events)).toEqual(result);
    expect(await all(store.readStream(stream))).toHaveLength(3);
  });

  it('never appends blindly: no empty append, no foreign stream, nothing over the limit', async () => {
    const stream = freshStream();
    await expect(store.append(stream, 'no_stream', [])).rejects.toMatchObject({ code: 'NOTHING_TO_APPEND' });
    await expect(store.append('$settings', 'no_stream', sampleEvents(stream, 1).events)).rejects.toMatchObject({
      code: 'STREAM_NAME_INVALID',
    });
    expect(() => store.readStream('other')).toThrow(expect.objectContaining({ code: 'STREAM_NAME_INVALID' }));
    const { events } = sampleEvents(stream, 1, undefined, () => ({ text: '字'.repeat(340_000) }));
    await expect(store.append(stream, 'no_stream', events)).rejects.toMatchObject({ code: 'COMMAND_TOO_LARGE' });
  });

  it('takes an append of almost the largest size', async () => {
    const stream = freshStream();
    const { events } = sampleEvents(stream, 500, undefined, (n) => ({ n, text: '字'.repeat(400) }));
    expect(events.reduce((sum, e) => sum + e.bytes, 0)).toBeGreaterThan(900_000);
    await store.append(stream, 'no_stream', events);
    expect((await verifyChain(store.readStream(stream))).events).toBe(500);
  });

  it('refuses a BigInt (and anything else that is not JSON) before anything is sent', () => {
    const stream = freshStream();
    expect(() => sampleEvents(stream, 1, undefined, () => ({ amount: 1n }) as never)).toThrow(
      expect.objectContaining({ code: 'EVENT_NOT_JSON' }),
    );
  });

  it('reads all domain events after a position, filtered by type on the server', async () => {
    const before = await store.headPosition();
    const streams = [freshStream(), freshStream()];
    for (const stream of streams) await store.append(stream, 'no_stream', sampleEvents(stream, 7).events);
    const mine = (events: StoredEvent[]) => events.filter((e) => streams.includes(e.stream));
    const read = mine(await all(store.readAll({ after: before, pageSize: 3 })));
    expect(read).toHaveLength(14);
    expect(read.map((e) => e.position)).toEqual([...read.map((e) => e.position)].sort((a, b) => (a < b ? -1 : 1)));
    expect(read.every((e) => e.position > before)).toBe(true);
    expect(await all(store.readAll({ after: before, types: ['Nothing', 'Sample'] }))).toEqual([]);
    expect(mine(await all(store.readAll({ after: before, types: ['SampleHappened'] })))).toHaveLength(14);
    const tail = await all(store.readAll({ after: read[4]!.position, limit: 2 }));
    expect(tail[0]!.position).toBeGreaterThan(read[4]!.position);
    expect(tail).toHaveLength(2);
    expect(await store.headPosition()).toBeGreaterThanOrEqual(read[13]!.position);
  });

  it('stops when its signal is aborted', async () => {
    const stream = freshStream();
    await store.append(stream, 'no_stream', sampleEvents(stream, 10).events);
    const abort = new AbortController();
    const read = (async () => {
      for await (const _page of store.readStream(stream, { pageSize: 2, signal: abort.signal })) abort.abort();
    })();
    await expect(read).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('keeps many appends to many streams apart', async () => {
    const streams = Array.from({ length: 200 }, freshStream);
    const results = await Promise.all(streams.map((s) => store.append(s, 'no_stream', sampleEvents(s, 3).events)));
    expect(results.every((r) => r.revision === 2n)).toBe(true);
    for (const stream of streams.slice(0, 10)) expect((await verifyChain(store.readStream(stream))).broken).toEqual([]);
  });
});
