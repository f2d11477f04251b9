import { describe, expect, it } from '@jest/globals';
import { Drain } from './drain.js';
import { boxes, lines, MemorySource, MemoryStores, put } from './engine.fixtures.js';
import type { ImpureProjectionError } from './errors.js';
import type { AppendOnlyProjection, FoldedProjection, ProjectedEvent, Projection } from './projection.js';
import { EVERY_CALL, watchedForPurity } from './purity.js';

interface Note {
  readonly items: readonly string[];
  readonly at?: unknown;
}

const folded: FoldedProjection<Note> = {
  name: 'notes',
  version: 1,
  eventTypes: ['Put'],
  indexes: [],
  keys: (event) => (event.data as { boxes: string[] }).boxes,
  evolve: (doc, event) => ({ items: [...(doc?.items ?? []), event.id] }),
};
const appended: AppendOnlyProjection = { ...lines, name: 'entries' };

let calls = 0;
const kept: Note[] = [];

const IMPURE: readonly (readonly [how: string, Projection, reason: string])[] = [
  [
    'reads the clock',
    { ...folded, evolve: () => ({ items: [], at: new Date().toISOString() }) },
    'folded twice it gives',
  ],
  [
    'reads the clock as a number',
    { ...folded, evolve: () => ({ items: [], at: Date.now() }) },
    'folded twice it gives',
  ],
  ['reads the date as a text', { ...folded, evolve: () => ({ items: [], at: Date() }) }, 'folded twice it gives'],
  ['throws dice', { ...folded, evolve: () => ({ items: [], at: Math.random() }) }, 'folded twice it gives'],
  ['counts its calls', { ...folded, evolve: () => ({ items: [], at: (calls += 1) }) }, 'folded twice it gives'],
  [
    'remembers documents',
    {
      ...folded,
      evolve: (doc) => {
        kept.push(doc as Note);
        return { items: [], at: kept.length };
      },
    },
    'folded twice it gives',
  ],
  [
    'changes the event',
    {
      ...folded,
      evolve: (doc: Note | undefined, event: ProjectedEvent) => {
        (event.data as { item: string }).item += '!';
        return { items: doc?.items ?? [] };
      },
    },
    'changes the document or the event',
  ],
  ['answers with a promise', { ...folded, evolve: () => Promise.resolve({ items: [] }) as never }, 'a Promise'],
  ['keeps a date', { ...folded, evolve: () => ({ items: [], at: new Date(0) }) }, 'a Date'],
  ['names documents by chance', { ...folded, keys: () => [`${Math.random()}`] }, 'folded twice it gives'],
  ['makes other entries each time', { ...appended, documents: () => [{ at: Math.random() }] }, 'folded twice it gives'],
];

function drainOf(projection: Projection): Promise<void> {
  const source = new MemorySource();
  source.append(put(1, ['a'], 'cup'), put(2, ['a'], 'pen'));
  return new Drain({ source, stores: new MemoryStores(), projections: [projection] }).catchUp(9n);
}

describe('a projection that is impure', () => {
  it.each(IMPURE)('is stopped when it %s', async (_how, projection, reason) => {
    const error = (await drainOf(projection).catch((e: unknown) => e)) as ImpureProjectionError;
    expect(error).toMatchObject({ code: 'PROJECTION_IMPURE', projection: projection.name });
    expect(error.message).toContain(reason);
    expect(error.event.position).toBe(1n);
  });

  it('is stopped when it changes the document that it is given', async () => {
    const evolve = (doc: Note | undefined, event: ProjectedEvent): Note => {
      if (!doc) return { items: [] };
      (doc.items as string[]).push(event.id);
      return doc;
    };
    await expect(drainOf({ ...folded, evolve } as Projection)).rejects.toThrow('changes the document or the event');
  });

  it('is caught by a sample, too: the first calls, then one in so many', () => {
    const twiceCalled: number[] = [];
    let call = 0;
    let current = 0;
    const counting: FoldedProjection = {
      ...folded,
      evolve: () => {
        if (call === current) twiceCalled.push(current);
        call = current;
        return { items: [] };
      },
    };
    const watched = watchedForPurity(counting, { firstCalls: 3, oneIn: 5 }) as FoldedProjection;
    const event = put(1, ['a'], 'cup') as unknown as ProjectedEvent;
    for (current = 1; current <= 16; current += 1) watched.evolve(undefined, event, 'a');
    expect(twiceCalled).toEqual([1, 2, 3, 5, 10, 15]);
  });
});

describe('a projection that is pure', () => {
  it('gives what it gives, and its own errors stay its own', () => {
    const watched = watchedForPurity(boxes, EVERY_CALL) as typeof boxes;
    const event = put(1, ['a'], 'cup') as unknown as ProjectedEvent;
    expect(watched.evolve(undefined, event, 'a')).toEqual(boxes.evolve(undefined, event, 'a'));
    const poison = put(2, ['a'], 'poison') as unknown as ProjectedEvent;
    expect(() => watched.evolve(undefined, poison, 'a')).toThrow(/^cannot hold it$/);
  });

  it('may work with instants that are in its events', () => {
    const dated: FoldedProjection = {
      ...folded,
      evolve: (_doc, event) => ({ items: [new Date(event.metadata.recordedAt).toISOString(), `${Date.UTC(2026, 0)}`] }),
    };
    const event = put(1, ['a'], 'cup') as unknown as ProjectedEvent;
    const watched = watchedForPurity(dated, EVERY_CALL) as FoldedProjection;
    expect(watched.evolve(undefined, event, 'a')).toMatchObject({
      items: ['2026-01-01T00:00:00.000Z', expect.any(String)],
    });
    expect(new Date().getTime()).toBeLessThan(Date.now() + 1_000);
  });
});
