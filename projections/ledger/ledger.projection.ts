import type { Instant, LocalDate } from '#libs/kernel';
import type { AppendOnlyProjection, ProjectedEvent } from '#libs/projection-engine';
import { creditDelta, entryOf, outstandingDelta } from '../account-facts.js';

/** A line of an account's ledger: a fact that changes the balance (outstanding − credit). One of debit and credit is 0. */
export interface LedgerLineDocument {
  readonly communityId: string;
  readonly accountId: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly type: string;
  readonly effectiveOn: LocalDate;
  readonly recordedAt: Instant;
  /** Plain text of the fact; '' when it has none. */
  readonly reference: string;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
}

/** Allocations and applied credits move money inside the account and have no line (D16). */
const TYPES = ['FeeAssessed', 'LateFeeAssessed', 'FeeReversed', 'PaymentReceived', 'PaymentReversed'];

/** In ledger order: (effectiveOn, order of posting) (D16). */
export const LEDGER_ORDER_INDEX = {
  name: 'ledger-order',
  key: { communityId: 1, accountId: 1, effectiveOn: 1, position: 1 },
} as const;

export const ledgerProjection: AppendOnlyProjection<LedgerLineDocument> = {
  name: 'ledger',
  version: 1,
  eventTypes: TYPES,
  appendOnly: true,
  indexes: [LEDGER_ORDER_INDEX],
  documents: (event) => [lineOf(event)],
};

function lineOf(event: ProjectedEvent): LedgerLineDocument {
  let balanceDelta = 0n;
  for (const posting of entryOf(event)) balanceDelta += outstandingDelta(posting) - creditDelta(posting);
  const { reference } = event.data as { readonly reference?: string };
  return {
    communityId: event.communityId,
    accountId: event.entityId,
    stream: event.stream,
    revision: event.revision,
    type: event.type,
    effectiveOn: event.metadata.effectiveOn,
    recordedAt: event.metadata.recordedAt,
    reference: reference ?? '',
    debitMinor: balanceDelta > 0n ? balanceDelta : 0n,
    creditMinor: balanceDelta < 0n ? -balanceDelta : 0n,
  };
}
