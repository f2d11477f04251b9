import {
  parseCurrency,
  parseId,
  parseLocalDate,
  parseReference,
  parseTimeZone,
  type LocalDate,
  type Money,
} from '#libs/kernel';
import type { AccountEvent, AccountOpened, FeeTariff, LateFeeRule, Period } from './account.events.js';
import { refuse } from './account.errors.js';
import { requireOpen, type AccountState, type Item, type OpenAccount } from './account.state.js';
import { applyMoney, creditSources, openTargets, type AllocationDates, type Target } from './allocation.js';
import {
  nextId,
  parseLabel,
  requireAmount,
  requireCashRole,
  requireItem,
  requireMoneyRole,
  requireTotal,
  type DecisionContext,
} from './decision-support.js';

/** D6: 0.05 % a day, no grace, never more than the principal itself. */
export const DEFAULT_LATE_FEE: LateFeeRule = { ppmPerDay: 500, graceDays: 0, capPpm: 1_000_000 };

export interface OpenAccountCommand {
  readonly accountId: string;
  readonly currency: string;
  readonly timeZone: string;
}

export interface AssessFee {
  readonly item: string;
  readonly amount: Money;
  readonly dueOn: LocalDate;
  readonly reference: string;
  /** null: no late fee and no reminder of our own comes of this fee. */
  readonly tariff: {
    readonly tariffId: string;
    readonly version: number;
    readonly lateFee?: Partial<LateFeeRule>;
  } | null;
  readonly period: Period | null;
}

export interface ReceivePayment {
  readonly amount: Money;
  readonly method: string;
  readonly reference: string;
  readonly receiptNumber: string | null;
  /** What the payer says it is for, in the payer's order. */
  readonly designatedItemIds: readonly string[];
}

/** Opens an account. @throws DomainError ACCOUNT_ALREADY_OPEN, ID_INVALID, CURRENCY_INVALID, TIME_ZONE_INVALID */
export function openAccount(
  state: AccountState,
  command: OpenAccountCommand,
  context: DecisionContext,
): AccountEvent[] {
  if (state.status === 'Open') throw refuse('ACCOUNT_ALREADY_OPEN', 'The account is open already');
  return [accountOpened(command, context)];
}

export function accountOpened(
  command: OpenAccountCommand,
  { effectiveOn, occurredAt }: AllocationDates,
): AccountOpened {
  const accountId = parseId(command.accountId);
  const data = { accountId, currency: parseCurrency(command.currency), timeZone: parseTimeZone(command.timeZone) };
  return { type: 'AccountOpened', data, effectiveOn, occurredAt };
}

/**
 * Charges a fee; a credit on the account is applied to it at once (D7).
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, AMOUNT_NOT_POSITIVE, CURRENCY_MISMATCH, TOTAL_TOO_LARGE,
 * DATE_INVALID, PERIOD_INVALID, LATE_FEE_RULE_INVALID, LABEL_INVALID, REFERENCE_INVALID
 */
export function assessFee(state: AccountState, command: AssessFee, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireMoneyRole(context.actor);
  return chargeItem(
    account,
    requireAmount(account, command.amount),
    parseLocalDate(command.dueOn),
    context,
    (common) => ({
      type: 'FeeAssessed',
      data: {
        ...common,
        item: parseLabel(command.item),
        reference: parseReference(command.reference),
        tariff: parseTariff(command.tariff),
        period: parsePeriod(command.period),
      },
      effectiveOn: context.effectiveOn,
      occurredAt: context.occurredAt,
    }),
  );
}

type Charge = Extract<AccountEvent, { type: 'FeeAssessed' | 'LateFeeAssessed' }>;
type ChargeCommon = Pick<Charge['data'], 'itemId' | 'amount' | 'dueOn'>;

/** A new item, and the account's credits applied to it. */
export function chargeItem(
  account: OpenAccount,
  minor: bigint,
  dueOn: LocalDate,
  dates: AllocationDates,
  make: (common: ChargeCommon) => Charge,
): AccountEvent[] {
  requireTotal(account.outstandingMinor + minor);
  const { currency } = account;
  const itemId = nextId(account);
  const charge = make({ itemId, amount: { currency, minor: minor.toString() }, dueOn });
  if (account.credits.size === 0) return [charge];
  const kind = charge.type === 'FeeAssessed' ? 'principal' : 'late-fee';
  const target: Target = { itemId, kind, dueOn, minor, availableOn: dates.effectiveOn };
  return [charge, ...applyMoney('CreditApplied', currency, creditSources(account), [target], dates)];
}

/**
 * Records a payment and allocates it (D7): what the payer designated, then principal before late fees, oldest due
 * first. A designated item that is settled already is passed over, because the money has come in; what is left over
 * stays as credit.
 * @throws DomainError ACCOUNT_NOT_OPEN, DUTIES_SEPARATED, AMOUNT_NOT_POSITIVE, CURRENCY_MISMATCH, TOTAL_TOO_LARGE,
 * ITEM_UNKNOWN, LABEL_INVALID, REFERENCE_INVALID
 */
export function receivePayment(state: AccountState, command: ReceivePayment, context: DecisionContext): AccountEvent[] {
  const account = requireOpen(state);
  requireCashRole(context.actor);
  requireAmount(account, command.amount);
  parseLabel(command.method);
  const designated = command.designatedItemIds.map((itemId) => requireItem(account, itemId));
  return takePayment(account, { ...command, reference: parseReference(command.reference) }, designated, context);
}

export function takePayment(
  account: OpenAccount,
  command: ReceivePayment,
  designated: readonly Item[],
  { effectiveOn, occurredAt }: AllocationDates,
): AccountEvent[] {
  const { method, reference, receiptNumber, designatedItemIds } = command;
  const { currency, minor } = command.amount;
  requireTotal(account.creditMinor + minor - account.outstandingMinor);
  const paymentId = nextId(account);
  const amount = { currency, minor: minor.toString() };
  const data = { paymentId, amount, method, reference, receiptNumber, designatedItemIds };
  const source = { paymentId, minor, availableOn: effectiveOn };
  const dates = { effectiveOn, occurredAt };
  return [
    { type: 'PaymentReceived', data, ...dates },
    ...applyMoney('PaymentAllocated', currency, [source], openTargets(account, designated), dates),
  ];
}

function parseTariff(tariff: AssessFee['tariff']): FeeTariff | null {
  if (tariff === null) return null;
  const lateFee = { ...DEFAULT_LATE_FEE, ...tariff.lateFee };
  const whole = [tariff.version, lateFee.ppmPerDay, lateFee.graceDays, lateFee.capPpm];
  if (!whole.every((n) => Number.isSafeInteger(n) && n >= 0)) {
    throw refuse('LATE_FEE_RULE_INVALID', 'Version, rate, grace days and cap are whole numbers, zero or more');
  }
  return { tariffId: parseId(tariff.tariffId), version: tariff.version, lateFee };
}

function parsePeriod(period: Period | null): Period | null {
  if (period === null) return null;
  const { from, to } = period;
  if (parseLocalDate(from) > parseLocalDate(to)) throw refuse('PERIOD_INVALID', 'A period ends before it begins');
  return { from, to };
}
