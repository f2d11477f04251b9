import type { Instant } from '#libs/kernel';
import { applyStep, openStanding, type CaseStanding, type CaseStatus, type ClockStep } from './case-standing.js';
import { MILESTONES, type Deadlines, type Milestone } from './service-policy.js';

/** All that the figures of a case follow from: its opening and its steps in the order of the stream. */
export interface CaseRecord {
  readonly openedAt: Instant;
  readonly deadlines: Deadlines;
  readonly steps: readonly ClockStep[];
}

export interface MilestoneStanding {
  readonly milestone: Milestone;
  readonly status: 'met' | 'breached' | 'running';
  readonly deadlineAt: Instant;
  readonly doneAt: Instant | null;
  /** The deadline may move: a pause that began by it is open, or its schedule is not published. */
  readonly tentative: boolean;
}

/** A case as it stood at an instant: what happened after it does not count. Undefined when it was not open yet. */
export function standingAt(record: CaseRecord, asOf: Instant): CaseStanding | undefined {
  if (record.openedAt > asOf) return undefined;
  let standing = openStanding(record.openedAt, record.deadlines);
  for (const step of record.steps) if (step.at <= asOf) standing = applyStep(standing, step);
  return standing;
}

/** Cases that ended without being handled count in no milestone (D5). */
export function isExcluded(status: CaseStatus): boolean {
  return status === 'Rejected' || status === 'Withdrawn' || status === 'Duplicate';
}

/**
 * One milestone (D5) at an instant. A deadline that is exactly that instant is still running; a breach that was recorded
 * stands; while a pause that began by the deadline is open the completion clock runs on, no matter the date.
 */
export function milestoneAt(standing: CaseStanding, milestone: Milestone, asOf: Instant): MilestoneStanding {
  const deadlineAt = standing.deadlines[milestone].at;
  const doneAt = standing.doneAt[milestone];
  const held = isHeld(standing, milestone);
  const tentative = held || (milestone === 'complete' && standing.deadlines.complete.provisional);
  const status = statusOf(doneAt, deadlineAt, asOf, held, standing.breached.includes(milestone));
  return { milestone, status, deadlineAt, doneAt, tentative };
}

export function milestonesAt(standing: CaseStanding, asOf: Instant): MilestoneStanding[] {
  return MILESTONES.map((milestone) => milestoneAt(standing, milestone, asOf));
}

/** The clock of an open case that ends next, overdue ones first; undefined when none runs, as while it waits for the customer. */
export function nextDeadline(standing: CaseStanding): { milestone: Milestone; at: Instant } | undefined {
  if (standing.status !== 'Open') return undefined;
  const running = MILESTONES.filter((milestone) => standing.doneAt[milestone] === null && !isHeld(standing, milestone))
    .map((milestone) => ({ milestone, at: standing.deadlines[milestone].at }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return running[0];
}

/** A pause that began by the deadline keeps the completion clock running, no matter the date. */
function isHeld({ pausedAt, deadlines }: CaseStanding, milestone: Milestone): boolean {
  return milestone === 'complete' && pausedAt !== null && pausedAt <= deadlines.complete.at;
}

function statusOf(
  doneAt: Instant | null,
  deadlineAt: Instant,
  asOf: Instant,
  held: boolean,
  recordedBreach: boolean,
): MilestoneStanding['status'] {
  if (recordedBreach) return 'breached';
  if (doneAt !== null) return doneAt <= deadlineAt ? 'met' : 'breached';
  return asOf > deadlineAt && !held ? 'breached' : 'running';
}
