import { dueReminders, LEGAL_REVIEW_FROM_DAY, REMINDER_LADDER } from '#libs/collections';
import { RecordLegalReferralCommand, SendReminderCommand } from '#libs/collections/nest';
import type { CommandResult } from '#libs/event-store';
import { localDateOf, type Instant, type Json, type LocalDate } from '#libs/kernel';
import {
  AssessFeeCommand,
  AssessLateFeeCommand,
  LiftHoldCommand,
  OpenAccountCommand,
  OpenDisputeCommand,
  ProgressDisputeCommand,
  ReceivePaymentCommand,
  ReverseFeeCommand,
  ReversePaymentCommand,
} from '#libs/receivables/nest';
import { AccountBook } from './account-book.js';
import { groupBy } from './group-by.js';
import { clerk, type By, type Office } from './office.js';
import { CURRENCY, TIME_ZONE, type AccountAct } from './year/acts.js';
import type { Household } from './year/households.js';

/** D6, with ten days of grace: whoever pays within half a month pays no late fee. */
const TARIFF = { tariffId: 'wuye-2025', version: 1, lateFee: { ppmPerDay: 500, graceDays: 10, capPpm: 1_000_000 } };
/** Of what was paid late each month, of what is still open each quarter. */
const LATE_FEE_DAY = '-28';
const QUARTER_ENDS = ['03', '06', '09', '12'];
const REFERRAL_DAY = '-20';
/** The lawyer is asked about those who owe for two months; then about everything that may be referred. */
const REFERRAL_FROM_DAYS = 60;

type Make<T> = new (caller: ReturnType<Office['callerOf']>, input: T) => Parameters<Office['execute']>[0];

/** What is done on accounts: by those who decide to, and every morning by those whose duty it is. */
export class AccountWork {
  readonly #books: ReadonlyMap<string, AccountBook>;

  constructor(
    private readonly office: Office,
    households: readonly Household[],
  ) {
    this.#books = new Map(households.map(({ accountId }) => [accountId, new AccountBook()]));
  }

  /** The account of a household, who is in the unit from when on, and who was in it before. */
  async open(household: Household, at: Instant): Promise<void> {
    const { accountId, from, to, unit } = household;
    const caller = this.office.callerOf(clerk(at), ['account', accountId]);
    const input = { accountId, currency: CURRENCY, timeZone: TIME_ZONE, effectiveOn: from };
    this.#fold(accountId, await this.office.execute(new OpenAccountCommand(caller, input)), at);
    const occupancyId = await this.office.startOccupancy(household, at);
    if (to !== null) await this.office.endOccupancy(unit.unitId, occupancyId, to, at);
  }

  async do(act: AccountAct): Promise<void> {
    const book = this.#bookOf(act.accountId);
    switch (act.do) {
      case 'assessFee': {
        const { item, reference, minor, dueOn, period } = act;
        const fee = { item, reference, amount: amountOf(minor), dueOn, period, tariff: TARIFF };
        return this.#give(AssessFeeCommand, act, ['fee', reference], fee);
      }
      case 'receivePayment':
        return this.#receive(act, book);
      case 'reversePayment': {
        const reversal = { paymentId: book.paymentOf(act.payment), reason: act.reason };
        return this.#give(ReversePaymentCommand, act, ['reversed', act.payment], reversal);
      }
      case 'reverseFee': {
        const reversal = { itemId: book.feeOf(act.fee), reason: act.reason };
        return this.#give(ReverseFeeCommand, act, ['reversed', act.fee], reversal);
      }
      case 'openDispute': {
        const dispute = { reference: act.reference, itemIds: [book.feeOf(act.fee)] };
        return this.#give(OpenDisputeCommand, act, ['dispute', act.reference], dispute);
      }
      case 'progressDispute': {
        const progress = { disputeId: book.disputeId, reference: act.reference };
        return this.#give(ProgressDisputeCommand, act, ['progress', act.reference], progress);
      }
      case 'liftHold':
        return this.#give(LiftHoldCommand, act, ['lifted', book.holdId], { holdId: book.holdId, reason: act.reason });
    }
  }

  /** What the day brings: late fees on the 28th, reminders of fees as their rungs are reached, referrals on the 20th (D6, D9, D15). */
  async morning(day: LocalDate, at: Instant): Promise<void> {
    const work = [...this.#books].map(async ([accountId, book]) => {
      if (day.endsWith(LATE_FEE_DAY)) await this.#chargeLateFees(accountId, book, day, at);
      await this.#remind(accountId, book, day, at);
      if (day.endsWith(REFERRAL_DAY)) await this.#refer(accountId, book, day, at);
    });
    await Promise.all(work);
  }

  async #receive(act: Extract<AccountAct, { do: 'receivePayment' }>, book: AccountBook): Promise<void> {
    const minor = book.amountOf(act.amount);
    // Whoever finds nothing open goes home again.
    if (minor === 0n) return;
    const { reference, method, designated = [] } = act;
    const designatedItemIds = designated.map((fee) => book.feeOf(fee));
    const payment = { reference, method, amount: amountOf(minor), designatedItemIds, effectiveOn: dayOf(act.at) };
    await this.#give(ReceivePaymentCommand, act, ['payment', reference], payment);
  }

  async #chargeLateFees(accountId: string, book: AccountBook, day: LocalDate, at: Instant): Promise<void> {
    const isQuarterEnd = QUARTER_ENDS.includes(day.slice(5, 7));
    for (const forItemId of book.lateFees(day, TARIFF.lateFee.graceDays, isQuarterEnd)) {
      const charge = { forItemId, reference: `late/${day.slice(0, 7)}` };
      await this.#give(AssessLateFeeCommand, { accountId, ...clerk(at) }, ['late-fee', forItemId, day], charge);
      book.chargedLateFee(forItemId);
    }
  }

  async #remind(accountId: string, book: AccountBook, day: LocalDate, at: Instant): Promise<void> {
    const fees = dueReminders(book.state, day).filter(({ itemId }) => book.isFee(itemId));
    const due = groupBy(fees, ({ rung }) => rung);
    for (const [rung, items] of due) {
      const { channels } = REMINDER_LADDER.find((known) => known.rung === rung)!;
      const itemIds = items.map(({ itemId }) => itemId);
      const reminder = { rung, channel: channels[0]!, reference: `reminder/${day}`, itemIds, effectiveOn: day };
      const by = { role: 'collector', agent: 'collector-1', at } as const;
      await this.#give(SendReminderCommand, { accountId, ...by }, ['reminder', rung, day], reminder);
    }
  }

  /** D12: the collector proposes, the finance manager approves. */
  async #refer(accountId: string, book: AccountBook, day: LocalDate, at: Instant): Promise<void> {
    const itemIds = book.referable(day, LEGAL_REVIEW_FROM_DAY, REFERRAL_FROM_DAYS);
    if (itemIds.length === 0) return;
    const by = { role: 'finance-manager', agent: 'finance-manager-1', at } as const;
    const referral = { reference: `legal/${day}`, proposedBy: 'collector-1', itemIds, effectiveOn: day };
    await this.#give(RecordLegalReferralCommand, { accountId, ...by }, ['referral', day], referral);
  }

  async #give<T extends { accountId: string }>(
    command: Make<T>,
    { accountId, ...by }: By & { accountId: string },
    key: Json[],
    input: Omit<T, 'accountId'>,
  ): Promise<void> {
    const caller = this.office.callerOf(by, ['account', accountId, ...key]);
    this.#fold(accountId, await this.office.execute(new command(caller, { ...input, accountId } as T)), by.at);
  }

  #fold(accountId: string, result: CommandResult, at: Instant): void {
    this.#bookOf(accountId).fold(result, dayOf(at), at);
  }

  #bookOf(accountId: string): AccountBook {
    return this.#books.get(accountId)!;
  }
}

function amountOf(minor: bigint) {
  return { currency: CURRENCY, minor: minor.toString() };
}

function dayOf(at: Instant): LocalDate {
  return localDateOf(at, TIME_ZONE);
}
