import { addDays, daysBetween, DomainError, parseLocalDate, type LocalDate } from '#libs/kernel';

/** What an authority published for one year, beyond the ordinary week. */
export interface YearSchedule {
  /** Weekdays and weekend days that are free. */
  readonly off: ReadonlySet<LocalDate>;
  /** Weekend days on which people work (调休). */
  readonly work: ReadonlySet<LocalDate>;
}

/** Where a calendar takes its days from. */
export interface CalendarSource {
  /** `CN`, or a country (and region) as `DE`, `DE-BY`. */
  readonly id: string;
  /** Names the state of knowledge, so that a deadline can say which schedule it was counted by. */
  readonly version: string;
  /** ISO weekdays (1 = Monday) that are free unless a schedule says otherwise. */
  readonly weekend: ReadonlySet<number>;
  /** The year's schedule; undefined while it is not published. */
  schedule(year: number): YearSchedule | undefined;
  /** `MM-DD` from which the days of a year also depend on the next year's schedule; undefined when they never do. */
  readonly settledByNextYearFrom?: string;
}

export interface WorkingDay {
  readonly on: LocalDate;
  /** True when a day that was counted may still change, because its schedule is not published (D3). */
  readonly provisional: boolean;
}

export interface WorkingDayCount {
  readonly days: number;
  readonly provisional: boolean;
}

const MAX_COUNT = 4_000_000;
const MONDAY = '1970-01-05';

/** Working days of one country (D3). Knows nothing of time zones: its days are local dates. */
export class WorkCalendar {
  readonly id: string;
  readonly version: string;
  readonly #source: CalendarSource;
  readonly #years = new Map<number, YearSchedule | undefined>();

  constructor(source: CalendarSource) {
    this.id = source.id;
    this.version = source.version;
    this.#source = source;
  }

  /** @throws DomainError DATE_INVALID */
  isWorkingDay(date: LocalDate): boolean {
    const schedule = this.#schedule(yearOf(parseLocalDate(date)));
    if (schedule?.work.has(date)) return true;
    if (schedule?.off.has(date)) return false;
    return !this.#source.weekend.has(isoWeekday(date));
  }

  /** True when the schedule that decides about the day is published. */
  isSettled(date: LocalDate): boolean {
    const year = yearOf(date);
    if (!this.#schedule(year)) return false;
    const from = this.#source.settledByNextYearFrom;
    return from === undefined || date.slice(5) < from || this.#schedule(year + 1) !== undefined;
  }

  /**
   * The n-th working day after a date; counting starts on the next day (D3), and 0 gives the date itself.
   * @throws DomainError WORKING_DAYS_INVALID unless n is an integer of 0–4,000,000; DATE_INVALID
   */
  addWorkingDays(from: LocalDate, days: number): WorkingDay {
    if (!Number.isInteger(days) || days < 0 || days > MAX_COUNT) {
      throw new DomainError('WORKING_DAYS_INVALID', `Working days are counted from 0 to ${MAX_COUNT}: ${days}`);
    }
    let on = parseLocalDate(from);
    let provisional = false;
    for (let left = days; left > 0;) {
      on = addDays(on, 1);
      provisional ||= !this.isSettled(on);
      if (this.isWorkingDay(on)) left -= 1;
    }
    return { on, provisional };
  }

  /** Working days d with after < d ≤ through; 0 when `through` is not later. */
  countWorkingDays(after: LocalDate, through: LocalDate): WorkingDayCount {
    let days = 0;
    let provisional = false;
    for (let left = daysBetween(after, through), date = after; left > 0; left -= 1) {
      date = addDays(date, 1);
      provisional ||= !this.isSettled(date);
      if (this.isWorkingDay(date)) days += 1;
    }
    return { days, provisional };
  }

  #schedule(year: number): YearSchedule | undefined {
    if (!this.#years.has(year)) this.#years.set(year, this.#source.schedule(year));
    return this.#years.get(year);
  }
}

/** 1 = Monday … 7 = Sunday. */
export function isoWeekday(date: LocalDate): number {
  const days = daysBetween(MONDAY, date) % 7;
  return (days < 0 ? days + 7 : days) + 1;
}

function yearOf(date: LocalDate): number {
  return Number(date.slice(0, 4));
}
