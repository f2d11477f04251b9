import type { Instant } from '#libs/kernel';
import type { CaseData } from './case.events.js';
import type { CaseStanding } from './case-standing.js';
import { isExcluded, milestoneAt } from './milestones.js';
import { MILESTONES, type Milestone } from './service-policy.js';

/** A clock that goes off once the instant of its deadline is past. */
export interface ClockTimer {
  readonly milestone: Milestone;
  readonly deadlineAt: Instant;
}

/** After every deadline. */
const LAST = '9999-12-31T23:59:59.999Z';

/**
 * The timers of a case, by deadline: clocks that are breached once it is past, unless something happens before. What was done
 * late while nobody watched is among them. A deadline that may still move has no timer, nor has a breach that is recorded (D5).
 */
export function timersOf(standing: CaseStanding): ClockTimer[] {
  if (isExcluded(standing.status)) return [];
  return MILESTONES.filter((milestone) => !standing.breached.includes(milestone))
    .map((milestone) => milestoneAt(standing, milestone, LAST))
    .filter(({ status, tentative }) => status === 'breached' && !tentative)
    .map(({ milestone, deadlineAt }) => ({ milestone, deadlineAt }))
    .sort((a, b) => (a.deadlineAt < b.deadlineAt ? -1 : a.deadlineAt > b.deadlineAt ? 1 : 0));
}

/**
 * Whether a case was opened by a line of somebody else's log. No breach is recorded for it: what that log does not say yet may
 * have been done in time, and a recorded breach stands.
 */
export function isOfLog(opening: CaseData<'Opened'>): boolean {
  return opening.activity !== null;
}
