import { describe, expect, it } from '@jest/globals';
import { DeadlineClock, calendarOf, dueInMonth, dueInQuarter, moveDueDate } from './index.js';

const shanghai = new DeadlineClock(calendarOf('CN'), 'Asia/Shanghai');
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('deadlines of a clock', () => {
  it('runs hours day and night (D4)', () => {
    expect(shanghai.afterHours('2026-09-30T15:00:00.000Z', 48)).toBe('2026-10-02T15:00:00.000Z');
    expect(() => shanghai.afterHours('2026-09-30T15:00:00.000Z', -1)).toThrow(code('HOURS_INVALID'));
  });

  it('ends a working-day deadline with the local day, counted from the local day', () => {
    expect(shanghai.afterWorkingDays('2026-09-30T15:59:59.999Z', 7)).toEqual({
      on: '2026-10-15',
      at: '2026-10-15T15:59:59.999Z',
      provisional: false,
      calendar: 'CN/2026',
    });
    expect(shanghai.afterWorkingDays('2026-03-02T15:59:59.999Z', 7).on).toBe('2026-03-11');
    expect(shanghai.afterWorkingDays('2026-03-02T16:00:00.000Z', 7).on).toBe('2026-03-12');
  });

  it('ends a day of 23 or 25 hours where the local clock does', () => {
    const berlin = new DeadlineClock(calendarOf('DE'), 'Europe/Berlin');
    expect(berlin.afterWorkingDays('2026-03-27T12:00:00.000Z', 1).at).toBe('2026-03-30T21:59:59.999Z');
    expect(berlin.afterWorkingDays('2026-03-26T12:00:00.000Z', 1).at).toBe('2026-03-27T22:59:59.999Z');
  });

  const opened = '2026-03-02T01:00:00.000Z'; // a Monday; due on Wednesday the 11th
  const deadline = shanghai.afterWorkingDays(opened, 7);

  it.each([
    ['within a day', '2026-03-03T02:00:00.000Z', '2026-03-03T09:00:00.000Z', '2026-03-11'],
    ['over one midnight', '2026-03-03T02:00:00.000Z', '2026-03-03T17:00:00.000Z', '2026-03-12'],
    ['over a weekend only', '2026-03-06T09:00:00.000Z', '2026-03-08T09:00:00.000Z', '2026-03-11'],
    ['until Monday', '2026-03-06T09:00:00.000Z', '2026-03-09T09:00:00.000Z', '2026-03-12'],
    ['begun at the last moment', '2026-03-11T15:59:59.999Z', '2026-03-13T09:00:00.000Z', '2026-03-13'],
    ['begun too late', '2026-03-11T16:00:00.000Z', '2026-03-20T09:00:00.000Z', '2026-03-11'],
  ])('a pause %s', (_, pausedAt, resumedAt, on) => {
    expect(shanghai.afterPause(deadline, { pausedAt, resumedAt }).on).toBe(on);
  });

  it('judges a later pause by the deadline as moved by earlier ones', () => {
    const pauses = [
      { pausedAt: '2026-03-11T09:00:00.000Z', resumedAt: '2026-03-13T09:00:00.000Z' },
      { pausedAt: '2026-03-13T09:00:00.000Z', resumedAt: '2026-03-16T09:00:00.000Z' },
      { pausedAt: '2026-03-17T09:00:00.000Z', resumedAt: '2026-03-20T09:00:00.000Z' },
    ];
    expect(shanghai.project(opened, 7, pauses)).toMatchObject({ on: '2026-03-16', at: '2026-03-16T15:59:59.999Z' });
  });

  it('stays provisional until it is projected by a calendar that knows the year', () => {
    expect(shanghai.afterWorkingDays('2026-12-25T01:00:00.000Z', 7)).toMatchObject({ provisional: true });
    const far = { pausedAt: '2026-12-22T01:00:00.000Z', resumedAt: '2027-01-05T01:00:00.000Z' };
    expect(shanghai.afterPause(shanghai.afterWorkingDays('2026-12-14T01:00:00.000Z', 7), far).provisional).toBe(true);
  });
});

describe('due dates (R1.3, D2)', () => {
  it('fall on the 5th of the month or of the first month of the quarter', () => {
    expect(dueInMonth('2026-02-17')).toBe('2026-02-05');
    expect(dueInMonth('2026-02-17', 31)).toBe('2026-02-28');
    expect(['2026-01-31', '2026-05-01', '2026-12-31'].map((date) => dueInQuarter(date))).toEqual([
      '2026-01-05',
      '2026-04-05',
      '2026-10-05',
    ]);
    expect(() => dueInMonth('2026-02-17', 0)).toThrow(code('DUE_DAY_INVALID'));
  });

  it('do not move off a holiday unless the tariff says so', () => {
    const china = calendarOf('CN');
    expect(moveDueDate(china, '2026-10-05', 'stay')).toEqual({ on: '2026-10-05', provisional: false });
    expect(moveDueDate(china, '2026-10-05', 'next')).toEqual({ on: '2026-10-08', provisional: false });
    expect(moveDueDate(china, '2026-10-05', 'previous')).toEqual({ on: '2026-09-30', provisional: false });
    expect(moveDueDate(china, '2027-10-05', 'next').provisional).toBe(true);
  });
});
