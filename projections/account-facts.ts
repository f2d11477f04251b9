import type { ProjectedEvent } from '#libs/projection-engine';
import { ACCOUNT_EVENT_TYPES, postingsOf, type AccountFact, type Posting } from '#libs/receivables';

/** Several read models ask for the entry of the same event, and each of its documents does: it is worked out once. */
const entries = new WeakMap<object, readonly Posting[]>();

/** The journal entry of an event in an account's stream; `[]` for facts about no money, those of other contexts included. */
export function entryOf(event: Pick<ProjectedEvent, 'type' | 'data'>): readonly Posting[] {
  const known = entries.get(event);
  if (known) return known;
  const fact = accountFactOf(event);
  const entry = fact ? postingsOf(fact) : [];
  entries.set(event, entry);
  return entry;
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
