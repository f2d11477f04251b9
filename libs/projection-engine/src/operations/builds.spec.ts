import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ReadStore, waitForPosition, type ControlRequest, type StoredDocument } from '#libs/read-store';
import { openTestStores, type TestStores } from '../../../../test/support/stores.js';
import { Drain } from '../drain.js';
import { antidote, boxes, lines, MemorySource, put, type BoxDocument } from '../engine.fixtures.js';
import { LiveRunner } from '../live-runner.js';
import type { FoldedProjection, Projection } from '../projection.js';
import { verifyProjections } from '../verify.js';
import { registerBuilds } from './builds.js';
import { ControlDesk } from './control-desk.js';
import { Operator } from './operator.js';
import type { OperationLog } from './switch-build.js';

type Boxes2 = BoxDocument & { readonly count: number };

/** Counts the items and keeps them in capitals; the second is not declared. */
const careless: FoldedProjection<Boxes2> = {
  ...(boxes as FoldedProjection<never>),
  version: 2,
  previous: boxes,
  changes: ['count'],
  evolve: (doc, event, key) => {
    const after = boxes.evolve(doc, event, key);
    return after && { ...after, items: after.items.map((item) => item.toUpperCase()), count: after.items.length };
  },
};
const careful: FoldedProjection<Boxes2> = { ...careless, changes: ['count', 'items'] };
/** Mended: holds everything. */
const mended: FoldedProjection<BoxDocument> = {
  ...boxes,
  version: 2,
  previous: boxes,
  changes: [],
  evolve: (doc, event, key) => {
    antidote.taken = true;
    try {
      return boxes.evolve(doc, event, key);
    } finally {
      antidote.taken = false;
    }
  },
};

describe('builds of a read model beside each other, on a server', () => {
  let servers: TestStores;
  let store: ReadStore;
  let source: MemorySource;
  let stop: AbortController;
  let running: Promise<unknown> = Promise.resolve();
  const recorded: string[] = [];
  const log: OperationLog = {
    switched: async ({ action, from, to, position, reason }) =>
      void recorded.push(`${action} ${from} -> ${to} at ${position}: ${reason}`),
    discarded: async ({ id, reason }) => void recorded.push(`discard ${id}: ${reason}`),
  };

  beforeAll(async () => {
    servers = await openTestStores();
    store = await ReadStore.connect(servers.mongodbUrl, { database: `builds_${randomUUID().slice(0, 8)}` });
  });
  beforeEach(async () => {
    await store.dropDatabase();
    source = new MemorySource();
    for (let n = 1; n <= 20; n += 1) source.append(put(n, [`box ${n % 3}`], `item ${n}`));
    recorded.length = 0;
  });
  afterEach(async () => {
    stop?.abort();
    await running;
  });
  afterAll(async () => {
    await store.dropDatabase();
    await store.close();
    await servers.close();
  });

  /** A program with this code, folding and serving requests until it is stopped. */
  async function deploy(...projections: Projection[]): Promise<void> {
    stop?.abort();
    await running;
    stop = new AbortController();
    const shop = { store, source, projections };
    await registerBuilds(shop, { by: 'test', fence: 0n });
    const runner = new LiveRunner({ source, stores: store, projections, maxBatchEvents: 4 });
    const operator = new Operator({ ...shop, log, hold: (work) => runner.hold(work) });
    const desk = new ControlDesk({ requests: store.requests, operator, pollMs: 5 });
    running = Promise.all([runner.run(stop.signal), desk.run(stop.signal)]);
    await folded(projections[0]!);
  }
  async function folded(projection: Projection): Promise<void> {
    const { reached } = await waitForPosition(store, [projection], await source.headPosition(), { limitMs: 20_000 });
    expect(reached).toBe(true);
  }
  async function ask(action: ControlRequest['action'], args: ControlRequest['args']): Promise<ControlRequest> {
    const { _id } = await store.requests.add(action, args, 'ann');
    for (;;) {
      const request = (await store.requests.find(_id))!;
      if (request.state === 'done' || request.state === 'failed') return request;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  const live = async (projection: Projection) => (await store.liveCollection(projection)).collectionName;
  const box = async (projection: Projection, id: string) =>
    (await store.liveCollection<StoredDocument>(projection)).findOne({ _id: id });
  const positionOf = async (name: string) =>
    (await store.collection<StoredDocument>('checkpoints').findOne({ _id: name }))?.position;

  it('the same version again: built beside, folded on, compared, switched to, gone back from, dropped', async () => {
    await deploy(boxes, lines);
    expect(await ask('rebuild', { name: 'boxes' })).toMatchObject({
      state: 'done',
      result: { build: '1.r2', position: '20', events: 20, parked: 0 },
      progress: expect.objectContaining({ share: 1, secondsLeft: 0 }),
    });
    source.append(put(21, ['box 1'], 'late'));
    await folded(boxes);
    expect(await ask('compare', { name: 'boxes' })).toMatchObject({
      result: { live: '1', candidate: '1.r2', position: '21', documents: 3, undeclared: { count: 0 }, parked: [] },
    });
    expect(await ask('switch', { name: 'boxes' })).toMatchObject({ state: 'done' });
    expect(await live(boxes)).toBe('boxes.v1.r2');
    source.append(put(22, ['box 1'], 'later'));
    await folded(boxes);
    expect(await box(boxes, 'box 1')).toMatchObject({ position: 22n });
    expect(await ask('rollback', { name: 'boxes' })).toMatchObject({
      result: { from: '1.r2', to: '1', position: '22' },
    });
    expect(await live(boxes)).toBe('boxes.v1');
    expect(await box(boxes, 'box 1')).toMatchObject({ position: 22n });
    expect(await ask('drop', { name: 'boxes', build: '1' })).toMatchObject({ error: { code: 'READ_MODEL_LIVE' } });
    expect(await ask('drop', { name: 'boxes' })).toMatchObject({ result: { dropped: ['1.r2'] } });
    expect(await store.listCollections()).not.toContain('boxes.v1.r2');
    expect(await ask('rollback', { name: 'boxes' })).toMatchObject({ error: { code: 'READ_MODEL_NOT_BUILT' } });
    expect(recorded).toEqual(['switch 1 -> 1.r2 at 21: null', 'rollback 1.r2 -> 1 at 22: null']);
  });

  it('a new version: the old one answers and is folded on, until what was declared is all that differs', async () => {
    await deploy(boxes);
    await store.collection('read_models').drop();
    await deploy(careless);
    source.append(put(21, ['box 1'], 'after the deployment'));
    await folded(careless);
    expect(await live(careless)).toBe('boxes.v1');
    expect(await ask('switch', { name: 'boxes' })).toMatchObject({ error: { code: 'READ_MODEL_NOT_BUILT' } });
    await ask('rebuild', { name: 'boxes' });
    const { result } = await ask('compare', { name: 'boxes' });
    expect(result).toMatchObject({ declared: { count: 3 }, undeclared: { count: 3 }, candidate: '2' });
    expect((result as { undeclared: { differences: object[] } }).undeclared.differences[0]).toMatchObject({
      id: 'box 0',
      field: 'items',
      live: expect.stringContaining('item 3'),
      rebuilt: expect.stringContaining('ITEM 3'),
    });
    expect(await ask('switch', { name: 'boxes' })).toMatchObject({ error: { code: 'READ_MODEL_DIFFERS' } });
    expect(await live(careless)).toBe('boxes.v1');
    expect(await ask('switch', { name: 'boxes', accept: 'checked by hand' })).toMatchObject({ state: 'done' });
    expect(recorded).toEqual(['switch 1 -> 2 at 21: checked by hand']);
    expect(await box(careless, 'box 1')).toMatchObject({ count: 8 });
    expect(await positionOf('boxes.v1')).toBe(21n);
  });

  it('what is declared is listed apart, and is no reason to refuse', async () => {
    await deploy(boxes);
    await deploy(careful);
    await ask('rebuild', { name: 'boxes' });
    expect(await ask('compare', { name: 'boxes' })).toMatchObject({
      result: { declared: { count: 6 }, undeclared: { count: 0, differences: [] } },
    });
    expect(await ask('switch', { name: 'boxes' })).toMatchObject({ state: 'done' });
    await deploy(careful);
    expect(await live(careful)).toBe('boxes.v2');
    expect(await verifyProjections(20n, { store, source, projections: [careful] })).toMatchObject([
      { differenceCount: 0, documents: 3 },
    ]);
  });

  it('a version whose code is gone is not left behind silently', async () => {
    await deploy(boxes);
    const { previous: _gone, ...alone } = careful;
    const runner = new LiveRunner({ source, stores: store, projections: [alone as Projection] });
    await expect(runner.run(stop.signal)).rejects.toMatchObject({ code: 'READ_MODEL_CODE_MISSING' });
  });

  it('stopped on the way, it is carried on from where it was', async () => {
    await deploy(boxes);
    const { _id } = await store.requests.add('rebuild', { name: 'boxes' }, 'ann');
    while ((await positionOf('boxes.v1.r2')) === undefined) await new Promise((resolve) => setTimeout(resolve, 1));
    stop.abort();
    await running;
    for (let n = 21; n <= 40; n += 1) source.append(put(n, ['box 1'], `item ${n}`));
    const reached = (await positionOf('boxes.v1.r2')) as bigint;
    await deploy(boxes);
    while ((await store.requests.find(_id))!.state !== 'done') await new Promise((resolve) => setTimeout(resolve, 5));
    const { result } = (await store.requests.find(_id))!;
    if (reached < 20n) expect(result).toMatchObject({ events: 40 - Number(reached), position: '40' });
    expect(await ask('compare', { name: 'boxes' })).toMatchObject({
      result: { undeclared: { count: 0 }, documents: 3 },
    });
  });

  it('what stands still is not taken for equal, and a mended version is switched to knowingly', async () => {
    source.append(put(21, ['box 2'], 'poison'), put(22, ['box 2'], 'behind it'));
    await deploy(boxes);
    await ask('rebuild', { name: 'boxes' });
    const refused = await ask('switch', { name: 'boxes' });
    expect(refused.error).toMatchObject({
      code: 'READ_MODEL_DIFFERS',
      message: expect.stringContaining('2 sequences'),
    });
    expect(await verifyProjections(22n, { store, source, projections: [boxes] })).toMatchObject([
      {
        differenceCount: 1,
        differences: [{ id: 'box 2', field: 'parked', live: expect.stringContaining('since 21') }],
      },
    ]);
    await ask('drop', { name: 'boxes' });
    await deploy(mended);
    await ask('rebuild', { name: 'boxes' });
    expect(await ask('compare', { name: 'boxes' })).toMatchObject({
      result: { parked: [{ id: 'boxes.v1@21/0', since: '21' }], candidate: '2' },
    });
    await ask('switch', { name: 'boxes', accept: 'version 2 mends it' });
    expect(await box(mended, 'box 2')).toMatchObject({ items: expect.arrayContaining(['poison', 'behind it']) });
    expect(await store.staleSince(mended, { communityId: 'yard' })).toBeUndefined();
  });

  it('a parked event is tried again or discarded by request, while folding goes on', async () => {
    source.append(put(21, ['box 2'], 'poison'), put(22, ['box 2'], 'behind it'));
    await deploy(boxes);
    expect(await store.staleSince(boxes, { communityId: 'yard' })).toBe(21n);
    expect(await ask('retry', { id: null })).toMatchObject({ result: { sequences: [{ folded: 0 }] } });
    expect(await ask('discard', { id: 'boxes.v1@22/0', reason: 'x' })).toMatchObject({
      error: { code: 'PARKED_EVENT_WAITS' },
    });
    expect(await ask('discard', { id: 'boxes.v1@21/0', reason: ' ' })).toMatchObject({
      error: { code: 'REASON_REQUIRED' },
    });
    expect(await ask('discard', { id: 'boxes.v1@21/0', reason: 'no such thing' })).toMatchObject({
      result: { folded: 2, parked: null },
    });
    expect(recorded).toEqual(['discard boxes.v1@21/0: no such thing']);
    expect(await box(boxes, 'box 2')).toMatchObject({ items: expect.arrayContaining(['behind it']), position: 22n });
    source.append(put(23, ['box 2'], 'new'));
    await folded(boxes);
    expect(await box(boxes, 'box 2')).toMatchObject({ position: 23n });
    // Left out in a rebuild, too: there it cannot be folded either.
    expect(await verifyProjections(23n, { store, source, projections: [boxes] })).toMatchObject([
      { differenceCount: 0 },
    ]);
    expect(await ask('retry', { id: 'boxes.v1@21/0' })).toMatchObject({ error: { code: 'PARKED_EVENT_NOT_FOUND' } });
  });

  it('a request that nobody was there for is not carried out much later', async () => {
    const { _id } = await store.requests.add('drop', { name: 'boxes' }, 'ann');
    await store
      .collection<StoredDocument>('read_model_requests')
      .updateOne({ _id }, { $set: { requestedAt: new Date(0) } });
    await deploy(boxes);
    while ((await store.requests.find(_id))!.state === 'requested')
      await new Promise((resolve) => setTimeout(resolve, 5));
    expect((await store.requests.find(_id))!.error).toMatchObject({ code: 'REQUEST_EXPIRED' });
  });

  it('folds a build only once it has caught up', async () => {
    await deploy(boxes);
    stop.abort();
    await running;
    const entry = (await store.registry.find('boxes'))!;
    const build = { version: 1, set: 'r9', state: 'building', at: '', by: 'ann', reason: null } as const;
    await store.registry.change(entry, { builds: [...entry.builds, build] }, 0n);
    await new Drain({ source, stores: store, projections: [boxes] }).catchUp(20n);
    expect(await positionOf('boxes.v1.r9')).toBeUndefined();
  });
});
