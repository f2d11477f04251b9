import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ReadStore, type StoredDocument } from '#libs/read-store';
import { openTestStores, type TestStores } from '../../../../test/support/stores.js';
import { Drain } from '../drain.js';
import { MemorySource, put, sourceEvent } from '../engine.fixtures.js';
import type { AppendOnlyProjection, FoldedProjection, SourceEvent } from '../projection.js';
import { retryParked } from './retry-parked.js';

const END = 10n ** 9n;

/** What fails, as `<position> <key>` or `<position>`; empty once it is mended. */
const broken = new Set<string>();

function fail(...what: (bigint | string)[]): void {
  if (broken.has(what.join(' '))) throw new Error(`cannot fold ${what.join(' ')}`);
}

const shelves: FoldedProjection<{ items: readonly string[] }> = {
  name: 'shelves',
  version: 1,
  eventTypes: ['Put', 'Emptied'],
  indexes: [],
  keys: ({ position, data }) => {
    fail(position);
    return (data as { boxes: string[] }).boxes;
  },
  evolve: (doc, { position, data, type }, key) => {
    fail(position, key);
    if (type === 'Emptied') return undefined;
    return { items: [...(doc?.items ?? []), (data as { item: string }).item] };
  },
};

const entries: AppendOnlyProjection = {
  name: 'entries',
  version: 1,
  eventTypes: ['Put'],
  appendOnly: true,
  indexes: [],
  documents: ({ position, data }) => {
    fail(position);
    const { boxes, item } = data as { boxes: string[]; item: string };
    return boxes.map((box) => ({ item, box }));
  },
};

const projections = [shelves, entries];

describe('a parked sequence that is tried again, on a server', () => {
  let stores: TestStores;
  let store: ReadStore;
  let source: MemorySource;

  beforeAll(async () => {
    stores = await openTestStores();
    store = await ReadStore.connect(stores.mongodbUrl, { database: `retry_${randomUUID().slice(0, 8)}` });
  });
  beforeEach(() => start([]));
  afterAll(async () => {
    await store.dropDatabase();
    await store.close();
    await stores.close();
  });

  async function start(events: readonly SourceEvent[]): Promise<void> {
    await store.dropDatabase();
    broken.clear();
    source = new MemorySource();
    source.append(...events);
  }
  const fold = (to = END, maxBatchEvents = 3) =>
    new Drain({ source, stores: store, projections, maxBatchEvents }).catchUp(to);
  const shop = () => ({ store, source, projections });
  const heads = async () => {
    const found: string[] = [];
    for await (const { _id } of store.parked.listHeads()) found.push(_id);
    return found;
  };
  const contents = async () => {
    const of = (name: string) => store.collection<StoredDocument>(name).find({}).sort({ _id: 1 }).toArray();
    const waiting = (await of('parked')).filter((entry) => 'collection' in entry);
    return { shelves: await of('shelves.v1'), entries: await of('entries.v1'), waiting };
  };
  async function undisturbed(events: readonly SourceEvent[]) {
    await start(events);
    await fold(END, 500);
    return contents();
  }

  it('stands still until it is mended, and is then as if it had never failed', async () => {
    const history = [put(1, ['a'], 'cup'), put(2, ['a', 'b'], 'pen'), put(3, ['a'], 'hat'), put(4, ['b'], 'shoe')];
    const expected = await undisturbed(history);
    await start(history);
    broken.add('2 a').add('3 a');
    await fold();
    expect(await heads()).toEqual(['shelves.v1@2/0']);
    expect(await retryParked('shelves.v1@2/0', shop())).toMatchObject({
      folded: 0,
      parked: { id: 'shelves.v1@2/0', cause: 'Error: cannot fold 2 a' },
    });
    broken.delete('2 a');
    expect(await retryParked('shelves.v1@2/0', shop())).toMatchObject({
      folded: 1,
      parked: { id: 'shelves.v1@3/0', cause: 'Error: cannot fold 3 a' },
    });
    expect(await store.collection<StoredDocument>('shelves.v1').findOne({ _id: 'a' })).toMatchObject({
      items: ['cup', 'pen'],
      position: 2n,
      parked: { since: 3n, entry: 'shelves.v1@3/0' },
    });
    expect(await heads()).toEqual(['shelves.v1@3/0']);
    broken.clear();
    expect(await retryParked('shelves.v1@3/0', shop())).toMatchObject({ folded: 1, parked: null });
    expect(await contents()).toEqual(expected);
    expect((await store.liveCheckpoints([shelves]))[0]).not.toHaveProperty('parked');
    await expect(retryParked('shelves.v1@3/0', shop())).rejects.toMatchObject({ code: 'PARKED_EVENT_NOT_FOUND' });
  });

  it('folds a document again from its first event where others have gone on with it meanwhile', async () => {
    const elsewhere = { ...put(3, ['a'], 'from elsewhere'), stream: 'box-yard.2' };
    const history = [put(1, ['a'], 'cup'), put(2, ['a'], 'pen'), elsewhere, put(4, ['a'], 'hat')];
    const expected = await undisturbed(history);
    await start(history);
    broken.add('2');
    await fold();
    expect(await heads()).toEqual(['entries.v1@2/stream', 'shelves.v1@2/stream']);
    expect(await store.collection<StoredDocument>('shelves.v1').findOne({ _id: 'a' })).toMatchObject({
      items: ['cup', 'from elsewhere'],
    });
    broken.clear();
    for (const id of await heads()) await retryParked(id, shop());
    expect(await contents()).toEqual(expected);
  });

  it('goes through a queue that is longer than a page', async () => {
    const history = Array.from({ length: 703 }, (_, n) => put(n + 1, ['a'], `item ${n}`));
    const expected = await undisturbed(history);
    await start(history);
    broken.add('2 a').add('3').add('600 a');
    await fold(END, 200);
    broken.delete('2 a');
    broken.delete('3');
    for (const id of await heads()) await retryParked(id, shop());
    expect(await heads()).toEqual(['shelves.v1@600/0']);
    broken.clear();
    await retryParked('shelves.v1@600/0', shop());
    expect(await contents()).toEqual(expected);
  });

  it('any history with any failures, tried again at any time and cut off anywhere: as if nothing had ever failed', async () => {
    const step = fc.record({
      put: fc.boolean(),
      boxes: fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 2 }),
      stream: fc.constantFrom('box-yard.1', 'box-yard.2'),
      fails: fc.constantFrom('no', 'no', 'key', 'all', 'place'),
    });
    const retries = fc.array(fc.record({ upTo: fc.nat(14), mended: fc.nat(4), steps: fc.nat(14) }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), retries, async (steps, disturbed) => {
        const revisions = new Map<string, bigint>();
        const history = steps.map(({ put: isPut, boxes, stream }, n) => {
          const revision = revisions.get(stream) ?? 0n;
          revisions.set(stream, revision + 1n);
          const event = sourceEvent(n + 1, isPut ? 'Put' : 'Emptied', { boxes, item: `${n}` });
          return { ...event, stream, revision };
        });
        const expected = await undisturbed(history);
        await start(history);
        steps.forEach(({ fails, boxes }, n) => {
          if (fails === 'place') broken.add(`${n + 1}`);
          for (const box of fails === 'all' ? boxes : boxes.slice(0, 1))
            if (fails === 'all' || fails === 'key') broken.add(`${n + 1} ${box}`);
        });
        for (const { upTo, mended, steps: survived } of disturbed) {
          await fold(BigInt(upTo));
          for (const what of [...broken].slice(0, mended)) broken.delete(what);
          const cut = cutOff(store, survived);
          for (const id of await heads()) await retryParked(id, { ...shop(), store: cut }).catch(() => undefined);
        }
        await fold();
        broken.clear();
        for (let left = await heads(); left.length > 0; left = await heads()) {
          for (const id of left) await retryParked(id, shop()).catch(() => undefined);
        }
        expect(await contents()).toEqual(expected);
      }),
      { numRuns: 30 },
    );
  });
});

/** The store, whose writes fail after so many: before the write and after it in turn. */
function cutOff(store: ReadStore, survived: number): ReadStore {
  let left = survived;
  const wrapped = <T extends object>(target: T, names: readonly string[]): T =>
    new Proxy(target, {
      get: (of, name) => {
        const value = Reflect.get(of, name) as unknown;
        if (typeof value !== 'function') return value;
        const bound = value.bind(of) as (...args: unknown[]) => unknown;
        if (!names.includes(String(name))) return bound;
        return async (...args: unknown[]) => {
          left -= 1;
          if (left < 0 && left % 2 === 0) throw new Error('cut off before');
          const result = await bound(...args);
          if (left < 0) throw new Error('cut off after');
          return result;
        };
      },
    });
  return new Proxy(store, {
    get: (of, name) => {
      const value = Reflect.get(of, name) as unknown;
      if (typeof value !== 'function') return value;
      const bound = value.bind(of) as (...args: unknown[]) => object;
      if (name !== 'projectionStore') return bound;
      return (...args: unknown[]) =>
        wrapped(bound(...args), ['settle', 'insert', 'park', 'noteParked', 'moveHead', 'unpark']);
    },
  });
}
