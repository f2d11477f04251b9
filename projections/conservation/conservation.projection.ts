import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { ACCOUNT_EVENT_TYPES } from '#libs/receivables';
import { CASE_TYPES, caseFactOf } from '../case-facts.js';
import { IDENTITIES, type IdentityName } from '../identities/names.js';
import { brokenIdentities, NO_SUMS, summed, type AccountSums } from './account-sums.js';

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

export interface CaseMonitorDocument extends Monitored {
  /** How often it was opened: once. */
  readonly opened: bigint;
  /** Ended unhandled (rejected, withdrawn, duplicate): it stays so. */
  readonly ended: string | null;
}

export type MonitorDocument = AccountMonitorDocument | CaseMonitorDocument;

export const BROKEN_INDEX = { name: 'broken-order', key: { brokenSince: 1 } } as const;

/** Running checks: the identities of domain.md §4, folded with everything else. They hold or not as of each document's position. */
export const conservationProjection: FoldedProjection<MonitorDocument> = {
  name: 'conservation',
  version: 1,
  eventTypes: [...new Set<string>([...ACCOUNT_EVENT_TYPES, ...CASE_TYPES])],
  indexes: [BROKEN_INDEX],
  keys: (event) => (event.category === 'account' || caseFactOf(event) ? [event.stream] : []),
  evolve: (doc, event) =>
    event.category === 'account'
      ? account(doc as AccountMonitorDocument | undefined, event)
      : caseOf(doc as CaseMonitorDocument | undefined, event),
};

function account(doc: AccountMonitorDocument | undefined, event: ProjectedEvent): AccountMonitorDocument {
  const sums = summed(doc?.sums ?? NO_SUMS, event);
  return { sums, ...monitored(doc, event, brokenIdentities(sums)) };
}

const ENDINGS = new Map([
  ['Rejected', 'rejected'],
  ['Withdrawn', 'withdrawn'],
  ['MarkedDuplicate', 'duplicate'],
]);

function caseOf(doc: CaseMonitorDocument | undefined, event: ProjectedEvent): CaseMonitorDocument {
  const { action } = caseFactOf(event)!;
  const opened = (doc?.opened ?? 0n) + (action === 'Opened' ? 1n : 0n);
  const ending = ENDINGS.get(action);
  const broken = new Map<IdentityName, string>();
  if (opened !== 1n) broken.set(IDENTITIES.states, `opened ${opened} times`);
  if (doc?.ended && ending && ending !== doc.ended) broken.set(IDENTITIES.states, `${doc.ended}, then ${ending}`);
  const ended = doc?.ended ?? ending ?? null;
  return { opened, ended, ...monitored(doc, event, broken) };
}

/** An identity that is broken still keeps the position since which it is. */
function monitored(
  doc: Monitored | undefined,
  { communityId, entityId, position }: ProjectedEvent,
  broken: ReadonlyMap<IdentityName, string>,
): Monitored {
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
