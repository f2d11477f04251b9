import { collectionDecider, type CollectionHistoryEvent, type CollectionState } from '#libs/collections';
import type { CommandResult } from '#libs/event-store';
import { addDays, DomainError, type Instant, type LocalDate } from '#libs/kernel';
import type { PaidAmount } from './year/acts.js';

/** A fee, as far as its late fee goes. */
interface Principal {
  readonly itemId: string;
  readonly dueOn: LocalDate;
  /** When nothing was open on it any more; null: something is. */
  settledOn: LocalDate | null;
  /** Its late fee was charged up to the day on which it was settled. */
  isCharged: boolean;
}

interface Recorded {
  readonly type: string;
  readonly data: Record<string, never>;
}

const HUNDRED_YUAN_MINOR = 10_000n;

/**
 * What somebody at the counter sees of an account: open items and what they are called, folded from the results of the commands that
 * this program has given. Nobody else writes to the account meanwhile.
 */
export class AccountBook {
  state: CollectionState = collectionDecider.initialState();
  readonly #principals = new Map<string, Principal>();
  readonly #fees = new Map<string, string>();
  readonly #payments = new Map<string, string>();
  #holdId: string | undefined;
  #disputeId: string | undefined;

  /** @param on the local day of the command */
  fold({ events, recorded }: CommandResult, on: LocalDate, at: Instant): void {
    for (const [index, { type }] of events.entries()) {
      const event = { type, data: recorded[index] as Recorded['data'] };
      if (collectionDecider.handles.has(type as CollectionHistoryEvent['type'])) {
        const dates = { effectiveOn: on, occurredAt: at, recordedAt: at };
        this.state = collectionDecider.evolve(this.state, { ...event, ...dates } as never);
      }
      this.#note(event);
    }
    this.#settle(on);
  }

  get openMinor(): bigint {
    let sum = 0n;
    for (const { openMinor } of this.#items()) sum += openMinor;
    return sum;
  }

  /** What a payer pays who reads it from the account; 0n: nothing is open. */
  amountOf(amount: PaidAmount): bigint {
    if (typeof amount === 'bigint') return amount;
    const open = this.openMinor;
    if (amount === 'all-open') return open;
    if (amount === 'half-of-open') return open / 2n;
    return ((open + HUNDRED_YUAN_MINOR - 1n) / HUNDRED_YUAN_MINOR) * HUNDRED_YUAN_MINOR;
  }

  /** Fees whose late fee is to be charged on a day: not paid in time and in grace, not charged to the end yet, and still open ones only if `open`. */
  lateFees(on: LocalDate, graceDays: number, open: boolean): string[] {
    return [...this.#principals.values()]
      .filter(({ settledOn, isCharged }) => !isCharged && (open || settledOn !== null))
      .filter(({ dueOn, settledOn }) => addDays(dueOn, graceDays) < (settledOn ?? on))
      .map(({ itemId }) => itemId);
  }

  isFee(itemId: string): boolean {
    return this.#principals.has(itemId);
  }

  chargedLateFee(itemId: string): void {
    const principal = this.#principals.get(itemId);
    if (principal) principal.isCharged = principal.settledOn !== null;
  }

  /** Fees that may be referred to legal review, once one of them has been due for `days`. */
  referable(on: LocalDate, eligibleDays: number, days: number): string[] {
    const open = this.#items().filter(
      ({ itemId, openMinor, holdIds, referredOn }) =>
        this.#principals.has(itemId) && openMinor > 0n && holdIds.size === 0 && referredOn === null,
    );
    if (!open.some(({ dueOn }) => addDays(dueOn, days) <= on)) return [];
    return open.filter(({ dueOn }) => addDays(dueOn, eligibleDays) <= on).map(({ itemId }) => itemId);
  }

  feeOf(reference: string): string {
    return known(this.#fees.get(reference), `fee ${reference}`);
  }

  paymentOf(reference: string): string {
    return known(this.#payments.get(reference), `payment ${reference}`);
  }

  get holdId(): string {
    return known(this.#holdId, 'hold');
  }

  get disputeId(): string {
    return known(this.#disputeId, 'dispute');
  }

  #items() {
    return this.state.status === 'Open' ? [...this.state.items.values()] : [];
  }

  #note({ type, data }: Recorded): void {
    const { itemId, dueOn, reference, paymentId, holdId, disputeId } = data;
    switch (type) {
      case 'FeeAssessed':
        this.#fees.set(reference!, itemId!);
        this.#principals.set(itemId!, { itemId: itemId!, dueOn: dueOn!, settledOn: null, isCharged: false });
        return;
      case 'FeeReversed':
        this.#principals.delete(itemId!);
        return;
      case 'PaymentReceived':
        this.#payments.set(reference!, paymentId!);
        return;
      case 'HoldPlaced':
        this.#holdId = holdId!;
        return;
      case 'DisputeOpened':
        this.#disputeId = disputeId!;
        return;
    }
  }

  #settle(on: LocalDate): void {
    if (this.state.status !== 'Open') return;
    for (const principal of this.#principals.values()) {
      const isOpen = this.state.items.get(principal.itemId)!.openMinor > 0n;
      if (isOpen) Object.assign(principal, { settledOn: null, isCharged: false });
      else principal.settledOn ??= on;
    }
  }
}

function known(id: string | undefined, what: string): string {
  if (id === undefined) throw new DomainError('PLAN_INVALID', `The account has no ${what}`);
  return id;
}
