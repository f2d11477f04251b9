import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { ACCOUNT_EVENT_TYPES } from '#libs/receivables';
import { CASE_TYPES, caseFactOf } from '../case-facts.js';
import type { IdentityName } from '../identities/names.js';
import { brokenIdentities, NO_SUMS, summed, type AccountSums } from './account-sums.js';
import { bookCase, bookEnds, brokenCaseIdentities, brokenEnds, type CaseBooks } from './case-books.js';

/** An identity of domain.md §4 that does not hold in an account or a case. */
export interface Violation {
  readonly identity: IdentityName;
  /** Of the event since which it does not hold. */
  readonly since: bigint;
  /** The figures, as of the last event. */
  readonly detail: string;
}

interface Monitored {
  readonly communityId: string;
  /** The account or the case. */
  readonly entityId: string;
  readonly violations: readonly Violation[];
  /** Position of the first of them; null while all identities hold. */
  readonly brokenSince: bigint | null;
}

/** The books of one account, kept so that its identities can be checked at each event; memory is that of what is open. */
export interface AccountMonitorDocument extends Monitored {
  readonly sums: AccountSums;
}

export interface CaseMonitorDocument extends Monitored, CaseBooks {}

export type MonitorDocument = AccountMonitorDocument | CaseMonitorDocument;

export const BROKEN_INDEX = { name: 'broken-order', key: { brokenSince: 1 } } as const;

const eventTypes = [...new Set<string>([...ACCOUNT_EVENT_TYPES, ...CASE_TYPES])];
const keys = (event: ProjectedEvent): string[] =>
  event.category === 'account' || caseFactOf(event) ? [event.stream] : [];

/** Knew no milestones, and nothing of what other read models say of a case. */
const withoutMilestones: FoldedProjection<AccountMonitorDocument | FirstCaseMonitorDocument> = {
  name: 'conservation',
  version: 1,
  eventTypes,
  indexes: [BROKEN_INDEX],
  keys,
  evolve: (doc, event) =>
    event.category === 'account'
      ? account(doc as AccountMonitorDocument | undefined, event)
      : firstCaseOf(doc as FirstCaseMonitorDocument | undefined, event),
};

/** Running checks: the identities of domain.md §4, folded with everything else. They hold or not as of each document's position. */
export const conservationProjection: FoldedProjection<MonitorDocument> = {
  name: 'conservation',
  version: 2,
  previous: withoutMilestones as FoldedProjection<never>,
  changes: ['breached', 'queued', 'counted', 'violations', 'brokenSince'],
  eventTypes,
  indexes: [BROKEN_INDEX],
  keys,
  evolve: (doc, event) =>
    event.category === 'account'
      ? account(doc as AccountMonitorDocument | undefined, event)
      : caseOf(doc as CaseMonitorDocument | undefined, event),
};

function account(doc: AccountMonitorDocument | undefined, event: ProjectedEvent): AccountMonitorDocument {
  const sums = summed(doc?.sums ?? NO_SUMS, event);
  return { sums, ...monitored(doc, event, brokenIdentities(sums)) };
}

function caseOf(doc: CaseMonitorDocument | undefined, event: ProjectedEvent): CaseMonitorDocument {
  const books = bookCase(doc, event);
  return { ...books, ...monitored(doc, event, brokenCaseIdentities(doc, books, event)) };
}

type FirstCaseMonitorDocument = Monitored & Pick<CaseBooks, 'opened' | 'ended'>;

function firstCaseOf(doc: FirstCaseMonitorDocument | undefined, event: ProjectedEvent): FirstCaseMonitorDocument {
  const { opened, ended } = bookEnds(doc, event);
  return { opened, ended, ...monitored(doc, event, brokenEnds(doc, { opened }, event)) };
}

/** An identity that is broken still keeps the position since which it is. */
function monitored(
  doc: Monitored | undefined,
  { communityId, entityId, position }: ProjectedEvent,
  broken: ReadonlyMap<IdentityName, string>,
): Monitored {
  if (broken.size === 0) return { communityId, entityId, violations: [], brokenSince: null };
  const violations = [...broken].map(([identity, detail]): Violation => {
    const before = doc?.violations.find((violation) => violation.identity === identity);
    return { identity, since: before?.since ?? position, detail };
  });
  const brokenSince = violations.reduce<bigint | null>(
    (first, { since }) => (first === null || since < first ? since : first),
    null,
  );
  return { communityId, entityId, violations, brokenSince };
}
