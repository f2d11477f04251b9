import { daysBetween, parseReference, type Actor, type Instant, type LocalDate } from '#libs/kernel';
import type { ItemRef, LegalReferralMade, ReminderSent } from './collection.events.js';
import { refuse } from './collection.errors.js';
import type { CollectionItem, CollectionState, OpenCollection } from './collection.state.js';
import { LEGAL_REVIEW_FROM_DAY, REMINDER_LADDER, type Rung } from './ladder.js';

/** What every decision is told besides its command: who, for which day, and when it happened. */
export interface DecisionContext {
  readonly actor: Actor;
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}

export interface SendReminder {
  readonly rung: string;
  readonly channel: string;
  readonly reference: string;
  readonly itemIds: readonly string[];
}

export interface RecordLegalReferral {
  readonly reference: string;
  readonly proposedBy: string;
  readonly itemIds: readonly string[];
}

const SOFTWARE_ROLES: ReadonlySet<string> = new Set(['system', 'import']);

/**
 * Records that a reminder of a rung was sent for items (D9): each open, not on hold (D8), charged by a rule of ours,
 * the rung reached and not used for it before.
 * @throws DomainError ACCOUNT_NOT_OPEN, RUNG_UNKNOWN, CHANNEL_NOT_ON_RUNG, NOTHING_NAMED, ITEM_UNKNOWN, ITEM_NOT_OPEN,
 * ITEM_ON_HOLD, REMINDER_WITHOUT_TARIFF, RUNG_NOT_REACHED, RUNG_ALREADY_SENT, REFERENCE_INVALID
 */
export function sendReminder(state: CollectionState, command: SendReminder, context: DecisionContext): ReminderSent[] {
  const account = requireOpen(state);
  const rung = REMINDER_LADDER.find((r) => r.rung === command.rung);
  if (!rung) throw refuse('RUNG_UNKNOWN', 'The ladder has no such rung');
  if (!rung.channels.some((c) => c === command.channel)) {
    throw refuse('CHANNEL_NOT_ON_RUNG', `Rung ${rung.rung} is sent by ${rung.channels.join(' or ')}`);
  }
  const items = requireItems(account, command.itemIds).map((item) => {
    requireReminder(item, rung, context.effectiveOn);
    return refOf(item);
  });
  const data = { rung: rung.rung, channel: command.channel, reference: parseReference(command.reference), items };
  return [{ type: 'ReminderSent', data, effectiveOn: context.effectiveOn, occurredAt: context.occurredAt }];
}

/**
 * The latest rung that each item has reached and that was not used for it, as of a day; what a reminder run would send
 * (D9).
 */
export function dueReminders(
  state: CollectionState,
  asOf: LocalDate,
): { readonly itemId: string; readonly rung: string }[] {
  if (state.status === 'NotOpen') return [];
  return [...state.items.values()].flatMap((item) => {
    const rung = REMINDER_LADDER.findLast((r) => hasReached(item, r.daysFromDue, asOf));
    const remindable = item.ownRule && item.openMinor > 0n && item.holdIds.size === 0;
    return rung && remindable && !item.rungsSent.has(rung.rung) ? [{ itemId: item.itemId, rung: rung.rung }] : [];
  });
}

/**
 * Refers items to legal review (D9, D15): more than 30 days overdue, open, not on hold, not referred before. Whoever
 * gives the command approves it: a person, and not the one who proposed it (D12).
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, APPROVER_IS_PROPOSER, NOTHING_NAMED, ITEM_UNKNOWN,
 * ITEM_NOT_OPEN, ITEM_ON_HOLD, REFERRAL_NOT_ELIGIBLE, REFERRAL_ALREADY_MADE, REFERENCE_INVALID
 */
export function recordLegalReferral(
  state: CollectionState,
  command: RecordLegalReferral,
  context: DecisionContext,
): LegalReferralMade[] {
  const account = requireOpen(state);
  const { actor, effectiveOn, occurredAt } = context;
  const proposedBy = parseReference(command.proposedBy);
  requireApprover(actor, proposedBy);
  const items = requireItems(account, command.itemIds).map((item) => {
    if (item.referredOn !== null)
      throw refuse('REFERRAL_ALREADY_MADE', 'The item has been referred already', about(item));
    if (!hasReached(item, LEGAL_REVIEW_FROM_DAY, effectiveOn)) {
      throw refuse('REFERRAL_NOT_ELIGIBLE', 'The item is not more than 30 days overdue', about(item));
    }
    return refOf(item);
  });
  const data = { reference: parseReference(command.reference), proposedBy, approvedBy: actor.id, items };
  return [{ type: 'LegalReferralMade', data, effectiveOn, occurredAt }];
}

type Dates = Pick<DecisionContext, 'effectiveOn' | 'occurredAt'>;

/** The fact of an imported reminder line. */
export function recordHistoryReminder(reference: string, { effectiveOn, occurredAt }: Dates): ReminderSent[] {
  return [{ type: 'ReminderSent', data: { rung: null, channel: null, reference, items: [] }, effectiveOn, occurredAt }];
}

/** The fact of an imported legal-referral line: who proposed and who approved is not known. */
export function recordHistoryReferral(reference: string, { effectiveOn, occurredAt }: Dates): LegalReferralMade[] {
  const data = { reference, proposedBy: null, approvedBy: null, items: [] };
  return [{ type: 'LegalReferralMade', data, effectiveOn, occurredAt }];
}

function requireOpen(state: CollectionState): OpenCollection {
  if (state.status === 'NotOpen') throw refuse('ACCOUNT_NOT_OPEN', 'The account has not been opened');
  return state;
}

function requireItems({ items }: OpenCollection, itemIds: readonly string[]): CollectionItem[] {
  if (itemIds.length === 0) throw refuse('NOTHING_NAMED', 'No item is named');
  return [...new Set(itemIds)].map((itemId) => {
    const item = items.get(itemId);
    if (!item) throw refuse('ITEM_UNKNOWN', 'The account has no such item', { itemId: itemId.slice(0, 64) });
    if (item.openMinor === 0n) throw refuse('ITEM_NOT_OPEN', 'Nothing is open on the item', about(item));
    if (item.holdIds.size > 0) throw refuse('ITEM_ON_HOLD', 'The item is on hold', about(item));
    return item;
  });
}

function requireReminder(item: CollectionItem, rung: Rung, on: LocalDate): void {
  if (!item.ownRule) throw refuse('REMINDER_WITHOUT_TARIFF', 'An item without a tariff gets no reminder', about(item));
  if (!hasReached(item, rung.daysFromDue, on))
    throw refuse('RUNG_NOT_REACHED', 'It is too early for this rung', about(item));
  if (item.rungsSent.has(rung.rung))
    throw refuse('RUNG_ALREADY_SENT', 'This rung was sent for the item before', about(item));
}

function requireApprover(actor: Actor, proposedBy: string): void {
  if (actor.role === 'administrator') throw refuse('DUTIES_SEPARATED', 'An administrator has no money commands');
  if (SOFTWARE_ROLES.has(actor.role)) throw refuse('DUTIES_SEPARATED', 'A person approves a legal referral');
  if (proposedBy === '' || proposedBy === actor.id) {
    throw refuse('APPROVER_IS_PROPOSER', 'One person proposes a legal referral, another approves it');
  }
}

function hasReached({ dueOn }: CollectionItem, daysFromDue: number, on: LocalDate): boolean {
  return daysBetween(dueOn, on) >= daysFromDue;
}

function refOf({ itemId, dueOn }: CollectionItem): ItemRef {
  return { itemId, dueOn };
}

function about({ itemId }: CollectionItem): { itemId: string } {
  return { itemId };
}
