import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Drain, verifyProjections, type FoldedProjection } from '#libs/projection-engine';
import { NOT_REMOVED, waitForPosition, type StoredDocument } from '#libs/read-store';
import { arrearsAgingProjection, auditTrailProjection, checkIdentities, ledgerProjection } from '#projections';
import { MemoryLog } from '../../../projections/account-log.fixtures.js';
import { ReadModels } from './read-models.js';

/** Open items by account, gone when they are paid: a projection whose documents change and end. */
const openItems: FoldedProjection<{ openMinor: bigint }> = {
  name: 'open-items',
  version: 1,
  eventTypes: ['FeeAssessed', 'PaymentAllocated'],
  indexes: [],
  keys: ({ type, entityId, data }) => {
    if (type === 'FeeAssessed') return [`${entityId}:${(data as { itemId: string }).itemId}`];
    return (data as { items: { itemId: string }[] }).items.map(({ itemId }) => `${entityId}:${itemId}`);
  },
  evolve: (doc, { type, data, entityId }, key) => {
    if (type === 'FeeAssessed') return { openMinor: BigInt((data as { amount: { minor: string } }).amount.minor) };
    const { items } = data as { items: { itemId: string; amount: { minor: string } }[] };
    const paid = items.find(({ itemId }) => key === `${entityId}:${itemId}`)!;
    const openMinor = doc!.openMinor - BigInt(paid.amount.minor);
    return openMinor === 0n ? undefined : { openMinor };
  },
};

const projections = [ledgerProjection, arrearsAgingProjection, auditTrailProjection];
const all = [...projections, openItems];

describe('verification, on a server', () => {
  let models: ReadModels;
  const log = new MemoryLog();

  const addMonth = (month: string): void => {
    for (const id of ['A', 'B', 'C']) {
      const account = log.account(`${id}-${month}`);
      account.open(`${month}-01`);
      account.fee(`${month}-02`, `${month}-20`, 100n);
      account.fee(`${month}-03`, `${month}-21`, 50n);
      account.pay(`${month}-04`, 120n);
    }
  };
  const verify = async () =>
    verifyProjections(await log.headPosition(), { source: log, store: models.store, projections: all });
  const differences = async () => (await verify()).flatMap((verified) => verified.differences);
  const raw = (name: string) => models.store.collection<StoredDocument>(name);

  beforeAll(async () => {
    addMonth('2026-01');
    models = await ReadModels.open();
    const drain = { source: log, stores: models.store, projections: all, maxBatchEvents: 4 };
    await new Drain(drain).catchUp(30n);
    await new Drain(drain).catchUp(await log.headPosition());
  });

  afterAll(() => models?.close());

  it('finds nothing where nothing was changed, and leaves nothing behind', async () => {
    expect(await verify()).toEqual([
      { name: 'ledger', events: 9, documents: 9, differenceCount: 0, differences: [] },
      { name: 'arrears-aging', events: 12, documents: 15, differenceCount: 0, differences: [] },
      { name: 'audit-trail', events: 15, documents: 15, differenceCount: 0, differences: [] },
      { name: 'open-items', events: 9, documents: 6, differenceCount: 0, differences: [] },
    ]);
    const names = (await models.store.listCollections()).filter((name) => name.includes('rebuild'));
    expect(names).toEqual([]);
  });

  it('keeps tombstones that readers leave out', async () => {
    expect(await raw('open-items.v1').countDocuments(NOT_REMOVED)).toBe(3);
    expect(await raw('open-items.v1').findOne({ _id: 'A-2026-01:1' })).toMatchObject({ removed: true, position: 50n });
  });

  it('names document and field of what was changed, dropped or added', async () => {
    const lines = raw('ledger.v1');
    const changed = 'account-yinghu.A-2026-01@1/0';
    const dropped = (await lines.findOne({ _id: 'account-yinghu.B-2026-01@1/0' }))!;
    await lines.updateOne({ _id: changed }, { $set: { debitMinor: 101n } });
    await lines.deleteOne({ _id: dropped._id });
    await lines.insertOne({ _id: 'account-yinghu.Z@0/0', position: 5n });
    expect(await differences()).toEqual([
      { id: changed, field: 'debitMinor', live: '101n', rebuilt: '100n' },
      { id: dropped._id, field: '*', live: null, rebuilt: 'present' },
      { id: 'account-yinghu.Z@0/0', field: '*', live: 'present', rebuilt: null },
    ]);
    await lines.updateOne({ _id: changed }, { $set: { debitMinor: 100n } });
    await lines.deleteOne({ _id: 'account-yinghu.Z@0/0' });
    await lines.insertOne(dropped);
    expect(await differences()).toEqual([]);
  });

  it('goes on while new events are folded', async () => {
    const head = await log.headPosition();
    addMonth('2026-02');
    await models.drain(log).catchUp(await log.headPosition());
    const verified = await verifyProjections(head, { source: log, store: models.store, projections });
    expect(verified.map(({ documents, differenceCount }) => [documents, differenceCount])).toEqual([
      [9, 0],
      [15, 0],
      [15, 0],
    ]);
  });

  it('finds identities that do not hold', async () => {
    const broken = async () => {
      const identities = await checkIdentities({ source: log, store: models.store, projections });
      return identities.filter(({ holds }) => !holds);
    };
    expect(await broken()).toEqual([]);
    const movement = { _id: 'account-yinghu.A-2026-01@1/0' };
    await raw('arrears-aging.v1').updateOne(movement, { $set: { outstandingMinor: 90n } });
    expect(await broken()).toEqual([
      {
        name: 'ledger balance = outstanding - credit held',
        holds: false,
        detail: 'yinghu A-2026-01: balance 30, outstanding 20, credit 0',
      },
      { name: 'no fee below zero', holds: false, detail: 'yinghu A-2026-01 item 1: -10' },
    ]);
    await raw('arrears-aging.v1').updateOne(movement, { $set: { outstandingMinor: 100n } });
    await raw('checkpoints').updateOne({ _id: 'ledger.v1' }, { $set: { 'counts.FeeAssessed': 11n } });
    expect(await broken()).toMatchObject([{ name: 'count and sum per event type: store = projections' }]);
    await raw('checkpoints').updateOne({ _id: 'ledger.v1' }, { $set: { 'counts.FeeAssessed': 12n } });
  });
});

describe('read your own write', () => {
  it('waits for the models that are read, and says when they stay behind', async () => {
    const models = await ReadModels.open();
    const log = new MemoryLog();
    log.account('A').open('2026-01-01');
    const token = await log.headPosition();
    expect(await waitForPosition(models.store, projections, token, { limitMs: 30 })).toEqual({
      position: -1n,
      reached: false,
    });
    const waiting = waitForPosition(models.store, projections, token, { limitMs: 20_000 });
    await models.fold(log);
    expect(await waiting).toEqual({ position: token, reached: true });
    await models.close();
  });
});
