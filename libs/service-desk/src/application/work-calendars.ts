import { calendarOf, chinaCalendar, DeadlineClock, type PublishedDay, type WorkCalendar } from '#libs/calendar';
import { parseTimeZone } from '#libs/kernel';
import type { DeadlineRules } from '../domain/service-policy.js';

const CHINA = 'CN';

/**
 * The work calendars as they are known. `further` are published days of China that the calendar library does not have yet:
 * a schedule is added by them on the day it is published.
 */
export class WorkCalendars {
  readonly #clocks = new Map<string, DeadlineClock>();
  readonly #china: WorkCalendar | undefined;

  /** @throws DomainError DATE_INVALID */
  constructor(further: readonly PublishedDay[] = []) {
    this.#china = further.length > 0 ? chinaCalendar(further) : undefined;
  }

  /** Names what is known of a calendar, as `CN/2026`. @throws DomainError CALENDAR_UNKNOWN */
  versionOf(calendar: string): string {
    return this.#calendar(calendar).version;
  }

  /** What decisions need of a calendar in a time zone. @throws DomainError CALENDAR_UNKNOWN, TIME_ZONE_INVALID */
  rulesOf(calendar: string, timeZone: string): DeadlineRules {
    const key = `${calendar} ${timeZone}`;
    let clock = this.#clocks.get(key);
    if (!clock) this.#clocks.set(key, (clock = new DeadlineClock(this.#calendar(calendar), parseTimeZone(timeZone))));
    return clock;
  }

  #calendar(id: string): WorkCalendar {
    return id === CHINA && this.#china ? this.#china : calendarOf(id);
  }
}
