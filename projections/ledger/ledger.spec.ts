import { describe, expect, it } from '@jest/globals';
import type { ProjectedEvent } from '#libs/projection-engine';
import { MemoryLog } from '../account-log.fixtures.js';
import { ledgerProjection } from './ledger.projection.js';

const handled = (events: readonly ProjectedEvent[]) =>
  events.filter(({ type }) => ledgerProjection.eventTypes.includes(type)).flatMap(ledgerProjection.documents);

const amounts = (events: readonly ProjectedEvent[]) =>
  handled(events).map(({ type, debitMinor, creditMinor }) => [type, debitMinor, creditMinor]);

describe('ledger lines', () => {
  const account = new MemoryLog().account('B1/0101');
  account.open('2026-01-01');

  it('place a fact in the ledger of its account', () => {
    expect(handled(account.fee('2026-01-02', '2026-02-05', 25_040n, 'bill 7'))).toEqual([
      {
        communityId: 'yinghu',
        accountId: 'B1/0101',
        stream: 'account-yinghu.B1/0101',
        revision: 1n,
        type: 'FeeAssessed',
        effectiveOn: '2026-01-02',
        recordedAt: '2026-07-01T08:00:00.000Z',
        reference: 'bill 7',
        debitMinor: 25_040n,
        creditMinor: 0n,
      },
    ]);
  });

  it('show a payment once, whatever it is allocated to', () => {
    const events = account.pay('2026-01-03', 30_000n);
    expect(events.map(({ type }) => type)).toEqual(['PaymentReceived', 'PaymentAllocated']);
    expect(amounts(events)).toEqual([['PaymentReceived', 0n, 30_000n]]);
  });

  it('do not move for a credit that is applied', () => {
    const events = account.fee('2026-01-04', '2026-03-05', 1_000n);
    expect(events.map(({ type }) => type)).toEqual(['FeeAssessed', 'CreditApplied']);
    expect(amounts(events)).toEqual([['FeeAssessed', 1_000n, 0n]]);
  });

  it('undo a fee and a payment with lines of their own, by their whole amounts (D11)', () => {
    expect(amounts(account.reverseFee('2026-01-05', '1'))).toEqual([['FeeReversed', 0n, 25_040n]]);
    expect(amounts(account.reversePayment('2026-01-06', '2'))).toEqual([['PaymentReversed', 30_000n, 0n]]);
  });

  it('carry the largest amount (D1)', () => {
    const large = 2n ** 63n - 1n - 1_000n;
    expect(amounts(account.fee('2026-01-07', '2026-03-05', large))[0]).toEqual(['FeeAssessed', large, 0n]);
  });
});
