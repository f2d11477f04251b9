import type { LocalDate } from '#libs/kernel';
import type { AccountFact, AppliedData, ItemAmount } from './account.events.js';

/** The books behind an account: what has come in, what is owed, what is held for the payer, what was earned. */
export type LedgerAccount = 'cash' | 'receivable' | 'customer-credit' | 'revenue';

/** One side of a journal entry; amounts in minor units, one of the two is 0. */
export interface Posting {
  readonly ledgerAccount: LedgerAccount;
  readonly itemId?: string;
  readonly dueOn?: LocalDate;
  readonly paymentId?: string;
  readonly debitMinor: bigint;
  readonly creditMinor: bigint;
}

/**
 * The journal entry of a fact: Σ debits = Σ credits (domain.md §4). The single source of ledger lines and of aging
 * movements: outstanding moves by receivable debits − credits, credit by customer-credit credits − debits. `[]` for a
 * fact about no money.
 */
export function postingsOf(event: AccountFact): Posting[] {
  switch (event.type) {
    case 'FeeAssessed':
    case 'LateFeeAssessed': {
      const { itemId, dueOn, amount } = event.data;
      return [debit('receivable', amount.minor, { itemId, dueOn }), credit('revenue', amount.minor, { itemId })];
    }
    case 'FeeReversed': {
      const { itemId, dueOn, amount, remaining, released } = event.data;
      return [
        debit('revenue', amount.minor, { itemId }),
        ...nonZero(credit('receivable', remaining.minor, { itemId, dueOn })),
        ...released.map((r) => credit('customer-credit', r.amount.minor, { paymentId: r.paymentId })),
      ];
    }
    case 'PaymentReceived': {
      const { paymentId, amount } = event.data;
      return [debit('cash', amount.minor, { paymentId }), credit('customer-credit', amount.minor, { paymentId })];
    }
    case 'PaymentAllocated':
    case 'CreditApplied':
      return applied(event.data);
    case 'PaymentReversed': {
      const { paymentId, amount, reopened, creditRemoved } = event.data;
      return [
        ...reopened.map((item) => debit('receivable', item.amount.minor, refOf(item))),
        ...nonZero(debit('customer-credit', creditRemoved.minor, { paymentId })),
        credit('cash', amount.minor, { paymentId }),
      ];
    }
    case 'AccountOpened':
    case 'HoldPlaced':
    case 'HoldLifted':
    case 'DisputeOpened':
    case 'DisputeProgressed':
      return [];
  }
}

type About = Pick<Posting, 'itemId' | 'dueOn' | 'paymentId'>;

function applied({ paymentId, items }: AppliedData): Posting[] {
  const total = items.reduce((sum, item) => sum + BigInt(item.amount.minor), 0n);
  return [
    { ledgerAccount: 'customer-credit', paymentId, debitMinor: total, creditMinor: 0n },
    ...items.map((item) => credit('receivable', item.amount.minor, refOf(item))),
  ];
}

function debit(ledgerAccount: LedgerAccount, minor: string, about: About): Posting {
  return { ledgerAccount, ...about, debitMinor: BigInt(minor), creditMinor: 0n };
}

function credit(ledgerAccount: LedgerAccount, minor: string, about: About): Posting {
  return { ledgerAccount, ...about, debitMinor: 0n, creditMinor: BigInt(minor) };
}

function nonZero(posting: Posting): Posting[] {
  return posting.debitMinor === posting.creditMinor ? [] : [posting];
}

function refOf({ itemId, dueOn }: ItemAmount): About {
  return { itemId, dueOn };
}
