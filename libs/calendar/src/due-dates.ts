import { addDays, DomainError, parseLocalDate, type LocalDate } from '#libs/kernel';
import type { WorkCalendar, WorkingDay } from './work-calendar.js';

/** What a tariff says about a due date on a non-working day; by default it stays where it is (D2). */
export type NonWorkingDayRule = 'stay' | 'next' | 'previous';

const MAX_SEARCH_DAYS = 60;

/** The due date in the month of a date, by default the 5th (R1.3); a day that the month does not have is its last. */
export function dueInMonth(of: LocalDate, day = 5): LocalDate {
  return dayOfMonth(parseLocalDate(of).slice(0, 7), day);
}

/** The due date in the first month of a date's quarter, by default the 5th (R1.3). */
export function dueInQuarter(of: LocalDate, day = 5): LocalDate {
  const month = Number(parseLocalDate(of).slice(5, 7));
  const first = month - ((month - 1) % 3);
  return dayOfMonth(`${of.slice(0, 4)}-${String(first).padStart(2, '0')}`, day);
}

/** A due date moved off a non-working day, if the tariff says so (D2). @throws DomainError DATE_INVALID */
export function moveDueDate(calendar: WorkCalendar, dueOn: LocalDate, rule: NonWorkingDayRule): WorkingDay {
  if (rule === 'stay') return { on: parseLocalDate(dueOn), provisional: false };
  let on = parseLocalDate(dueOn);
  let provisional = !calendar.isSettled(on);
  for (let tried = 0; !calendar.isWorkingDay(on); tried += 1) {
    if (tried > MAX_SEARCH_DAYS) throw new DomainError('CALENDAR_EMPTY', `No working day near ${dueOn}`);
    on = addDays(on, rule === 'next' ? 1 : -1);
    provisional ||= !calendar.isSettled(on);
  }
  return { on, provisional };
}

function dayOfMonth(month: string, day: number): LocalDate {
  if (!Number.isInteger(day) || day < 1 || day > 31) {
    throw new DomainError('DUE_DAY_INVALID', `A due day is 1 to 31: ${day}`);
  }
  for (let candidate = day; ; candidate -= 1) {
    const date = `${month}-${String(candidate).padStart(2, '0')}`;
    if (exists(date)) return date;
  }
}

function exists(date: LocalDate): boolean {
  try {
    return parseLocalDate(date) === date;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
}
