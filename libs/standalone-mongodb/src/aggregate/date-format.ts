import type { DateTime as Luxon } from 'luxon';
import { failAt } from '../errors.js';
import { checkFormat } from './date-parse.js';

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

/** Refuses a format that has a specifier which mongod does not know. */
export function checkWriteFormat(format: string): void {
  checkFormat(format, (specifier) => SPECIFIERS[specifier] !== undefined);
}

/** A checked format's text. */
export function formatDate(date: Luxon, format: string): string {
  if (date.year < 0 || date.year > 9999) {
    failAt(
      18537,
      `Could not convert date to string: date component was outside the supported range of 0-9999: ${date.year}`,
    );
  }
  return format.replace(/%(.)/g, (_, specifier: string) => SPECIFIERS[specifier]?.(date) ?? '');
}
