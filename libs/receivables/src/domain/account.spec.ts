import { describe, expect, it } from '@jest/globals';
import { MAX_MINOR } from '#libs/kernel';
import { assessFee, openAccount, receivePayment } from './account.decisions.js';
import { fee, on, payment, Scenario } from './account.scenario.js';
import { describeAccount } from './describe-account.js';
import { assessLateFee } from './late-fee.decisions.js';

describe('opening and charging', () => {
  it('an account opens once', () => {
    const scenario = Scenario.opened();
    const command = { accountId: 'B1/0101', currency: 'CNY', timeZone: 'Asia/Shanghai' };
    expect(scenario.refusal(openAccount, command, on('2026-01-02'))).toBe('ACCOUNT_ALREADY_OPEN');
    expect(new Scenario().refusal(openAccount, { ...command, accountId: 'a b' }, on('2026-01-02'))).toBe('ID_INVALID');
    expect(new Scenario().refusal(assessFee, fee(1, '2026-02-05'), on('2026-01-02'))).toBe('ACCOUNT_NOT_OPEN');
  });

  it('R1.1 a fee carries its tariff, version and late-fee rule (D6 defaults)', () => {
    const { last } = Scenario.opened().when(assessFee, fee(25040, '2026-02-05'), on('2026-02-01'));
    expect(last).toEqual([
      {
        type: 'FeeAssessed',
        effectiveOn: '2026-02-01',
        occurredAt: '2026-02-01T01:00:00.000Z',
        data: {
          itemId: '1',
          item: 'fee',
          amount: { currency: 'CNY', minor: '25040' },
          dueOn: '2026-02-05',
          reference: 'B1/0101/1',
          tariff: { tariffId: 'T1', version: 1, lateFee: { ppmPerDay: 500, graceDays: 0, capPpm: 1_000_000 } },
          period: null,
        },
      },
    ]);
  });

  it.each([
    ['AMOUNT_NOT_POSITIVE', fee(0, '2026-02-05')],
    ['AMOUNT_NOT_POSITIVE', fee(-1, '2026-02-05')],
    ['CURRENCY_MISMATCH', fee(1, '2026-02-05', { amount: { currency: 'EUR', minor: 1n } })],
    ['DATE_INVALID', fee(1, '2026-02-30')],
    ['PERIOD_INVALID', fee(1, '2026-02-05', { period: { from: '2026-02-02', to: '2026-02-01' } })],
    [
      'LATE_FEE_RULE_INVALID',
      fee(1, '2026-02-05', { tariff: { tariffId: 'T', version: 1, lateFee: { ppmPerDay: 0.5 } } }),
    ],
    ['LABEL_INVALID', fee(1, '2026-02-05', { item: ' ' })],
    ['REFERENCE_INVALID', fee(1, '2026-02-05', { reference: 'x'.repeat(129) })],
  ])('refuses %s', (code, command) => {
    expect(Scenario.opened().refusal(assessFee, command, on('2026-02-01'))).toBe(code);
  });

  it('D1 a total beyond 2^63-1 is refused, outstanding and credit alike', () => {
    const charged = Scenario.opened().when(assessFee, fee(MAX_MINOR, '2026-02-05'), on('2026-02-01'));
    expect(charged.refusal(assessFee, fee(1, '2026-02-05'), on('2026-02-01'))).toBe('TOTAL_TOO_LARGE');
    const paid = Scenario.opened().when(receivePayment, payment(MAX_MINOR), on('2026-02-01'));
    expect(paid.refusal(receivePayment, payment(1), on('2026-02-01'))).toBe('TOTAL_TOO_LARGE');
    expect(charged.refusal(receivePayment, payment(MAX_MINOR), on('2026-02-01'))).toBe('accepted');
  });

  it('D12 an administrator has no money commands, a collector records no cash', () => {
    const scenario = Scenario.opened();
    const administrator = on('2026-02-01', { id: 'a', role: 'administrator' });
    const collector = on('2026-02-01', { id: 'c', role: 'collector' });
    expect(scenario.refusal(assessFee, fee(1, '2026-02-05'), administrator)).toBe('DUTIES_SEPARATED');
    expect(scenario.refusal(receivePayment, payment(1), administrator)).toBe('DUTIES_SEPARATED');
    expect(scenario.refusal(receivePayment, payment(1), collector)).toBe('DUTIES_SEPARATED');
    expect(scenario.refusal(assessFee, fee(1, '2026-02-05'), collector)).toBe('accepted');
  });
});

describe('D7 allocation of a payment', () => {
  const three = () =>
    Scenario.opened()
      .when(assessFee, fee(1_000, '2026-03-05'), on('2026-01-01'))
      .when(assessFee, fee(100_000, '2026-01-05'), on('2026-01-01'))
      .when(assessFee, fee(1_000, '2026-03-05'), on('2026-01-01'))
      .when(assessLateFee, { forItemId: '2', reference: '' }, on('2026-01-25'));

  it('all principal before any late fee, oldest due first, ties in the order of posting', () => {
    expect(three().account.items.get('4')).toMatchObject({ kind: 'late-fee', amountMinor: 1_000n });
    const scenario = three().when(receivePayment, payment(102_400), on('2026-01-25'));
    expect(scenario.shares).toEqual([['PaymentAllocated', '2026-01-25', '2:100000', '1:1000', '3:1000', '4:400']]);
    expect(scenario.account.outstandingMinor).toBe(600n);
  });

  it('what the payer designated comes first, in the payer’s order; the rest follows the policy', () => {
    const scenario = three().when(
      receivePayment,
      payment(3_000, { designatedItemIds: ['4', '3', '4'] }),
      on('2026-01-25'),
    );
    expect(scenario.shares).toEqual([['PaymentAllocated', '2026-01-25', '4:1000', '3:1000', '2:1000']]);
    expect(scenario.refusal(receivePayment, payment(1, { designatedItemIds: ['9'] }), on('2026-01-25'))).toBe(
      'ITEM_UNKNOWN',
    );
    const again = scenario.when(receivePayment, payment(10, { designatedItemIds: ['3'] }), on('2026-01-25'));
    expect(again.shares).toEqual([['PaymentAllocated', '2026-01-25', '2:10']]);
  });

  it('stores the policy and its version with each allocation', () => {
    const { last } = three().when(receivePayment, payment(1), on('2026-01-25'));
    expect(last[1]?.data).toMatchObject({ policy: { name: 'principal-first-oldest-due', version: 1 } });
  });

  it('D16 an allocation takes effect on the later of its own day and the days of the items: one event per day', () => {
    const scenario = Scenario.opened()
      .when(assessFee, fee(100, '2026-04-05'), on('2026-04-01'))
      .when(assessFee, fee(100, '2026-03-05'), on('2026-03-01'))
      .when(assessFee, fee(100, '2026-02-05'), on('2026-01-15'))
      .when(receivePayment, payment(300), on('2026-02-01'));
    expect(scenario.shares).toEqual([
      ['PaymentAllocated', '2026-02-01', '3:100'],
      ['PaymentAllocated', '2026-03-01', '2:100'],
      ['PaymentAllocated', '2026-04-01', '1:100'],
    ]);
    expect(scenario.last[0]).toMatchObject({ type: 'PaymentReceived', effectiveOn: '2026-02-01' });
  });

  it('more than 500 items are split over several events', () => {
    const scenario = Scenario.opened();
    for (let i = 0; i < 1_001; i += 1) scenario.when(assessFee, fee(1, '2026-02-05'), on('2026-01-01'));
    scenario.when(receivePayment, payment(1_001), on('2026-01-02'));
    expect(scenario.shares.map((s) => s.length - 2)).toEqual([500, 500, 1]);
    expect(scenario.account.outstandingMinor).toBe(0n);
  });

  it('what is left is credit, applied at once to a new fee and late fee, the oldest credit first', () => {
    const scenario = Scenario.opened()
      .when(receivePayment, payment(500), on('2026-03-01'))
      .when(receivePayment, payment(300), on('2026-02-01'));
    expect(scenario.account.creditMinor).toBe(800n);
    scenario.when(assessFee, fee(400, '2026-02-20'), on('2026-02-10'));
    expect(scenario.last.map((e) => [e.type, e.effectiveOn])).toEqual([
      ['FeeAssessed', '2026-02-10'],
      ['CreditApplied', '2026-02-10'],
      ['CreditApplied', '2026-03-01'],
    ]);
    expect(scenario.account).toMatchObject({ creditMinor: 400n, outstandingMinor: 0n });
  });
});

it('describes the state as plain JSON with amounts as strings', () => {
  const scenario = Scenario.opened()
    .when(assessFee, fee(100, '2026-02-05'), on('2026-02-01'))
    .when(receivePayment, payment(30), on('2026-02-02'));
  expect(JSON.parse(JSON.stringify(describeAccount(scenario.state)))).toMatchObject({
    balance: '70',
    outstanding: '70',
    credit: '0',
    openItems: [{ itemId: '1', open: '70', amount: '100', onHold: false }],
    credits: [],
  });
});
