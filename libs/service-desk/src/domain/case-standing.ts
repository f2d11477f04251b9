import type { Instant } from '#libs/kernel';
import type { CaseFact } from './case.events.js';
import type { CompletionDeadline, Deadlines, Milestone } from './service-policy.js';

/** A case is in exactly one of these (domain.md §4). */
export const CASE_STATUSES = ['Open', 'Resolved', 'Closed', 'Rejected', 'Withdrawn', 'Duplicate'] as const;
export type CaseStatus = (typeof CASE_STATUSES)[number];

/** What moves a case's status or its clocks. A read model keeps the list of them: all figures follow from it. */
export type ClockStep =
  | { readonly at: Instant; readonly step: 'acknowledged' | 'accepted' | 'answered' | 'paused' | 'resolved' }
  | { readonly at: Instant; readonly step: 'reopened' | 'rejected' | 'withdrawn' | 'duplicate' }
  | { readonly at: Instant; readonly step: 'closed'; readonly completes: boolean }
  | { readonly at: Instant; readonly step: 'resumed' | 'projected'; readonly complete: CompletionDeadline }
  | { readonly at: Instant; readonly step: 'breached'; readonly milestone: Milestone };

/** Where a case stands after some steps. */
export interface CaseStanding {
  readonly openedAt: Instant;
  readonly deadlines: Deadlines;
  readonly status: CaseStatus;
  readonly reopened: boolean;
  readonly everResolved: boolean;
  readonly doneAt: Readonly<Record<Milestone, Instant | null>>;
  /** Start of the open pause. */
  readonly pausedAt: Instant | null;
  /** Breaches that were recorded: they stand whatever is learnt later. */
  readonly breached: readonly Milestone[];
}

export function openStanding(openedAt: Instant, deadlines: Deadlines): CaseStanding {
  const doneAt = { acknowledge: null, accept: null, answer: null, complete: null };
  const status = 'Open';
  return { openedAt, deadlines, status, reopened: false, everResolved: false, doneAt, pausedAt: null, breached: [] };
}

/** The step of a fact; undefined when it moves neither status nor clocks. */
export function stepOf(fact: CaseFact): ClockStep | undefined {
  const { at } = fact;
  switch (fact.action) {
    case 'Acknowledged':
      return { at, step: 'acknowledged' };
    case 'Accepted':
      return { at, step: 'accepted' };
    case 'Answered':
      return fact.data.first ? { at, step: 'answered' } : undefined;
    case 'Resolved':
      return { at, step: 'resolved' };
    case 'Reopened':
      return { at, step: 'reopened' };
    case 'Closed':
      return { at, step: 'closed', completes: fact.data.completes };
    case 'Withdrawn':
      return { at, step: 'withdrawn' };
    case 'Rejected':
      return { at, step: 'rejected' };
    case 'MarkedDuplicate':
      return { at, step: 'duplicate' };
    case 'ClockPaused':
      return { at, step: 'paused' };
    case 'ClockResumed':
      return { at, step: 'resumed', complete: fact.data.complete };
    case 'DeadlineProjected':
      return { at, step: 'projected', complete: fact.data.complete };
    case 'MilestoneBreached':
      return { at, step: 'breached', milestone: fact.data.milestone };
    case 'Opened':
    case 'Assigned':
    case 'Escalated':
    case 'Verified':
    case 'ProgressReported':
      return undefined;
  }
}

export function applyStep(standing: CaseStanding, step: ClockStep): CaseStanding {
  switch (step.step) {
    case 'acknowledged':
      return done(standing, 'acknowledge', step.at);
    case 'accepted':
      return done(standing, 'accept', step.at);
    case 'answered':
      return done(standing, 'answer', step.at);
    case 'resolved':
      return { ...done(standing, 'complete', step.at), status: 'Resolved', everResolved: true };
    case 'reopened':
      return { ...undone(standing), status: 'Open', reopened: true };
    case 'closed':
      return { ...(step.completes ? done(standing, 'complete', step.at) : standing), status: 'Closed' };
    case 'rejected':
      return { ...standing, status: 'Rejected' };
    case 'withdrawn':
      return { ...standing, status: 'Withdrawn' };
    case 'duplicate':
      return { ...standing, status: 'Duplicate' };
    case 'paused':
      return { ...standing, pausedAt: step.at };
    case 'resumed':
      return { ...standing, pausedAt: null, deadlines: { ...standing.deadlines, complete: step.complete } };
    case 'projected':
      return { ...standing, deadlines: { ...standing.deadlines, complete: step.complete } };
    case 'breached':
      return { ...standing, breached: [...standing.breached, step.milestone] };
  }
}

function done(standing: CaseStanding, milestone: Milestone, at: Instant): CaseStanding {
  return { ...standing, doneAt: { ...standing.doneAt, [milestone]: at } };
}

function undone(standing: CaseStanding): CaseStanding {
  return { ...standing, doneAt: { ...standing.doneAt, complete: null } };
}
