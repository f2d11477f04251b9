import type { Instant } from '#libs/kernel';
import type { ProjectedEvent } from '#libs/projection-engine';
import {
  applyStep,
  isExcluded,
  milestoneAt,
  MILESTONES,
  openStanding,
  type CaseStanding,
  type Milestone,
} from '#libs/service-desk';
import { caseFactOf } from '../case-facts.js';
import { caseQueueProjection, type QueuedCaseDocument } from '../case-queue/case-queue.projection.js';
import { IDENTITIES, type IdentityName } from '../identities/names.js';
import { serviceQualityProjection } from '../service-quality/service-quality.projection.js';

/** The same case booked in ways that know nothing of each other: by its facts, by what the queue and the figures store of each event. */
export interface CaseBooks {
  /** By the facts: how often it was opened (once). */
  readonly opened: bigint;
  /** By the facts: ended unhandled (rejected, withdrawn, duplicate): it stays so. */
  readonly ended: string | null;
  /** By the facts: breaches that were recorded; they are never rewritten. */
  readonly breached: readonly Milestone[];
  /** As the queue keeps it; null before the opening. */
  readonly queued: CaseStanding | null;
  /** As the figures count it. */
  readonly counted: CaseStanding | null;
}

const ENDINGS = new Map([
  ['Rejected', 'rejected'],
  ['Withdrawn', 'withdrawn'],
  ['MarkedDuplicate', 'duplicate'],
]);

export function bookEnds(
  books: Pick<CaseBooks, 'opened' | 'ended'> | undefined,
  event: ProjectedEvent,
): Pick<CaseBooks, 'opened' | 'ended'> {
  const { action } = caseFactOf(event)!;
  const opened = (books?.opened ?? 0n) + (action === 'Opened' ? 1n : 0n);
  return { opened, ended: books?.ended ?? ENDINGS.get(action) ?? null };
}

/** The books after an event of the case's stream. */
export function bookCase(books: CaseBooks | undefined, event: ProjectedEvent): CaseBooks {
  const fact = caseFactOf(event)!;
  const breached = books?.breached ?? [];
  const queued = books?.queued ?? null;
  const isPlaced = queued !== null || fact.action === 'Opened';
  const before = queued ? ({ standing: queued } as QueuedCaseDocument) : undefined;
  return {
    ...bookEnds(books, event),
    breached: fact.action === 'MilestoneBreached' ? [...breached, fact.data.milestone] : breached,
    queued: isPlaced ? caseQueueProjection.evolve(before, event, event.stream)!.standing : null,
    counted: countedAfter(books?.counted ?? null, event),
  };
}

/** What does not hold, with the figures. */
export function brokenCaseIdentities(
  before: CaseBooks | undefined,
  books: CaseBooks,
  event: ProjectedEvent,
): Map<IdentityName, string> {
  const broken = brokenEnds(before, books, event);
  const state = brokenState(books);
  if (state !== undefined && !broken.has(IDENTITIES.states)) broken.set(IDENTITIES.states, state);
  const milestone = brokenMilestone(books, event.metadata.occurredAt);
  if (milestone !== undefined) broken.set(IDENTITIES.milestones, milestone);
  return broken;
}

/** A case is opened once, and ends unhandled in one way. */
export function brokenEnds(
  before: Pick<CaseBooks, 'ended'> | undefined,
  { opened }: Pick<CaseBooks, 'opened'>,
  event: ProjectedEvent,
): Map<IdentityName, string> {
  const ending = ENDINGS.get(caseFactOf(event)!.action);
  const broken = new Map<IdentityName, string>();
  if (opened !== 1n) broken.set(IDENTITIES.states, `opened ${opened} times`);
  if (before?.ended && ending && ending !== before.ended)
    broken.set(IDENTITIES.states, `${before.ended}, then ${ending}`);
  return broken;
}

function countedAfter(counted: CaseStanding | null, event: ProjectedEvent): CaseStanding | null {
  let standing = counted;
  for (const { openedAt, deadlines, step } of serviceQualityProjection.documents(event)) {
    if (deadlines) standing = openStanding(openedAt, deadlines);
    if (standing && step) standing = applyStep(standing, step);
  }
  return standing;
}

/** The queue and the figures have it in the same state, and it is the one that it ended in. */
function brokenState({ ended, queued, counted }: CaseBooks): string | undefined {
  if (!queued || !counted) return undefined; // said of its opening
  if (queued.status !== counted.status) return `${queued.status} in the queue, ${counted.status} in the figures`;
  if (isExcluded(counted.status) ? counted.status.toLowerCase() !== ended : ended !== null)
    return `${ended ?? 'not ended'} by the facts, ${counted.status} in the figures`;
  return undefined;
}

/** Of each milestone: met + breached + running = opened − ended unhandled; done as the queue says; and no breach is rewritten. */
function brokenMilestone({ opened, ended, breached, queued, counted }: CaseBooks, at: Instant): string | undefined {
  if (!queued || !counted) return undefined;
  const expected = opened - (ended === null ? 0n : 1n);
  for (const name of MILESTONES) {
    const count = { met: 0n, breached: 0n, running: 0n };
    const { status, doneAt } = milestoneAt(counted, name, at);
    if (!isExcluded(counted.status)) count[status] += 1n;
    if (count.met + count.breached + count.running !== expected)
      return `${name}: ${count.met} + ${count.breached} + ${count.running} of ${expected}`;
    if (doneAt !== queued.doneAt[name] || counted.deadlines[name].at !== queued.deadlines[name].at)
      return `${name}: done ${queued.doneAt[name]} in the queue, ${doneAt} in the figures`;
    if (expected > 0n && breached.includes(name) && status !== 'breached')
      return `${name}: its breach is recorded, and it is ${status}`;
  }
  return undefined;
}
