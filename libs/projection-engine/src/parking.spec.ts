import { describe, expect, it } from '@jest/globals';
import { Drain } from './drain.js';
import { boxes, lines, MemorySource, MemoryStores, put, sourceEvent, type StoreStep } from './engine.fixtures.js';
import type { AppendOnlyProjection, FoldedProjection, SourceEvent } from './projection.js';

const END = 10n ** 9n;

/** Lines that cannot be made of 'poison'. */
const fragileLines: AppendOnlyProjection = {
  ...lines,
  documents: (event) => {
    if ((event.data as { item: string }).item === 'poison') throw new Error('no line');
    return lines.documents(event);
  },
};

/** Boxes that an event without any cannot be placed in. */
const fragileBoxes: FoldedProjection<never> = {
  ...(boxes as FoldedProjection<never>),
  keys: (event) => {
    const named = (event.data as { boxes?: string[] }).boxes;
    if (!named) throw new Error('no boxes');
    return named;
  },
};

const HISTORY = [
  put(1, ['a', 'b'], 'cup'),
  put(2, ['b', 'c'], 'poison'),
  put(3, ['a', 'b'], 'hat'),
  put(4, ['d'], 'poison'),
  put(5, ['d', 'a'], 'pen'),
];

async function folded(events: readonly SourceEvent[], stores = new MemoryStores(), maxBatchEvents = 100) {
  const source = new MemorySource();
  source.append(...events);
  const projections = [fragileBoxes, fragileLines];
  const cut = {
    maxBatchEvents,
    deferral: { events: maxBatchEvents, documents: 3, bytes: 1_000_000, packBytes: 1_000_000 },
  };
  await new Drain({ source, stores, projections, ...cut, checkpointIntervalMs: 0 }).catchUp(END);
  return stores;
}

const queued = (stores: MemoryStores, collection: string): unknown[] =>
  [...stores.parked.values()]
    .filter((entry) => entry.collection === collection)
    .sort((a, b) => Number(a.position - b.position) || (a.key < b.key ? -1 : 1))
    .map(({ key, position, head }) => `${position} ${key}${head ? ' !' : ''}`);

describe('a document that an event cannot be folded into', () => {
  it('keeps what it was, marked; its events wait in order and all others go on', async () => {
    const stores = await folded(HISTORY);
    const mark = (since: bigint, n: number) => ({
      since,
      entry: `boxes.v1@${since}/${n}`,
      cause: 'Error: cannot hold it',
    });
    expect(stores.documents(boxes)).toEqual([
      { _id: 'a', position: 5n, items: ['cup', 'hat', 'pen'], totalMinor: 15n },
      { _id: 'b', position: 1n, items: ['cup'], totalMinor: 5n, parked: mark(2n, 0) },
      { _id: 'c', position: -1n, removed: true, parked: mark(2n, 1) },
      { _id: 'd', position: -1n, removed: true, parked: mark(4n, 0) },
    ]);
    expect(queued(stores, 'boxes.v1')).toEqual(['2 b !', '2 c !', '3 b', '4 d !', '5 d']);
    expect(stores.checkpoints.get('boxes.v1')).toMatchObject({ position: 5n, counts: { Put: 5n }, parked: 3n });
    expect(stores.parked.get('boxes.v1@2/0')).toMatchObject({
      ...{ model: 'boxes', version: 1, scope: 'document', communityId: 'yard', stream: 'box-yard.1', type: 'Put' },
      ...{ cause: 'Error: cannot hold it', stack: expect.stringContaining('engine.fixtures') },
    });
    expect(stores.parked.get('boxes.v1@3/1')).toMatchObject({ head: false, cause: null, stack: null });
  });

  it('is the same document however the batches are cut', async () => {
    const expected = (await folded(HISTORY)).digest(boxes, lines);
    for (const size of [1, 2, 3]) expect((await folded(HISTORY, undefined, size)).digest(boxes, lines)).toBe(expected);
  });

  const steps: StoreStep[] = ['load', 'insert', 'replace', 'park', 'checkpoint'];
  it.each(steps.flatMap((step) => (['before', 'halfway', 'after'] as const).map((when) => [when, step] as const)))(
    'stopped %s a %s, at any batch, and started again: the same documents, the same queue',
    async (when, step) => {
      const history = [...HISTORY, { ...put(6, ['a'], 'rug'), stream: 'box-yard.2' }];
      const expected = await folded(history);
      let stops = 0;
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
        const survives = await folded(history, stores, 2).then(
          () => true,
          () => false,
        );
        if (survives) break;
        stops += 1;
        stores.interrupt = () => undefined;
        await folded(history, stores, 3);
        expect(stores.digest(boxes, lines)).toBe(expected.digest(boxes, lines));
        for (const name of ['boxes.v1', 'lines.v1']) expect(queued(stores, name)).toEqual(queued(expected, name));
      }
      expect(stops).toBeGreaterThan(1);
    },
  );
});

describe('a stream of which an event cannot be placed', () => {
  const elsewhere = (position: number, item: string) => ({ ...put(position, ['z'], item), stream: 'box-yard.2' });

  it('waits from there on; other streams go on', async () => {
    const stores = await folded([
      put(1, ['a'], 'cup'),
      sourceEvent(2, 'Put', { item: 'hat' }),
      put(3, ['a'], 'pen'),
      elsewhere(4, 'shoe'),
    ]);
    expect(stores.documents(boxes)).toMatchObject([
      { _id: 'a', items: ['cup'] },
      { _id: 'z', items: ['shoe'] },
    ]);
    expect(queued(stores, 'boxes.v1')).toEqual(['2 box-yard.1 !', '3 box-yard.1']);
  });

  it('has no line in an append-only read model from there on', async () => {
    const stores = await folded([
      put(1, ['a'], 'cup'),
      put(2, ['a'], 'poison'),
      put(3, ['a'], 'pen'),
      elsewhere(4, 'x'),
    ]);
    expect(stores.documents(lines).map(({ _id }) => _id)).toEqual(['box-yard.1@1/0', 'box-yard.2@4/0']);
    expect(queued(stores, 'lines.v1')).toEqual(['2 box-yard.1 !', '3 box-yard.1']);
    await folded([put(1, ['a'], 'cup'), put(2, ['a'], 'poison'), put(3, ['a'], 'pen'), put(9, ['a'], 'late')], stores);
    expect(queued(stores, 'lines.v1')).toEqual(['2 box-yard.1 !', '3 box-yard.1', '9 box-yard.1']);
  });

  it('waits, too, where the data of an event cannot be read', async () => {
    const [source, stores] = [new MemorySource(), new MemoryStores()];
    source.append(put(1, ['a'], 'cup'), put(2, ['a'], 'hat'), elsewhere(3, 'pen'));
    const upcast = (event: SourceEvent) => {
      if (event.position === 2n) throw new Error('of a later version');
      return event.data;
    };
    await new Drain({ source, stores, projections: [boxes, lines], upcast }).catchUp(END);
    expect(queued(stores, 'boxes.v1')).toEqual(['2 box-yard.1 !']);
    expect(stores.parked.get('lines.v1@2/stream')).toMatchObject({
      cause: 'DomainError: Put cannot be read: of a later version',
    });
  });
});

it('leaves out what somebody has discarded, and only where it cannot be folded', async () => {
  const stores = new MemoryStores();
  stores.discards.add('document 2 b').add('document 3 a').add('stream 2 box-yard.1').add('stream 4 box-yard.1');
  await folded(HISTORY, stores);
  expect(stores.documents(boxes)).toMatchObject([
    { _id: 'a', items: ['cup', 'hat', 'pen'] },
    { _id: 'b', position: 3n, items: ['cup', 'hat'] },
    { _id: 'c', parked: { since: 2n } },
    { _id: 'd', parked: { since: 4n } },
  ]);
  expect(queued(stores, 'lines.v1')).toEqual([]);
  expect(stores.documents(lines).map(({ position }) => position)).toEqual([1n, 1n, 3n, 3n, 5n, 5n]);
});
