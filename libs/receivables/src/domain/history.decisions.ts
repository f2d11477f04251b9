import type { Instant, LocalDate } from '#libs/kernel';
import type { AccountEvent } from './account.events.js';
import { accountOpened, chargeItem, takePayment, type OpenAccountCommand } from './account.decisions.js';
import { emptyAccount, type AccountState, type OpenAccount } from './account.state.js';
import { requireAmount } from './decision-support.js';
import { disputeOpened } from './hold.decisions.js';

/** A checked line of an imported journal. Amounts are positive minor units; the reference has been parsed. */
export type HistoryLine =
  | {
      readonly entry: 'fee' | 'expense' | 'late-fee';
      readonly amountMinor: bigint;
      readonly dueOn: LocalDate;
      readonly reference: string;
    }
  | { readonly entry: 'payment'; readonly amountMinor: bigint; readonly reference: string }
  | { readonly entry: 'dispute-opened' | 'dispute-progress'; readonly reference: string };

/** Whose line it is, and when: `effectiveOn` is the line's date, `occurredAt` its local midnight. */
export interface HistoryContext extends OpenAccountCommand {
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}

/**
 * The facts of a line of somebody else's books: recorded even where our policy would refuse the command today (holds,
 * four eyes, nothing open). The first line of an account opens it.
 * @throws DomainError TOTAL_TOO_LARGE, CURRENCY_MISMATCH, AMOUNT_NOT_POSITIVE, ID_INVALID
 */
export function recordHistoryLine(state: AccountState, line: HistoryLine, context: HistoryContext): AccountEvent[] {
  if (state.status === 'Open') return factsOf(state, line, context);
  const { accountId, currency, timeZone } = context;
  return [accountOpened(context, context), ...factsOf(emptyAccount(accountId, currency, timeZone), line, context)];
}

/** AccountOpened when the account is new: for lines whose fact another context writes into the same stream. */
export function openForHistory(state: AccountState, context: HistoryContext): AccountEvent[] {
  return state.status === 'Open' ? [] : [accountOpened(context, context)];
}

function factsOf(account: OpenAccount, line: HistoryLine, context: HistoryContext): AccountEvent[] {
  const { effectiveOn, occurredAt } = context;
  switch (line.entry) {
    case 'fee':
    case 'expense':
    case 'late-fee':
      return charged(account, line, context);
    case 'payment': {
      const amount = { currency: context.currency, minor: line.amountMinor };
      requireAmount(account, amount);
      const { reference } = line;
      const payment = { amount, method: 'unknown', reference, receiptNumber: null, designatedItemIds: [] };
      return takePayment(account, payment, [], { effectiveOn, occurredAt });
    }
    case 'dispute-opened':
      return disputeOpened(account, line.reference, account.openItems, { effectiveOn, occurredAt });
    case 'dispute-progress': {
      const data = { disputeId: onlyDispute(account), reference: line.reference };
      return [{ type: 'DisputeProgressed', data, effectiveOn, occurredAt }];
    }
  }
}

function charged(
  account: OpenAccount,
  line: Extract<HistoryLine, { dueOn: LocalDate }>,
  { currency, effectiveOn, occurredAt }: HistoryContext,
): AccountEvent[] {
  const { entry, reference, dueOn } = line;
  const minor = requireAmount(account, { currency, minor: line.amountMinor });
  const dates = { effectiveOn, occurredAt };
  return chargeItem(account, minor, dueOn, dates, (common) =>
    entry === 'late-fee'
      ? { type: 'LateFeeAssessed', data: { ...common, reference, forItemId: null, basis: null }, ...dates }
      : { type: 'FeeAssessed', data: { ...common, item: entry, reference, tariff: null, period: null }, ...dates },
  );
}

/** A line does not say which dispute it continues: it is named only when there is no doubt. */
function onlyDispute(account: OpenAccount): string | null {
  const [disputeId, another] = account.disputes.keys();
  return disputeId !== undefined && another === undefined ? disputeId : null;
}
