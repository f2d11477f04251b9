import { describe, expect, it } from '@jest/globals';
import { Drain } from './drain.js';
import { boxes, lines, MemorySource, MemoryStores, put } from './engine.fixtures.js';
import type { SourceEvent } from './projection.js';
import { Unwritten, type Deferral } from './unwritten.js';

const HISTORY = Array.from({ length: 40 }, (_, n) => put(n + 1, [`box ${n % 3}`], `item ${n}`));

function catchUp(stores: MemoryStores, deferral: Deferral, history: readonly SourceEvent[] = HISTORY): Promise<void> {
  const source = new MemorySource();
  source.append(...history);
  const cut = { maxBatchEvents: 2, pageSize: 2, checkpointIntervalMs: 0, deferral };
  return new Drain({ source, stores, projections: [boxes, lines], ...cut }).catchUp(100n);
}

async function withEachBatch(history: readonly SourceEvent[] = HISTORY): Promise<string> {
  const stores = new MemoryStores();
  await catchUp(stores, { events: 1, documents: 1, bytes: 1_000_000, packBytes: 1_000_000 }, history);
  return stores.digest(boxes, lines);
}

describe('a catch-up', () => {
  it.each([
    ['events', { events: 10, documents: 1_000, bytes: 1_000_000, packBytes: 1_000_000 }],
    ['documents', { events: 1_000, documents: 3, bytes: 1_000_000, packBytes: 1_000_000 }],
  ])('writes documents that change every so many %s, and the checkpoint waits for them', async (_what, deferral) => {
    const stores = new MemoryStores();
    let writes = 0;
    stores.interrupt = (step, when, name) => {
      if (name !== 'boxes.v1' || when !== 'before') return;
      if (step === 'replace') writes += 1;
      if (step !== 'checkpoint') return;
      const items = stores.documents(boxes).flatMap((box) => box['items'] as string[]);
      expect(items.length).toBeGreaterThanOrEqual(Number(stores.checkpoints.get(name)?.position ?? 0n));
    };
    await catchUp(stores, deferral);
    expect(writes).toBeGreaterThan(2);
    expect(writes).toBeLessThan(15);
    expect(stores.digest(boxes, lines)).toBe(await withEachBatch());
  });

  it('writes at once what parks: nobody finds a queue without its mark', async () => {
    const history = [...HISTORY, put(41, ['box 1'], 'poison'), put(42, ['box 1'], 'later'), put(43, ['box 2'], 'hat')];
    const stores = new MemoryStores();
    const seen: unknown[] = [];
    stores.interrupt = (step, when, name) => {
      if (step === 'load' && when === 'before' && stores.parked.size > 0 && name === 'boxes.v1') {
        seen.push(stores.documents(boxes).find(({ parked }) => parked)?._id);
      }
    };
    await catchUp(stores, { events: 1_000, documents: 1_000, bytes: 1_000_000, packBytes: 1_000_000 }, [
      ...history,
      put(44, ['box 9'], 'cup'),
    ]);
    expect(seen).toEqual(['box 1']);
    expect(new Set([...stores.parked.values()].map(({ position }) => position))).toEqual(new Set([41n, 42n]));
  });

  it('goes on from its checkpoint, and writes with each batch, when somebody else folds too', async () => {
    const stores = new MemoryStores();
    let others = 0;
    stores.interrupt = (step, when, name) => {
      const box = stores.collections.get(name)?.get('box 0');
      if (step !== 'replace' || when !== 'before' || !box || (others += 1) > 1) return;
      stores.collections.get(name)!.set('box 0', { ...box, position: 31n, items: ['theirs'], totalMinor: 1n });
    };
    await catchUp(stores, { events: 10, documents: 1_000, bytes: 1_000_000, packBytes: 1_000_000 });
    // What they have folded is in it already; what comes after is folded on top of it.
    expect(stores.documents(boxes)[0]).toMatchObject({
      position: 40n,
      items: ['theirs', 'item 33', 'item 36', 'item 39'],
    });
    expect(stores.checkpoints.get('boxes.v1')).toMatchObject({ position: 40n, counts: { Put: 40n } });
  });
});

describe('what is not written yet', () => {
  it('is found as it was folded last, also while an earlier state is being written', async () => {
    const unwritten = new Unwritten();
    const stores = new MemoryStores();
    unwritten.add(
      [
        { _id: 'a', position: 1n },
        { _id: 'b', position: 1n },
      ],
      2,
    );
    const writing = unwritten.write(stores.projectionStore(boxes), () => undefined);
    unwritten.add([{ _id: 'a', position: 2n }], 1);
    expect([unwritten.find('a'), unwritten.find('b'), unwritten.isEmpty]).toEqual([
      { _id: 'a', position: 2n },
      { _id: 'b', position: 1n },
      false,
    ]);
    expect(await writing).toBe(2);
    expect([
      unwritten.find('b'),
      unwritten.exceeds({ events: 2, documents: 2, bytes: 1_000_000, packBytes: 1_000_000 }),
    ]).toEqual([undefined, false]);
    expect(stores.documents(boxes)).toEqual([
      { _id: 'a', position: 1n },
      { _id: 'b', position: 1n },
    ]);
  });
});
