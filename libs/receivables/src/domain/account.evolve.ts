import type { Decider, Recorded } from '#libs/kernel';
import {
  ACCOUNT_EVENT_TYPES,
  type AccountEvent,
  type CreditApplied,
  type DisputeProgressed,
  type FeeAssessed,
  type FeeReversed,
  type HoldLifted,
  type HoldPlaced,
  type LateFeeAssessed,
  type PaymentAllocated,
  type PaymentReceived,
  type PaymentReversed,
} from './account.events.js';
import {
  emptyAccount,
  initialAccount,
  later,
  type AccountState,
  type Allocation,
  type Hold,
  type Item,
  type OpenAccount,
  type Payment,
} from './account.state.js';

/** Folds a fact of an account; changes the state in place. @throws Error when the history contradicts itself */
export function evolve(state: AccountState, event: AccountEvent): AccountState {
  if (event.type === 'AccountOpened') {
    return emptyAccount(event.data.accountId, event.data.currency, event.data.timeZone);
  }
  if (state.status === 'NotOpen') throw new Error(`${event.type} before AccountOpened`);
  change(state, event);
  return state;
}

function change(state: OpenAccount, event: Exclude<AccountEvent, { type: 'AccountOpened' }>): void {
  switch (event.type) {
    case 'FeeAssessed':
      return feeAssessed(state, event);
    case 'LateFeeAssessed':
      return lateFeeAssessed(state, event);
    case 'FeeReversed':
      return feeReversed(state, event);
    case 'PaymentReceived':
      return paymentReceived(state, event);
    case 'PaymentAllocated':
    case 'CreditApplied':
      return applied(state, event);
    case 'PaymentReversed':
      return paymentReversed(state, event);
    case 'HoldPlaced':
      return holdPlaced(state, event);
    case 'HoldLifted':
      return holdLifted(state, event);
    case 'DisputeOpened': {
      const { disputeId, reference } = event.data;
      used(state, disputeId);
      state.disputes.set(disputeId, { disputeId, reference, openedOn: event.effectiveOn, lastProgressOn: null });
      return;
    }
    case 'DisputeProgressed':
      return disputeProgressed(state, event);
  }
}

function used(state: OpenAccount, id: string): number {
  const ordinal = Number(id);
  if (ordinal >= state.nextId) state.nextId = ordinal + 1;
  return ordinal;
}

function itemBase(state: OpenAccount, event: FeeAssessed | LateFeeAssessed) {
  const { itemId, amount, dueOn, reference } = event.data;
  const { effectiveOn } = event;
  const amountMinor = BigInt(amount.minor);
  const reversedOn: string | null = null;
  const allocations: Allocation[] = [];
  const holds: Hold[] = [];
  const dates = { effectiveOn, dueOn, availableOn: effectiveOn, touchedOn: effectiveOn, reversedOn };
  const ordinal = used(state, itemId);
  return { itemId, ordinal, amountMinor, openMinor: amountMinor, reference, allocations, holds, ...dates };
}

function addItem(state: OpenAccount, item: Item): void {
  state.items.set(item.itemId, item);
  state.openItems.insert(item);
  state.outstandingMinor += item.amountMinor;
}

function feeAssessed(state: OpenAccount, event: FeeAssessed): void {
  const { item, tariff, period } = event.data;
  addItem(state, { kind: 'principal', ...itemBase(state, event), item, tariff, period, lateFees: [] });
}

function lateFeeAssessed(state: OpenAccount, event: LateFeeAssessed): void {
  const { forItemId, basis } = event.data;
  const item = { kind: 'late-fee' as const, ...itemBase(state, event), forItemId, basis };
  addItem(state, item);
  const principal = forItemId === null ? undefined : itemOf(state, forItemId);
  if (principal?.kind === 'principal') principal.lateFees.push(item);
}

function feeReversed(state: OpenAccount, event: FeeReversed): void {
  const { effectiveOn, data } = event;
  const item = itemOf(state, data.itemId);
  for (const allocation of item.allocations) allocation.undoneOn ??= effectiveOn;
  setOpen(state, item, 0n);
  item.reversedOn = item.touchedOn = effectiveOn;
  for (const { paymentId, amount } of data.released) {
    const payment = paymentOf(state, paymentId);
    payment.availableOn = later(payment.availableOn, effectiveOn);
    payment.touchedOn = later(payment.touchedOn, effectiveOn);
    setCredit(state, payment, payment.creditMinor + BigInt(amount.minor));
  }
}

function paymentReceived(state: OpenAccount, event: PaymentReceived): void {
  const { effectiveOn, data } = event;
  const payment: Payment = {
    paymentId: data.paymentId,
    ordinal: used(state, data.paymentId),
    amountMinor: BigInt(data.amount.minor),
    effectiveOn,
    creditMinor: 0n,
    availableOn: effectiveOn,
    touchedOn: effectiveOn,
    reversedOn: null,
    allocations: [],
  };
  state.payments.set(payment.paymentId, payment);
  setCredit(state, payment, payment.amountMinor);
}

function applied(state: OpenAccount, { effectiveOn, data }: PaymentAllocated | CreditApplied): void {
  const payment = paymentOf(state, data.paymentId);
  let totalMinor = 0n;
  for (const { itemId, amount } of data.items) {
    const item = itemOf(state, itemId);
    const amountMinor = BigInt(amount.minor);
    const allocation = { itemId, paymentId: data.paymentId, amountMinor, effectiveOn, undoneOn: null };
    item.allocations.push(allocation);
    payment.allocations.push(allocation);
    item.touchedOn = later(item.touchedOn, effectiveOn);
    setOpen(state, item, item.openMinor - amountMinor);
    totalMinor += amountMinor;
  }
  payment.touchedOn = later(payment.touchedOn, effectiveOn);
  setCredit(state, payment, payment.creditMinor - totalMinor);
}

function paymentReversed(state: OpenAccount, { effectiveOn, data }: PaymentReversed): void {
  const payment = paymentOf(state, data.paymentId);
  for (const allocation of payment.allocations) allocation.undoneOn ??= effectiveOn;
  setCredit(state, payment, 0n);
  payment.reversedOn = payment.touchedOn = effectiveOn;
  for (const { itemId, amount } of data.reopened) {
    const item = itemOf(state, itemId);
    item.availableOn = later(item.availableOn, effectiveOn);
    item.touchedOn = later(item.touchedOn, effectiveOn);
    setOpen(state, item, item.openMinor + BigInt(amount.minor));
  }
}

function holdPlaced(state: OpenAccount, { effectiveOn, data }: HoldPlaced): void {
  const { holdId, disputeId, reason } = data;
  used(state, holdId);
  let hold = state.holds.get(holdId);
  if (!hold)
    state.holds.set(holdId, (hold = { holdId, disputeId, reason, placedOn: effectiveOn, liftedOn: null, items: [] }));
  for (const { itemId } of data.items) {
    const item = itemOf(state, itemId);
    item.holds.push(hold);
    hold.items.push(item);
  }
}

function holdLifted(state: OpenAccount, { effectiveOn, data }: HoldLifted): void {
  const hold = state.holds.get(data.holdId);
  if (!hold) throw new Error(`Hold ${data.holdId} was never placed`);
  hold.liftedOn = effectiveOn;
}

function disputeProgressed(state: OpenAccount, { effectiveOn, data }: DisputeProgressed): void {
  const dispute = data.disputeId === null ? undefined : state.disputes.get(data.disputeId);
  if (dispute) dispute.lastProgressOn = effectiveOn;
}

function setOpen(state: OpenAccount, item: Item, openMinor: bigint): void {
  if (openMinor < 0n) throw new Error(`Item ${item.itemId} would be below zero`);
  if (item.openMinor === 0n && openMinor > 0n) state.openItems.insert(item);
  if (item.openMinor > 0n && openMinor === 0n) state.openItems.remove(item);
  state.outstandingMinor += openMinor - item.openMinor;
  item.openMinor = openMinor;
}

function setCredit(state: OpenAccount, payment: Payment, creditMinor: bigint): void {
  if (creditMinor < 0n) throw new Error(`The credit of payment ${payment.paymentId} would be below zero`);
  if (payment.creditMinor === 0n && creditMinor > 0n) state.credits.insert(payment);
  if (payment.creditMinor > 0n && creditMinor === 0n) state.credits.remove(payment);
  state.creditMinor += creditMinor - payment.creditMinor;
  payment.creditMinor = creditMinor;
}

function itemOf(state: OpenAccount, itemId: string): Item {
  const item = state.items.get(itemId);
  if (!item) throw new Error(`Item ${itemId} was never assessed`);
  return item;
}

function paymentOf(state: OpenAccount, paymentId: string): Payment {
  const payment = state.payments.get(paymentId);
  if (!payment) throw new Error(`Payment ${paymentId} was never received`);
  return payment;
}

/** How account streams fold into the state of this context. */
export const accountDecider: Decider<AccountState, AccountEvent> = {
  category: 'account',
  initialState: initialAccount,
  evolve: (state: AccountState, event: AccountEvent & Recorded) => evolve(state, event),
  handles: ACCOUNT_EVENT_TYPES,
};
