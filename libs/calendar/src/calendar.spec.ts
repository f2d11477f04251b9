import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addDays, daysBetween } from '#libs/kernel';
import { calendarOf, chinaCalendar, isoWeekday, parsePublishedDays } from './index.js';

const SHARED = resolve('../shared/data/work-calendar/cn.csv'); // beside the project, where it is present
const OWN = new URL('./cn-published-days.csv', import.meta.url);
const china = chinaCalendar();
const code = (expected: string) => expect.objectContaining({ code: expected });

function disagreements(csv: string): string[] {
  return parsePublishedDays(csv)
    .filter(({ date, day }) => china.isWorkingDay(date) !== (day === 'work'))
    .map(({ date }) => date);
}

describe('working days in China (D3)', () => {
  it('agree with the 678 published days of 2007–2026', () => {
    const csv = readFileSync(OWN, 'utf8');
    expect(parsePublishedDays(csv)).toHaveLength(678);
    expect(disagreements(csv)).toEqual([]);
  });

  (existsSync(SHARED) ? it : it.skip)('agree with the published file where it is present', () => {
    expect(disagreements(readFileSync(SHARED, 'utf8'))).toEqual([]);
  });

  it('are the ordinary week on every day of those years that was not published', () => {
    const published = new Set(parsePublishedDays(readFileSync(OWN, 'utf8')).map(({ date }) => date));
    const differing: string[] = [];
    for (let date = '2007-01-01'; date <= '2026-12-31'; date = addDays(date, 1)) {
      if (!published.has(date) && china.isWorkingDay(date) !== isoWeekday(date) <= 5) differing.push(date);
    }
    expect(differing).toEqual([]);
  });

  it.each([
    ['2026-09-30', 7, '2026-10-15'],
    ['2026-02-13', 7, '2026-03-02'],
    ['2026-09-19', 1, '2026-09-20'],
    ['2026-09-19', 0, '2026-09-19'],
    ['2018-12-28', 1, '2018-12-29'],
    ['2018-12-29', 1, '2019-01-02'],
  ])('%s + %i working days = %s', (from, days, on) => {
    expect(china.addWorkingDays(from, days)).toEqual({ on, provisional: false });
  });

  it('adding and counting are inverse', () => {
    const day = fc.integer({ min: 0, max: 7_000 }).map((n) => addDays('2007-01-01', n));
    fc.assert(
      fc.property(day, fc.integer({ min: 1, max: 60 }), (from, n) => {
        const { on } = china.addWorkingDays(from, n);
        expect(china.isWorkingDay(on)).toBe(true);
        expect(china.countWorkingDays(from, on).days).toBe(n);
        expect(china.countWorkingDays(from, addDays(on, -1)).days).toBe(n - 1);
      }),
    );
  });

  it('refuses impossible counts and dates', () => {
    expect(() => china.addWorkingDays('2026-01-01', -1)).toThrow(code('WORKING_DAYS_INVALID'));
    expect(() => china.addWorkingDays('2026-01-01', 1.5)).toThrow(code('WORKING_DAYS_INVALID'));
    expect(() => china.addWorkingDays('2026-02-30', 1)).toThrow(code('DATE_INVALID'));
  });
});

describe('a year that is not published', () => {
  it('makes what is counted through it provisional', () => {
    expect(china.version).toBe('CN/2026');
    expect(china.addWorkingDays('2026-12-25', 7)).toMatchObject({ provisional: true });
    expect(china.addWorkingDays('2026-12-01', 7)).toMatchObject({ provisional: false });
    expect(china.addWorkingDays('2035-06-01', 7)).toEqual({ on: '2035-06-12', provisional: true });
  });

  it('is not published by the days that its successor or predecessor moved into it', () => {
    const early = chinaCalendar([{ date: '2027-12-31', day: 'off' }]);
    expect(early.isSettled('2027-06-01')).toBe(false);
  });

  it('leaves the last days of December open until the next schedule is out: it has moved them five times', () => {
    expect(china.isSettled('2026-12-28')).toBe(true);
    expect(china.isSettled('2026-12-29')).toBe(false);
    expect(china.isSettled('2025-12-31')).toBe(true);
  });

  it('is settled once its days are known, and they win over the package', () => {
    const next = chinaCalendar([
      { date: '2027-01-01', day: 'off' },
      { date: '2026-12-31', day: 'off' },
      { date: '2027-01-02', day: 'work' },
    ]);
    expect(next.version).toBe('CN/2027');
    expect(next.addWorkingDays('2026-12-29', 2)).toEqual({ on: '2027-01-02', provisional: false });
    expect(next.isSettled('2026-12-31')).toBe(true);
  });

  it('can be added from a file, whose faults are named', () => {
    expect(parsePublishedDays('date,day\n2027-01-01,off\n')).toEqual([{ date: '2027-01-01', day: 'off' }]);
    expect(() => parsePublishedDays('date,day\n2027-01-01,free')).toThrow(/Line 2/);
    expect(() => parsePublishedDays('day,date')).toThrow(code('SCHEDULE_INVALID'));
    expect(() => parsePublishedDays('date,day\n2027-02-30,off')).toThrow(code('DATE_INVALID'));
  });
});

describe('other countries', () => {
  it('have the public holidays of their law, and no provisional years', () => {
    expect(calendarOf('DE').addWorkingDays('2026-04-02', 1)).toEqual({ on: '2026-04-07', provisional: false });
    expect(calendarOf('DE-BY').isWorkingDay('2026-01-06')).toBe(false);
    expect(calendarOf('DE').isWorkingDay('2026-01-06')).toBe(true);
    expect(calendarOf('US').isWorkingDay('2026-07-03')).toBe(false);
  });

  it('have their own weekend', () => {
    expect(calendarOf('SA').isWorkingDay('2025-11-07')).toBe(false);
    expect(calendarOf('SA').isWorkingDay('2025-11-09')).toBe(true);
  });

  it.each(['', 'XX', 'DE-QQ', 'CN-11', 'germany', '__proto__'])('refuses %j', (id) => {
    expect(() => calendarOf(id)).toThrow(code('CALENDAR_UNKNOWN'));
  });
});

it('knows the weekday of any date', () => {
  expect(['0001-01-01', '1969-12-31', '1970-01-01', '2026-10-01'].map(isoWeekday)).toEqual([1, 3, 4, 4]);
  expect(daysBetween('1970-01-05', '1970-01-12')).toBe(7);
});
