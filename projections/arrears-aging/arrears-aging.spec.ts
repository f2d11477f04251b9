import { describe, expect, it } from '@jest/globals';
import type { ProjectedEvent } from '#libs/projection-engine';
import { ACCOUNT_EVENT_TYPES } from '#libs/receivables';
import { MemoryLog } from '../account-log.fixtures.js';
import { AgingSums, BucketBounds } from './aging-buckets.js';
import { arrearsAgingProjection } from './arrears-aging.projection.js';

const movements = (events: readonly ProjectedEvent[]) =>
  events
    .filter(({ type }) => arrearsAgingProjection.eventTypes.includes(type))
    .flatMap(arrearsAgingProjection.documents)
    .map(({ itemId, dueOn, outstandingMinor, paymentId, creditMinor }) => [
      itemId,
      dueOn,
      outstandingMinor,
      paymentId,
      creditMinor,
    ]);

describe('arrears movements', () => {
  const account = new MemoryLog().account('B1/0101');

  it('list no account for its opening alone', () => {
    expect(movements(account.open('2026-01-01'))).toEqual([]);
  });

  it('move items with their due dates, and the credit of payments', () => {
    expect(movements(account.fee('2026-01-02', '2026-02-05', 300n))).toEqual([['1', '2026-02-05', 300n, null, 0n]]);
    expect(movements(account.fee('2026-01-02', '2026-03-05', 200n))).toEqual([['2', '2026-03-05', 200n, null, 0n]]);
    expect(movements(account.pay('2026-01-03', 600n))).toEqual([
      [null, null, 0n, '3', 600n],
      ['1', '2026-02-05', -300n, '3', -500n],
      ['2', '2026-03-05', -200n, null, 0n],
    ]);
    expect(movements(account.fee('2026-01-04', '2026-04-05', 50n))).toEqual([
      ['4', '2026-04-05', 50n, null, 0n],
      ['4', '2026-04-05', -50n, '3', -50n],
    ]);
  });

  it('give back what a reversed fee had been paid, and open again what a reversed payment had paid', () => {
    expect(movements(account.reverseFee('2026-01-05', '1'))).toEqual([[null, null, 0n, '3', 300n]]);
    expect(movements(account.reversePayment('2026-01-06', '3'))).toEqual([
      ['2', '2026-03-05', 200n, '3', -350n],
      ['4', '2026-04-05', 50n, null, 0n],
    ]);
  });

  it('list an account for a fact about no money', () => {
    expect(movements(account.remind('2026-01-07'))).toEqual([[null, null, 0n, null, 0n]]);
  });

  it('come of every fact of an account but its opening', () => {
    const folded = new Set(arrearsAgingProjection.eventTypes);
    expect([...ACCOUNT_EVENT_TYPES].filter((type) => !folded.has(type))).toEqual(['AccountOpened']);
    expect([...folded].filter((type) => !(ACCOUNT_EVENT_TYPES as ReadonlySet<string>).has(type))).toEqual([
      'ReminderSent',
      'LegalReferralMade',
    ]);
  });
});

describe('aging buckets', () => {
  it.each([
    ['2026-04-01', 0],
    ['2026-03-31', 0],
    ['2026-03-30', 1],
    ['2026-03-01', 1],
    ['2026-02-28', 2],
    ['2026-01-30', 2],
    ['2026-01-29', 3],
    ['2025-12-31', 3],
    ['2025-12-30', 4],
    ['0001-01-01', 4],
  ])('on 2026-03-31 put what was due on %s into bucket %d', (dueOn, bucket) => {
    expect(new BucketBounds('2026-03-31').indexOf(dueOn)).toBe(bucket);
  });

  it('begin with the calendar', () => {
    expect(new BucketBounds('0001-01-31').indexOf('0001-01-01')).toBe(1);
    expect(new BucketBounds('0001-02-01').indexOf('0001-01-01')).toBe(2);
    expect(new BucketBounds('0001-01-01').indexOf('0001-01-01')).toBe(0);
  });

  it('add up beyond int64', () => {
    const [account, community] = [new AgingSums(), new AgingSums()];
    account.buckets[4] = account.outstanding = 2n ** 63n - 1n;
    community.add(account);
    community.add(account);
    expect(community.toReport()).toMatchObject({
      buckets: { notDue: '0', d91plus: '18446744073709551614' },
      outstanding: '18446744073709551614',
      credit: '0',
    });
  });
});
