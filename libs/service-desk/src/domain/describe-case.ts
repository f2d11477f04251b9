import type { Instant } from '#libs/kernel';
import type { CaseState } from './case.state.js';
import { milestonesAt } from './milestones.js';

/** A case's state as JSON, its milestones as they stand at an instant: for `estate replay` and for people. */
export function describeCase(state: CaseState, at: Instant): Record<string, unknown> {
  if (state.status === 'NotOpened') return { status: 'NotOpened' };
  const { standing, kind, severity, team, handler, handlers, verifiedBy, policy, calendar } = state;
  return {
    status: standing.status,
    ...{ kind, severity, team, handler, handlers, verifiedBy },
    openedAt: standing.openedAt,
    reopened: standing.reopened,
    pausedAt: standing.pausedAt,
    pauses: state.pauses,
    completeOn: standing.deadlines.complete.on,
    provisional: standing.deadlines.complete.provisional,
    policy: `${policy.name}/${policy.version}`,
    calendar,
    milestones: Object.fromEntries(
      milestonesAt(standing, at).map(({ milestone, status, deadlineAt, doneAt }) => [
        milestone,
        { status, deadlineAt, doneAt },
      ]),
    ),
  };
}
