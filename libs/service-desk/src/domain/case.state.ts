import type { Decider, Instant, Recorded } from '#libs/kernel';
import { actionOf, CASE_EVENT_TYPES, CASE_KINDS, type CaseEventType, type CaseKind } from './case-kind.js';
import type { CaseData, CaseEvent, CaseFact } from './case.events.js';
import { applyStep, openStanding, stepOf, type CaseStanding } from './case-standing.js';
import type { ClosedPause, ServicePolicy } from './service-policy.js';

/** What a case has been since its opening. */
export interface OpenedCase {
  readonly status: 'Opened';
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly policy: ServicePolicy;
  readonly timeZone: string;
  readonly calendar: string;
  readonly severity: string | null;
  readonly team: string | null;
  readonly handler: string | null;
  /** Everyone who has handled the case: none of them may verify it (D12). */
  readonly handlers: readonly string[];
  readonly verifiedBy: string | null;
  /** Status and clocks. */
  readonly standing: CaseStanding;
  /** Grows in place: a state has one owner, and a case of many pauses folds in linear time. */
  readonly pauses: ClosedPause[];
  /** Instant of the last activity: facts of a case come in their order. */
  readonly lastAt: Instant;
}

export type CaseState = { readonly status: 'NotOpened' } | OpenedCase;

/** One event, read by its action. The type must be one of `CASE_EVENT_TYPES`. */
export function factOf(event: { type: string; occurredAt: Instant; data: unknown }): CaseFact | undefined {
  const action = actionOf(event.type);
  return action && ({ action, at: event.occurredAt, data: event.data as CaseData } as CaseFact);
}

export function evolveCase(state: CaseState, event: CaseEvent): CaseState {
  const fact = factOf(event);
  if (!fact) return state;
  if (fact.action === 'Opened') return opened(fact.data);
  if (state.status === 'NotOpened') return state;
  const step = stepOf(fact);
  const { severity, team, handler } = fact.data;
  const next: OpenedCase = {
    ...state,
    severity,
    team,
    handler,
    lastAt: isActivity(fact) ? fact.at : state.lastAt,
    standing: step ? applyStep(state.standing, step) : state.standing,
    handlers: withHandlers(state.handlers, fact),
  };
  switch (fact.action) {
    case 'ClockResumed': {
      const { pausedAt, resumedAt } = fact.data;
      state.pauses.push({ pausedAt, resumedAt });
      return next;
    }
    case 'Verified':
      return { ...next, verifiedBy: fact.data.agent };
    case 'Resolved':
    case 'Reopened':
      return { ...next, verifiedBy: null };
    case 'Acknowledged':
    case 'Accepted':
    case 'Assigned':
    case 'Answered':
    case 'Escalated':
    case 'Closed':
    case 'Withdrawn':
    case 'Rejected':
    case 'MarkedDuplicate':
    case 'ProgressReported':
    case 'ClockPaused':
    case 'DeadlineProjected':
    case 'MilestoneBreached':
      return next;
  }
}

/** The folding of one kind's streams, `complaint-<community>.<case>`: always the same object, for folded states are cached by it. */
export function caseDecider(kind: CaseKind): Decider<CaseState, CaseEvent> {
  return DECIDERS[kind];
}

const HANDLED: ReadonlySet<CaseEventType> = new Set(CASE_EVENT_TYPES);
const DECIDERS = Object.fromEntries(CASE_KINDS.map((kind) => [kind, deciderOf(kind)])) as Readonly<
  Record<CaseKind, Decider<CaseState, CaseEvent>>
>;

function deciderOf(kind: CaseKind): Decider<CaseState, CaseEvent> {
  return {
    category: kind,
    initialState: () => ({ status: 'NotOpened' }),
    evolve: (state: CaseState, event: CaseEvent & Recorded) => evolveCase(state, event),
    handles: HANDLED,
  };
}

function opened(data: CaseData<'Opened'>): OpenedCase {
  const { caseId, kind, policy, timeZone, calendar, severity, team, handler, openedAt } = data;
  return {
    status: 'Opened',
    ...{ caseId, kind, policy, timeZone, calendar, severity, team, handler },
    handlers: handler === null ? [] : [handler],
    verifiedBy: null,
    standing: openStanding(openedAt, data.deadlines),
    pauses: [],
    lastAt: openedAt,
  };
}

/** Watching the clock is not an activity of the case. */
function isActivity(fact: CaseFact): boolean {
  return fact.action !== 'MilestoneBreached' && fact.action !== 'DeadlineProjected';
}

/** The named handler, and whoever answered or resolved: that is handling, too. */
function withHandlers(handlers: readonly string[], fact: CaseFact): readonly string[] {
  const doing = fact.action === 'Resolved' || fact.action === 'Answered' ? fact.data.agent : null;
  const added = [fact.data.handler, doing].filter((who) => who !== null && !handlers.includes(who)) as string[];
  return added.length > 0 ? [...handlers, ...new Set(added)] : handlers;
}
