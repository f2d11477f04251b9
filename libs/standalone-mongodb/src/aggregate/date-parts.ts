import { DateTime as Luxon, FixedOffsetZone, type Zone } from 'luxon';
import { fail } from '../errors.js';

/** What a text says of a date: parts that are not there were not said. */
export interface DateParts {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  isoYear?: number;
  isoWeek?: number;
  isoDay?: number;
  hour?: number;
  minute?: number;
  second?: number;
  millisecond?: number;
  weekday?: number;
  /** Minutes east of Greenwich. */
  offset?: number;
  /** The abbreviation that gave the offset. */
  abbreviation?: string;
}

/** Refuses a text that is no date, as mongod does: 241, with the place and the reason. */
export function refuseDate(text: string, at: number, reason: string): never {
  return fail('ConversionFailure', `Error parsing date string '${text}'; ${at}: ${reason} '${text[at] ?? '\\0'}'`);
}

/** Milliseconds since 1970 of what a text said; `zone` is where it holds when the text does not say. */
export function millisecondsOf(text: string, parts: DateParts, zone: Zone): number {
  const iso = [parts.isoYear, parts.isoWeek, parts.isoDay];
  const natural = [parts.year, parts.month, parts.day, parts.dayOfYear];
  const isIso = iso.some((part) => part !== undefined);
  if (isIso && natural.some((part) => part !== undefined)) {
    refuseDate(text, text.length, 'Mixing of ISO dates with natural dates is not allowed');
  }
  if (isIso && parts.isoYear === undefined) refuseDate(text, text.length, 'The parsed date was invalid');
  const begin = isIso ? isoStart(parts) : naturalStart(text, parts);
  const { hour = 0, minute = 0, second = 0, millisecond = 0 } = parts;
  if (!begin.isValid || hour > 24 || minute > 59 || second > 59) {
    refuseDate(text, text.length, 'The parsed date was invalid');
  }
  if (parts.weekday !== undefined && parts.weekday !== begin.weekday) {
    fail('NotImplemented', `standalone mode reads no date whose day of the week is another: '${text}'`);
  }
  const local = begin.plus({ hours: hour, minutes: minute, seconds: second, milliseconds: millisecond });
  return local.setZone(zoneOfText(parts, zone), { keepLocalTime: true }).toMillis();
}

function isoStart({ isoYear = 1970, isoWeek = 1, isoDay = 1 }: DateParts): Luxon {
  const first = Luxon.fromObject({ weekYear: isoYear, weekNumber: 1, weekday: 1 }, { zone: 'utc' });
  return first.plus({ weeks: isoWeek - 1, days: isoDay - 1 });
}

function naturalStart(text: string, { year, month, day, dayOfYear }: DateParts): Luxon {
  if (year !== undefined && dayOfYear !== undefined && month === undefined && day === undefined) {
    return Luxon.fromObject({ year, ordinal: dayOfYear }, { zone: 'utc' });
  }
  if (year === undefined || month === undefined || day === undefined) {
    return fail('ConversionFailure', `an incomplete date/time string has been found, with elements missing: "${text}"`);
  }
  return Luxon.fromObject({ year, month, day }, { zone: 'utc' });
}

/** A zone in the text and one beside it exclude each other, unless the one beside it is UTC. */
function zoneOfText({ offset, abbreviation }: DateParts, zone: Zone): Zone {
  if (offset === undefined) return zone;
  if (!(zone instanceof FixedOffsetZone) || zone.offset(0) !== 0) {
    const what = abbreviation === undefined ? 'GMT offset' : `time zone information ('${abbreviation}')`;
    fail('ConversionFailure', `you cannot pass in a date/time string with ${what} together with a timezone argument`);
  }
  return FixedOffsetZone.instance(offset);
}

const HOUR = 60;
/** Minutes east of Greenwich, of the abbreviations that are of one meaning. */
const ABBREVIATIONS: Readonly<Record<string, number>> = {
  ...{ utc: 0, gmt: 0, wet: 0, west: HOUR, bst: HOUR, cet: HOUR, cest: 2 * HOUR, eet: 2 * HOUR, eest: 3 * HOUR },
  ...{ msk: 3 * HOUR, est: -5 * HOUR, edt: -4 * HOUR, cst: -6 * HOUR, cdt: -5 * HOUR, mst: -7 * HOUR },
  ...{ mdt: -6 * HOUR, pst: -8 * HOUR, pdt: -7 * HOUR, akst: -9 * HOUR, akdt: -8 * HOUR, hst: -10 * HOUR },
  ...{
    jst: 9 * HOUR,
    kst: 9 * HOUR,
    aest: 10 * HOUR,
    aedt: 11 * HOUR,
    awst: 8 * HOUR,
    nzst: 12 * HOUR,
    nzdt: 13 * HOUR,
  },
};

/** Military letters: A to M without J go east, N to Y west. */
function military(letter: string): number | undefined {
  const east = 'abcdefghiklm'.indexOf(letter);
  if (east >= 0) return (east + 1) * HOUR;
  const west = 'nopqrstuvwxy'.indexOf(letter);
  if (west >= 0) return -(west + 1) * HOUR;
  return letter === 'z' ? 0 : undefined;
}

/** Reads a zone at the start of a text: an offset, an abbreviation, or both. */
export function readZone(text: string): { length: number; offset: number; abbreviation?: string } | undefined {
  const offset = /^\s*(?:(?:gmt|utc)?([+-])(\d{1,2})(?::?(\d{2}))?)(?!\d)/i.exec(text);
  if (offset !== null) {
    const minutes = Number(offset[2]) * HOUR + Number(offset[3] ?? '0');
    return { length: offset[0].length, offset: offset[1] === '-' ? -minutes : minutes };
  }
  const name = /^\s*\(?([A-Za-z]+)\)?(?![A-Za-z/_])/.exec(text);
  const word = name?.[1]?.toLowerCase() ?? '';
  const known = word.length === 1 ? military(word) : ABBREVIATIONS[word];
  if (name === null || known === undefined) return undefined;
  return { length: name[0].length, offset: known, abbreviation: word.toUpperCase() };
}

const MONTHS = [
  ...['january', 'february', 'march', 'april', 'may', 'june'],
  ...['july', 'august', 'september', 'october', 'november', 'december'],
];
const DAYS = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];

/** 1 to 12 of a month's name, whole or its first three letters (`sept` too). */
export function monthNamed(word: string): number | undefined {
  return numberOf(MONTHS, word) ?? (word.toLowerCase() === 'sept' ? 9 : undefined);
}

/** 1 (Monday) to 7. */
export function weekdayNamed(word: string): number | undefined {
  return numberOf(DAYS, word);
}

function numberOf(names: readonly string[], word: string): number | undefined {
  const at = names.findIndex((name) => name === word.toLowerCase() || name.slice(0, 3) === word.toLowerCase());
  return at < 0 ? undefined : at + 1;
}
