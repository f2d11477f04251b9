import { parseReference } from '#libs/kernel';
import type { AccountEvent, HoldPlaced, ItemRef } from './account.events.js';
import { refuse } from './account.errors.js';
import { later, requireOpen, type AccountState, type Item, type OpenAccount } from './account.state.js';
import type { AllocationDates } from './allocation.js';
import { nextId, parseLabel, requireItem, requireMoneyRole, type DecisionContext } from './decision-support.js';

const MAX_ITEMS_PER_EVENT = 2_000;

export interface PlaceHold {
  readonly reason: string;
  readonly disputeId?: string | null;
  /** By default everything that is open at this moment. */
  readonly itemIds?: readonly string[];
}

export interface LiftHold {
  readonly holdId: string;
  readonly reason: string;
}

export interface OpenDispute {
  readonly reference: string;
  readonly itemIds?: readonly string[];
}

export interface ProgressDispute {
  readonly disputeId: string;
  readonly reference: string;
}

/**
 * Puts open items on hold (D8): no reminders, no late-fee days; payments still reach them, and what is charged later is
 * not held.
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, ITEM_UNKNOWN, ITEM_NOT_OPEN, DISPUTE_UNKNOWN, LABEL_INVALID
 */
export function placeHold(state: AccountState, command: PlaceHold, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  const disputeId = command.disputeId ?? null;
  if (disputeId !== null) requireDispute(account, disputeId);
  const items = command.itemIds ? openOnes(account, command.itemIds) : account.openItems;
  return holdPlaced(nextId(account), disputeId, parseLabel(command.reason), items, context);
}

/**
 * Lifts a hold as a whole; the day of lifting counts again.
 * @throws DomainError HOLD_UNKNOWN, HOLD_ALREADY_LIFTED, LABEL_INVALID
 */
export function liftHold(state: AccountState, command: LiftHold, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  const hold = account.holds.get(command.holdId);
  if (!hold) throw refuse('HOLD_UNKNOWN', 'The account has no such hold');
  if (hold.liftedOn !== null) throw refuse('HOLD_ALREADY_LIFTED', 'The hold has been lifted already');
  const { holdId } = hold;
  const { occurredAt } = context;
  const reason = parseLabel(command.reason);
  const effectiveOn = later(context.effectiveOn, hold.placedOn);
  return inParts(hold.items).map((items) => {
    return { type: 'HoldLifted', data: { holdId, items, reason }, effectiveOn, occurredAt };
  });
}

/** Opens a dispute and puts the disputed items on hold (D8), by default all that are open. @throws as placeHold */
export function openDispute(state: AccountState, command: OpenDispute, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  const items = command.itemIds ? openOnes(account, command.itemIds) : account.openItems;
  return disputeOpened(account, parseReference(command.reference), items, context);
}

/** A step of a dispute. @throws DomainError ACCOUNT_NOT_OPEN, DISPUTE_UNKNOWN, REFERENCE_INVALID */
export function progressDispute(
  state: AccountState,
  command: ProgressDispute,
  context: DecisionContext,
): AccountEvent[] {
  const account = requireOpen(state);
  const { effectiveOn, occurredAt } = context;
  requireDispute(account, command.disputeId);
  const data = { disputeId: command.disputeId, reference: parseReference(command.reference) };
  return [{ type: 'DisputeProgressed', data, effectiveOn, occurredAt }];
}

export function disputeOpened(
  account: OpenAccount,
  reference: string,
  items: Iterable<Item>,
  { effectiveOn, occurredAt }: AllocationDates,
): AccountEvent[] {
  const disputeId = nextId(account);
  return [
    { type: 'DisputeOpened', data: { disputeId, reference }, effectiveOn, occurredAt },
    ...holdPlaced(nextId(account, 1), disputeId, 'dispute', items, { effectiveOn, occurredAt }),
  ];
}

function holdPlaced(
  holdId: string,
  disputeId: string | null,
  reason: string,
  items: Iterable<Item>,
  { effectiveOn, occurredAt }: AllocationDates,
): HoldPlaced[] {
  return inParts(items).map((part) => {
    return { type: 'HoldPlaced', data: { holdId, disputeId, reason, items: part }, effectiveOn, occurredAt };
  });
}

/** At least one part, also of nothing: an event of many thousand items would be beyond the store's limit. */
function inParts(items: Iterable<Item>): ItemRef[][] {
  const refs = Array.from(items, ({ itemId, dueOn }): ItemRef => ({ itemId, dueOn }));
  const parts = [refs.slice(0, MAX_ITEMS_PER_EVENT)];
  for (let from = MAX_ITEMS_PER_EVENT; from < refs.length; from += MAX_ITEMS_PER_EVENT) {
    parts.push(refs.slice(from, from + MAX_ITEMS_PER_EVENT));
  }
  return parts;
}

function openOnes(account: OpenAccount, itemIds: readonly string[]): Item[] {
  return [...new Set(itemIds)].map((itemId) => {
    const item = requireItem(account, itemId);
    if (item.openMinor === 0n) throw refuse('ITEM_NOT_OPEN', 'Nothing is open on the item', { itemId });
    return item;
  });
}

function requireDispute(account: OpenAccount, disputeId: string): void {
  if (!account.disputes.has(disputeId)) throw refuse('DISPUTE_UNKNOWN', 'The account has no such dispute');
}
