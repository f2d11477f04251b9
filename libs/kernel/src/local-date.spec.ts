import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  addDays,
  daysBetween,
  localDateOf,
  localMidnight,
  parseAsOfInstant,
  parseInstant,
  parseLocalDate,
} from './local-date.js';

const date = fc
  .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T00:00:00Z'), noInvalidDate: true })
  .map((d) => d.toISOString().slice(0, 10));

describe('local dates (D2)', () => {
  it.each(['2026-02-28', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('takes %s', (text) => {
    expect(parseLocalDate(text)).toBe(text);
  });

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-4-1',
    '0000-01-01',
    '2026-01-01T00:00',
    '',
    '２０２６-01-01',
    '2026-01-01\n',
  ])('refuses %j', (text) =>
    expect(() => parseLocalDate(text)).toThrow(expect.objectContaining({ code: 'DATE_INVALID' })),
  );

  it('adds days and counts them back', () => {
    fc.assert(
      fc.property(date, date, (from, to) => {
        const days = daysBetween(from, to);
        expect(addDays(from, days)).toBe(to);
        expect(Math.sign(days)).toBe(from < to ? 1 : from > to ? -1 : 0);
      }),
    );
  });

  it('counts as the calendar of the runtime does', () => {
    fc.assert(
      fc.property(date, date, (a, b) => expect(daysBetween(a, b)).toBe((Date.parse(b) - Date.parse(a)) / 86_400_000)),
    );
  });

  it('does not leave the years 0001-9999', () => {
    expect(() => addDays('9999-12-31', 1)).toThrow(expect.objectContaining({ code: 'DATE_INVALID' }));
    expect(() => addDays('0001-01-01', -1)).toThrow(expect.objectContaining({ code: 'DATE_INVALID' }));
  });
});

describe('instants (D2)', () => {
  it('knows local midnight in Shanghai, and where midnight is skipped', () => {
    expect(localMidnight('2026-09-30', 'Asia/Shanghai')).toBe('2026-09-29T16:00:00.000Z');
    // China had summer time in 1986–1991.
    expect(localMidnight('1988-07-01', 'Asia/Shanghai')).toBe('1988-06-30T15:00:00.000Z');
    expect(localMidnight('2018-11-04', 'America/Sao_Paulo')).toBe('2018-11-04T03:00:00.000Z');
    expect(localMidnight('2026-09-30', 'Asia/Shanghai')).toBe('2026-09-29T16:00:00.000Z');
    expect(() => localMidnight('2026-09-30', 'Mars/Olympus')).toThrow(
      expect.objectContaining({ code: 'TIME_ZONE_INVALID' }),
    );
    expect(() => localMidnight('2026-02-30', 'Asia/Shanghai')).toThrow(
      expect.objectContaining({ code: 'DATE_INVALID' }),
    );
  });

  it('finds the day of a midnight again', () => {
    fc.assert(
      fc.property(date, fc.constantFrom('Asia/Shanghai', 'UTC', 'Europe/Rome'), (day, zone) => {
        expect(localDateOf(localMidnight(day, zone), zone)).toBe(day);
      }),
    );
  });

  it('turns any offset into UTC', () => {
    expect(parseInstant('2026-01-01T08:00:00+08:00')).toBe('2026-01-01T00:00:00.000Z');
    expect(parseInstant('2026-01-01T08:00+0530')).toBe('2026-01-01T02:30:00.000Z');
    expect(parseInstant('2026-01-01T00:00:00.1234567Z')).toBe('2026-01-01T00:00:00.123Z');
    expect(parseInstant('2026-01-01T00:30:00-01')).toBe('2026-01-01T01:30:00.000Z');
  });

  it('reads back what it writes', () => {
    const instant = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(fc.property(instant, (d) => expect(parseInstant(d.toISOString())).toBe(d.toISOString())));
  });

  it.each([
    '2026-01-01T08:00:00',
    '2026-01-01',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T23:60:00Z',
    '2026-01-01 08:00:00Z',
    '0000-01-01T00:00:00+01:00',
    'now',
  ])('refuses %j', (text) =>
    expect(() => parseInstant(text)).toThrow(expect.objectContaining({ code: 'INSTANT_INVALID' })),
  );

  it('takes a plain date as the end of that local day', () => {
    expect(parseAsOfInstant('2026-03-31', 'Asia/Shanghai')).toBe('2026-03-31T15:59:59.999Z');
    expect(parseAsOfInstant('2026-04-05T10:00:00+08:00', 'Asia/Shanghai')).toBe('2026-04-05T02:00:00.000Z');
    expect(parseAsOfInstant('9999-12-31', 'UTC')).toBe('9999-12-31T23:59:59.999Z');
    expect(() => parseAsOfInstant('2026-02-30', 'UTC')).toThrow(expect.objectContaining({ code: 'DATE_INVALID' }));
  });
});
