import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReadStoreError, ReadStore, type MongoProjectionStore, type StoredDocument } from '#libs/read-store';
import { ReadModels } from './read-models.js';

const MODEL = { name: 'shelf', version: 1 };
const OLD = '2026-01-01T00:00:00.000Z';

describe('the read store, on a server', () => {
  let models: ReadModels;
  let shelf: MongoProjectionStore;
  const stored = (id: string) => models.store.collection<StoredDocument>('shelf.v1').findOne({ _id: id });

  beforeAll(async () => {
    models = await ReadModels.open();
  });

  beforeEach(async () => {
    await models.store.dropDatabase();
    shelf = models.store.projectionStore(MODEL);
  });

  afterAll(() => models?.close());

  it('keeps integers exactly, beyond 2^53 too (D1)', async () => {
    await shelf.insert([{ _id: 'a', position: 2n ** 60n, minor: 2n ** 63n - 1n, small: 7n }]);
    expect(await shelf.load(['a', 'missing'])).toEqual([
      { _id: 'a', position: 2n ** 60n, minor: 9_223_372_036_854_775_807n, small: 7n },
    ]);
  });

  it('replaces a document only by a later one, and takes an earlier one for done', async () => {
    await shelf.replace([{ _id: 'a', position: 5n, text: 'five' }]);
    await shelf.replace([
      { _id: 'a', position: 4n, text: 'four' },
      { _id: 'b', position: 4n, text: 'new' },
    ]);
    expect([await stored('a'), await stored('b')]).toMatchObject([{ text: 'five' }, { text: 'new' }]);
    await shelf.replace([{ _id: 'a', position: 5n, text: 'again' }]);
    expect(await stored('a')).toMatchObject({ text: 'five' });
    await shelf.replace([{ _id: 'a', position: 6n, removed: true }]);
    await shelf.replace([{ _id: 'a', position: 5n, text: 'late' }]);
    expect(await stored('a')).toEqual({ _id: 'a', position: 6n, removed: true });
  });

  it('parks a document at its position, and leaves a parked one alone', async () => {
    const parked = { since: 5n, entry: 'shelf.v1@5/0', cause: 'Error: no' };
    await shelf.replace([{ _id: 'a', position: 4n, text: 'four' }]);
    await shelf.replace([
      { _id: 'a', position: 4n, text: 'four', parked },
      { _id: 'b', position: -1n, removed: true, parked },
    ]);
    await shelf.replace([{ _id: 'a', position: 6n, text: 'six' }]);
    expect(await stored('a')).toEqual({ _id: 'a', position: 4n, text: 'four', parked });
    expect(await stored('b')).toEqual({ _id: 'b', position: -1n, removed: true, parked });
  });

  it('inserts what is missing of a batch that comes again', async () => {
    await shelf.insert([{ _id: 'a', position: 1n, text: 'first' }]);
    await shelf.insert([
      { _id: 'a', position: 1n, text: 'second' },
      { _id: 'b', position: 1n },
    ]);
    expect([await stored('a'), await stored('b')]).toMatchObject([{ text: 'first' }, { _id: 'b' }]);
  });

  it('does not take any other failure for done', async () => {
    const impossible = { _id: ['a list'] as unknown as string, position: 1n };
    await expect(shelf.insert([{ _id: 'a', position: 1n }, impossible])).rejects.toThrow(ReadStoreError);
    expect(await stored('a')).not.toBeNull();
  });

  it('never moves a checkpoint back', async () => {
    const checkpoint = {
      _id: 'shelf.v1',
      updatedAt: OLD,
      counts: { Put: 1n },
      sums: { Put: { CNY: '18446744073709551614' } },
    };
    await shelf.saveCheckpoint({ ...checkpoint, position: 7n });
    await shelf.saveCheckpoint({ ...checkpoint, position: 6n, counts: { Put: 0n } });
    expect(await shelf.readCheckpoint()).toEqual({ ...checkpoint, position: 7n });
    expect(await models.store.livePosition(MODEL)).toBe(7n);
    expect(await models.store.livePosition({ name: 'shelf', version: 2 })).toBe(-1n);
  });

  it('makes indexes that are missing, as often as asked', async () => {
    const index = { name: 'by-text', key: { text: 1, position: -1 } } as const;
    await shelf.prepare([index]);
    await shelf.prepare([index, { name: 'by-note', key: { note: 1 } }]);
    const indexes = await models.store.collection('shelf.v1').indexes();
    expect(indexes.map(({ name }) => name).sort()).toEqual(['_id_', 'by-note', 'by-text']);
    expect(indexes.some(({ unique }) => unique)).toBe(false);
  });

  it('answers from the build that is registered as live; a view keeps to the one that it began with', async () => {
    const { store } = models;
    const build = (version: number, set: string) => ({ version, set });
    const entry = { _id: 'shelf', live: build(1, ''), previous: null, builds: [], fence: 3n };
    await store.registry.create(entry);
    await store.registry.create({ ...entry, live: build(7, 'never') });
    const read = (await store.registry.find('shelf'))!;
    const nameOf = async () => (await store.liveCollection(MODEL)).collectionName;
    await store.inOneView(async () => {
      expect(await nameOf()).toBe('shelf.v1');
      await store.registry.change(read, { live: build(2, 'r2'), previous: read.live }, 3n);
      expect(await nameOf()).toBe('shelf.v1');
    });
    expect(await nameOf()).toBe('shelf.v2.r2');
    const stale = store.registry.change(read, { live: build(3, '') }, 3n);
    await expect(stale).rejects.toMatchObject({ code: 'READ_MODEL_CHANGED' });
    const now = (await store.registry.find('shelf'))!;
    await expect(store.registry.change(now, { live: build(3, '') }, 2n)).rejects.toThrow(ReadStoreError);
    expect(await nameOf()).toBe('shelf.v2.r2');
  });

  it('goes on with the version that a database without a registry holds', async () => {
    const second = { name: 'shelf', version: 2, previous: MODEL };
    const live = async () => (await models.store.liveCollection(second)).collectionName;
    expect(await live()).toBe('shelf.v2');
    await shelf.saveCheckpoint({ _id: 'shelf.v1', position: 1n, updatedAt: OLD, counts: {}, sums: {} });
    expect(await live()).toBe('shelf.v1');
    expect(await models.store.foldedBuilds([second])).toEqual(new Map([['shelf', [{ version: 1, set: '' }]]]));
  });

  it('drops sets that a killed rebuild left behind, and no others', async () => {
    const make = async (set: string, updatedAt: string): Promise<void> => {
      const store = models.store.projectionStore(MODEL, set);
      await store.insert([{ _id: 'a', position: 1n }]);
      await store.saveCheckpoint({ _id: store.name, position: 1n, updatedAt, counts: {}, sums: {} });
    };
    await make('', OLD);
    await make('rebuild-old', OLD);
    await make('rebuild-new', '2026-01-03T00:00:00.000Z');
    await make('r2', OLD);
    await models.store.dropAbandonedSets([MODEL], '2026-01-02T00:00:00.000Z');
    expect(await models.store.listCollections()).toEqual([
      'checkpoints',
      'shelf.v1',
      'shelf.v1.r2',
      'shelf.v1.rebuild-new',
    ]);
    await models.store.dropSet([MODEL], 'never-made');
    await expect(models.store.dropSet([MODEL], '')).rejects.toThrow('The live set is not dropped');
  });
});

it('a server that is not there is named as such', async () => {
  const options = { database: 'none', serverSelectionTimeoutMs: 200 };
  const error = await ReadStore.connect('mongodb://127.0.0.1:9/?directConnection=true', options).catch(
    (e: unknown) => e,
  );
  expect(error).toBeInstanceOf(ReadStoreError);
  expect(error).toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
});
