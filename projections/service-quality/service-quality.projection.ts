import type { Instant } from '#libs/kernel';
import type { AppendOnlyProjection, ProjectedEvent } from '#libs/projection-engine';
import { stepOf, type CaseKind, type ClockStep, type Deadlines } from '#libs/service-desk';
import { CASE_TYPES, caseFactOf } from '../case-facts.js';

/**
 * One fact of a case, placed by the case's opening: the facts of the cases opened in a period lie together, each case's in its
 * order. Figures as of any instant follow from them (D5); nothing that moves with the calendar is stored.
 */
export interface CaseFactDocument {
  readonly communityId: string;
  readonly stream: string;
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly openedAt: Instant;
  readonly at: Instant;
  readonly severity: string | null;
  readonly team: string | null;
  /** The named handler, once the case has one. */
  readonly agent: string | null;
  /** What the fact does to status and clocks; null when nothing. */
  readonly step: ClockStep | null;
  /** Of the opening only. */
  readonly deadlines: Deadlines | null;
}

export const OPENING_ORDER_INDEX = {
  name: 'opening-order',
  key: { communityId: 1, openedAt: 1, stream: 1, position: 1 },
} as const;

export const serviceQualityProjection: AppendOnlyProjection<CaseFactDocument> = {
  name: 'service-quality',
  version: 1,
  eventTypes: CASE_TYPES,
  appendOnly: true,
  indexes: [OPENING_ORDER_INDEX],
  documents: documentsOf,
};

function documentsOf(event: ProjectedEvent): CaseFactDocument[] {
  const fact = caseFactOf(event);
  if (!fact) return [];
  const { caseId, kind, openedAt, severity, team, handler } = fact.data;
  return [
    {
      communityId: event.communityId,
      stream: event.stream,
      ...{ caseId, kind, openedAt, severity, team },
      at: fact.at,
      agent: handler,
      step: stepOf(fact) ?? null,
      deadlines: fact.action === 'Opened' ? fact.data.deadlines : null,
    },
  ];
}
