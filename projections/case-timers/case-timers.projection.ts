import type { Instant } from '#libs/kernel';
import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import {
  applyStep,
  isExcluded,
  isOfLog,
  openStanding,
  stepOf,
  timersOf,
  type CaseFact,
  type CaseKind,
  type CaseStanding,
  type ClockTimer,
  type CompletionDeadline,
} from '#libs/service-desk';
import { CASE_TYPES, caseFactOf } from '../case-facts.js';

/** The timers of a case. A case that has ended has none; one of somebody else's log only waits for its deadline's schedule. */
export interface CaseTimersDocument {
  readonly communityId: string;
  readonly caseId: string;
  readonly kind: CaseKind;
  /** What the timers follow from; null for a case of a log, whose breaches are not recorded. */
  readonly standing: CaseStanding | null;
  /** By deadline. */
  readonly timers: readonly ClockTimer[];
  /** The first timer's deadline. */
  readonly nextAt: Instant | null;
  readonly calendar: string;
  /** Set while the completion deadline is provisional: the version of the calendar that it was counted by. */
  readonly provisionalBy: string | null;
  /** Revision of the event that said the completion deadline. */
  readonly since: string;
}

export const TIMER_ORDER_INDEX = { name: 'timer-order', key: { nextAt: 1 } } as const;
export const PROVISIONAL_INDEX = { name: 'provisional', key: { provisionalBy: 1 } } as const;

export const caseTimersProjection: FoldedProjection<CaseTimersDocument> = {
  name: 'case-timers',
  version: 1,
  eventTypes: CASE_TYPES,
  indexes: [TIMER_ORDER_INDEX, PROVISIONAL_INDEX],
  keys: (event) => (caseFactOf(event) ? [event.stream] : []),
  evolve: (doc, event) => timed(doc, event),
};

function timed(doc: CaseTimersDocument | undefined, event: ProjectedEvent): CaseTimersDocument | undefined {
  const fact = caseFactOf(event)!;
  const complete = deadlineSaidBy(fact);
  const before = standingBefore(doc, fact);
  // Ended before, or of a log with a settled deadline: nothing is kept of it until a deadline is provisional.
  if (!before && !doc && !complete?.provisional) return undefined;
  const step = stepOf(fact);
  const standing = before && (step ? applyStep(before, step) : before);
  if (standing ? isExcluded(standing.status) : endsUnhandled(fact)) return undefined;
  const timers = standing ? timersOf(standing) : [];
  const provisionalBy = complete ? countedBy(complete) : (doc?.provisionalBy ?? null);
  if (!standing && provisionalBy === null) return undefined;
  const { caseId, kind } = fact.data;
  return {
    communityId: event.communityId,
    ...{ caseId, kind, standing, timers, provisionalBy },
    nextAt: timers[0]?.deadlineAt ?? null,
    calendar: complete ? calendarIdOf(complete) : (doc?.calendar ?? ''),
    since: complete ? event.revision.toString() : (doc?.since ?? ''),
  };
}

/** Null for a case of somebody else's log. */
function standingBefore(doc: CaseTimersDocument | undefined, fact: CaseFact): CaseStanding | null {
  if (fact.action !== 'Opened') return doc?.standing ?? null;
  return isOfLog(fact.data) ? null : openStanding(fact.data.openedAt, fact.data.deadlines);
}

function deadlineSaidBy(fact: CaseFact): CompletionDeadline | undefined {
  if (fact.action === 'Opened') return fact.data.deadlines.complete;
  if (fact.action === 'ClockResumed' || fact.action === 'DeadlineProjected') return fact.data.complete;
  return undefined;
}

function endsUnhandled({ action }: CaseFact): boolean {
  return action === 'Rejected' || action === 'Withdrawn' || action === 'MarkedDuplicate';
}

function countedBy({ provisional, calendar }: CompletionDeadline): string | null {
  return provisional ? calendar : null;
}

/** A version begins with the id: `CN/2026`. */
function calendarIdOf({ calendar }: CompletionDeadline): string {
  return calendar.slice(0, calendar.indexOf('/'));
}
