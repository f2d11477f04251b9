import { describe, expect, it } from '@jest/globals';
import { assessFee, receivePayment } from './account.decisions.js';
import { fee, on, payment, Scenario } from './account.scenario.js';
import { reverseFee, reversePayment } from './reversal.decisions.js';

const wrong = { reason: 'wrong' };

describe('D11 reversal of a fee', () => {
  it('names the item, what was open, and the payments that it releases', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(receivePayment, payment(30), on('2026-02-02'))
      .when(reverseFee, { itemId: '1', ...wrong }, on('2026-02-03'));
    expect(scenario.last).toEqual([
      {
        type: 'FeeReversed',
        effectiveOn: '2026-02-03',
        occurredAt: '2026-02-03T01:00:00.000Z',
        data: {
          itemId: '1',
          kind: 'principal',
          dueOn: '2026-02-05',
          amount: { currency: 'CNY', minor: '100' },
          remaining: { currency: 'CNY', minor: '70' },
          reason: 'wrong',
          released: [{ paymentId: '2', amount: { currency: 'CNY', minor: '30' } }],
        },
      },
    ]);
    expect(scenario.account).toMatchObject({ outstandingMinor: 0n, creditMinor: 30n });
    expect(scenario.refusal(reverseFee, { itemId: '1', ...wrong }, on('2026-02-03'))).toBe('ITEM_ALREADY_REVERSED');
    expect(scenario.refusal(reverseFee, { itemId: '7', ...wrong }, on('2026-02-03'))).toBe('ITEM_UNKNOWN');
  });

  it('what it releases is applied at once to what else is open', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(assessFee, fee(100, '2026-03-05'), on('2026-03-01'))
      .when(receivePayment, payment(60), on('2026-02-02'))
      .when(receivePayment, payment(60), on('2026-02-03'));
    expect(scenario.account.outstandingMinor).toBe(80n);
    scenario.when(reverseFee, { itemId: '1', ...wrong }, on('2026-02-10'));
    // Item 2 counts from March on, so the application does as well (D16).
    expect(scenario.shares).toEqual([
      ['CreditApplied', '2026-03-01', '2:60'],
      ['CreditApplied', '2026-03-01', '2:20'],
    ]);
    expect(scenario.account).toMatchObject({ outstandingMinor: 0n, creditMinor: 20n });
  });

  it('D16 takes effect on the later of its own day and the days of everything it names', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(receivePayment, payment(30), on('2026-02-20'))
      .when(reverseFee, { itemId: '1', ...wrong }, on('2026-01-15'));
    expect(scenario.last[0]).toMatchObject({ type: 'FeeReversed', effectiveOn: '2026-02-20' });
  });
});

describe('D11 reversal of a payment', () => {
  it('opens its items again and takes its credit away; §6 the original row is not edited', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(receivePayment, payment(150), on('2026-02-02'));
    const before = JSON.stringify(scenario.events);
    scenario.when(reversePayment, { paymentId: '2', ...wrong }, on('2026-02-09'));
    expect(JSON.stringify(scenario.events.slice(0, -1))).toBe(before);
    expect(scenario.last).toEqual([
      {
        type: 'PaymentReversed',
        effectiveOn: '2026-02-09',
        occurredAt: '2026-02-09T01:00:00.000Z',
        data: {
          paymentId: '2',
          amount: { currency: 'CNY', minor: '150' },
          reason: 'wrong',
          reopened: [
            { itemId: '1', kind: 'principal', dueOn: '2026-02-05', amount: { currency: 'CNY', minor: '100' } },
          ],
          creditRemoved: { currency: 'CNY', minor: '50' },
        },
      },
    ]);
    expect(scenario.account).toMatchObject({ outstandingMinor: 100n, creditMinor: 0n });
    expect(scenario.refusal(reversePayment, { paymentId: '2', ...wrong }, on('2026-02-09'))).toBe(
      'PAYMENT_ALREADY_REVERSED',
    );
    expect(scenario.refusal(reversePayment, { paymentId: '1', ...wrong }, on('2026-02-09'))).toBe('PAYMENT_UNKNOWN');
  });

  it('D12 is refused to a collector and to an administrator', () => {
    const scenario = Scenario.opened().when(receivePayment, payment(150), on('2026-02-02'));
    for (const role of ['collector', 'administrator']) {
      const context = on('2026-02-03', { id: 'x', role });
      expect(scenario.refusal(reversePayment, { paymentId: '1', ...wrong }, context)).toBe('DUTIES_SEPARATED');
    }
  });

  it('other credits are applied at once to what it opens', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(receivePayment, payment(100), on('2026-02-02'))
      .when(receivePayment, payment(70), on('2026-02-03'))
      .when(reversePayment, { paymentId: '2', ...wrong }, on('2026-02-09'));
    expect(scenario.shares).toEqual([['CreditApplied', '2026-02-09', '1:70']]);
    expect(scenario.account).toMatchObject({ outstandingMinor: 30n, creditMinor: 0n });
  });

  it('§6 a payment does not work out later terms again: a back-dated one leaves earlier allocations as they are', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(assessFee, fee(100, '2026-03-05'), on('2026-03-01'))
      .when(receivePayment, payment(120), on('2026-03-10'));
    const before = JSON.stringify(scenario.events);
    scenario.when(receivePayment, payment(50), on('2026-02-03'));
    expect(scenario.shares).toEqual([['PaymentAllocated', '2026-03-01', '2:50']]);
    expect(JSON.stringify(scenario.events.slice(0, -2))).toBe(before);
  });

  it('a part opened again can be paid from the day of the reversal on, so that no cut shows it paid twice', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
      .when(receivePayment, payment(100), on('2026-02-02'))
      .when(reversePayment, { paymentId: '2', ...wrong }, on('2026-02-10'))
      .when(receivePayment, payment(100), on('2026-02-05'));
    expect(scenario.shares).toEqual([['PaymentAllocated', '2026-02-10', '1:100']]);
  });
});
