import { createRequire } from 'node:module';
import { Info } from 'luxon';
import { addDays, DomainError, type LocalDate } from '#libs/kernel';
import { chinaCalendar } from './china.js';
import { WorkCalendar, type YearSchedule } from './work-calendar.js';

type HolidaysClass = typeof import('date-holidays').default;

const ID = /^([A-Z]{2})(?:-([A-Z0-9]{1,4}))?$/;
const HOURS_OF_DAY = 24;
const MS_PER_HOUR = 3_600_000;
const calendars = new Map<string, WorkCalendar>();

/**
 * The work calendar of a country (`CN`, `DE`) or a region of one (`DE-BY`). China has published schedules; elsewhere the
 * public holidays follow from law, so no year is provisional.
 * @throws DomainError CALENDAR_UNKNOWN
 */
export function calendarOf(id: string): WorkCalendar {
  const known = calendars.get(id);
  if (known) return known;
  const calendar = id === 'CN' ? chinaCalendar() : countryCalendar(id);
  calendars.set(id, calendar);
  return calendar;
}

function countryCalendar(id: string): WorkCalendar {
  const match = ID.exec(id);
  if (!match || match[1] === 'CN') throw calendarUnknown(id);
  // Loaded on first use: it is large, and communities in China never need it.
  const Holidays = createRequire(import.meta.url)('date-holidays') as HolidaysClass;
  const [, country, region] = match as unknown as [string, string, string | undefined];
  const finder = new Holidays();
  const isKnown = finder.getCountries()[country] !== undefined && (!region || finder.getStates(country)?.[region]);
  if (!isKnown) throw calendarUnknown(id);
  if (region) finder.init(country, region);
  else finder.init(country);
  return new WorkCalendar({
    id,
    version: `${id}/date-holidays`,
    weekend: new Set(Info.getWeekendWeekdays({ locale: `und-${country}` })),
    schedule: (year): YearSchedule => ({ off: freeDays(finder, year), work: new Set() }),
  });
}

function freeDays(finder: InstanceType<HolidaysClass>, year: number): Set<LocalDate> {
  const days = new Set<LocalDate>();
  // A feast of several days may begin in the year before.
  for (const holiday of [...finder.getHolidays(year - 1), ...finder.getHolidays(year)]) {
    const length = Math.floor((holiday.end.getTime() - holiday.start.getTime()) / MS_PER_HOUR / HOURS_OF_DAY);
    if (holiday.type !== 'public') continue;
    for (let day = 0; day < length; day += 1) days.add(addDays(holiday.date.slice(0, 10), day));
  }
  return days;
}

function calendarUnknown(id: string): DomainError {
  return new DomainError('CALENDAR_UNKNOWN', `No work calendar is known for ${JSON.stringify(id.slice(0, 20))}`);
}
