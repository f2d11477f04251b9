import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { EventStore } from '#libs/event-store';
import { documentDigest, verifyProjections } from '#libs/projection-engine';
import { ReadStore, waitForPosition } from '#libs/read-store';
import { projections } from '#projections';
import { sampleEvents } from '../support/sample-events.js';
import { startApp, temporaryFolder, type Running } from '../support/processes.js';
import { openTestStores, uniqueCommunity, type TestStores } from '../support/stores.js';

const FOLDS = /folds under lease (\d+)/;
const PATIENCE_MS = 60_000;

/** Three real projectors on the same servers: one folds, whatever happens to it. */
describe('three projectors', () => {
  let stores: TestStores;
  let events: EventStore;
  let models: ReadStore;
  let projectors: Running[] = [];
  const prefix = `leases_${randomUUID().slice(0, 8)}`;
  const community = uniqueCommunity();
  const folder = temporaryFolder();
  let streams = 0;

  beforeAll(async () => {
    stores = await openTestStores();
    events = EventStore.connect(stores.eventstoreUrl);
    models = await ReadStore.connect(stores.mongodbUrl, { database: prefix });
    const env = { EVENTSTORE_URL: stores.eventstoreUrl, MONGODB_URL: stores.mongodbUrl, ESTATE_DB_PREFIX: prefix };
    projectors = [1, 2, 3].map(() => startApp('projector', [], folder.path, { env }));
  });

  afterAll(async () => {
    for (const { child } of projectors) child.kill('SIGCONT');
    for (const { child } of projectors) child.kill('SIGKILL');
    await Promise.all(projectors.map(({ ended }) => ended));
    await models?.dropDatabase();
    await Promise.all([models?.close(), events?.close()]);
    await stores?.close();
    folder.remove();
  });

  async function append(count: number): Promise<bigint> {
    streams += 1;
    const stream = `account-${community}.${streams}`;
    const { position } = await events.append(stream, 'no_stream', sampleEvents(stream, count).events);
    return position;
  }

  async function folded(position: bigint): Promise<void> {
    const fresh = await waitForPosition(models, projections, position, { limitMs: PATIENCE_MS });
    expect(fresh.reached).toBe(true);
  }

  /** The one that took the lease with this token. */
  function holderOf(fence: number): Promise<Running> {
    const taken = projectors.map(async (projector) => {
      await projector.until('stderr', new RegExp(`folds under lease ${fence}\\b`));
      return projector;
    });
    return Promise.any(taken);
  }

  /** Everything that is stored but the signs of life: leases, checkpoints, documents. */
  async function snapshot(): Promise<string> {
    const content: Record<string, unknown> = {};
    for (const name of await models.listCollections()) {
      const ignored = { projection: { beat: 0, updatedAt: 0 } };
      content[name] = await models.collection(name).find({}, ignored).sort({ _id: 1 }).toArray();
    }
    return documentDigest(content);
  }

  it('one folds, the others stand by', async () => {
    await folded(await append(3));
    const folding = projectors.filter(({ stderr }) => FOLDS.test(stderr()));
    expect(folding).toHaveLength(1);
    expect(await models.leases.find('projections')).toMatchObject({ fence: 1n });
  });

  it('when that one is killed, another takes over', async () => {
    const killed = await holderOf(1);
    killed.child.kill('SIGKILL');
    const position = await append(3);
    const next = await holderOf(2);
    expect(next).not.toBe(killed);
    await folded(position);
  });

  it('one that is paused in the middle of its work and wakes up late changes nothing, and stands by', async () => {
    const paused = await holderOf(2);
    const bursts = Array.from({ length: 20 }, () => append(100));
    await Promise.any(bursts);
    paused.child.kill('SIGSTOP');
    await Promise.all(bursts);
    const position = await append(100);
    const next = await holderOf(3);
    expect(next).not.toBe(paused);
    await folded(position);
    await sleep(500); // what is folded is also said, in the checkpoints
    const before = await snapshot();
    paused.child.kill('SIGCONT');
    await paused.until('stderr', /stands by: lease 2 is another's/);
    expect(await snapshot()).toBe(before);
    await folded(await append(3));
    expect(await models.leases.find('projections')).toMatchObject({ fence: 3n });
  });

  it('one that is told to stop gives the lease back, and what all of them have folded is what one would have', async () => {
    const stopped = await holderOf(3);
    stopped.child.kill('SIGTERM');
    expect((await stopped.ended).status).toBe(0);
    expect(await holderOf(4)).not.toBe(stopped);
    const position = await append(3);
    await folded(position);
    const verified = await verifyProjections(position, { store: models, source: events, projections });
    expect(verified.map(({ name, differenceCount }) => [name, differenceCount])).toEqual(
      projections.map(({ name }) => [name, 0]),
    );
    expect(verified.find(({ name }) => name === 'audit-trail')!.events).toBeGreaterThanOrEqual(2_109);
  });
});
