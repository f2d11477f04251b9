import type { Zone } from 'luxon';
import { fail, failAt } from '../errors.js';
import { millisecondsOf, monthNamed, readZone, refuseDate, weekdayNamed, type DateParts } from './date-parts.js';

/** What a specifier takes of the text, and where it goes; `undefined`: it is not there. */
type Reader = (rest: string, parts: DateParts) => number | undefined;

function digits(most: number, store: (parts: DateParts, value: number, text: string) => void): Reader {
  const pattern = new RegExp(`^\\d{1,${most}}`);
  return (rest, parts) => {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) return undefined;
    store(parts, Number(found), found);
    return found.length;
  };
}

const monthName: Reader = (rest, parts) => {
  const word = /^[A-Za-z]+/.exec(rest)?.[0] ?? '';
  const month = monthNamed(word);
  if (month === undefined) return undefined;
  parts.month = month;
  return word.length;
};

const READERS: Readonly<Record<string, Reader>> = {
  Y: digits(4, (parts, value) => (parts.year = value)),
  m: digits(2, (parts, value) => (parts.month = value)),
  d: digits(2, (parts, value) => (parts.day = value)),
  j: digits(3, (parts, value) => (parts.dayOfYear = value)),
  H: digits(2, (parts, value) => (parts.hour = value)),
  M: digits(2, (parts, value) => (parts.minute = value)),
  S: digits(2, (parts, value) => (parts.second = value)),
  L: digits(3, (parts, _, text) => (parts.millisecond = Number(text.padEnd(3, '0')))),
  G: digits(4, (parts, value) => (parts.isoYear = value)),
  V: digits(2, (parts, value) => (parts.isoWeek = value)),
  u: digits(1, (parts, value) => (parts.isoDay = value)),
  b: monthName,
  B: monthName,
  z: (rest, parts) => {
    const zone = readZone(rest);
    if (zone === undefined) return undefined;
    parts.offset = zone.offset;
    if (zone.abbreviation !== undefined) parts.abbreviation = zone.abbreviation;
    return zone.length;
  },
  Z: (rest, parts) => {
    const found = /^[+-]?\d+/.exec(rest)?.[0];
    if (found === undefined) return undefined;
    parts.offset = Number(found);
    return found.length;
  },
};

/** Refuses a format that has a specifier which texts are not read by (18536), or ends within one (18535). */
export function checkReadFormat(format: string): void {
  checkFormat(format, (specifier) => READERS[specifier] !== undefined);
}

export function checkFormat(format: string, isKnown: (specifier: string) => boolean): void {
  for (let i = 0; i < format.length; i += 1) {
    if (format[i] !== '%') continue;
    i += 1;
    const specifier = format[i];
    if (specifier === undefined) return failAt(18535, "Unmatched '%' at end of format string");
    if (specifier !== '%' && !isKnown(specifier)) {
      failAt(18536, `Invalid format character '%${specifier}' in format string`);
    }
  }
}

/** Milliseconds of a text by mongod's `%` specifiers. Throws 241. */
export function readByFormat(text: string, format: string, zone: Zone): number {
  const parts: DateParts = {};
  let at = 0;
  for (let i = 0; i < format.length; i += 1) {
    const char = format[i] as string;
    if (char !== '%' || format[i + 1] === '%') {
      if (at >= text.length) refuseDate(text, at, 'Data missing');
      if (text[at] !== char) refuseDate(text, at, 'Format literal not found');
      if (char === '%') i += 1;
      at += 1;
      continue;
    }
    i += 1;
    const length = READERS[format[i] as string]?.(text.slice(at), parts);
    if (length === undefined)
      return refuseDate(text, at, at >= text.length ? 'Data missing' : 'Unexpected data found.');
    at += length;
  }
  if (at < text.length) refuseDate(text, at, 'Trailing data');
  return millisecondsOf(text, parts, zone);
}

type Form = readonly [pattern: RegExp, take: (parts: DateParts, groups: readonly string[], text: string) => void];

const MONTH = '([A-Za-z]{3,9})';
const DAY = '(\\d{1,2})(?:st|nd|rd|th)?';
const SECONDS = '(?:[:.](\\d{2})(?:[.,:](\\d+))?)?';

function date(parts: DateParts, text: string, year: string, month: number | undefined, day: string): void {
  if (parts.year !== undefined || parts.day !== undefined) refuseDate(text, 0, 'Double date specification');
  if (month === undefined) return refuseDate(text, 0, 'The timezone could not be found in the database');
  parts.month = month;
  parts.day = Number(day);
  if (year !== '') parts.year = year.length > 2 ? Number(year) : Number(year) + (Number(year) < 70 ? 2000 : 1900);
}

function time(parts: DateParts, text: string, [hour = '0', minute, second, fraction, half]: readonly string[]): void {
  if (parts.hour !== undefined) refuseDate(text, 0, 'Double time specification');
  parts.hour = Number(hour);
  if (half !== undefined && half !== '') parts.hour = (parts.hour % 12) + (/^p/i.test(half) ? 12 : 0);
  if (minute !== undefined && minute !== '') parts.minute = Number(minute);
  if (second !== undefined && second !== '') parts.second = Number(second);
  if (fraction !== undefined && fraction !== '') parts.millisecond = Math.trunc(Number(`0.${fraction}`) * 1000);
}

/** The forms of dates and times that are read without a format; the first that fits is taken. */
const FORMS: readonly Form[] = [
  [/^[\s,]+/, () => undefined],
  [/^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)/, (p, [y = '', m, d = ''], text) => date(p, text, y, Number(m), d)],
  [/^(\d{4})(\d{2})(\d{2})(?!\d)/, (p, [y = '', m, d = ''], text) => date(p, text, y, Number(m), d)],
  [/^(\d{1,2})\/(\d{1,2})\/(\d{4}|\d{2})(?!\d)/, (p, [m, d = '', y = ''], text) => date(p, text, y, Number(m), d)],
  [/^(\d{1,2})[-.](\d{1,2})[-.](\d{4})(?!\d)/, (p, [d = '', m, y = ''], text) => date(p, text, y, Number(m), d)],
  [
    new RegExp(`^(\\d{4})-${MONTH}-(\\d{1,2})(?!\\d)`),
    (p, [y = '', m = '', d = ''], text) => date(p, text, y, monthNamed(m), d),
  ],
  [
    new RegExp(`^${DAY}[ .-]*${MONTH}[ ,.-]*(\\d{4})(?!\\d)`),
    (p, [d = '', m = '', y = ''], text) => date(p, text, y, monthNamed(m), d),
  ],
  [
    /^[Tt]?(\d{1,2})(?::(\d{2}))?(?::(\d{2})(?:[.:](\d+))?)?\s*([ap])\.?m\.?(?![A-Za-z])/i,
    (p, groups, text) => time(p, text, groups),
  ],
  [new RegExp(`^[Tt]?(\\d{1,2}):(\\d{2})${SECONDS}`), (p, groups, text) => time(p, text, groups)],
  [/^[Tt](\d{2})(\d{2})(\d{2})?(?!\d)/, (p, groups, text) => time(p, text, groups)],
  [/^noon(?![A-Za-z])/i, (p, _, text) => time(p, text, ['12'])],
  [/^midnight(?![A-Za-z])/i, (p, _, text) => time(p, text, ['0'])],
];

const MONTH_FIRST = new RegExp(`^${MONTH}\\.?[ .-]*${DAY}(?!\\d|:)(?:[ ,.-]+(\\d{4})(?!\\d|:))?`);

/** A form of words at the start of the rest: a month and a day, a day of the week, a zone. Its length; undefined: none. */
function readWord(text: string, rest: string, parts: DateParts): number | undefined {
  const month = MONTH_FIRST.exec(rest);
  if (month !== null && monthNamed(month[1] as string) !== undefined) {
    date(parts, text, month[3] ?? '', monthNamed(month[1] as string), month[2] as string);
    return month[0].length;
  }
  const word = /^[A-Za-z]+/.exec(rest)?.[0] ?? '';
  if (word.length >= 3 && weekdayNamed(word) !== undefined) {
    parts.weekday = weekdayNamed(word) as number;
    return word.length;
  }
  const zone = readZone(rest);
  if (zone === undefined) return undefined;
  if (parts.offset !== undefined) refuseDate(text, 0, 'Double timezone specification');
  parts.offset = zone.offset;
  if (zone.abbreviation !== undefined) parts.abbreviation = zone.abbreviation;
  return zone.length;
}

/** Milliseconds of a text in one of the usual forms. Throws 241. */
export function readFreely(text: string, zone: Zone): number {
  const parts: DateParts = {};
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const form = FORMS.find(([pattern]) => pattern.test(rest));
    const match = form?.[0].exec(rest);
    if (form !== undefined && match)
      form[1](
        parts,
        match.slice(1).map((group) => group ?? ''),
        text,
      );
    const length = match ? match[0].length : readWord(text, rest, parts);
    if (length === undefined) return refuseFreely(text, rest, at);
    at += length;
  }
  return millisecondsOf(text, parts, zone);
}

function refuseFreely(text: string, rest: string, at: number): never {
  if (/^[A-Za-z]+\/[A-Za-z_/]+/.test(rest)) {
    fail('ConversionFailure', `passing a time zone identifier as part of the string is not allowed: "${text}"`);
  }
  if (/^(?:now|today|tomorrow|yesterday|next|last|first|back|front|ago|[+-]\d+\s*[a-z]{3})/i.test(rest)) {
    fail('NotImplemented', `standalone mode reads no relative dates: '${text}'`);
  }
  return refuseDate(text, at, 'Unexpected character');
}
