import type { LocalDate } from '#libs/kernel';
import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { arrearsAgingProjection, movementsOf } from '../arrears-aging/arrears-aging.projection.js';

/** What a community is owed now; one document, which every fact of an account moves. Its sums may exceed int64: decimal strings. */
export interface CommunityArrearsDocument {
  readonly communityId: string;
  readonly outstanding: string;
  readonly credit: string;
  /** Accounts with a fact beside their opening. */
  readonly accounts: number;
  /** Of all facts: as of an earlier day something is not in force yet, and the totals are not those of that day. */
  readonly lastEffectiveOn: LocalDate;
}

/** What falls due in a month, by due date; those that are not 0. */
export interface DueMonthDocument {
  readonly communityId: string;
  readonly outstandingByDueOn: Readonly<Record<LocalDate, string>>;
}

export type ArrearsTotalsDocument = CommunityArrearsDocument | DueMonthDocument;

/** The sums of the movements of arrears-aging per (community, due date), a month to a document: a few dozen for years of fees. */
export const arrearsTotalsProjection: FoldedProjection<ArrearsTotalsDocument> = {
  name: 'arrears-totals',
  version: 1,
  eventTypes: arrearsAgingProjection.eventTypes,
  indexes: [],
  keys: keysOf,
  evolve: (doc, event, key) =>
    key === communityKey(event.communityId)
      ? communityMoved(doc as CommunityArrearsDocument | undefined, event)
      : monthMoved(doc as DueMonthDocument | undefined, event, key),
};

function keysOf(event: ProjectedEvent): string[] {
  if (event.category !== 'account') return [];
  const keys = [communityKey(event.communityId)];
  for (const { dueOn } of movementsOf(event)) {
    const key = dueOn === null ? undefined : monthKey(event.communityId, dueOn);
    if (key !== undefined && !keys.includes(key)) keys.push(key);
  }
  return keys;
}

function communityMoved(doc: CommunityArrearsDocument | undefined, event: ProjectedEvent): CommunityArrearsDocument {
  let [outstanding, credit] = [BigInt(doc?.outstanding ?? 0), BigInt(doc?.credit ?? 0)];
  for (const movement of movementsOf(event)) {
    outstanding += movement.outstandingMinor;
    credit += movement.creditMinor;
  }
  const { effectiveOn } = event.metadata;
  return {
    communityId: event.communityId,
    outstanding: `${outstanding}`,
    credit: `${credit}`,
    // An account's stream begins with its opening: the fact after it is the one that lists the account.
    accounts: (doc?.accounts ?? 0) + (event.revision === 1n ? 1 : 0),
    lastEffectiveOn: doc && doc.lastEffectiveOn > effectiveOn ? doc.lastEffectiveOn : effectiveOn,
  };
}

function monthMoved(doc: DueMonthDocument | undefined, event: ProjectedEvent, key: string): DueMonthDocument {
  const { communityId } = event;
  const outstandingByDueOn: Record<LocalDate, string> = { ...doc?.outstandingByDueOn };
  for (const { dueOn, outstandingMinor } of movementsOf(event)) {
    if (dueOn === null || monthKey(communityId, dueOn) !== key) continue;
    const left = BigInt(outstandingByDueOn[dueOn] ?? 0) + outstandingMinor;
    if (left === 0n) delete outstandingByDueOn[dueOn];
    else outstandingByDueOn[dueOn] = `${left}`;
  }
  return { communityId, outstandingByDueOn };
}

/** No community's name holds a `.`, so a community's ids are those from this one up to the next sign. */
export function communityKey(communityId: string): string {
  return `${communityId}.`;
}

/** Ids of a community's documents. */
export function totalsIdsOf(communityId: string): { readonly $gte: string; readonly $lt: string } {
  return { $gte: communityKey(communityId), $lt: `${communityId}/` };
}

function monthKey(communityId: string, dueOn: LocalDate): string {
  return communityKey(communityId) + dueOn.slice(0, 7);
}
