import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openTestStores, type TestStores } from '../../../test/support/stores.js';
import type { ParkedEntry } from './documents.js';
import { ReadStore } from './read-store.js';

const model = { name: 'shelf', version: 1 };
let stores: TestStores;
let store: ReadStore;
beforeAll(async () => {
  stores = await openTestStores();
  store = await ReadStore.connect(stores.mongodbUrl, { database: `fences_${Date.now()}` });
});
afterAll(async () => {
  await store.dropDatabase();
  await store.close();
  await stores.close();
});

const checkpointAt = (position: bigint) => ({
  ...{ _id: 'shelf.v1', position, updatedAt: '2026-01-01T00:00:00.000Z' },
  ...{ counts: { Put: position }, sums: {} },
});
const holder = (fence: bigint) => store.withFence(fence).projectionStore(model);
const stored = () => store.collection('checkpoints').findOne({ _id: 'shelf.v1' });

it('a checkpoint that a later holder has opened is closed to the earlier one, even before anything was folded', async () => {
  const [early, late] = [holder(1n), holder(2n)];
  expect(await early.readCheckpoint()).toMatchObject({ position: -1n, counts: {} });
  await late.readCheckpoint();
  await expect(early.saveCheckpoint(checkpointAt(5n))).rejects.toMatchObject({ code: 'LEASE_LOST' });
  expect(await stored()).toMatchObject({ position: -1n, fence: 2n });
  await expect(early.readCheckpoint()).rejects.toMatchObject({ code: 'LEASE_LOST' });
});

it('the holder moves its checkpoint forward, and never back', async () => {
  const own = holder(2n);
  await own.saveCheckpoint(checkpointAt(7n));
  await own.saveCheckpoint(checkpointAt(6n));
  expect(await stored()).toMatchObject({ position: 7n, fence: 2n, counts: { Put: 7n } });
});

const entryAt = (position: bigint): ParkedEntry => ({
  ...{ _id: `shelf.v1@${position}/0`, collection: 'shelf.v1', model: 'shelf', version: 1, scope: 'document', key: 'a' },
  ...{ communityId: 'yard', stream: 'box-yard.1', revision: position, position, type: 'Put', head: true },
  ...{ cause: 'Error: no', stack: null, parkedAt: '2026-01-01T00:00:00.000Z' },
});

it('an earlier holder parks nothing; what left the queue is not queued again, however late it comes', async () => {
  const [early, own] = [holder(1n), holder(2n)];
  await expect(early.park([entryAt(7n)])).rejects.toMatchObject({ code: 'LEASE_LOST' });
  await own.park([entryAt(7n), entryAt(8n)]);
  await store.parked.remove(entryAt(7n), 7n);
  // As one does that was paused behind its look at the token.
  await store.projectionStore(model).park([entryAt(7n), entryAt(8n)]);
  expect(await store.parked.listSequence(entryAt(7n), 10)).toMatchObject([{ position: 8n }]);
  expect(await store.parked.find('shelf.v1@7/0')).toBeNull();
  expect(await own.countParked()).toBe(1);
  await store.parked.drop('shelf.v1');
  expect(await store.collection('parked').countDocuments({})).toBe(0);
});

it('what was folded before there were leases is taken over as it is', async () => {
  await store.projectionStore({ ...model, version: 2 }).saveCheckpoint({ ...checkpointAt(9n), _id: 'shelf.v2' });
  const opened = await store
    .withFence(3n)
    .projectionStore({ ...model, version: 2 })
    .readCheckpoint();
  expect(opened).toMatchObject({ position: 9n, counts: { Put: 9n }, fence: 3n });
});
