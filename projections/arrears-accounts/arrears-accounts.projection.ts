import type { LocalDate } from '#libs/kernel';
import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { arrearsAgingProjection, movementsOf } from '../arrears-aging/arrears-aging.projection.js';

/** What an account owes and is owed now. Buckets move with the calendar and are made when read (architecture §4). */
export interface AccountArrearsDocument {
  readonly communityId: string;
  readonly accountId: string;
  /** By due date, those that are not 0. */
  readonly outstandingByDueOn: Readonly<Record<LocalDate, bigint>>;
  readonly outstandingMinor: bigint;
  readonly creditMinor: bigint;
  /** Of all its facts: as of an earlier day something is not in force yet, and the totals are not those of that day. */
  readonly lastEffectiveOn: LocalDate;
}

/** The sums of the movements of arrears-aging, account by account; ids in the order of the accounts of a community. */
export const arrearsAccountsProjection: FoldedProjection<AccountArrearsDocument> = {
  name: 'arrears-accounts',
  version: 1,
  eventTypes: arrearsAgingProjection.eventTypes,
  indexes: [],
  keys: (event) => (event.category === 'account' ? [event.stream] : []),
  evolve: (doc, event) => moved(doc, event),
};

function moved(doc: AccountArrearsDocument | undefined, event: ProjectedEvent): AccountArrearsDocument {
  const { communityId, entityId: accountId } = event;
  const outstandingByDueOn: Record<LocalDate, bigint> = { ...doc?.outstandingByDueOn };
  let { outstandingMinor, creditMinor } = doc ?? { outstandingMinor: 0n, creditMinor: 0n };
  for (const movement of movementsOf(event)) {
    outstandingMinor += movement.outstandingMinor;
    creditMinor += movement.creditMinor;
    if (movement.dueOn === null) continue;
    const left = (outstandingByDueOn[movement.dueOn] ?? 0n) + movement.outstandingMinor;
    if (left === 0n) delete outstandingByDueOn[movement.dueOn];
    else outstandingByDueOn[movement.dueOn] = left;
  }
  const { effectiveOn } = event.metadata;
  const lastEffectiveOn = doc && doc.lastEffectiveOn > effectiveOn ? doc.lastEffectiveOn : effectiveOn;
  return { communityId, accountId, outstandingByDueOn, outstandingMinor, creditMinor, lastEffectiveOn };
}

/** Ids of a community's documents: what streams of accounts are named (no community's name holds a `.`). */
export function accountIdsOf(communityId: string, afterAccount = ''): { readonly $gt: string; readonly $lt: string } {
  return { $gt: `account-${communityId}.${afterAccount}`, $lt: `account-${communityId}/` };
}
