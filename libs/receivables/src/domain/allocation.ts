import type { Instant, LocalDate } from '#libs/kernel';
import type { CreditApplied, ItemAmount, ItemKind, PaymentAllocated, PolicyRef } from './account.events.js';
import { later, type Item, type OpenAccount, type Payment } from './account.state.js';

/** D7. Stored with each allocation, so that a later policy never rewrites what this one did. */
export const ALLOCATION_POLICY: PolicyRef = { name: 'principal-first-oldest-due', version: 1 };

const MAX_ITEMS_PER_EVENT = 500;

/** Money that can be allocated from `availableOn` on. */
export interface Source {
  readonly paymentId: string;
  readonly minor: bigint;
  readonly availableOn: LocalDate;
}

/** An open item, or one that the same command opens. */
export interface Target {
  readonly itemId: string;
  readonly kind: ItemKind;
  readonly dueOn: LocalDate;
  readonly minor: bigint;
  readonly availableOn: LocalDate;
}

interface Share {
  readonly target: Target;
  readonly minor: bigint;
  readonly effectiveOn: LocalDate;
}

export interface AllocationDates {
  /** The day of the fact that causes the allocation. */
  readonly effectiveOn: LocalDate;
  readonly occurredAt: Instant;
}

/**
 * Pours sources into targets, both in the order given, until either ends. Each share takes effect on the latest of the
 * cause, the money and the item (D16); one event per payment and effective day, at most 500 items each.
 */
export function applyMoney<T extends 'PaymentAllocated' | 'CreditApplied'>(
  type: T,
  currency: string,
  sources: Iterable<Source>,
  targets: Iterable<Target>,
  dates: AllocationDates,
): (T extends 'PaymentAllocated' ? PaymentAllocated : CreditApplied)[] {
  const events: (PaymentAllocated | CreditApplied)[] = [];
  for (const { paymentId, shares } of match(sources, targets, dates.effectiveOn)) {
    for (const [effectiveOn, sameDay] of byDay(shares)) {
      for (let from = 0; from < sameDay.length; from += MAX_ITEMS_PER_EVENT) {
        const items = sameDay.slice(from, from + MAX_ITEMS_PER_EVENT).map((share) => itemAmount(currency, share));
        const data = { paymentId, policy: ALLOCATION_POLICY, items };
        events.push({ type, data, effectiveOn, occurredAt: dates.occurredAt });
      }
    }
  }
  return events as (T extends 'PaymentAllocated' ? PaymentAllocated : CreditApplied)[];
}

function match(sources: Iterable<Source>, targets: Iterable<Target>, causedOn: LocalDate) {
  const result: { paymentId: string; shares: Share[] }[] = [];
  const remaining = targets[Symbol.iterator]();
  let target = remaining.next();
  let openMinor = target.done ? 0n : target.value.minor;
  for (const source of sources) {
    const shares: Share[] = [];
    let leftMinor = source.minor;
    while (leftMinor > 0n && !target.done) {
      const minor = leftMinor < openMinor ? leftMinor : openMinor;
      const effectiveOn = later(later(causedOn, source.availableOn), target.value.availableOn);
      shares.push({ target: target.value, minor, effectiveOn });
      leftMinor -= minor;
      openMinor -= minor;
      if (openMinor > 0n) continue;
      target = remaining.next();
      openMinor = target.done ? 0n : target.value.minor;
    }
    if (shares.length > 0) result.push({ paymentId: source.paymentId, shares });
    if (target.done) break;
  }
  return result;
}

function byDay(shares: readonly Share[]): [LocalDate, Share[]][] {
  const days = new Map<LocalDate, Share[]>();
  for (const share of shares) {
    const sameDay = days.get(share.effectiveOn);
    if (sameDay) sameDay.push(share);
    else days.set(share.effectiveOn, [share]);
  }
  return [...days].sort(([a], [b]) => (a < b ? -1 : 1));
}

function itemAmount(currency: string, { target, minor }: Share): ItemAmount {
  const { itemId, kind, dueOn } = target;
  return { itemId, kind, dueOn, amount: { currency, minor: minor.toString() } };
}

/** The account's credits as sources, oldest first, but not those of `exceptPaymentId`. */
export function* creditSources(state: OpenAccount, exceptPaymentId?: string): Generator<Source> {
  for (const payment of state.credits) if (payment.paymentId !== exceptPaymentId) yield creditOf(payment);
}

function creditOf({ paymentId, creditMinor, availableOn }: Payment): Source {
  return { paymentId, minor: creditMinor, availableOn };
}

/** What the payer designated, in the payer's order, then all open items in the order of D7. */
export function* openTargets(state: OpenAccount, designated: readonly Item[] = []): Generator<Target> {
  const first = new Set(designated);
  for (const item of first) if (item.openMinor > 0n) yield targetOf(item);
  for (const item of state.openItems) if (!first.has(item)) yield targetOf(item);
}

function targetOf({ itemId, kind, dueOn, openMinor, availableOn }: Item): Target {
  return { itemId, kind, dueOn, minor: openMinor, availableOn };
}
