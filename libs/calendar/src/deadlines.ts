import {
  addDays,
  addMilliseconds,
  DomainError,
  localDateOf,
  localMidnight,
  type Instant,
  type LocalDate,
} from '#libs/kernel';
import type { WorkCalendar } from './work-calendar.js';

const MS_PER_HOUR = 3_600_000;

/** The end of a working day by which something must be done. */
export interface WorkingDayDeadline {
  readonly on: LocalDate;
  /** The last millisecond of that local day: what happens at it is in time. */
  readonly at: Instant;
  /** Counted over days whose schedule is not published: to be projected again (D3). */
  readonly provisional: boolean;
  /** Version of the calendar that it was counted by. */
  readonly calendar: string;
}

export interface Pause {
  readonly pausedAt: Instant;
  readonly resumedAt: Instant;
}

/** Deadlines of one place: its working days and its local days (D2–D5). */
export class DeadlineClock {
  constructor(
    private readonly calendar: WorkCalendar,
    private readonly timeZone: string,
  ) {}

  /** Hours run in elapsed time, day and night (D4). @throws DomainError HOURS_INVALID */
  afterHours(startedAt: Instant, hours: number): Instant {
    if (!Number.isInteger(hours) || hours < 0)
      throw new DomainError('HOURS_INVALID', `Not a number of hours: ${hours}`);
    return addMilliseconds(startedAt, hours * MS_PER_HOUR);
  }

  /** The end of the n-th working day after the local day of `startedAt` (D5). @throws DomainError WORKING_DAYS_INVALID */
  afterWorkingDays(startedAt: Instant, days: number): WorkingDayDeadline {
    return this.#on(this.calendar.addWorkingDays(localDateOf(startedAt, this.timeZone), days));
  }

  /**
   * A deadline moved by one pause: later by as many working days as there are working days d with pausedOn < d ≤ resumedOn
   * (local dates). A pause that begins after the deadline does not move it (D5).
   */
  afterPause(deadline: WorkingDayDeadline, { pausedAt, resumedAt }: Pause): WorkingDayDeadline {
    if (pausedAt > deadline.at) return deadline;
    const pausedOn = localDateOf(pausedAt, this.timeZone);
    const paused = this.calendar.countWorkingDays(pausedOn, localDateOf(resumedAt, this.timeZone));
    if (paused.days === 0) return deadline;
    const moved = this.calendar.addWorkingDays(deadline.on, paused.days);
    return this.#on({ on: moved.on, provisional: deadline.provisional || paused.provisional || moved.provisional });
  }

  /** The whole computation anew: how a provisional deadline is projected once the schedule is published. */
  project(startedAt: Instant, days: number, pauses: readonly Pause[]): WorkingDayDeadline {
    return pauses.reduce<WorkingDayDeadline>(
      (deadline, pause) => this.afterPause(deadline, pause),
      this.afterWorkingDays(startedAt, days),
    );
  }

  /** The local day of an instant. */
  localDate(instant: Instant): LocalDate {
    return localDateOf(instant, this.timeZone);
  }

  #on(day: { on: LocalDate; provisional: boolean }): WorkingDayDeadline {
    const at = addMilliseconds(localMidnight(addDays(day.on, 1), this.timeZone), -1);
    return { on: day.on, at, provisional: day.provisional, calendar: this.calendar.version };
  }
}
