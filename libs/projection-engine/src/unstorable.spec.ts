import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReadStore, type StoredDocument } from '#libs/read-store';
import { openTestStores, type TestStores } from '../../../test/support/stores.js';
import { Drain, type DrainOptions } from './drain.js';
import { MemorySource, sourceEvent } from './engine.fixtures.js';
import { retryParked } from './operations/retry-parked.js';
import type { AppendOnlyProjection, FoldedProjection, SourceEvent } from './projection.js';

const END = 10n ** 9n;
const HALF = 9 * 1024 * 1024;

interface Heaped {
  readonly heap: string;
  readonly size: number;
  readonly minor?: string;
}

/** Once it is mended, parts are kept short. */
let mended = false;
const partOf = ({ size }: Heaped): string => 'x'.repeat(mended ? Math.min(size, 10) : size);
const mostOf = ({ minor = '1' }: Heaped): bigint => (mended ? 1n : BigInt(minor));

/** Heaps that grow beyond what a server takes. */
const heaps: FoldedProjection<{ parts: readonly string[]; totalMinor: bigint }> = {
  name: 'heaps',
  version: 1,
  eventTypes: ['Heaped'],
  indexes: [],
  keys: ({ data }) => [(data as Heaped).heap],
  evolve: (doc, { data }) => ({
    parts: [...(doc?.parts ?? []), partOf(data as Heaped)],
    totalMinor: (doc?.totalMinor ?? 0n) + mostOf(data as Heaped),
  }),
};

const parts: AppendOnlyProjection = {
  name: 'parts',
  version: 1,
  eventTypes: ['Heaped'],
  appendOnly: true,
  indexes: [],
  documents: ({ data }) => [
    { note: 'of every event' },
    { part: partOf({ ...(data as Heaped), size: (data as Heaped).size * 2 }), minor: mostOf(data as Heaped) },
  ],
};

const heaped = (position: number, heap: string, size: number, minor?: bigint): SourceEvent =>
  sourceEvent(position, 'Heaped', { heap, size, ...(minor ? { minor: `${minor}` } : {}) }, `heap-yard.${heap}`);

const HISTORY = [
  heaped(1, 'a', HALF),
  heaped(2, 'b', 5),
  heaped(3, 'a', HALF),
  heaped(4, 'a', 6),
  heaped(5, 'b', 7),
  heaped(6, 'c', 8, 2n ** 62n),
  heaped(7, 'c', 9, 2n ** 62n),
  heaped(8, 'd', 1, 2n ** 63n),
  heaped(9, 'b', 9),
];

describe('a document that no server takes', () => {
  let stores: TestStores;
  let store: ReadStore;
  const source = new MemorySource();
  const projections = [heaps, parts];

  beforeAll(async () => {
    stores = await openTestStores();
    store = await ReadStore.connect(stores.mongodbUrl, { database: `large_${randomUUID().slice(0, 8)}` });
    source.append(...HISTORY);
  });
  beforeEach(async () => {
    mended = false;
    await store.dropDatabase();
  });
  afterAll(async () => {
    await store?.dropDatabase();
    await store?.close();
    await stores?.close();
  });

  const fold = (options: Partial<DrainOptions>): Promise<void> =>
    new Drain({ source, stores: store, projections, ...options }).catchUp(END);

  async function live(): Promise<void> {
    const stop = new AbortController();
    await new Drain({ source, stores: store, projections, maxBatchEvents: 4 }).live(
      stop.signal,
      (upTo) => upTo >= 9n && stop.abort(),
    );
  }

  const shown = (_: string, value: unknown): unknown => {
    if (typeof value === 'string' && value.startsWith('x') && value.length > 20) return `x × ${value.length}`;
    return typeof value === 'bigint' ? `${value}` : value;
  };

  async function documentsOf(name: string): Promise<string[]> {
    const found = await store.collection<StoredDocument>(name).find({}).sort({ _id: 1 }).toArray();
    return found.map((document) => JSON.stringify(document, shown));
  }

  async function everything() {
    const queued = await store
      .collection('parked')
      .find({ head: { $exists: true } })
      .sort({ _id: 1 })
      .toArray();
    return {
      heaps: await documentsOf('heaps.v1'),
      parts: await documentsOf('parts.v1'),
      parked: queued.map(({ _id, head, cause, stack, version }) => ({ _id, head, cause, stack: !!stack, version })),
      positions: [await store.livePosition(heaps), await store.livePosition(parts)],
      stale: await store.staleSince(heaps, { stream: 'heap-yard.a' }),
    };
  }

  it('is parked with its cause, at the event that makes it so; all else goes on, however it is folded', async () => {
    await fold({});
    const caughtUp = await everything();
    expect(caughtUp.positions).toEqual([9n, 9n]);
    expect(caughtUp.stale).toBe(3n);
    const heads = caughtUp.parked.filter(({ head }) => head);
    expect(heads).toEqual([
      expect.objectContaining({ _id: 'heaps.v1@3/0', stack: true, version: 1, cause: expect.stringMatching(/larger/) }),
      expect.objectContaining({ _id: 'heaps.v1@7/0', cause: expect.stringMatching(/beyond 64 bits/) }),
      expect.objectContaining({ _id: 'heaps.v1@8/0' }),
      expect.objectContaining({ _id: 'parts.v1@1/stream', cause: expect.stringMatching(/larger/) }),
      expect.objectContaining({ _id: 'parts.v1@8/stream', cause: expect.stringMatching(/beyond 64 bits/) }),
    ]);
    const [a, b] = caughtUp.heaps;
    expect(JSON.parse(a!)).toMatchObject({
      position: '1',
      parts: [`x × ${HALF}`],
      parked: { since: '3', entry: 'heaps.v1@3/0' },
    });
    expect(JSON.parse(b!)).toEqual({
      _id: 'b',
      position: '9',
      parts: ['xxxxx', 'xxxxxxx', 'xxxxxxxxx'],
      totalMinor: '3',
    });
    // Neither document of an event of which one cannot be stored.
    expect(caughtUp.parts.filter((line) => line.includes('heap-yard.a'))).toEqual([]);
    for (const folded of [() => fold({ maxBatchEvents: 1 }), live]) {
      await store.dropDatabase();
      await folded();
      expect(await everything()).toEqual(caughtUp);
    }
  }, 60_000);

  it('is as if it had never failed when it is tried again with code that keeps it small', async () => {
    await fold({});
    const shop = { store, source, projections };
    expect(await retryParked('heaps.v1@3/0', shop)).toMatchObject({ folded: 0, parked: { id: 'heaps.v1@3/0' } });
    mended = true;
    for (const entry of ['heaps.v1@3/0', 'heaps.v1@7/0', 'heaps.v1@8/0', 'parts.v1@1/stream', 'parts.v1@8/stream'])
      expect(await retryParked(entry, shop)).toMatchObject({ parked: null });
    const { heaps: folded, parked, stale } = await everything();
    expect([parked, stale]).toEqual([[], undefined]);
    expect(JSON.parse(folded[0]!)).toMatchObject({ position: '4', parts: [`x × ${HALF}`, 'x'.repeat(10), 'xxxxxx'] });
  }, 60_000);
});
