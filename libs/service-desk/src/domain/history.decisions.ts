import type { Instant } from '#libs/kernel';
import { begin, Draft, type Doing } from './case-draft.js';
import { refused } from './case.errors.js';
import type { CaseKind } from './case-kind.js';
import type { CaseEvent, Envelope } from './case.events.js';
import type { CaseState, OpenedCase } from './case.state.js';
import { isExcluded } from './milestones.js';
import { openCase, type Surroundings } from './opening.decisions.js';
import type { DeadlineRules } from './service-policy.js';

/** One line of a help-desk log. An empty field is null. */
export interface CaseLine {
  readonly caseId: string;
  readonly at: Instant;
  readonly activity: string;
  readonly severity: string | null;
  readonly agent: string | null;
  readonly team: string | null;
  /** Sealed; null where the line says no other customer than the one before it. */
  readonly customer: Envelope | null;
}

/**
 * Records one line of a log (domain.md D5, §7): a fact, recorded even where policy would refuse it. The first line opens the
 * case and its activity has no other effect; every later one leaves at least one event.
 * @throws DomainError ACTIVITY_OUT_OF_ORDER: the case has a later fact already, and its order cannot be changed any more
 */
export function recordCaseLine(
  state: CaseState,
  line: CaseLine,
  kind: CaseKind,
  around: Surroundings,
): readonly CaseEvent[] {
  if (state.status === 'NotOpened') {
    const { caseId, at: openedAt, severity, team, agent, activity, customer } = line;
    const opening = { caseId, kind, openedAt, severity, team, handler: null, agent, activity };
    return openCase({ ...opening, now: null, channel: null, unitId: null, customer, text: null }, state, around);
  }
  if (line.at < state.lastAt) {
    throw refused('ACTIVITY_OUT_OF_ORDER', `The case has a fact of ${state.lastAt} already`);
  }
  return recordActivity(state, line, around.rules).events;
}

function recordActivity(state: OpenedCase, line: CaseLine, rules: DeadlineRules): Draft {
  const progress = { text: null, customer: line.customer };
  if (isExcluded(state.standing.status))
    return new Draft(state, doing(state, line), rules).add('ProgressReported', progress);
  const draft = begin(state, doing(state, line), rules);
  if (line.customer) draft.add('ProgressReported', progress);
  const before = draft.events.length;
  switch (line.activity) {
    case 'accepted':
      draft.reopenIfDone().acceptIfFirst();
      break;
    case 'waiting':
      draft.reopenIfDone().answerIfFirst('question').add('ClockPaused', { text: null });
      break;
    case 'escalated':
      draft.reopenIfDone().add('Escalated', { rung: null, text: null });
      break;
    case 'resolved':
      // After a closing it is only progress: a closed case is completed already.
      if (state.standing.status !== 'Closed') draft.answerIfFirst('resolution').add('Resolved', { text: null });
      break;
    case 'closed':
      if (state.standing.status !== 'Closed') draft.close(null);
      break;
    case 'rejected':
      draft.add('Rejected', { text: null });
      break;
    case 'duplicate':
      draft.add('MarkedDuplicate', { ofCaseId: null });
      break;
    case 'withdrawn':
      draft.add('Withdrawn', { text: null });
      break;
  }
  return draft.events.length === before && !line.customer ? draft.add('ProgressReported', progress) : draft;
}

/** Accepting names the handler. An empty field says nothing new. */
function doing(state: OpenedCase, line: CaseLine): Doing {
  const { at, agent, activity } = line;
  return {
    at,
    agent,
    activity,
    severity: line.severity ?? state.severity,
    team: line.team ?? state.team,
    handler: activity === 'accepted' && agent !== null ? agent : state.handler,
  };
}
