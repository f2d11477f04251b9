import type { Instant } from '#libs/kernel';
import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import {
  applyStep,
  nextDeadline,
  openStanding,
  stepOf,
  type CaseKind,
  type CaseStanding,
  type CaseStatus,
  type Milestone,
} from '#libs/service-desk';
import { CASE_TYPES, caseFactOf } from '../case-facts.js';

/** A case as it stands now. What its clocks say depends on the instant of asking and is worked out when read. */
export interface QueuedCaseDocument {
  readonly communityId: string;
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly status: CaseStatus;
  readonly severity: string | null;
  readonly team: string | null;
  readonly handler: string | null;
  readonly openedAt: Instant;
  readonly lastAt: Instant;
  readonly standing: CaseStanding;
  /** No clock runs: the case is done, or waits for the customer. */
  readonly idle: boolean;
  /** The clock that ends next. */
  readonly dueAt: Instant | null;
  readonly due: Milestone | null;
}

export const QUEUE_ORDER_INDEX = {
  name: 'queue-order',
  key: { communityId: 1, idle: 1, dueAt: 1, caseId: 1, kind: 1 },
} as const;
export const STATUS_INDEX = {
  name: 'status-order',
  key: { communityId: 1, status: 1, idle: 1, dueAt: 1, caseId: 1, kind: 1 },
} as const;

export const caseQueueProjection: FoldedProjection<QueuedCaseDocument> = {
  name: 'case-queue',
  version: 1,
  eventTypes: CASE_TYPES,
  indexes: [QUEUE_ORDER_INDEX, STATUS_INDEX],
  keys: (event) => (caseFactOf(event) ? [event.stream] : []),
  evolve: (doc, event) => queued(doc, event),
};

function queued(doc: QueuedCaseDocument | undefined, event: ProjectedEvent): QueuedCaseDocument | undefined {
  const fact = caseFactOf(event)!;
  const { caseId, kind, openedAt, severity, team, handler } = fact.data;
  const before = fact.action === 'Opened' ? openStanding(openedAt, fact.data.deadlines) : doc?.standing;
  if (!before) throw new Error(`${event.stream} does not begin with its opening`);
  const step = stepOf(fact);
  const standing = step ? applyStep(before, step) : before;
  const next = nextDeadline(standing);
  return {
    communityId: event.communityId,
    ...{ caseId, kind, status: standing.status, severity, team, handler, openedAt },
    lastAt: fact.at,
    standing,
    idle: next === undefined,
    dueAt: next?.at ?? null,
    due: next?.milestone ?? null,
  };
}
