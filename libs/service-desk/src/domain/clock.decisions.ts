import { Draft } from './case-draft.js';
import type { Instant } from '#libs/kernel';
import type { CaseAction } from './case-kind.js';
import type { CaseData, CaseDetails, CaseEvent } from './case.events.js';
import type { CaseState, OpenedCase } from './case.state.js';
import type { ClockTimer } from './clock-timers.js';
import { isExcluded, milestonesAt } from './milestones.js';
import type { DeadlineRules } from './service-policy.js';

/**
 * Counts a provisional completion deadline anew (D3); nothing to do when it is the same as before. To be called when a
 * schedule is published. A breach that was recorded stands.
 */
export function projectDeadline(state: CaseState, now: Instant, rules: DeadlineRules): readonly CaseEvent[] {
  if (state.status === 'NotOpened' || isExcluded(state.standing.status)) return [];
  const previous = state.standing.deadlines.complete;
  if (!previous.provisional) return [];
  const { openedAt } = state.standing;
  const complete = rules.project(openedAt, state.policy.completeWorkingDays, state.pauses);
  if (complete.on === previous.on && complete.provisional === previous.provisional) return [];
  return [observed(state, now, rules, 'DeadlineProjected', { complete, previous })];
}

/**
 * The breaches that have happened by now and are not recorded yet. A deadline that may still move is not judged: its breach
 * would have to be taken back, and a breach is never rewritten (D5).
 */
export function recordBreaches(state: CaseState, now: Instant, rules: DeadlineRules): readonly CaseEvent[] {
  if (state.status === 'NotOpened' || isExcluded(state.standing.status)) return [];
  return milestonesAt(state.standing, now)
    .filter(({ milestone, status, tentative }) => status === 'breached' && !tentative && !isRecorded(state, milestone))
    .map(({ milestone, deadlineAt }) => observed(state, now, rules, 'MilestoneBreached', { milestone, deadlineAt }));
}

/** The breach of one clock, if it has happened by now and is not recorded yet: what a timer does when its deadline is past. */
export function recordBreach(
  state: CaseState,
  timer: ClockTimer,
  now: Instant,
  rules: DeadlineRules,
): readonly CaseEvent[] {
  return recordBreaches(state, now, rules).filter(({ data }) => {
    const { milestone, deadlineAt } = data as CaseData<'MilestoneBreached'>;
    return milestone === timer.milestone && deadlineAt === timer.deadlineAt;
  });
}

function isRecorded(state: OpenedCase, milestone: CaseDetails['MilestoneBreached']['milestone']): boolean {
  return state.standing.breached.includes(milestone);
}

/** A fact that nobody's activity made: it neither acknowledges nor resumes. */
function observed<Action extends CaseAction>(
  state: OpenedCase,
  now: Instant,
  rules: DeadlineRules,
  action: Action,
  details: CaseDetails[Action],
): CaseEvent {
  return new Draft(state, { at: now, agent: null }, rules).add(action, details).events[0]!;
}
