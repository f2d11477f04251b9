import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Leases, ReadStore } from '#libs/read-store';
import { openTestStores, type TestStores } from '../../../test/support/stores.js';
import { TcpProxy } from '../../../test/support/tcp-proxy.js';
import { LeaseContender, type HeldLease, type LeaseOptions } from './lease.js';

const timing = { beatMs: 20, lookMs: 10, expiryMs: 1_000 };
const never = new AbortController().signal;

describe('a lease', () => {
  let stores: TestStores;
  let store: ReadStore;
  let leases: Leases;
  let group = 0;
  beforeAll(async () => {
    stores = await openTestStores();
    store = await ReadStore.connect(stores.mongodbUrl, { database: `leases_${Date.now()}` });
    leases = store.leases;
  });
  afterAll(async () => {
    await store.dropDatabase();
    await store.close();
    await stores.close();
  });

  const optionsOf = (holder: string, more: Partial<LeaseOptions> = {}): LeaseOptions => ({
    ...{ leases, group: `group-${group}`, holder, timing, now: () => '2026-01-01T00:00:00.000Z' },
    ...more,
  });
  const contender = (holder: string, more?: Partial<LeaseOptions>) => new LeaseContender(optionsOf(holder, more));
  const stored = () => leases.find(`group-${group}`);

  it('is had by one of many that try at once, and its token grows with each holding', async () => {
    group += 1;
    for (let round = 1n; round <= 5n; round += 1n) {
      const contenders = Array.from({ length: 8 }, (_, n) => contender(`p${n}`));
      const held = (await Promise.all(contenders.map((each) => each.look()))).filter((each) => each !== undefined);
      expect(held).toHaveLength(1);
      expect(held[0]!.fence).toBe(round);
      await held[0]!.release();
    }
  });

  it('stays with a holder that shows life, and passes on when it is given back', async () => {
    group += 1;
    const first = (await contender('first').look())!;
    const second = contender('second');
    for (const until = performance.now() + 2 * timing.expiryMs; performance.now() < until; await sleep(timing.lookMs)) {
      expect(await second.look()).toBeUndefined();
    }
    expect((await stored())!.beat).toBeGreaterThan(1n);
    await first.release();
    const taken = (await second.look())!;
    expect(taken.fence).toBe(first.fence + 1n);
    await taken.release();
  });

  it('passes on when its holder shows no more life, and the holder hears of it', async () => {
    group += 1;
    let paused = false;
    const asleep: LeaseOptions['leases'] = {
      find: (name) => leases.find(name),
      take: (...args) => leases.take(...args),
      release: (document) => leases.release(document),
      beat: (document) => (paused ? new Promise<boolean>(() => undefined) : leases.beat(document)),
    };
    const first = (await contender('first', { leases: asleep }).look())!;
    paused = true;
    const second = (await contender('second').acquire(never))!;
    expect(second.fence).toBe(first.fence + 1n);
    await aborted(first.lost);
    await first.release();
    expect(await stored()).toMatchObject({ holder: 'second', fence: second.fence });
    await second.release();
  });

  it('is lost at the first sign of life after another has taken it', async () => {
    group += 1;
    const first = (await contender('first').look())!;
    const thief = (await contender('thief', { exclusive: true }).look())!;
    await aborted(first.lost);
    expect(thief.lost.aborted).toBe(false);
    await thief.release();
  });

  it('is not waited for by one that knows the holder to be gone', async () => {
    group += 1;
    const gone: HeldLease = (await contender('gone').look())!;
    const next = (await contender('next', { exclusive: true }).look())!;
    expect(next.fence).toBe(gone.fence + 1n);
    await next.release();
    await gone.release();
  });

  it('is given up by a holder that cannot reach the store, before another may take it', async () => {
    group += 1;
    const port = Number(new URL(stores.mongodbUrl).port);
    const proxy = await TcpProxy.start({ host: '127.0.0.1', port });
    const url = `mongodb://127.0.0.1:${proxy.port}/?directConnection=true`;
    const cutOff = await ReadStore.connect(url, { database: store.databaseName, serverSelectionTimeoutMs: 200 });
    const first = (await contender('first', { leases: cutOff.leases }).look())!;
    proxy.mode = 'stall';
    const order: string[] = [];
    const lost = aborted(first.lost).then(() => order.push('given up'));
    const second = await contender('second').acquire(never);
    order.push('taken');
    await lost;
    expect(order).toEqual(['given up', 'taken']);
    await proxy.close();
    await Promise.all([first.release(), second!.release()]);
    await cutOff.close();
  });
});

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
