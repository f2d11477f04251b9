import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Drain } from './drain.js';
import {
  boxes,
  emptied,
  lines,
  MemorySource,
  MemoryStores,
  put,
  sourceEvent,
  type StoreStep,
} from './engine.fixtures.js';
import type { Projection, SourceEvent } from './projection.js';

const projections: readonly Projection[] = [boxes, lines];
const END = 10n ** 9n;

const HISTORY = [
  put(1, ['a'], 'cup'),
  put(2, ['a', 'b'], 'pen', '700'),
  sourceEvent(3, 'Seen', {}),
  emptied(5, ['a']),
  put(6, ['b', 'c'], 'hat'),
  emptied(8, ['never-used']),
  put(9, ['a'], 'shoe'),
  put(12, ['c'], 'coin', '1'),
  emptied(13, ['c']),
];

function sourceOf(events: readonly SourceEvent[]): MemorySource {
  const source = new MemorySource();
  source.append(...events);
  return source;
}

function drainOf(source: MemorySource, stores: MemoryStores, maxBatchEvents = 2, pageSize = 3): Drain {
  const deferral = { events: 2 * maxBatchEvents, documents: 3, bytes: 1_000_000, packBytes: 1_000_000 };
  return new Drain({ source, stores, projections, maxBatchEvents, pageSize, deferral, checkpointIntervalMs: 0 });
}

async function undisturbed(events: readonly SourceEvent[]): Promise<string> {
  const stores = new MemoryStores();
  await drainOf(sourceOf(events), stores, 1_000).catchUp(END);
  return stores.digest(...projections);
}

describe('a drain that catches up', () => {
  it('folds each event into its documents, with the position of the last', async () => {
    const stores = new MemoryStores();
    await drainOf(sourceOf(HISTORY), stores).catchUp(END);
    expect(stores.documents(boxes)).toEqual([
      { _id: 'a', position: 9n, items: ['shoe'], totalMinor: 5n },
      { _id: 'b', position: 6n, items: ['pen', 'hat'], totalMinor: 705n },
      { _id: 'c', position: 13n, removed: true },
      { _id: 'never-used', position: 8n, removed: true },
    ]);
    expect(stores.documents(lines)[0]).toEqual({ _id: 'box-yard.1@1/0', position: 1n, item: 'cup', box: 'a' });
    expect(stores.documents(lines)).toHaveLength(7);
  });

  it('keeps in each checkpoint what that projection has folded, and passes what it does not handle', async () => {
    const stores = new MemoryStores();
    await drainOf(sourceOf(HISTORY), stores).catchUp(END);
    expect(stores.checkpoints.get('lines.v1')).toMatchObject({
      position: 13n,
      counts: { Put: 5n },
      sums: { Put: { CNY: '716' } },
    });
    expect(stores.checkpoints.get('boxes.v1')).toMatchObject({ position: 13n, counts: { Emptied: 3n, Put: 5n } });
  });

  it('stops at the position asked for, in the middle of a page too', async () => {
    const stores = new MemoryStores();
    await drainOf(sourceOf(HISTORY), stores).catchUp(2n);
    expect(stores.documents(lines)).toHaveLength(3);
    expect(stores.checkpoints.get('lines.v1')!.position).toBe(2n);
    await drainOf(sourceOf(HISTORY), stores).catchUp(END);
    expect(stores.digest(...projections)).toBe(await undisturbed(HISTORY));
  });

  it('says how far it is', async () => {
    const seen: string[] = [];
    const onProgress = (p: { events: number; position: bigint; to: bigint }) =>
      void seen.push(`${p.events} ${p.position}/${p.to}`);
    await drainOf(sourceOf(HISTORY), new MemoryStores(), 100, 100).catchUp(END, { onProgress });
    // 'Seen' is asked for by no projection and is not even read.
    expect(seen.at(-1)).toBe('8 13/13');
  });

  it('says nothing of an empty store', async () => {
    const stores = new MemoryStores();
    await drainOf(new MemorySource(), stores).catchUp(END);
    expect(stores.checkpoints.size).toBe(0);
  });

  it('leaves streams of other programs alone', async () => {
    const stores = new MemoryStores();
    await drainOf(sourceOf([sourceEvent(1, 'Put', { boxes: ['a'] }, 'not ours')]), stores).catchUp(END);
    expect(stores.documents(lines)).toEqual([]);
  });

  it('takes a projection that is behind through what it lacks, without folding the others twice', async () => {
    const stores = new MemoryStores();
    const source = sourceOf(HISTORY);
    await new Drain({ source, stores, projections: [lines] }).catchUp(9n);
    await drainOf(source, stores, 4).catchUp(END);
    expect(stores.digest(...projections)).toBe(await undisturbed(HISTORY));
  });
});

describe('exactly once', () => {
  const steps: StoreStep[] = ['load', 'insert', 'replace', 'checkpoint'];

  it.each(steps.flatMap((step) => (['before', 'halfway', 'after'] as const).map((when) => [when, step] as const)))(
    'stopped %s a %s, at any batch, and started again: the same documents',
    async (when, step) => {
      const expected = await undisturbed(HISTORY);
      for (let survived = 0; ; survived += 1) {
        const stores = new MemoryStores();
        let left = survived;
        let stopped = false;
        stores.interrupt = (...at) => {
          if (stopped || (at[0] === step && at[1] === when && left-- === 0)) {
            stopped = true;
            throw new Error('killed');
          }
        };
        const run = drainOf(sourceOf(HISTORY), stores).catchUp(END);
        if (!(await run.then(() => false).catch(() => true))) break;
        stores.interrupt = () => undefined;
        await drainOf(sourceOf(HISTORY), stores, 3).catchUp(END);
        expect(stores.digest(...projections)).toBe(expected);
      }
      expect.assertions(await countOf(step, when));
    },
  );

  async function countOf(step: StoreStep, when: string): Promise<number> {
    let count = 0;
    const stores = new MemoryStores();
    stores.interrupt = (...at) => void (count += at[0] === step && at[1] === when ? 1 : 0);
    await drainOf(sourceOf(HISTORY), stores).catchUp(END);
    expect(count).toBeGreaterThan(1);
    return count + 1;
  }

  it('delivered twice from the start (a lost checkpoint): the same documents', async () => {
    const stores = new MemoryStores();
    await drainOf(sourceOf(HISTORY), stores).catchUp(END);
    const [documents, checkpoints] = [stores.digest(...projections), new Map(stores.checkpoints)];
    stores.checkpoints.clear();
    await drainOf(sourceOf(HISTORY), stores, 5).catchUp(END);
    expect(stores.digest(...projections)).toBe(documents);
    expect(stores.checkpoints.get('boxes.v1')!.counts).toEqual(checkpoints.get('boxes.v1')!.counts);
  });

  it('delivered twice in one batch, or again behind what follows: the same documents', async () => {
    const stores = new MemoryStores();
    const [again, late] = [HISTORY.slice(0, 3), HISTORY.slice(2, 6)];
    const source = sourceOf([...again, ...again, ...HISTORY.slice(0, 7), ...late, ...HISTORY.slice(7)]);
    await drainOf(source, stores, 1_000, 100).catchUp(END);
    expect(stores.digest(...projections)).toBe(await undisturbed(HISTORY));
  });

  it('two runners at once, in step and apart: the same documents', async () => {
    const expected = await undisturbed(HISTORY);
    for (const size of [1, 2, 3, 100]) {
      const stores = new MemoryStores();
      const run = (batch: number) => drainOf(sourceOf(HISTORY), stores, batch).catchUp(END);
      await Promise.all([run(size), run(2), run(size + 1)]);
      expect(stores.digest(...projections)).toBe(expected);
    }
  });

  it('any history, cut into batches in any way, stopped anywhere: the same documents', async () => {
    const box = fc.constantFrom('a', 'b', 'c');
    const step = fc.record({
      put: fc.boolean(),
      in: fc.uniqueArray(box, { maxLength: 3 }),
      gap: fc.integer({ min: 1, max: 3 }),
    });
    const runs = fc.array(fc.record({ batch: fc.integer({ min: 1, max: 6 }), steps: fc.integer({ min: 0, max: 12 }) }));
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), runs, async (history, disturbed) => {
        let position = 0;
        const events = history.map((each, n) => {
          position += each.gap;
          return each.put ? put(position, each.in, `item ${n}`) : emptied(position, each.in);
        });
        const stores = new MemoryStores();
        for (const { batch, steps: survived } of disturbed) {
          let left = survived;
          stores.interrupt = () => {
            if (left-- <= 0) throw new Error('killed');
          };
          await drainOf(sourceOf(events), stores, batch, batch + 1)
            .catchUp(END)
            .catch(() => undefined);
        }
        stores.interrupt = () => undefined;
        await drainOf(sourceOf(events), stores).catchUp(END);
        if (events.length > 0) expect(stores.digest(...projections)).toBe(await undisturbed(events));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a live drain', () => {
  it('folds what comes, and finishes its writes when told to stop', async () => {
    const stores = new MemoryStores();
    const source = sourceOf(HISTORY.slice(0, 4));
    const stop = new AbortController();
    const running = drainOf(source, stores).live(stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 10));
    for (const event of HISTORY.slice(4)) source.append(event);
    await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    await running;
    expect(stores.digest(...projections)).toBe(await undisturbed(HISTORY));
  });
});
