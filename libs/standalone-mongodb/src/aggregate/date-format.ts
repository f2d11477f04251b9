import { DateTime as Luxon, type Zone } from 'luxon';
import { failAt } from '../errors.js';

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

const SPECIFIERS: Readonly<Record<string, (date: Luxon) => string>> = {
  Y: (date) => pad(date.year, 4),
  m: (date) => pad(date.month, 2),
  d: (date) => pad(date.day, 2),
  H: (date) => pad(date.hour, 2),
  M: (date) => pad(date.minute, 2),
  S: (date) => pad(date.second, 2),
  L: (date) => pad(date.millisecond, 3),
  j: (date) => pad(date.ordinal, 3),
  w: (date) => String((date.weekday % 7) + 1),
  u: (date) => String(date.weekday),
  U: (date) => pad(Math.floor((date.ordinal + 6 - (date.weekday % 7)) / 7), 2),
  V: (date) => pad(date.weekNumber, 2),
  G: (date) => pad(date.weekYear, 4),
  b: (date) => date.setLocale('en').monthShort ?? '',
  B: (date) => date.setLocale('en').monthLong ?? '',
  z: (date) => date.toFormat('ZZZ'),
  Z: (date) => String(date.offset),
  '%': () => '%',
};

/** mongod's `%` specifiers. */
export function formatDate(date: Luxon, format: string): string {
  return format.replace(/%(.)?/g, (whole, specifier: string | undefined) => {
    const give = SPECIFIERS[specifier ?? ''];
    return give === undefined ? failAt(18536, `Invalid format character '${whole}' in format string`) : give(date);
  });
}

const TOKENS: Readonly<Record<string, string>> = {
  Y: 'yyyy',
  m: 'MM',
  d: 'dd',
  H: 'HH',
  M: 'mm',
  S: 'ss',
  L: 'SSS',
  j: 'ooo',
  z: 'ZZZ',
  b: 'MMM',
  B: 'MMMM',
};

/** Milliseconds of a text, by mongod's format or ISO 8601; undefined when it is no date. */
export function parseDate(text: string, format: string | undefined, zone: Zone): number | undefined {
  if (format === undefined) {
    // A date needs its year, month and day: mongod takes no less.
    if (!/^\s*\d{4}-\d{2}-\d{2}(?:[T ]|\s*$)/.test(text)) return undefined;
    const parsed = Luxon.fromISO(text.trim().replace(' ', 'T'), { zone });
    return parsed.isValid ? parsed.toMillis() : undefined;
  }
  const pattern = format.replace(
    /%(.)|([A-Za-z]+)/g,
    (whole, specifier: string | undefined, literal: string | undefined) => {
      if (literal !== undefined) return `'${literal}'`;
      return (
        TOKENS[specifier ?? ''] ??
        (specifier === '%' ? '%' : failAt(18536, `Invalid format character '${whole}' in format string`))
      );
    },
  );
  const parsed = Luxon.fromFormat(text, pattern, { zone, locale: 'en' });
  return parsed.isValid ? parsed.toMillis() : undefined;
}
