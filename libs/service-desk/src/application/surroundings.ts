import type { Surroundings } from '../domain/opening.decisions.js';
import { STANDARD_POLICY, type DeadlineRules, type ServicePolicy } from '../domain/service-policy.js';
import { WorkCalendars } from './work-calendars.js';

const calendars = new WorkCalendars();

/** What decisions need of the calendar and time zone under which a case was opened. @throws DomainError CALENDAR_UNKNOWN, TIME_ZONE_INVALID */
export function deadlineRulesOf(calendar: string, timeZone: string): DeadlineRules {
  return calendars.rulesOf(calendar, timeZone);
}

/** What a case is opened under in a community of that time zone: China's calendar and the standard promise, unless told otherwise. */
export function surroundingsOf(
  timeZone: string,
  calendar = 'CN',
  policy: ServicePolicy = STANDARD_POLICY,
): Surroundings {
  return { timeZone, calendar, policy, rules: deadlineRulesOf(calendar, timeZone) };
}
