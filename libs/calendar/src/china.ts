import { createRequire } from 'node:module';
import { DomainError, parseLocalDate, type LocalDate } from '#libs/kernel';
import { WorkCalendar, type YearSchedule } from './work-calendar.js';

/** One day that differs from the ordinary week: `off` (a holiday) or `work` (a make-up day). */
export interface PublishedDay {
  readonly date: LocalDate;
  readonly day: 'off' | 'work';
}

interface PackageData {
  readonly holidays: Readonly<Record<string, string>>;
  readonly workdays: Readonly<Record<string, string>>;
}

const WEEKEND = new Set([6, 7]);
/** Since 2006 the schedule of a year has moved days of the December before it, never one before the 29th. */
const SETTLED_BY_NEXT_YEAR_FROM = '12-29';
let published: readonly PublishedDay[] | undefined;

/**
 * Working days of mainland China by the State Council's schedules (D3), from the `chinese-days` package.
 * `further` are published days that the package does not have yet (or has wrong): they win over the package.
 * @throws DomainError DATE_INVALID
 */
export function chinaCalendar(further: readonly PublishedDay[] = []): WorkCalendar {
  const years = new Map<number, { off: Set<LocalDate>; work: Set<LocalDate> }>();
  for (const { date, day } of [...packageDays(), ...further]) {
    const year = Number(parseLocalDate(date).slice(0, 4));
    const schedule = years.get(year) ?? { off: new Set(), work: new Set() };
    years.set(year, schedule);
    schedule[day].add(date);
    schedule[day === 'off' ? 'work' : 'off'].delete(date);
  }
  const known = new Map<number, YearSchedule>();
  // Days of late December come with the next year's schedule: only its New Year's Day tells that a year is published.
  for (const [year, schedule] of years) if (schedule.off.has(newYear(year))) known.set(year, schedule);
  return new WorkCalendar({
    id: 'CN',
    version: `CN/${Math.max(...known.keys())}`,
    weekend: WEEKEND,
    schedule: (year) => known.get(year),
    settledByNextYearFrom: SETTLED_BY_NEXT_YEAR_FROM,
  });
}

/**
 * Published days from a file `date,day` with days `off` and `work`, its header included: how a schedule is added before the
 * package has it. @throws DomainError SCHEDULE_INVALID, naming the line
 */
export function parsePublishedDays(csv: string): PublishedDay[] {
  const [header, ...lines] = csv.trim().split(/\r?\n/);
  if (header !== 'date,day') throw scheduleInvalid(1);
  return lines.map((line, index) => {
    const match = /^(\d{4}-\d{2}-\d{2}),(off|work)$/.exec(line);
    if (!match) throw scheduleInvalid(index + 2);
    return { date: parseLocalDate(match[1]!), day: match[2] as 'off' | 'work' };
  });
}

/** The package's data file, not its functions: those read dates in the time zone of the process and shift every day west of Greenwich. */
function packageDays(): readonly PublishedDay[] {
  if (!published) {
    const data = createRequire(import.meta.url)('chinese-days/dist/chinese-days.json') as PackageData;
    published = [
      ...Object.keys(data.holidays).map((date) => ({ date, day: 'off' as const })),
      ...Object.keys(data.workdays).map((date) => ({ date, day: 'work' as const })),
    ];
  }
  return published;
}

function newYear(year: number): LocalDate {
  return `${String(year).padStart(4, '0')}-01-01`;
}

function scheduleInvalid(line: number): DomainError {
  return new DomainError('SCHEDULE_INVALID', `Line ${line} of a work schedule is not \`date,day\` with off or work`);
}
