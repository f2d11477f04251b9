import type { AccountEvent, ItemAmount, PaymentAmount } from './account.events.js';
import { refuse } from './account.errors.js';
import {
  inOrderOfAllocation,
  later,
  oldestFirst,
  requireOpen,
  type AccountState,
  type Allocation,
  type Item,
  type OpenAccount,
} from './account.state.js';
import { applyMoney, creditSources, openTargets, type Source, type Target } from './allocation.js';
import {
  parseLabel,
  requireCashRole,
  requireItem,
  requireMoneyRole,
  requirePayment,
  requireTotal,
  type DecisionContext,
} from './decision-support.js';

export interface ReverseFee {
  readonly itemId: string;
  readonly reason: string;
}

export interface ReversePayment {
  readonly paymentId: string;
  readonly reason: string;
}

/**
 * Undoes a fee or a late fee as a whole (D11). What had been paid on it goes back to the credit of its payments and is
 * applied at once to what else is open. Takes effect on the later of its own day and the days of everything it names
 * (D16).
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, ITEM_UNKNOWN, ITEM_ALREADY_REVERSED, TOTAL_TOO_LARGE,
 * LABEL_INVALID
 */
export function reverseFee(state: AccountState, command: ReverseFee, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  const item = requireItem(account, command.itemId);
  if (item.reversedOn !== null) throw refuse('ITEM_ALREADY_REVERSED', 'The item has been reversed already');
  const { itemId, kind, dueOn } = item;
  const dates = { effectiveOn: later(context.effectiveOn, item.touchedOn), occurredAt: context.occurredAt };
  const released = releasedBy(account, item);
  const { currency } = account;
  const data = {
    itemId,
    kind,
    dueOn,
    amount: { currency, minor: item.amountMinor.toString() },
    remaining: { currency, minor: item.openMinor.toString() },
    reason: parseLabel(command.reason),
    released: released.map(({ paymentId, minor }): PaymentAmount => ({
      paymentId,
      amount: { currency, minor: minor.toString() },
    })),
  };
  const applied = applyMoney('CreditApplied', currency, released, withoutItem(openTargets(account), itemId), dates);
  const others = account.outstandingMinor - item.openMinor;
  requireTotal(account.creditMinor + (item.amountMinor - item.openMinor) - others);
  return [{ type: 'FeeReversed', data, ...dates }, ...applied];
}

/**
 * Undoes a payment as a whole (D11): its shares are open again, its credit is gone; other credits are applied at once
 * to what it opened. Takes effect on the later of its own day and the days of everything it names (D16).
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, PAYMENT_UNKNOWN, PAYMENT_ALREADY_REVERSED, TOTAL_TOO_LARGE,
 * LABEL_INVALID
 */
export function reversePayment(state: AccountState, command: ReversePayment, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireCashRole(context.actor);
  const payment = requirePayment(account, command.paymentId);
  if (payment.reversedOn !== null) throw refuse('PAYMENT_ALREADY_REVERSED', 'The payment has been reversed already');
  const { paymentId, amountMinor, creditMinor } = payment;
  const dates = { effectiveOn: later(context.effectiveOn, payment.touchedOn), occurredAt: context.occurredAt };
  const { currency } = account;
  const opened = reopenedBy(account, payment.allocations, dates.effectiveOn);
  const othersCredit = account.creditMinor - creditMinor;
  requireTotal(account.outstandingMinor + (amountMinor - creditMinor) - othersCredit);
  const data = {
    paymentId,
    amount: { currency, minor: amountMinor.toString() },
    reason: parseLabel(command.reason),
    reopened: opened.map(({ itemId, kind, dueOn, minor }): ItemAmount => {
      return { itemId, kind, dueOn, amount: { currency, minor: minor.toString() } };
    }),
    creditRemoved: { currency, minor: creditMinor.toString() },
  };
  return [
    { type: 'PaymentReversed', data, ...dates },
    ...applyMoney('CreditApplied', currency, creditSources(account, paymentId), opened, dates),
  ];
}

function* withoutItem(targets: Iterable<Target>, itemId: string): Generator<Target> {
  for (const target of targets) if (target.itemId !== itemId) yield target;
}

/** The payments that the item's standing allocations came from, oldest first, one entry each. */
function releasedBy(account: OpenAccount, item: Item): Source[] {
  const sums = sumBy(item.allocations, ({ paymentId }) => paymentId);
  return [...sums]
    .map(([paymentId, minor]) => ({ payment: requirePayment(account, paymentId), minor }))
    .sort((a, b) => oldestFirst(a.payment, b.payment))
    .map(({ payment: { paymentId, availableOn }, minor }) => ({ paymentId, minor, availableOn }));
}

/** The items that a payment's standing allocations had paid, in the order of D7, one entry each. */
function reopenedBy(account: OpenAccount, allocations: readonly Allocation[], reversedOn: string): Target[] {
  const sums = sumBy(allocations, ({ itemId }) => itemId);
  return [...sums]
    .map(([itemId, minor]) => ({ item: requireItem(account, itemId), minor }))
    .sort((a, b) => inOrderOfAllocation(a.item, b.item))
    .map(({ item: { itemId, kind, dueOn, availableOn }, minor }) => {
      return { itemId, kind, dueOn, minor, availableOn: later(availableOn, reversedOn) };
    });
}

function sumBy(allocations: readonly Allocation[], keyOf: (allocation: Allocation) => string): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const allocation of allocations) {
    if (allocation.undoneOn !== null) continue;
    const key = keyOf(allocation);
    sums.set(key, (sums.get(key) ?? 0n) + allocation.amountMinor);
  }
  return sums;
}
