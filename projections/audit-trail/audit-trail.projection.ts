import type { Instant, LocalDate } from '#libs/kernel';
import type { AppendOnlyProjection } from '#libs/projection-engine';

/** One stored event as an auditor sees it: who, when on each axis, why, and the link of the stream's hash chain. */
export interface AuditEntryDocument {
  readonly communityId: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly actor: { readonly id: string; readonly role: string };
  readonly occurredAt: Instant;
  readonly effectiveOn: LocalDate;
  readonly recordedAt: Instant;
  readonly correlationId: string;
  readonly causationId: string;
  readonly hash: string;
}

export const COMMUNITY_ORDER_INDEX = { name: 'community-order', key: { communityId: 1, position: 1 } } as const;
export const STREAM_ORDER_INDEX = { name: 'stream-order', key: { stream: 1, position: 1 } } as const;

export const auditTrailProjection: AppendOnlyProjection<AuditEntryDocument> = {
  name: 'audit-trail',
  version: 1,
  eventTypes: 'all',
  appendOnly: true,
  indexes: [COMMUNITY_ORDER_INDEX, STREAM_ORDER_INDEX],
  documents: ({ communityId, stream, revision, type, metadata }) => [
    {
      communityId,
      stream,
      revision,
      type,
      actor: { id: metadata.actor.id, role: metadata.actor.role },
      occurredAt: metadata.occurredAt,
      effectiveOn: metadata.effectiveOn,
      recordedAt: metadata.recordedAt,
      correlationId: metadata.$correlationId,
      causationId: metadata.$causationId,
      hash: metadata.hash,
    },
  ],
};
