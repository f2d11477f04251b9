import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, divideHalfUp } from '#libs/kernel';
import { assessFee, receivePayment } from './account.decisions.js';
import { fee, on, payment, Scenario } from './account.scenario.js';
import { liftHold, placeHold } from './hold.decisions.js';
import { assessLateFee } from './late-fee.decisions.js';
import { reverseFee } from './reversal.decisions.js';

const late = (forItemId = '1') => ({ forItemId, reference: '' });
const lateFee = (ppmPerDay: number, graceDays = 0, capPpm = 1_000_000) => ({
  tariff: { tariffId: 'T1', version: 1, lateFee: { ppmPerDay, graceDays, capPpm } },
});
const charged = (scenario: Scenario) =>
  scenario.last.flatMap((e) => (e.type === 'LateFeeAssessed' ? [[e.data.amount.minor, e.data.basis?.days]] : []));

describe('D6 late fee', () => {
  const billed = (extra = {}) => Scenario.opened().when(assessFee, fee(25_040, '2026-02-05', extra), on('2026-02-01'));

  it('500 ppm a day on the unpaid principal, from the day after the due date, stored with its basis', () => {
    const { last } = billed().when(assessLateFee, late(), on('2026-02-15'));
    expect(last).toEqual([
      {
        type: 'LateFeeAssessed',
        effectiveOn: '2026-02-15',
        occurredAt: '2026-02-15T01:00:00.000Z',
        data: {
          itemId: '2',
          // 25040 × 10 days × 0.0005 = 125.2
          amount: { currency: 'CNY', minor: '125' },
          dueOn: '2026-02-15',
          reference: '',
          forItemId: '1',
          basis: {
            from: '2026-02-06',
            to: '2026-02-15',
            days: 10,
            balanceDays: '250400',
            ppmPerDay: 500,
            graceDays: 0,
            capPpm: 1_000_000,
            capped: false,
          },
        },
      },
    ]);
  });

  it('nothing on or before the due date, nor within the days of grace', () => {
    expect(billed().when(assessLateFee, late(), on('2026-02-05')).last).toEqual([]);
    expect(billed(lateFee(500, 3)).when(assessLateFee, late(), on('2026-02-08')).last).toEqual([]);
    // The days of grace are never charged: due + grace < d.
    expect(charged(billed(lateFee(500, 3)).when(assessLateFee, late(), on('2026-02-10')))).toEqual([['25', 2]]);
  });

  it('a charge follows the previous one and is never on a late fee (§6: it grows in line with the days, not with their square)', () => {
    const scenario = billed();
    const sums = ['2026-02-15', '2026-02-25', '2026-03-07'].map((day) => {
      scenario.when(assessLateFee, late(), on(day));
      return charged(scenario)[0]?.[0];
    });
    expect(sums).toEqual(['125', '125', '125']);
    expect(scenario.when(assessLateFee, late(), on('2026-03-07')).last).toEqual([]);
    expect(scenario.when(assessLateFee, late(), on('2026-02-20')).last).toEqual([]);
    expect(scenario.refusal(assessLateFee, late('2'), on('2026-03-08'))).toBe('LATE_FEE_ON_LATE_FEE');
  });

  it('§6 is rounded half up once per charge, not once per day', () => {
    // 0.3 a day: rounded daily it would stay 0 for ever.
    const small = () => Scenario.opened().when(assessFee, fee(600, '2026-02-05'), on('2026-02-01'));
    expect(charged(small().when(assessLateFee, late(), on('2026-02-15')))).toEqual([['3', 10]]);
    // 0.3 is not yet half a fen: no charge, and the day stays for the next one, which comes to 0.6.
    const daily = small().when(assessLateFee, late(), on('2026-02-06'));
    expect(daily.last).toEqual([]);
    expect(charged(daily.when(assessLateFee, late(), on('2026-02-07')))).toEqual([['1', 2]]);
  });

  it('a payment on d counts from d + 1', () => {
    const scenario = billed().when(receivePayment, payment(25_000), on('2026-02-10'));
    // 5 days (6–10) of 25040 and 5 days of 40: 125400 × 0.0005 = 62.7
    expect(charged(scenario.when(assessLateFee, late(), on('2026-02-15')))).toEqual([['63', 10]]);
  });

  it('§6 survives the payment of the principal', () => {
    const scenario = billed().when(receivePayment, payment(25_040), on('2026-02-15'));
    expect(scenario.account.outstandingMinor).toBe(0n);
    expect(charged(scenario.when(assessLateFee, late(), on('2026-06-30')))).toEqual([['125', 10]]);
    expect(scenario.account.outstandingMinor).toBe(125n);
  });

  it('D8 without the days on hold: the day of placing is on hold, the day of lifting counts again; overlapping holds count once', () => {
    const scenario = billed()
      .when(placeHold, { reason: 'dispute' }, on('2026-02-08'))
      .when(placeHold, { reason: 'another' }, on('2026-02-10'))
      .when(liftHold, { holdId: '2', reason: 'settled' }, on('2026-02-11'))
      .when(liftHold, { holdId: '3', reason: 'settled' }, on('2026-02-12'));
    expect(charged(scenario.when(assessLateFee, late(), on('2026-02-15')))).toEqual([['75', 6]]);
  });

  it('no late fee while a hold lasts', () => {
    const scenario = billed().when(placeHold, { reason: 'dispute' }, on('2026-02-06'));
    expect(scenario.when(assessLateFee, late(), on('2027-02-15')).last).toEqual([]);
  });

  it('never beyond the cap, a share of the principal, over all charges', () => {
    const scenario = billed(lateFee(100_000, 0, 300_000));
    expect(charged(scenario.when(assessLateFee, late(), on('2026-02-07')))).toEqual([['5008', 2]]);
    scenario.when(assessLateFee, late(), on('2026-02-15'));
    expect(scenario.last[0]?.data).toMatchObject({ amount: { minor: '2504' }, basis: { capped: true, days: 8 } });
    expect(scenario.when(assessLateFee, late(), on('2026-12-31')).last).toEqual([]);
  });

  it('a reversed charge frees its days', () => {
    const scenario = billed()
      .when(assessLateFee, late(), on('2026-02-15'))
      .when(reverseFee, { itemId: '2', reason: 'wrong' }, on('2026-02-16'));
    expect(charged(scenario.when(assessLateFee, late(), on('2026-02-15')))).toEqual([['125', 10]]);
  });

  it('a credit on the account is applied to it at once (D7)', () => {
    const scenario = billed().when(receivePayment, payment(25_100), on('2026-02-15'));
    scenario.when(assessLateFee, late(), on('2026-02-20'));
    expect(scenario.shares).toEqual([['CreditApplied', '2026-02-20', '3:60']]);
  });

  it('not for a fee without a tariff (imported), a reversed or an unknown one', () => {
    const scenario = billed({ tariff: null });
    expect(scenario.refusal(assessLateFee, late(), on('2026-03-01'))).toBe('LATE_FEE_WITHOUT_TARIFF');
    expect(scenario.refusal(assessLateFee, late('9'), on('2026-03-01'))).toBe('ITEM_UNKNOWN');
    const reversed = billed().when(reverseFee, { itemId: '1', reason: 'wrong' }, on('2026-02-02'));
    expect(reversed.refusal(assessLateFee, late(), on('2026-03-01'))).toBe('ITEM_ALREADY_REVERSED');
  });

  it('reaches the end of the calendar without leaving it', () => {
    const scenario = Scenario.opened().when(assessFee, fee(100, '9999-12-30'), on('9999-12-30'));
    expect(scenario.when(assessLateFee, late(), on('9999-12-31')).last).toEqual([]);
    const grace = Scenario.opened().when(assessFee, fee(100, '9999-12-01', lateFee(500, 9_000)), on('2026-01-01'));
    expect(grace.when(assessLateFee, late(), on('9999-12-31')).last).toEqual([]);
  });

  it('equals the sum over single days worked out naively, whatever was paid and held', () => {
    const day = fc.integer({ min: 0, max: 60 });
    const parts = fc.array(fc.tuple(day, fc.integer({ min: 1, max: 4_000 })), { maxLength: 6 });
    const holds = fc.array(fc.tuple(day, fc.integer({ min: 0, max: 15 })), { maxLength: 3 });
    const charges = fc.array(day, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, holds, charges, fc.integer({ min: 0, max: 9 }), (paid, held, asOf, grace) => {
        const at = (n: number) => addDays('2026-02-01', n);
        const scenario = Scenario.opened('2026-01-01').when(
          assessFee,
          fee(9_999, at(0), lateFee(7_777, grace, 10_000_000)),
          on('2026-01-01'),
        );
        for (const [from, length] of held) {
          scenario.when(placeHold, { reason: 'r', itemIds: ['1'] }, on(at(from)));
          const [placed] = scenario.last;
          if (placed?.type !== 'HoldPlaced') throw new Error('no hold');
          scenario.when(liftHold, { holdId: placed.data.holdId, reason: 'r' }, on(at(from + length)));
        }
        let open = 9_999;
        const counted: [number, number][] = [];
        for (const [on_, minor] of paid) {
          const part = Math.min(minor, open - 1);
          if (part < 1) continue;
          scenario.when(receivePayment, payment(part), on(at(on_)));
          counted.push([on_, part]);
          open -= part;
        }
        let chargedTo = grace;
        for (const to of asOf.toSorted((a, b) => a - b)) {
          let balanceDays = 0n;
          for (let d = chargedTo + 1; d <= to; d += 1) {
            if (held.some(([from, length]) => from <= d && d < from + length)) continue;
            balanceDays += BigInt(9_999 - counted.reduce((sum, [o, minor]) => (o < d ? sum + minor : sum), 0));
          }
          const expected = divideHalfUp(balanceDays * 7_777n, 1_000_000n);
          scenario.when(assessLateFee, late(), on(at(to)));
          expect(charged(scenario)[0]?.[0] ?? '0').toBe(expected.toString());
          if (expected > 0n) chargedTo = to;
        }
      }),
    );
  });
});
