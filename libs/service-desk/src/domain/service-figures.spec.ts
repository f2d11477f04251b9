import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { calendarOf, DeadlineClock, parsePublishedDays } from '#libs/calendar';
import { addMilliseconds, parseInstant, parseAsOfInstant } from '#libs/kernel';
import { naiveFigures, type LogLine } from '../../../../test/support/naive-service-figures.js';
import { CaseScenario } from './case.scenario.js';
import { STANDARD_POLICY } from './service-policy.js';
import { hoursOf, meetsResolutionTarget, nearestRank, ServiceTally, type FigurePeriod } from './service-figures.js';
import type { CaseRecord } from './milestones.js';

const LOG = resolve('../shared/data/service/cases.csv'); // beside the project, where it is present
const DAYS = new URL('../../../calendar/src/cn-published-days.csv', import.meta.url);
const special = new Map(parsePublishedDays(readFileSync(DAYS, 'utf8')).map(({ date, day }) => [date, day] as const));
const timeZone = 'Asia/Shanghai';
const around = {
  timeZone,
  calendar: 'CN',
  policy: STANDARD_POLICY,
  rules: new DeadlineClock(calendarOf('CN'), timeZone),
};

/** The cases of a log, recorded line by line as the import does: by case, by instant, ties in file order. */
function recordsOf(lines: readonly LogLine[]): CaseRecord[] {
  const byCase = new Map<string, { at: string; activity: string }[]>();
  for (const line of lines) {
    const own = byCase.get(line.case) ?? [];
    byCase.set(line.case, own);
    own.push({ at: parseInstant(line.at), activity: line.activity });
  }
  return [...byCase.values()].map((own) => {
    const scenario = new CaseScenario(around);
    const ordered = own.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
    for (const { at, activity } of ordered) scenario.line(`${at} x`, { activity });
    return scenario.record;
  });
}

function figures(records: readonly CaseRecord[], period: FigurePeriod) {
  const tally = new ServiceTally(period);
  for (const record of records) tally.add(record);
  const { rejected: _rejected, withdrawn: _withdrawn, duplicate: _duplicate, asOf: _asOf, ...rest } = tally.figures();
  return rest;
}

describe('figures of the service desk, against an independent computation', () => {
  (existsSync(LOG) ? it : it.skip)('agree on the real log for any period and as-of', () => {
    const [, ...rows] = readFileSync(LOG, 'utf8').trim().split('\n');
    const lines = rows.map((row) => row.split(',')).map((f) => ({ case: f[0]!, at: f[1]!, activity: f[2]! }));
    const records = recordsOf(lines);
    const asOfs = ['2010-01-20', '2010-03-15', '2010-06-30T04:00:00Z', '2010-12-31', '2011-05-05', '2012-01-01'];
    const periods = [
      ['2010-01-01', '2010-12-31'],
      ['2010-03-01', '2010-03-31'],
      ['2010-05-17', '2011-02-02'],
      ['2011-03-31', '2011-03-31'],
      ['2000-01-01', '2030-12-31'],
    ];
    for (const [from, to] of periods as [string, string][]) {
      for (const text of asOfs) {
        const asOf = parseAsOfInstant(text, timeZone);
        expect({ from, to, asOf, ...figures(records, { from, to, asOf, timeZone }) }).toEqual({
          from,
          to,
          asOf,
          ...naiveFigures(lines, { from, to, asOf }, special),
        });
      }
    }
  });

  it('agree on random logs, holidays and make-up days among them', () => {
    const activity = fc.constantFrom(
      'noted',
      'accepted',
      'accepted',
      'waiting',
      'waiting',
      'resolved',
      'resolved',
      'closed',
      'escalated',
      'rejected',
      'withdrawn',
      'duplicate',
    );
    const gap = fc.oneof(
      fc.constant(0),
      fc.integer({ min: 0, max: 90_000_000 }),
      fc.integer({ min: 0, max: 1_000_000_000 }),
    );
    const oneCase = fc.tuple(
      fc.integer({ min: 0, max: 5_000_000_000 }),
      fc.array(fc.tuple(activity, gap), { maxLength: 12 }),
    );
    const asOfMs = fc.integer({ min: 0, max: 9_000_000_000 });
    fc.assert(
      fc.property(
        fc.array(oneCase, { minLength: 1, maxLength: 12 }),
        asOfMs,
        fc.integer({ min: 0, max: 20 }),
        (cases, ms, days) => {
          const lines = cases.flatMap(([start, acts], index) => {
            let at = addMilliseconds('2026-01-20T00:00:00.000Z', start);
            return [['opened', 0] as const, ...acts].map(([what, wait]) => ({
              case: String(index),
              at: (at = addMilliseconds(at, wait)),
              activity: what,
            }));
          });
          const asOf = addMilliseconds('2026-01-20T00:00:00.000Z', ms);
          const period = {
            from: '2026-01-22',
            to: addMilliseconds('2026-02-15T00:00:00.000Z', days * 86_400_000).slice(0, 10),
            asOf,
          };
          expect(figures(recordsOf(lines), { ...period, timeZone })).toEqual(naiveFigures(lines, period, special));
        },
      ),
      { numRuns: 400 },
    );
  });

  it('have null where there is no case', () => {
    const empty = figures([], { from: '2026-01-01', to: '2026-12-31', asOf: '2026-12-31T00:00:00.000Z', timeZone });
    expect(empty).toMatchObject({
      opened: 0,
      resolutionRate: { numerator: 0, denominator: 0 },
      answer: { met: 0, p50Hours: null, p95Hours: null },
    });
  });
});

describe('parts of the figures', () => {
  it('test the 95 % in integers (§3)', () => {
    expect(meetsResolutionTarget({ numerator: 19, denominator: 20 })).toBe(true);
    expect(meetsResolutionTarget({ numerator: 949, denominator: 1000 })).toBe(false);
    expect(meetsResolutionTarget({ numerator: 0, denominator: 0 })).toBeUndefined();
  });

  it('take percentiles by nearest rank', () => {
    const values = [15, 20, 35, 40, 50];
    expect([5, 30, 40, 50, 90, 95, 100].map((p) => nearestRank(values, p))).toEqual([15, 20, 20, 35, 50, 50, 50]);
    expect(nearestRank([], 50)).toBeUndefined();
    const twenty = Array.from({ length: 20 }, (_, i) => i + 1);
    expect([nearestRank(twenty, 95), nearestRank(twenty, 90)]).toEqual([19, 18]);
  });

  it('give hours with two decimals, exact and half up', () => {
    expect([0, 17_999, 18_000, 36_000, 3_600_000, 4_212_000, 5_418_000].map(hoursOf)).toEqual([
      0, 0, 0.01, 0.01, 1, 1.17, 1.51,
    ]);
  });
});
