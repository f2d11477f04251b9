import { describe, expect, it } from '@jest/globals';
import { DocumentCache } from './document-cache.js';
import { Drain } from './drain.js';
import { boxes, MemorySource, MemoryStores, put } from './engine.fixtures.js';

const document = (id: string, position = 1n) => ({ _id: id, position });

describe('the cache of documents', () => {
  it('keeps the last state of each, until it is dropped', () => {
    const cache = new DocumentCache();
    cache.keep(document('a'), 10);
    cache.keep(document('a', 2n), 10);
    cache.keep(document('b'), 10);
    expect([cache.find('a'), cache.find('b'), cache.find('c')]).toEqual([document('a', 2n), document('b'), undefined]);
    cache.drop('a');
    expect(cache.find('a')).toBeUndefined();
    cache.keep(document('a', 3n), 10);
    expect(cache.find('a')).toEqual(document('a', 3n));
  });

  it('is bounded, whatever is dropped and kept again', () => {
    const cache = new DocumentCache({ documents: 10, bytes: 1_000 });
    for (let n = 0; n < 1_000; n += 1) {
      cache.keep(document(`${n % 25}`), 10);
      if (n % 3 === 0) cache.drop(`${n % 25}`);
    }
    const kept = Array.from({ length: 25 }, (_, n) => cache.find(`${n}`)).filter(Boolean);
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(cache.find(`${999 % 25}`)).toBeUndefined();
    cache.keep(document('last'), 10);
    expect(cache.find('last')).toBeDefined();
  });

  it('still knows some where a few too many take turns', () => {
    const cache = new DocumentCache({ documents: 100, bytes: 10_000 });
    let known = 0;
    for (let n = 0; n < 1_200; n += 1) {
      const id = `${n % 120}`;
      if (cache.find(id)) known += 1;
      cache.keep(document(id), 10);
    }
    expect(known).toBeGreaterThan(500);
  });
});

describe('a lane', () => {
  const history = [put(1, ['a'], 'cup'), put(2, ['a', 'b'], 'hat'), put(3, ['a'], 'pen'), put(4, ['a'], 'shoe')];

  async function folded(stores: MemoryStores): Promise<void> {
    const source = new MemorySource();
    source.append(...history);
    const cut = {
      maxBatchEvents: 1,
      pageSize: 1,
      deferral: { events: 1, documents: 1, bytes: 1_000_000, packBytes: 1_000_000 },
    };
    await new Drain({ source, stores, projections: [boxes], ...cut }).catchUp(100n);
  }

  it('loads a document once, and goes on from what it has written', async () => {
    const stores = new MemoryStores();
    stores.interrupt = (step) => {
      // Whoever loads anew after the first write finds nothing: the folds must come from what was written.
      if (step === 'load' && stores.collections.get('boxes.v1')?.has('a')) {
        const hidden = stores.collections.get('boxes.v1')!.get('a')!;
        stores.collections.get('boxes.v1')!.delete('a');
        queueMicrotask(() => stores.collections.get('boxes.v1')!.set('a', hidden));
      }
    };
    await folded(stores);
    expect(stores.documents(boxes)).toMatchObject([
      { _id: 'a', position: 4n, items: ['cup', 'hat', 'pen', 'shoe'] },
      { _id: 'b', position: 2n, items: ['hat'] },
    ]);
  });

  it('does not trust it any more once a guard has refused a write: somebody else folds, too', async () => {
    const expected = new MemoryStores();
    await folded(expected);
    const stores = new MemoryStores();
    const loads: string[] = [];
    stores.interrupt = (step, when) => {
      if (step === 'load' && when === 'before') loads.push('load');
      const boxesNow = stores.collections.get('boxes.v1');
      if (step !== 'replace' || when !== 'before' || boxesNow?.get('a')?.position !== 1n) return;
      // The other one is further: its document has the event of position 2, and a mark that tells it apart.
      boxesNow.set('a', { ...boxesNow.get('a')!, position: 2n, items: ['cup', 'hat'], totalMinor: 99n });
    };
    await folded(stores);
    const [a] = stores.documents(boxes);
    const [undisturbed] = expected.documents(boxes);
    expect(a).toMatchObject({ position: 4n, items: ['cup', 'hat', 'pen', 'shoe'] });
    // Folded on from the other one's, not from what was thought to be stored.
    expect(a!['totalMinor']).not.toBe(undisturbed!['totalMinor']);
  });

  it('asks an empty collection for nothing, and one that holds documents for each that it meets', async () => {
    const stores = new MemoryStores();
    await folded(stores);
    expect(stores.asked).toEqual([]);
    stores.checkpoints.clear();
    await folded(stores);
    expect(new Set(stores.asked)).toEqual(new Set(['a', 'b']));
  });
});
