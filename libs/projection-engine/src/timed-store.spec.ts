import { expect, it } from '@jest/globals';
import { boxes, MemoryStores } from './engine.fixtures.js';
import { TimedStore } from './timed-store.js';

it('an answer that never comes is not waited for without end; one that comes is passed on', async () => {
  const store = new MemoryStores().projectionStore(boxes);
  const timed = new TimedStore(store, 20);
  expect(await timed.countParked()).toBe(0);
  store.load = () => new Promise(() => undefined);
  await expect(timed.load(['a'])).rejects.toMatchObject({ code: 'READ_STORE_UNAVAILABLE' });
});
