import type { LocalDate } from '#libs/kernel';
import type { FeeTariff, ItemKind, LateFeeBasis, Period } from './account.events.js';
import { refuse } from './account.errors.js';
import { SortedList } from './sorted-list.js';

/** One payment's share in one item. `undoneOn` is the day on which a reversal gave it back. */
export interface Allocation {
  readonly itemId: string;
  readonly paymentId: string;
  readonly amountMinor: bigint;
  readonly effectiveOn: LocalDate;
  undoneOn: LocalDate | null;
}

/** Days placedOn ≤ d < liftedOn are on hold. */
export interface Hold {
  readonly holdId: string;
  readonly disputeId: string | null;
  readonly reason: string;
  readonly placedOn: LocalDate;
  liftedOn: LocalDate | null;
  readonly items: Item[];
}

interface ItemBase {
  readonly itemId: string;
  /** Order of posting within the account. */
  readonly ordinal: number;
  readonly amountMinor: bigint;
  readonly effectiveOn: LocalDate;
  readonly dueOn: LocalDate;
  readonly reference: string;
  openMinor: bigint;
  /**
   * From this day on the open part can be paid: the item's own day, or the last day on which a reversal opened it
   * again.
   */
  availableOn: LocalDate;
  /** The latest effective day of any fact about the item. */
  touchedOn: LocalDate;
  reversedOn: LocalDate | null;
  readonly allocations: Allocation[];
  readonly holds: Hold[];
}

export interface PrincipalItem extends ItemBase {
  readonly kind: 'principal';
  readonly item: string;
  readonly tariff: FeeTariff | null;
  readonly period: Period | null;
  readonly lateFees: LateFeeItem[];
}

export interface LateFeeItem extends ItemBase {
  readonly kind: 'late-fee';
  readonly forItemId: string | null;
  readonly basis: LateFeeBasis | null;
}

export type Item = PrincipalItem | LateFeeItem;

export interface Payment {
  readonly paymentId: string;
  readonly ordinal: number;
  readonly amountMinor: bigint;
  readonly effectiveOn: LocalDate;
  /** What is not allocated: held as credit. */
  creditMinor: bigint;
  /**
   * From this day on the credit can be used: the payment's own day, or the last day on which a reversal released some
   * of it.
   */
  availableOn: LocalDate;
  touchedOn: LocalDate;
  reversedOn: LocalDate | null;
  readonly allocations: Allocation[];
}

export interface Dispute {
  readonly disputeId: string;
  readonly reference: string;
  readonly openedOn: LocalDate;
  lastProgressOn: LocalDate | null;
}

export interface NotOpenAccount {
  readonly status: 'NotOpen';
}

export interface OpenAccount {
  readonly status: 'Open';
  readonly accountId: string;
  readonly currency: string;
  readonly timeZone: string;
  /** The one counter of ids inside the account. */
  nextId: number;
  outstandingMinor: bigint;
  creditMinor: bigint;
  readonly items: Map<string, Item>;
  readonly payments: Map<string, Payment>;
  readonly holds: Map<string, Hold>;
  readonly disputes: Map<string, Dispute>;
  /** Items with something left to pay, in the order of D7. */
  readonly openItems: SortedList<Item>;
  /** Payments with credit left, oldest first. */
  readonly credits: SortedList<Payment>;
}

export type AccountState = NotOpenAccount | OpenAccount;

const NOT_OPEN: NotOpenAccount = { status: 'NotOpen' };

export function initialAccount(): AccountState {
  return NOT_OPEN;
}

/** An account without any item: what AccountOpened makes. */
export function emptyAccount(accountId: string, currency: string, timeZone: string): OpenAccount {
  return {
    status: 'Open',
    accountId,
    currency,
    timeZone,
    nextId: 1,
    outstandingMinor: 0n,
    creditMinor: 0n,
    items: new Map(),
    payments: new Map(),
    holds: new Map(),
    disputes: new Map(),
    openItems: new SortedList(inOrderOfAllocation),
    credits: new SortedList(oldestFirst),
  };
}

/** @throws DomainError ACCOUNT_NOT_OPEN */
export function requireOpen(state: AccountState): OpenAccount {
  if (state.status === 'NotOpen') throw refuse('ACCOUNT_NOT_OPEN', 'The account has not been opened');
  return state;
}

/** D7: all principal before any late fee, each by oldest due date, ties in the order of posting. */
export function inOrderOfAllocation(a: Item, b: Item): number {
  if (a.kind !== b.kind) return RANK[a.kind] - RANK[b.kind];
  if (a.dueOn !== b.dueOn) return a.dueOn < b.dueOn ? -1 : 1;
  return a.ordinal - b.ordinal;
}

/** Credits are used oldest first: by effective day, ties in the order of posting. */
export function oldestFirst(a: Payment, b: Payment): number {
  if (a.effectiveOn !== b.effectiveOn) return a.effectiveOn < b.effectiveOn ? -1 : 1;
  return a.ordinal - b.ordinal;
}

export function later(a: LocalDate, b: LocalDate): LocalDate {
  return a > b ? a : b;
}

export function isOnHold(item: Item): boolean {
  return item.holds.some((hold) => hold.liftedOn === null);
}

const RANK: Record<ItemKind, number> = { principal: 0, 'late-fee': 1 };
