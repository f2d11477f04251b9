import type { ProjectedEvent } from '#libs/projection-engine';
import type { AccountFact } from '#libs/receivables';
import { accountFactOf, entryOf } from '../account-facts.js';
import { movementsOf } from '../arrears-aging/arrears-aging.projection.js';
import { IDENTITIES, type IdentityName } from '../identities/names.js';
import { ledgerProjection } from '../ledger/ledger.projection.js';
import { addAmount, amountsBelow, NO_AMOUNTS, type Amounts } from './amounts.js';

/**
 * The same account summed up in ways that know nothing of each other: by its facts, by the entries of the journal, by what arrears aging and the
 * ledger store of each event. Minor units.
 */
export interface AccountSums {
  /** By the facts: received less returned; put to fees less taken back. */
  readonly cash: bigint;
  readonly allocated: bigint;
  /** By the facts: what is left of each fee that is not settled, and of each payment that is not used up. */
  readonly items: Amounts;
  readonly payments: Amounts;
  readonly open: bigint;
  /** By the entries. */
  readonly debits: bigint;
  readonly credits: bigint;
  /** By arrears aging. */
  readonly outstanding: bigint;
  readonly dated: bigint;
  readonly credit: bigint;
  /** By the ledger. */
  readonly balance: bigint;
}

export const NO_SUMS: AccountSums = {
  ...{ cash: 0n, allocated: 0n, items: NO_AMOUNTS, payments: NO_AMOUNTS, open: 0n, debits: 0n, credits: 0n },
  ...{ outstanding: 0n, dated: 0n, credit: 0n, balance: 0n },
};

/** The sums after an event of the account's stream. */
export function summed(sums: AccountSums, event: ProjectedEvent): AccountSums {
  const fact = accountFactOf(event);
  if (!fact) return sums;
  // Written out: this is done for every event of every account, and a spread of three parts costs more than the sums.
  const { cash, allocated, items, payments, open, debits, credits, outstanding, dated, credit, balance } = sums;
  const next = { cash, allocated, items, payments, open, debits, credits, outstanding, dated, credit, balance };
  addFact(next, fact);
  addEntry(next, event);
  addReadModels(next, event);
  return next;
}

/** A copy that is being added to. */
type Growing = { -readonly [Field in keyof AccountSums]: AccountSums[Field] };

/** What does not hold, with the figures. */
export function brokenIdentities(sums: AccountSums): Map<IdentityName, string> {
  const { cash, allocated, credit, outstanding, open, dated, balance, debits, credits } = sums;
  const broken = new Map<IdentityName, string>();
  if (cash !== allocated + credit)
    broken.set(IDENTITIES.cash, `cash ${cash}, allocated ${allocated}, credit ${credit}`);
  if (outstanding !== open || outstanding !== dated) {
    broken.set(IDENTITIES.outstanding, `outstanding ${outstanding}, open items ${open}, buckets ${dated}`);
  }
  if (balance !== outstanding - credit) {
    broken.set(IDENTITIES.balance, `balance ${balance}, outstanding ${outstanding}, credit ${credit}`);
  }
  if (debits !== credits) broken.set(IDENTITIES.entries, `debits ${debits}, credits ${credits}`);
  const [item] = amountsBelow(sums.items);
  const [payment] = amountsBelow(sums.payments);
  if (item) broken.set(IDENTITIES.items, `item ${item[0]}: ${item[1]}`);
  if (payment) broken.set(IDENTITIES.payments, `payment ${payment[0]}: ${payment[1]} left`);
  return broken;
}

function addItem(sums: Growing, id: string, minor: bigint): void {
  sums.items = addAmount(sums.items, id, minor);
  sums.open += minor;
}

function addPaid(sums: Growing, id: string, minor: bigint): void {
  sums.payments = addAmount(sums.payments, id, minor);
}

function addFact(sums: Growing, fact: AccountFact): void {
  switch (fact.type) {
    case 'FeeAssessed':
    case 'LateFeeAssessed':
      addItem(sums, fact.data.itemId, minorOf(fact.data));
      break;
    case 'FeeReversed':
      addItem(sums, fact.data.itemId, -BigInt(fact.data.remaining.minor));
      for (const released of fact.data.released) addPaid(sums, released.paymentId, minorOf(released));
      sums.allocated -= total(fact.data.released);
      break;
    case 'PaymentReceived':
      sums.cash += minorOf(fact.data);
      addPaid(sums, fact.data.paymentId, minorOf(fact.data));
      break;
    case 'PaymentAllocated':
    case 'CreditApplied':
      for (const part of fact.data.items) {
        addItem(sums, part.itemId, -minorOf(part));
        addPaid(sums, fact.data.paymentId, -minorOf(part));
      }
      sums.allocated += total(fact.data.items);
      break;
    case 'PaymentReversed':
      sums.cash -= minorOf(fact.data);
      addPaid(sums, fact.data.paymentId, -BigInt(fact.data.creditRemoved.minor));
      for (const part of fact.data.reopened) addItem(sums, part.itemId, minorOf(part));
      sums.allocated -= total(fact.data.reopened);
      break;
    case 'AccountOpened':
    case 'HoldPlaced':
    case 'HoldLifted':
    case 'DisputeOpened':
    case 'DisputeProgressed':
      break;
  }
}

function addEntry(sums: Growing, event: ProjectedEvent): void {
  for (const posting of entryOf(event)) {
    sums.debits += posting.debitMinor;
    sums.credits += posting.creditMinor;
  }
}

const LEDGER_TYPES = new Set<string>(ledgerProjection.eventTypes);

function addReadModels(sums: Growing, event: ProjectedEvent): void {
  for (const movement of movementsOf(event)) {
    sums.outstanding += movement.outstandingMinor;
    if (movement.dueOn !== null) sums.dated += movement.outstandingMinor;
    sums.credit += movement.creditMinor;
  }
  if (!LEDGER_TYPES.has(event.type)) return;
  for (const line of ledgerProjection.documents(event)) sums.balance += line.debitMinor - line.creditMinor;
}

function minorOf({ amount }: { readonly amount: { readonly minor: string } }): bigint {
  return BigInt(amount.minor);
}

function total(parts: readonly { readonly amount: { readonly minor: string } }[]): bigint {
  return parts.reduce((sum, part) => sum + minorOf(part), 0n);
}
