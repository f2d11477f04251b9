import type { Decider, Json, LocalDate, Recorded } from '#libs/kernel';
import { COLLECTION_EVENT_TYPES, type CollectionHistoryEvent } from './collection.events.js';

/** A fee or late fee as far as reminding of it goes. */
export interface CollectionItem {
  readonly itemId: string;
  readonly dueOn: LocalDate;
  /** False for imported items: nothing of our own comes of them. */
  readonly ownRule: boolean;
  openMinor: bigint;
  readonly holdIds: Set<string>;
  readonly rungsSent: Set<string>;
  referredOn: LocalDate | null;
}

export interface NotOpenCollection {
  readonly status: 'NotOpen';
}

export interface OpenCollection {
  readonly status: 'Open';
  readonly items: Map<string, CollectionItem>;
  lastReminderOn: LocalDate | null;
  lastReferralOn: LocalDate | null;
}

export type CollectionState = NotOpenCollection | OpenCollection;

/** Folds the facts of an account's stream that matter for reminding; changes the state in place. */
export function evolve(state: CollectionState, event: CollectionHistoryEvent): CollectionState {
  if (event.type === 'AccountOpened')
    return { status: 'Open', items: new Map(), lastReminderOn: null, lastReferralOn: null };
  if (state.status === 'NotOpen') throw new Error(`${event.type} before AccountOpened`);
  change(state, event);
  return state;
}

function change(state: OpenCollection, event: Exclude<CollectionHistoryEvent, { type: 'AccountOpened' }>): void {
  const { items } = state;
  switch (event.type) {
    case 'FeeAssessed':
      return assessed(state, event.data, event.data.tariff !== null);
    case 'LateFeeAssessed':
      return assessed(state, event.data, event.data.basis !== null);
    case 'FeeReversed':
      // A reversed item never comes back.
      items.delete(event.data.itemId);
      return;
    case 'PaymentAllocated':
    case 'CreditApplied':
      for (const { itemId, amount } of event.data.items) itemOf(state, itemId).openMinor -= BigInt(amount.minor);
      return;
    case 'PaymentReversed':
      for (const { itemId, amount } of event.data.reopened) itemOf(state, itemId).openMinor += BigInt(amount.minor);
      return;
    case 'HoldPlaced':
      for (const { itemId } of event.data.items) itemOf(state, itemId).holdIds.add(event.data.holdId);
      return;
    case 'HoldLifted':
      for (const { itemId } of event.data.items) items.get(itemId)?.holdIds.delete(event.data.holdId);
      return;
    case 'ReminderSent': {
      const { rung } = event.data;
      for (const { itemId } of event.data.items) if (rung !== null) itemOf(state, itemId).rungsSent.add(rung);
      state.lastReminderOn = event.effectiveOn;
      return;
    }
    case 'LegalReferralMade':
      for (const { itemId } of event.data.items) itemOf(state, itemId).referredOn = event.effectiveOn;
      state.lastReferralOn = event.effectiveOn;
      return;
  }
}

function assessed(
  { items }: OpenCollection,
  { itemId, dueOn, amount }: { itemId: string; dueOn: LocalDate; amount: { minor: string } },
  ownRule: boolean,
): void {
  const openMinor = BigInt(amount.minor);
  items.set(itemId, { itemId, dueOn, ownRule, openMinor, holdIds: new Set(), rungsSent: new Set(), referredOn: null });
}

function itemOf({ items }: OpenCollection, itemId: string): CollectionItem {
  const item = items.get(itemId);
  if (!item) throw new Error(`Item ${itemId} was never assessed`);
  return item;
}

/** How account streams fold into the state of this context. */
export const collectionDecider: Decider<CollectionState, CollectionHistoryEvent> = {
  category: 'account',
  initialState: () => ({ status: 'NotOpen' }),
  evolve: (state: CollectionState, event: CollectionHistoryEvent & Recorded) => evolve(state, event),
  handles: COLLECTION_EVENT_TYPES,
};

/** The state as plain JSON, for `estate replay`: open items that were reminded of, held or referred. */
export function describeCollection(state: CollectionState): Json {
  if (state.status === 'NotOpen') return { status: state.status };
  const { status, lastReminderOn, lastReferralOn } = state;
  const items = [...state.items.values()]
    .filter((item) => item.openMinor > 0n && item.rungsSent.size + item.holdIds.size + (item.referredOn ? 1 : 0) > 0)
    .map(({ itemId, dueOn, rungsSent, holdIds, referredOn }) => {
      return { itemId, dueOn, rungsSent: [...rungsSent], holdIds: [...holdIds], referredOn };
    });
  return { status, lastReminderOn, lastReferralOn, items };
}
