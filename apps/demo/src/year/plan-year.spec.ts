import { describe, expect, it } from '@jest/globals';
import { isAllowed } from '../../../api/src/index.js';
import { COURSES } from './case-acts.js';
import { HABITS, monthlyFeeOf } from './households.js';
import { planYear } from './plan-year.js';
import { Random } from './random.js';

const plan = planYear({ seed: 1, units: 300 });
const acts = [...plan.accountActs, ...plan.caseActs];

describe('the year of the sample community', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(planYear({ seed: 1, units: 300 })).toEqual(plan);
    expect(planYear({ seed: 2, units: 300 }).accountActs).not.toEqual(plan.accountActs);
  });

  it('has units with fees by use and area (R1.1)', () => {
    expect(new Set(plan.units.map(({ unitId }) => unitId)).size).toBe(300);
    expect(plan.units[0]).toMatchObject({ unitId: 'B1/0101', use: 'commercial' });
    expect(plan.units[299]).toMatchObject({ unitId: 'B10/1502', use: 'residential' });
    expect(monthlyFeeOf({ unitId: 'x', use: 'residential', areaCentiM2: 8943 })).toBe(25_040n);
  });

  it.each([12, 300])('has every habit and every course of a case, in a community of %d units', (units) => {
    const { households, caseActs } = planYear({ seed: 3, units });
    expect(new Set(households.map(({ habit }) => habit))).toEqual(new Set(HABITS));
    expect(new Set(caseActs.map(({ caseKey }) => caseKey)).size).toBeGreaterThanOrEqual(COURSES.length);
    const operations = new Set(caseActs.map((act) => act.do));
    for (const rare of [
      'escalateCase',
      'reopenCase',
      'rejectCase',
      'withdrawCase',
      'markDuplicateCase',
      'awaitCustomer',
    ])
      expect(operations).toContain(rare);
  });

  it('lets nobody do what the role may not, and nobody verify their own work (D12)', () => {
    expect(acts.filter(({ do: operation, role }) => !isAllowed(role, operation))).toEqual([]);
    const handlers = new Set(plan.caseActs.filter((act) => act.do !== 'verifyCase').map(({ agent }) => agent));
    const verified = plan.caseActs.filter((act) => act.do === 'verifyCase');
    expect(verified.filter(({ agent }) => handlers.has(agent))).toEqual([]);
  });

  it('stays in the year, and what is about one account or case is in order of time', () => {
    expect(acts.filter(({ at }) => at < plan.begins || at > plan.ends)).toEqual([]);
    const lastAt = new Map<string, string>();
    const early = acts.filter((act) => {
      const subject = 'accountId' in act ? act.accountId : act.caseKey;
      const before = lastAt.get(subject);
      lastAt.set(subject, act.at);
      return before !== undefined && act.at < before;
    });
    expect(early).toEqual([]);
  });

  it('bills every household for each month that it is there, once', () => {
    const billed = plan.accountActs.filter((act) => act.do === 'assessFee' && act.item === 'property-fee');
    const periods = billed.map((act) => `${act.accountId} ${'reference' in act ? act.reference : ''}`);
    expect(new Set(periods).size).toBe(periods.length);
    const stays = plan.households.filter(({ from, to }) => from === '2025-01-01' && to === null);
    for (const { accountId, habit } of stays) {
      const own = billed.filter((act) => act.accountId === accountId && 'period' in act);
      // An upheld dispute is charged once more.
      expect([13, habit === 'disputing' ? 14 : 13]).toContain(own.length);
    }
  });
});

describe('the random numbers', () => {
  it('are of the seed alone, and parts do not disturb each other', () => {
    const drawn = (random: Random): number[] => [1, 2, 3].map(() => random.between(0, 1_000_000));
    const whole = new Random('a');
    const part = drawn(whole.fork('x'));
    expect(drawn(whole)).toEqual(drawn(new Random('a')));
    expect(drawn(new Random('a').fork('x'))).toEqual(part);
    expect(drawn(new Random('a').fork('y'))).not.toEqual(part);
  });

  it('fall between the bounds, both included, and follow weights', () => {
    const random = new Random('b');
    const dice = Array.from({ length: 600 }, () => random.between(1, 6));
    expect([...new Set(dice)].sort()).toEqual([1, 2, 3, 4, 5, 6]);
    const kinds = Array.from({ length: 1_000 }, () => random.weighted({ often: 9, seldom: 1, never: 0 }));
    const seldom = kinds.filter((kind) => kind === 'seldom').length;
    expect(seldom).toBeGreaterThan(50);
    expect(seldom).toBeLessThan(150);
    expect(kinds).not.toContain('never');
  });
});
