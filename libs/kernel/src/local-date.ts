import { DateTime } from 'luxon';
import { DomainError } from './errors.js';

/** `YYYY-MM-DD`, proleptic Gregorian, years 0001–9999; compared as strings (D2). */
export type LocalDate = string;

/** `YYYY-MM-DDTHH:mm:ss.SSSZ`, always UTC with milliseconds (D2); compared as strings. */
export type Instant = string;

const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const INSTANT =
  /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2})(?::?(\d{2}))?)$/;
const MS_PER_DAY = 86_400_000;
const MEMO_LIMIT = 100_000;
const MS_PER_QUARTER = 900_000;
const MEMO_ZONES = 1_000;
/** The days of a community's events are few, and each is asked for several times. */
const knownDays = new Set<LocalDate>();
const lastQuarters = new Map<string, { readonly quarter: number; readonly date: LocalDate }>();
const midnights = new Map<string, Map<LocalDate, Instant>>();

/** Memoised. @throws DomainError DATE_INVALID unless it is a day that exists. */
export function parseLocalDate(text: string): LocalDate {
  if (knownDays.has(text)) return text;
  const match = DATE.exec(text);
  if (!match || !dayExists(Number(match[1]), Number(match[2]), Number(match[3]))) throw dateInvalid(text);
  if (knownDays.size >= MEMO_LIMIT) knownDays.clear();
  knownDays.add(text);
  return text;
}

/** @throws DomainError DATE_INVALID, also when the result leaves the years 0001–9999. */
export function addDays(date: LocalDate, days: number): LocalDate {
  return fromDayNumber(toDayNumber(date) + days);
}

/** Whole days from one date to another: positive when `to` is later. */
export function daysBetween(from: LocalDate, to: LocalDate): number {
  return toDayNumber(to) - toDayNumber(from);
}

/**
 * The first instant of a local day (some zones skip midnight on a change of clocks). Memoised: an import asks a million times.
 * @throws DomainError TIME_ZONE_INVALID, DATE_INVALID
 */
export function localMidnight(date: LocalDate, timeZone: string): Instant {
  let ofZone = midnights.get(timeZone);
  if (!ofZone) midnights.set(timeZone, (ofZone = new Map()));
  const known = ofZone.get(date);
  if (known !== undefined) return known;
  const instant = toInstant(startOfDay(date, timeZone));
  if (ofZone.size >= MEMO_LIMIT) ofZone.clear();
  ofZone.set(date, instant);
  return instant;
}

/**
 * The local day on which an instant falls. The quarter of an hour that it falls into is remembered: every request of a moment asks for the same one.
 * @throws DomainError TIME_ZONE_INVALID, INSTANT_INVALID
 */
export function localDateOf(instant: Instant, timeZone: string): LocalDate {
  const milliseconds = toMilliseconds(instant);
  const quarter = Math.floor(milliseconds / MS_PER_QUARTER);
  const known = lastQuarters.get(timeZone);
  if (known?.quarter === quarter) return known.date;
  const local = DateTime.fromMillis(milliseconds, { zone: parseTimeZone(timeZone) });
  const date = local.toFormat('yyyy-MM-dd');
  if (lastQuarters.size >= MEMO_ZONES) lastQuarters.clear();
  if (isOneDay(quarter, timeZone)) lastQuarters.set(timeZone, { quarter, date });
  return date;
}

/** Zones have changed their offsets at any moment of the past, and not by whole hours: both ends of the quarter must be of the same day. */
function isOneDay(quarter: number, timeZone: string): boolean {
  const [first, last] = [quarter * MS_PER_QUARTER, (quarter + 1) * MS_PER_QUARTER - 1].map((milliseconds) =>
    DateTime.fromMillis(milliseconds, { zone: timeZone }).toFormat('yyyy-MM-dd'),
  );
  return first === last;
}

/**
 * An instant with `Z` or an offset, turned into UTC with milliseconds (finer digits are cut off).
 * @throws DomainError INSTANT_INVALID: no offset, or it does not exist
 */
export function parseInstant(text: string): Instant {
  return new Date(toMilliseconds(text)).toISOString();
}

/** As `parseInstant`, but a plain date means the last millisecond of that local day (domain.md §7). */
export function parseAsOfInstant(text: string, timeZone: string): Instant {
  return DATE.test(text) ? toInstant(startOfDay(parseLocalDate(text), timeZone).endOf('day')) : parseInstant(text);
}

/** @throws DomainError TIME_ZONE_INVALID unless this runtime knows the IANA zone. */
export function parseTimeZone(text: string): string {
  if (!DateTime.utc().setZone(text).isValid)
    throw new DomainError('TIME_ZONE_INVALID', `Unknown time zone: ${shorten(text)}`);
  return text;
}

function startOfDay(date: LocalDate, timeZone: string): DateTime {
  const day = parseLocalDate(date);
  return DateTime.fromISO(day, { zone: parseTimeZone(timeZone) }).startOf('day');
}

function toInstant(time: DateTime): Instant {
  return new Date(time.toMillis()).toISOString();
}

function toMilliseconds(text: string): number {
  const match = INSTANT.exec(text);
  if (!match) throw instantInvalid(text);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map((group) => Number(match[group] ?? 0));
  const [offsetHour, offsetMinute] = [Number(match[9] ?? 0), Number(match[10] ?? 0)];
  const exists = dayExists(year!, month!, day!, 0) && hour! < 24 && minute! < 60 && second! < 60;
  if (!exists || offsetHour > 23 || offsetMinute > 59) throw instantInvalid(text);
  const milliseconds = Number((match[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const offset = (match[8] === '-' ? -1 : 1) * (offsetHour * 60 + offsetMinute);
  const clock = ((hour! * 60 + minute! - offset) * 60 + second!) * 1000 + milliseconds;
  const result = civilToDayNumber(year!, month!, day!) * MS_PER_DAY + clock;
  // Outside the years 0000–9999 ISO strings grow a sign and no longer sort as text.
  if (result < FIRST_INSTANT || result > LAST_INSTANT) throw instantInvalid(text);
  return result;
}

function dayExists(year: number, month: number, day: number, firstYear = 1): boolean {
  return year >= firstYear && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month);
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

function toDayNumber(date: LocalDate): number {
  const match = DATE.exec(date);
  if (!match || !dayExists(Number(match[1]), Number(match[2]), Number(match[3]))) throw dateInvalid(date);
  return civilToDayNumber(Number(match[1]), Number(match[2]), Number(match[3]));
}

/** Days since 1970-01-01, counted in years that begin in March so that the leap day comes last. */
function civilToDayNumber(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function fromDayNumber(days: number): LocalDate {
  if (!Number.isInteger(days) || days < FIRST_DAY || days > LAST_DAY) throw dateInvalid(`day ${days}`);
  return new Date(days * MS_PER_DAY).toISOString().slice(0, 10);
}

function dateInvalid(text: string): DomainError {
  return new DomainError('DATE_INVALID', `Not a date that exists (YYYY-MM-DD): ${shorten(text)}`);
}

function instantInvalid(text: string): DomainError {
  return new DomainError('INSTANT_INVALID', `Not an instant with an offset: ${shorten(text)}`);
}

function shorten(text: string): string {
  return JSON.stringify(String(text).slice(0, 40));
}

const FIRST_DAY = civilToDayNumber(1, 1, 1);
const LAST_DAY = civilToDayNumber(9999, 12, 31);
const FIRST_INSTANT = civilToDayNumber(0, 1, 1) * MS_PER_DAY;
const LAST_INSTANT = (LAST_DAY + 1) * MS_PER_DAY - 1;
