import { describe, expect, it } from '@jest/globals';
import { DomainError, MAX_MINOR } from '#libs/kernel';
import { Scenario } from './account.scenario.js';
import { openForHistory, recordHistoryLine, type HistoryLine } from './history.decisions.js';

const context = (effectiveOn: string) => ({
  accountId: 'A1',
  currency: 'EUR',
  timeZone: 'Europe/Rome',
  effectiveOn,
  occurredAt: `${effectiveOn}T00:00:00.000Z`,
});
const record = (scenario: Scenario, day: string, line: HistoryLine) =>
  scenario.fold(recordHistoryLine(scenario.state, line, context(day)));
const fee = (amountMinor: bigint, dueOn: string): HistoryLine => ({
  entry: 'fee',
  amountMinor,
  dueOn,
  reference: 'A1/1',
});
const payment = (amountMinor: bigint): HistoryLine => ({ entry: 'payment', amountMinor, reference: 'A1/2' });

describe('imported history lines are facts', () => {
  it('the first line opens the account', () => {
    const scenario = record(new Scenario(), '2006-07-24', fee(3_500n, '2006-09-22'));
    expect(scenario.last.map((e) => [e.type, e.effectiveOn, e.data])).toEqual([
      ['AccountOpened', '2006-07-24', { accountId: 'A1', currency: 'EUR', timeZone: 'Europe/Rome' }],
      [
        'FeeAssessed',
        '2006-07-24',
        {
          itemId: '1',
          item: 'fee',
          amount: { currency: 'EUR', minor: '3500' },
          dueOn: '2006-09-22',
          reference: 'A1/1',
          tariff: null,
          period: null,
        },
      ],
    ]);
    expect(openForHistory(scenario.state, context('2006-07-25'))).toEqual([]);
    expect(openForHistory(new Scenario().state, context('2006-07-25'))).toHaveLength(1);
  });

  it('fee, expense and late-fee become items without tariff; a payment is allocated at its date and the rest is credit', () => {
    const scenario = record(new Scenario(), '2006-07-24', fee(3_500n, '2006-09-22'));
    record(scenario, '2006-08-01', { entry: 'expense', amountMinor: 100n, dueOn: '2006-09-01', reference: '' });
    record(scenario, '2006-08-02', { entry: 'late-fee', amountMinor: 50n, dueOn: '2006-08-02', reference: '' });
    expect(scenario.last[0]).toMatchObject({ type: 'LateFeeAssessed', data: { forItemId: null, basis: null } });
    record(scenario, '2006-10-01', payment(4_000n));
    expect(scenario.last[0]?.data).toEqual({
      paymentId: '4',
      amount: { currency: 'EUR', minor: '4000' },
      method: 'unknown',
      reference: 'A1/2',
      receiptNumber: null,
      designatedItemIds: [],
    });
    expect(scenario.shares).toEqual([['PaymentAllocated', '2006-10-01', '2:100', '1:3500', '3:50']]);
    expect(scenario.account).toMatchObject({ outstandingMinor: 0n, creditMinor: 350n });
  });

  it('a dispute holds what is open then, even when nothing is', () => {
    const scenario = record(new Scenario(), '2006-07-24', { entry: 'dispute-opened', reference: 'x' });
    expect(scenario.last.map((e) => e.type)).toEqual(['AccountOpened', 'DisputeOpened', 'HoldPlaced']);
    record(scenario, '2006-08-24', { entry: 'dispute-progress', reference: 'y' });
    expect(scenario.last[0]?.data).toEqual({ disputeId: '1', reference: 'y' });
    record(scenario, '2006-09-24', { entry: 'dispute-opened', reference: 'z' });
    record(scenario, '2006-10-24', { entry: 'dispute-progress', reference: 'which?' });
    expect(scenario.last[0]?.data).toEqual({ disputeId: null, reference: 'which?' });
  });

  it('a line that would bring a total beyond 2^63-1 is rejected, and so is another currency', () => {
    const scenario = record(new Scenario(), '2006-07-24', fee(MAX_MINOR, '2006-09-22'));
    const code = (act: () => unknown) => {
      try {
        act();
        return 'accepted';
      } catch (error) {
        return error instanceof DomainError ? error.code : error;
      }
    };
    const before = scenario.account.outstandingMinor;
    expect(code(() => recordHistoryLine(scenario.state, fee(1n, '2006-09-22'), context('2006-07-25')))).toBe(
      'TOTAL_TOO_LARGE',
    );
    expect(scenario.account.outstandingMinor).toBe(before);
    const yuan = { ...context('2006-07-25'), currency: 'CNY' };
    expect(code(() => recordHistoryLine(scenario.state, payment(1n), yuan))).toBe('CURRENCY_MISMATCH');
    expect(code(() => recordHistoryLine(scenario.state, payment(0n), context('2006-07-25')))).toBe(
      'AMOUNT_NOT_POSITIVE',
    );
  });

  it('an account of 20,000 lines holds thousands of open items, and pays them in D7 order', () => {
    const scenario = new Scenario();
    for (let i = 0; i < 20_000; i += 1) {
      const due = `20${String(10 + (i % 7)).padStart(2, '0')}-0${1 + (i % 9)}-15`;
      record(scenario, '2006-07-24', i % 10 === 9 ? payment(3n) : fee(1n, due));
    }
    expect(scenario.account.outstandingMinor).toBe(18_000n - 2_000n * 3n);
    const open = [...scenario.account.openItems].map(({ dueOn }) => dueOn);
    expect(open).toHaveLength(12_000);
    expect(open).toEqual([...open].sort());
  });
});
