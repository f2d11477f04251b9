import { MAX_MINOR, parseReference, type Actor, type Instant, type LocalDate, type Money } from '#libs/kernel';
import { refuse } from './account.errors.js';
import type { Item, OpenAccount, Payment } from './account.state.js';

/** What every decision is told besides its command: who, for which day, and when it happened. */
export interface DecisionContext {
  readonly actor: Actor;
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}

const NO_MONEY_COMMANDS: ReadonlySet<string> = new Set(['administrator']);
const NO_CASH: ReadonlySet<string> = new Set(['collector']);

/** D12: an administrator has no money commands. @throws DomainError DUTIES_SEPARATED */
export function requireMoneyRole({ role }: Actor): void {
  if (NO_MONEY_COMMANDS.has(role)) throw refuse('DUTIES_SEPARATED', `A ${role} has no money commands`, { role });
}

/** D12: a collector records no cash, neither in nor back out. @throws DomainError DUTIES_SEPARATED */
export function requireCashRole(actor: Actor): void {
  requireMoneyRole(actor);
  if (NO_CASH.has(actor.role))
    throw refuse('DUTIES_SEPARATED', `A ${actor.role} records no cash`, { role: actor.role });
}

/** @throws DomainError CURRENCY_MISMATCH, AMOUNT_NOT_POSITIVE */
export function requireAmount(state: OpenAccount, amount: Money): bigint {
  if (amount.currency !== state.currency) {
    throw refuse('CURRENCY_MISMATCH', `The account is kept in ${state.currency}, the amount is in ${amount.currency}`);
  }
  if (amount.minor <= 0n) throw refuse('AMOUNT_NOT_POSITIVE', 'An amount must be positive');
  return amount.minor;
}

/** Read models add totals as int64 (D1). @throws DomainError TOTAL_TOO_LARGE */
export function requireTotal(totalMinor: bigint): void {
  if (totalMinor > MAX_MINOR)
    throw refuse('TOTAL_TOO_LARGE', 'A total of the account would be beyond 2^63-1 minor units');
}

/** @throws DomainError ITEM_UNKNOWN */
export function requireItem(state: OpenAccount, itemId: string): Item {
  const item = state.items.get(itemId);
  if (!item) throw refuse('ITEM_UNKNOWN', 'The account has no such item', { itemId: itemId.slice(0, 64) });
  return item;
}

/** @throws DomainError PAYMENT_UNKNOWN */
export function requirePayment(state: OpenAccount, paymentId: string): Payment {
  const payment = state.payments.get(paymentId);
  if (!payment)
    throw refuse('PAYMENT_UNKNOWN', 'The account has no such payment', { paymentId: paymentId.slice(0, 64) });
  return payment;
}

/**
 * A short label without personal data (a payment method, a reason): free text about people belongs in an envelope.
 * @throws DomainError LABEL_INVALID, REFERENCE_INVALID
 */
export function parseLabel(text: string): string {
  if (text.trim() === '') throw refuse('LABEL_INVALID', 'A label must not be empty');
  return parseReference(text);
}

export function nextId(state: OpenAccount, offset = 0): string {
  return String(state.nextId + offset);
}
