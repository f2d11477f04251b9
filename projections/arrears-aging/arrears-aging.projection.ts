import type { Instant, LocalDate } from '#libs/kernel';
import type { AppendOnlyProjection, ProjectedEvent } from '#libs/projection-engine';
import { creditDelta, entryOf, outstandingDelta } from '../account-facts.js';

/**
 * How a fact moves one open item and one payment's credit. Buckets move with the calendar and are made when read (architecture §4); kept as
 * movements, 'as of D, known at K' is a sum over a cut (D16). A fact about no money has one movement of 0, which lists its account.
 */
export interface ArrearsMovementDocument {
  readonly communityId: string;
  readonly accountId: string;
  readonly effectiveOn: LocalDate;
  readonly recordedAt: Instant;
  /** The item whose balance moves, with its due date; null when none does. */
  readonly itemId: string | null;
  readonly dueOn: LocalDate | null;
  /** The payment whose credit moves; null when none does. */
  readonly paymentId: string | null;
  readonly outstandingMinor: bigint;
  readonly creditMinor: bigint;
}

/** Every fact of an account but its opening, which is not a line of the journal. */
const TYPES = [
  'FeeAssessed',
  'LateFeeAssessed',
  'FeeReversed',
  'PaymentReceived',
  'PaymentAllocated',
  'CreditApplied',
  'PaymentReversed',
  'HoldPlaced',
  'HoldLifted',
  'ReminderSent',
  'LegalReferralMade',
  'DisputeOpened',
  'DisputeProgressed',
];

/** Accounts of a community in the order of their ids; MongoDB orders strings by UTF-8 bytes, which is the order of code points. */
export const ACCOUNT_ORDER_INDEX = {
  name: 'account-order',
  key: { communityId: 1, accountId: 1, effectiveOn: 1 },
} as const;

export const arrearsAgingProjection: AppendOnlyProjection<ArrearsMovementDocument> = {
  name: 'arrears-aging',
  version: 1,
  eventTypes: TYPES,
  appendOnly: true,
  indexes: [ACCOUNT_ORDER_INDEX],
  documents: movementsOf,
};

/** What a fact moves; `[]` unless it is one of an account. */
export function movementsOf(event: ProjectedEvent): ArrearsMovementDocument[] {
  // A case about a fee opens with a type of the same name (DisputeOpened), in a stream of its own.
  if (event.category !== 'account') return [];
  const entry = entryOf(event);
  const ofItems = entry.filter((posting) => posting.ledgerAccount === 'receivable');
  const ofCredit = entry.filter((posting) => posting.ledgerAccount === 'customer-credit');
  const movements: ArrearsMovementDocument[] = [];
  // An item's and a payment's movement share a document: half as many to write, and the sums are the same.
  for (let n = 0; n < Math.max(1, ofItems.length, ofCredit.length); n += 1) {
    const [item, credit] = [ofItems[n], ofCredit[n]];
    movements.push({
      communityId: event.communityId,
      accountId: event.entityId,
      effectiveOn: event.metadata.effectiveOn,
      recordedAt: event.metadata.recordedAt,
      itemId: item?.itemId ?? null,
      dueOn: item?.dueOn ?? null,
      paymentId: credit?.paymentId ?? null,
      outstandingMinor: item ? outstandingDelta(item) : 0n,
      creditMinor: credit ? creditDelta(credit) : 0n,
    });
  }
  return movements;
}
