import type { Json } from '#libs/kernel';
import { isOnHold, type AccountState, type Item, type Payment } from './account.state.js';

/**
 * The state as plain JSON, for `estate replay`: amounts as decimal strings of minor units, open items in the order in
 * which money reaches them, credits in the order in which they are used. Settled items are counted, not listed.
 */
export function describeAccount(state: AccountState): Json {
  if (state.status === 'NotOpen') return { status: state.status };
  return {
    status: state.status,
    accountId: state.accountId,
    currency: state.currency,
    timeZone: state.timeZone,
    balance: (state.outstandingMinor - state.creditMinor).toString(),
    outstanding: state.outstandingMinor.toString(),
    credit: state.creditMinor.toString(),
    items: state.items.size,
    payments: state.payments.size,
    openItems: Array.from(state.openItems, describeItem),
    credits: Array.from(state.credits, describeCredit),
    holds: [...state.holds.values()]
      .filter(({ liftedOn }) => liftedOn === null)
      .map(({ holdId, disputeId, placedOn, items }) => {
        return { holdId, disputeId, placedOn, itemIds: items.map(({ itemId }) => itemId) };
      }),
    disputes: [...state.disputes.values()].map((dispute) => ({ ...dispute })),
  };
}

function describeItem(item: Item): Json {
  return {
    itemId: item.itemId,
    kind: item.kind,
    dueOn: item.dueOn,
    effectiveOn: item.effectiveOn,
    reference: item.reference,
    amount: item.amountMinor.toString(),
    open: item.openMinor.toString(),
    onHold: isOnHold(item),
  };
}

function describeCredit({ paymentId, effectiveOn, amountMinor, creditMinor }: Payment): Json {
  return { paymentId, effectiveOn, amount: amountMinor.toString(), credit: creditMinor.toString() };
}
