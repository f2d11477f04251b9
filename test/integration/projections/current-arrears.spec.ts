import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ArrearsAgingReader, CurrentArrearsReader, projections, type CurrentArrears } from '#projections';
import { Drain } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { MemoryLog, type MemoryAccount } from '../../../projections/account-log.fixtures.js';
import { explained } from './explained.js';
import { ReadModels } from './read-models.js';

const CURRENCY = 'CNY';
const ACCOUNTS = ['A', 'B1/0101', '\u{9FFF}', '\u{20000}1', 'only-opened'];
/** A community's name may begin with another's, or hold what stands between the parts of other names. */
const COMMUNITIES = ['yinghu', 'yinghu/2', 'yinghu2'];
const DAYS = ['2026-01-15', '2026-02-28', '2026-03-31', '2026-06-30', '2027-01-01'];

interface Step {
  readonly community: number;
  readonly account: number;
  readonly kind: 'fee' | 'pay' | 'reverse-fee' | 'reverse-payment' | 'remind';
  readonly on: number;
  readonly dueOn: number;
  readonly minor: number;
  readonly pick: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  community: fc.nat({ max: COMMUNITIES.length - 1 }),
  account: fc.nat({ max: ACCOUNTS.length - 2 }),
  kind: fc.constantFrom('fee', 'fee', 'fee', 'pay', 'pay', 'reverse-fee', 'reverse-payment', 'remind'),
  on: fc.nat({ max: 200 }),
  dueOn: fc.nat({ max: 300 }),
  minor: fc.integer({ min: 1, max: 500 }),
  pick: fc.nat(),
});

const dayOf = (n: number): string => new Date(Date.UTC(2025, 11, 1 + n)).toISOString().slice(0, 10);

/** An account with the items and payments that can be reversed. */
interface Books {
  readonly account: MemoryAccount;
  readonly items: string[];
  readonly payments: string[];
}

function take(books: Books, { kind, on, dueOn, minor, pick }: Step): void {
  const { account, items, payments } = books;
  const named = (events: readonly { readonly data: unknown }[], name: string) =>
    String((events[0]!.data as Record<string, unknown>)[name]);
  const picked = (ids: string[]) => ids.splice(pick % Math.max(ids.length, 1), 1)[0];
  if (kind === 'fee') items.push(named(account.fee(dayOf(on), dayOf(dueOn), BigInt(minor)), 'itemId'));
  if (kind === 'pay') payments.push(named(account.pay(dayOf(on), BigInt(minor)), 'paymentId'));
  if (kind === 'remind') account.remind(dayOf(on));
  const id = kind === 'reverse-fee' ? picked(items) : kind === 'reverse-payment' ? picked(payments) : undefined;
  if (id !== undefined && kind === 'reverse-fee') account.reverseFee(dayOf(on), id);
  if (id !== undefined && kind === 'reverse-payment') account.reversePayment(dayOf(on), id);
}

function logOf(steps: readonly Step[]): MemoryLog {
  const log = new MemoryLog();
  const books = new Map<string, Books>();
  for (const community of COMMUNITIES) log.account('only-opened', community).open('2025-12-01');
  for (const one of steps) {
    const key = `${one.community} ${one.account}`;
    if (!books.has(key)) {
      const account = log.account(ACCOUNTS[one.account]!, COMMUNITIES[one.community]);
      account.open('2025-12-01');
      books.set(key, { account, items: [], payments: [] });
    }
    take(books.get(key)!, one);
  }
  return log;
}

describe('arrears from kept totals, on a server', () => {
  let models: ReadModels;
  let runs = 0;

  beforeAll(async () => {
    models = await ReadModels.open();
  });
  afterAll(() => models?.close());

  /** A database of its own for each run, folded in batches of a size up to a position. */
  async function folded(log: MemoryLog, batch: number, work: (store: ReadStore, drain: Drain) => Promise<void>) {
    const store = await ReadStore.connect(models.mongodbUrl, {
      database: `estate_current_${process.pid}_${(runs += 1)}`,
    });
    try {
      await work(store, new Drain({ source: log, stores: store, projections, maxBatchEvents: batch }));
    } finally {
      await store.dropDatabase();
      await store.close();
    }
  }

  async function expectTheSame(store: ReadStore, listAt: bigint): Promise<void> {
    const [current, movements] = [new CurrentArrearsReader(store), new ArrearsAgingReader(store)];
    for (const communityId of COMMUNITIES) {
      for (const asOf of DAYS) {
        const report = await movements.findReport({ communityId, asOf, currency: CURRENCY });
        const { sums, accounts, position } = (await current.findTotals({ communityId, asOf })) as CurrentArrears;
        expect({ ...sums.toReport(), accounts, position: `${position}` }).toEqual({
          ...{ buckets: report.buckets, outstanding: report.outstanding, credit: report.credit },
          ...{ accounts: report.accounts.length, position: report.position },
        });
        const then = await movements.findReport({ communityId, asOf, currency: CURRENCY, position: listAt });
        const listed = [];
        for await (const { account, sums: own } of current.listAccounts({
          communityId,
          asOf,
          position: listAt,
          pageSize: 2,
        }))
          listed.push({ account, ...own.toReport() });
        expect(listed).toEqual(then.accounts);
      }
    }
  }

  it('is what the movements add up to: on any day, and a list as it was when it was begun', async () => {
    const property = fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      fc.nat(),
      async (steps, batch, cut) => {
        const log = logOf(steps);
        const listAt = log.events[cut % log.events.length]!.position;
        await folded(log, batch, async (store, drain) => {
          await drain.catchUp(listAt);
          await expectTheSame(store, listAt);
          await drain.catchUp(await log.headPosition());
          await expectTheSame(store, listAt);
        });
      },
    );
    await fc.assert(property, { numRuns: 8 });
  }, 120_000);

  it('may exceed int64', async () => {
    const log = new MemoryLog();
    const large = 2n ** 63n - 1n;
    for (const id of ['A', 'B']) {
      log.account(id).open('2026-01-01');
    }
    for (const id of ['C', 'D']) {
      const account = log.account(id);
      account.open('2026-01-01');
      account.fee('2026-01-10', '2026-02-05', large);
    }
    await folded(log, 100, async (store) => {
      await new Drain({ source: log, stores: store, projections }).catchUp(await log.headPosition());
      const found = await new CurrentArrearsReader(store).findTotals({ communityId: 'yinghu', asOf: '2026-02-05' });
      expect(found?.sums.toReport()).toMatchObject({
        outstanding: `${2n * large}`,
        buckets: { notDue: `${2n * large}` },
      });
      expect(found?.accounts).toBe(2);
    });
  });

  it('waits for a batch that is being written, and leaves it to the movements when that takes too long', async () => {
    const log = new MemoryLog();
    const account = log.account('A');
    account.open('2026-01-01');
    account.fee('2026-01-10', '2026-02-05', 300n);
    await folded(log, 100, async (store, drain) => {
      await drain.catchUp(await log.headPosition());
      const query = { communityId: 'yinghu', asOf: '2026-03-01' };
      const months = store.collection<{ _id: string; position: bigint }>('arrears-totals.v1');
      const later = { $set: { position: 1000n, outstandingByDueOn: { '2026-02-05': '200' } } };
      await months.updateOne({ _id: 'yinghu.2026-02' }, later);
      expect(await new CurrentArrearsReader(store).findTotals(query)).toBeUndefined();
      const reading = new CurrentArrearsReader(store).findTotals(query);
      await months.updateOne({ _id: 'yinghu.' }, { $set: { position: 1000n, outstanding: '200' } });
      expect(await reading).toMatchObject({ position: 1000n, sums: { outstanding: 200n } });
    });
  });

  it('is read by ids in order: as many documents as a community has months, and a page has accounts', async () => {
    const log = new MemoryLog();
    for (let n = 0; n < 40; n += 1) {
      const account = log.account(`B1/${String(n).padStart(4, '0')}`);
      account.open('2026-01-01');
      account.fee('2026-01-10', `2026-0${1 + (n % 4)}-05`, 300n);
    }
    log.account('A', 'zz').open('2026-01-01');
    await folded(log, 100, async (store, drain) => {
      await drain.catchUp(await log.headPosition());
      const query = { communityId: 'yinghu', asOf: '2026-03-01', position: await log.headPosition(), pageSize: 11 };
      const [totals, accounts] = await new CurrentArrearsReader(store).explain(query, 'executionStats');
      expect(explained(totals)).toMatchObject({ index: '_id_', scans: false, sorts: false, documentsExamined: 5 });
      expect(explained(accounts)).toMatchObject({ index: '_id_', scans: false, sorts: false, documentsExamined: 11 });
    });
  });
});
