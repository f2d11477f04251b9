import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandRunner, EventStore } from '#libs/event-store';
import {
  Drain,
  LiveRunner,
  measureLag,
  type EventSource,
  type Projection,
  type ProjectionStores,
} from '#libs/projection-engine';
import { waitForPosition, type ProjectionStore } from '#libs/read-store';
import {
  accountDecider,
  assessFee,
  openAccount,
  receivePayment,
  type AccountEvent,
  type AccountState,
} from '#libs/receivables';
import { checkIdentities, LedgerReader, projections } from '#projections';
import { uniqueCommunity } from '../../support/stores.js';
import { ReadModels } from './read-models.js';

const ACTOR = { id: 'ann', role: 'finance-manager' };

describe('from a command to the read models, through both servers', () => {
  let models: ReadModels;
  let events: EventStore;
  let source: EventSource;
  const communityId = uniqueCommunity();
  const context = { actor: ACTOR, effectiveOn: '2026-01-10', occurredAt: '2026-01-10T00:00:00.000Z' };

  const run = (accountId: string, decide: (state: AccountState) => readonly AccountEvent[]) =>
    new CommandRunner(events).execute(
      accountDecider,
      accountId,
      { commandId: randomUUID(), input: null, actor: ACTOR, communityId },
      decide,
    );
  const open = (accountId: string) =>
    run(accountId, (state) => openAccount(state, { accountId, currency: 'CNY', timeZone: 'Asia/Shanghai' }, context));
  const fee = (accountId: string, minor: bigint) => {
    const amount = { currency: 'CNY', minor };
    const command = { item: 'fee', amount, dueOn: '2026-02-05', reference: '', tariff: null, period: null };
    return run(accountId, (state) => assessFee(state, command, context));
  };
  const pay = (accountId: string, minor: bigint) => {
    const amount = { currency: 'CNY', minor };
    const command = { amount, method: 'cash', reference: '', receiptNumber: null, designatedItemIds: [] };
    return run(accountId, (state) => receivePayment(state, command, context));
  };

  beforeAll(async () => {
    models = await ReadModels.open();
    events = EventStore.connect(models.eventstoreUrl);
    source = from(events, await events.headPosition());
  });

  afterAll(async () => {
    await events?.close();
    await models?.close();
  });

  it('a write is read by whoever waits for its token', async () => {
    const stop = new AbortController();
    const runner = new LiveRunner({ source, stores: models.store, projections });
    const running = runner.run(stop.signal);
    await open('A');
    await fee('A', 300n);
    const { position } = await pay('A', 100n);
    const fresh = await waitForPosition(models.store, projections, position, { limitMs: 20_000 });
    expect(fresh.reached).toBe(true);
    const ledger = await new LedgerReader(models.store).findLedger({ communityId, accountId: 'A' });
    expect(ledger.lines.map(({ type, balance }) => [type, balance])).toEqual([
      ['FeeAssessed', '300'],
      ['PaymentReceived', '200'],
    ]);
    const lag = await measureLag({ source, store: models.store, projections });
    expect(lag.map(({ events: waiting, state }) => [waiting, state])).toEqual(projections.map(() => [0, 'current']));
    stop.abort();
    await running;
    expect(runner.state).toBe('stopped');
  });

  it('stopped at every step in turn, then started again: every read model as in an undisturbed run', async () => {
    for (const id of ['B', 'C', 'D']) {
      await open(id);
      await fee(id, 50n);
      await pay(id, 80n);
      await fee(id, 60n);
    }
    const head = await events.headPosition();
    const drain = (stores: ProjectionStores, maxBatchEvents: number) =>
      new Drain({ source, stores, projections, maxBatchEvents, pageSize: 4, set: 'disturbed' });
    await new Drain({ source, stores: models.store, projections }).catchUp(head);
    for (let survived = 0, killed = true; killed; survived += 3) {
      killed = await drain(new Killing(models.store, survived), 3)
        .catchUp(head)
        .then(() => false)
        .catch((error: unknown) => {
          expect(String(error)).toContain('killed');
          return true;
        });
    }
    await Promise.all([drain(models.store, 5).catchUp(head), drain(models.store, 2).catchUp(head)]);
    for (const { name } of projections) {
      expect(await contentOf(`${name}.v1.disturbed`)).toEqual(await contentOf(`${name}.v1`));
      const [live, disturbed] = await Promise.all([tallyOf(name, ''), tallyOf(name, 'disturbed')]);
      expect(disturbed).toEqual(live);
    }
    const identities = await checkIdentities({ source, store: models.store, projections });
    expect(identities.filter(({ holds }) => !holds)).toEqual([]);
  });

  async function contentOf(collection: string): Promise<object[]> {
    return models.store.collection(collection).find({}).sort({ _id: 1 }).toArray();
  }

  async function tallyOf(name: string, set: string): Promise<object> {
    const projection = projections.find((each) => each.name === name)!;
    const { position, counts, sums } = (await models.store.projectionStore(projection, set).readCheckpoint())!;
    return { position, counts, sums };
  }
});

/** What a store holds beyond a position: a server that tests share may hold anything before. */
function from(events: EventStore, start: bigint): EventSource {
  return {
    headPosition: () => events.headPosition(),
    readAll: (options) => events.readAll({ ...options, after: options.after ?? start }),
    readStream: (stream, options) => events.readStream(stream, options),
    subscribeAll: (options) => events.subscribeAll(options),
  };
}

/** Stores that stop working after a number of steps, before the step, or after it so that nobody hears that it was done. */
class Killing implements ProjectionStores {
  constructor(
    private readonly stores: ProjectionStores,
    private left: number,
  ) {}

  projectionStore(model: Projection, set?: string): ProjectionStore {
    const store = this.stores.projectionStore(model, set);
    const step = async <T>(act: () => Promise<T>): Promise<T> => {
      this.left -= 1;
      if (this.left < 0 && this.left % 2 === 0) throw new Error('killed before');
      const result = await act();
      if (this.left < 0) throw new Error('killed after');
      return result;
    };
    return {
      name: store.name,
      prepare: (indexes) => store.prepare(indexes),
      load: (ids) => step(() => store.load(ids)),
      isEmpty: () => store.isEmpty(),
      newPack: () => store.newPack(),
      insertPack: (pack) => step(() => store.insertPack(pack)),
      replace: (documents) => step(() => store.replace(documents)),
      readCheckpoint: () => store.readCheckpoint(),
      saveCheckpoint: (checkpoint) => step(() => store.saveCheckpoint(checkpoint)),
      park: (entries) => step(() => store.park(entries)),
      parkedStreams: () => store.parkedStreams(),
      discarded: () => store.discarded(),
      countParked: () => store.countParked(),
      noteParked: () => store.noteParked(),
    };
  }
}
