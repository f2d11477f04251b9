import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ReadStore } from '#libs/read-store';
import { openTestStores, type TestStores } from '../../../test/support/stores.js';
import { boxes, lines } from './engine.fixtures.js';
import type { Projection } from './projection.js';
import { checkDeclarations, checkStoredIndexes, checkVersions } from './start-checks.js';

const eventTypes = new Set(['Put', 'Emptied', 'Seen']);
const BY_ITEM = { name: 'by-item', key: { item: 1, position: -1 } } as const;
const indexed: Projection = { ...lines, indexes: [BY_ITEM] };

const declared = (...projections: Projection[]) => checkDeclarations({ projections, eventTypes, queries: [] });

describe('what is declared', () => {
  it('passes when types, names and indexes are there', () => {
    const queries = [{ projection: indexed, index: BY_ITEM }];
    expect(() =>
      checkDeclarations({ projections: [boxes, indexed, { ...boxes, version: 2 }], eventTypes, queries }),
    ).not.toThrow();
  });

  it.each<[string, Projection[], string, string]>([
    [
      'a type that nothing records',
      [{ ...boxes, eventTypes: ['Put', 'Emptyed'] }],
      'PROJECTION_EVENT_TYPE_UNKNOWN',
      'is it Emptied?',
    ],
    ['a type like no other', [{ ...boxes, eventTypes: ['Painted'] }], 'PROJECTION_EVENT_TYPE_UNKNOWN', 'name a type'],
    ['two of one name', [boxes, { ...lines, name: 'boxes' }], 'PROJECTION_INVALID', 'two projections boxes.v1'],
    ['a name that is none', [{ ...boxes, name: 'Boxes' }], 'PROJECTION_INVALID', 'Not a name'],
  ])('is refused with %s', (_what, projections, code, text) => {
    expect(() => declared(...projections)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(text) as unknown }),
    );
  });

  it.each([
    ['none', []],
    ['one of the name with another order', [{ name: 'by-item', key: { position: -1, item: 1 } }]],
    ['one of the name with another direction', [{ name: 'by-item', key: { item: 1, position: 1 } }]],
  ])('is refused when a query needs an index and there is %s', (_what, indexes) => {
    const projection = { ...lines, indexes } as Projection;
    const checks = { projections: [projection], eventTypes, queries: [{ projection, index: BY_ITEM }] };
    expect(() => checkDeclarations(checks)).toThrow(
      'Queries on lines need the index by-item on item up, position down: declare it',
    );
  });
});

describe('what is deployed', () => {
  it('is refused when it is later than the latest that this program has', () => {
    const deployed = new Map([['boxes', 3]]);
    expect(() => checkVersions([boxes, { ...boxes, version: 3 }, lines], deployed)).not.toThrow();
    expect(() => checkVersions([boxes, { ...boxes, version: 2 }], deployed)).toThrow(
      expect.objectContaining({
        code: 'PROJECTION_VERSION_LOWER',
        message:
          'Projection boxes is deployed in version 3, this program has version 2: start the later program, or go back to version 2 first',
      }),
    );
  });
});

describe('what is stored', () => {
  let stores: TestStores;
  let store: ReadStore;
  beforeAll(async () => {
    stores = await openTestStores();
    store = await ReadStore.connect(stores.mongodbUrl, { database: `checks_${Date.now()}` });
  });
  afterAll(async () => {
    await store.dropDatabase();
    await store.close();
    await stores.close();
  });
  const check = (made: boolean) => checkStoredIndexes(store, [indexed], { made });

  it('must have the indexes that this program does not make itself', async () => {
    await expect(check(false)).resolves.toBeUndefined(); // nothing folded yet
    await store.collection('lines.v1').insertOne({ _id: 'x', position: 1n });
    await expect(check(false)).rejects.toMatchObject({
      code: 'PROJECTION_INDEX_MISSING',
      message:
        'Queries on lines.v1 need the index by-item on item up, position down: start the projector, which makes it',
    });
    await expect(check(true)).resolves.toBeUndefined();
    await store.projectionStore(indexed).prepare(indexed.indexes);
    await expect(check(false)).resolves.toBeUndefined();
  });

  it('must not have an index of the same name on something else', async () => {
    await store.collection('lines.v1').dropIndexes();
    await store.collection('lines.v1').createIndex({ box: 1 }, { name: 'by-item' });
    await expect(check(true)).rejects.toMatchObject({ code: 'PROJECTION_INDEX_CONFLICT' });
  });
});
