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
  return { ...byFact(sums, fact), ...byEntry(sums, event), ...byReadModels(sums, event) };
}

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

function byFact(
  sums: AccountSums,
  fact: AccountFact,
): Pick<AccountSums, 'cash' | 'allocated' | 'items' | 'payments' | 'open'> {
  let { cash, allocated, items, payments, open } = sums;
  const item = (id: string, minor: bigint): void => {
    items = addAmount(items, id, minor);
    open += minor;
  };
  const paid = (id: string, minor: bigint): void => void (payments = addAmount(payments, id, minor));
  switch (fact.type) {
    case 'FeeAssessed':
    case 'LateFeeAssessed':
      item(fact.data.itemId, minorOf(fact.data));
      break;
    case 'FeeReversed':
      item(fact.data.itemId, -BigInt(fact.data.remaining.minor));
      for (const released of fact.data.released) paid(released.paymentId, minorOf(released));
      allocated -= total(fact.data.released);
      break;
    case 'PaymentReceived':
      cash += minorOf(fact.data);
      paid(fact.data.paymentId, minorOf(fact.data));
      break;
    case 'PaymentAllocated':
    case 'CreditApplied':
      for (const part of fact.data.items) {
        item(part.itemId, -minorOf(part));
        paid(fact.data.paymentId, -minorOf(part));
      }
      allocated += total(fact.data.items);
      break;
    case 'PaymentReversed':
      cash -= minorOf(fact.data);
      paid(fact.data.paymentId, -BigInt(fact.data.creditRemoved.minor));
      for (const part of fact.data.reopened) item(part.itemId, minorOf(part));
      allocated -= total(fact.data.reopened);
      break;
    case 'AccountOpened':
    case 'HoldPlaced':
    case 'HoldLifted':
    case 'DisputeOpened':
    case 'DisputeProgressed':
      break;
  }
  return { cash, allocated, items, payments, open };
}

function byEntry(sums: AccountSums, event: ProjectedEvent): Pick<AccountSums, 'debits' | 'credits'> {
  let { debits, credits } = sums;
  for (const posting of entryOf(event)) {
    debits += posting.debitMinor;
    credits += posting.creditMinor;
  }
  return { debits, credits };
}

const LEDGER_TYPES = new Set<string>(ledgerProjection.eventTypes);

function byReadModels(
  sums: AccountSums,
  event: ProjectedEvent,
): Pick<AccountSums, 'outstanding' | 'dated' | 'credit' | 'balance'> {
  let { outstanding, dated, credit, balance } = sums;
  for (const movement of movementsOf(event)) {
    outstanding += movement.outstandingMinor;
    if (movement.dueOn !== null) dated += movement.outstandingMinor;
    credit += movement.creditMinor;
  }
  for (const line of LEDGER_TYPES.has(event.type) ? ledgerProjection.documents(event) : []) {
    balance += line.debitMinor - line.creditMinor;
  }
  return { outstanding, dated, credit, balance };
}

function minorOf({ amount }: { readonly amount: { readonly minor: string } }): bigint {
  return BigInt(amount.minor);
}

function total(parts: readonly { readonly amount: { readonly minor: string } }[]): bigint {
  return parts.reduce((sum, part) => sum + minorOf(part), 0n);
}
