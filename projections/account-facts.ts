import type { ProjectedEvent } from '#libs/projection-engine';
import { ACCOUNT_EVENT_TYPES, postingsOf, type AccountFact, type Posting } from '#libs/receivables';

/** The journal entry of an event in an account's stream; `[]` for facts about no money, those of other contexts included. */
export function entryOf(event: Pick<ProjectedEvent, 'type' | 'data'>): Posting[] {
  const fact = accountFactOf(event);
  return fact ? postingsOf(fact) : [];
}

/** The event as a fact of receivables; undefined for other contexts' events. */
export function accountFactOf(event: Pick<ProjectedEvent, 'type' | 'data'>): AccountFact | undefined {
  return isAccountFact(event) ? event : undefined;
}

function isAccountFact(event: Pick<ProjectedEvent, 'type' | 'data'>): event is AccountFact {
  return (ACCOUNT_EVENT_TYPES as ReadonlySet<string>).has(event.type);
}

/** How a posting moves what the account owes. */
export function outstandingDelta(posting: Posting): bigint {
  return posting.ledgerAccount === 'receivable' ? posting.debitMinor - posting.creditMinor : 0n;
}

/** How a posting moves what is held for the payer. */
export function creditDelta(posting: Posting): bigint {
  return posting.ledgerAccount === 'customer-credit' ? posting.creditMinor - posting.debitMinor : 0n;
}
