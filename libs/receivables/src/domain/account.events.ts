import type { LocalDate, MoneyJson, NewEvent } from '#libs/kernel';

/** Principal is what the tariff charges (fees, expenses); a late fee never bears a late fee (D6). */
export type ItemKind = 'principal' | 'late-fee';

/** Late-fee rule of a tariff (D6): integers only, the rate and the cap in parts per million. */
export interface LateFeeRule {
  readonly ppmPerDay: number;
  readonly graceDays: number;
  readonly capPpm: number;
}

/** The version of the tariff that a fee was worked out by (R1.1: every amount can be traced to its rule). */
export interface FeeTariff {
  readonly tariffId: string;
  readonly version: number;
  readonly lateFee: LateFeeRule;
}

/** First and last day, both included. */
export interface Period {
  readonly from: LocalDate;
  readonly to: LocalDate;
}

/** How a late fee was worked out: Σ balance × day over `days` counted days of `from`…`to`, in minor units × days. */
export interface LateFeeBasis extends Period, LateFeeRule {
  readonly days: number;
  readonly balanceDays: string;
  readonly capped: boolean;
}

/** Enough of an item to place it in a read model without looking it up (fat events). */
export interface ItemRef {
  readonly itemId: string;
  readonly dueOn: LocalDate;
}

export interface ItemAmount extends ItemRef {
  readonly kind: ItemKind;
  readonly amount: MoneyJson;
}

export interface PaymentAmount {
  readonly paymentId: string;
  readonly amount: MoneyJson;
}

export interface PolicyRef {
  readonly name: string;
  readonly version: number;
}

export type AccountOpened = NewEvent<
  'AccountOpened',
  { readonly accountId: string; readonly currency: string; readonly timeZone: string }
>;

export type FeeAssessed = NewEvent<
  'FeeAssessed',
  {
    readonly itemId: string;
    /** 'fee', 'expense' or the item of a tariff. */
    readonly item: string;
    readonly amount: MoneyJson;
    readonly dueOn: LocalDate;
    readonly reference: string;
    readonly tariff: FeeTariff | null;
    readonly period: Period | null;
  }
>;

export type LateFeeAssessed = NewEvent<
  'LateFeeAssessed',
  {
    readonly itemId: string;
    readonly amount: MoneyJson;
    readonly dueOn: LocalDate;
    readonly reference: string;
    readonly forItemId: string | null;
    readonly basis: LateFeeBasis | null;
  }
>;

export type FeeReversed = NewEvent<
  'FeeReversed',
  {
    readonly itemId: string;
    readonly kind: ItemKind;
    readonly dueOn: LocalDate;
    /** The whole item. */
    readonly amount: MoneyJson;
    /** What was still open. */
    readonly remaining: MoneyJson;
    readonly reason: string;
    /** What had been paid goes back to the credit of these payments. */
    readonly released: readonly PaymentAmount[];
  }
>;

export type PaymentReceived = NewEvent<
  'PaymentReceived',
  {
    readonly paymentId: string;
    readonly amount: MoneyJson;
    readonly method: string;
    readonly reference: string;
    readonly receiptNumber: string | null;
    readonly designatedItemIds: readonly string[];
  }
>;

export interface AppliedData {
  readonly paymentId: string;
  readonly policy: PolicyRef;
  readonly items: readonly ItemAmount[];
}

export type PaymentAllocated = NewEvent<'PaymentAllocated', AppliedData>;

export type CreditApplied = NewEvent<'CreditApplied', AppliedData>;

export type PaymentReversed = NewEvent<
  'PaymentReversed',
  {
    readonly paymentId: string;
    readonly amount: MoneyJson;
    readonly reason: string;
    readonly reopened: readonly ItemAmount[];
    readonly creditRemoved: MoneyJson;
  }
>;

/** A hold over very many items is placed by several of these with the same holdId. */
export type HoldPlaced = NewEvent<
  'HoldPlaced',
  {
    readonly holdId: string;
    readonly disputeId: string | null;
    readonly reason: string;
    readonly items: readonly ItemRef[];
  }
>;

export type HoldLifted = NewEvent<
  'HoldLifted',
  { readonly holdId: string; readonly items: readonly ItemRef[]; readonly reason: string }
>;

export type DisputeOpened = NewEvent<'DisputeOpened', { readonly disputeId: string; readonly reference: string }>;

export type DisputeProgressed = NewEvent<
  'DisputeProgressed',
  { readonly disputeId: string | null; readonly reference: string }
>;

/** Every fact of an account that this context writes: schema version 1 of the stored form. */
export type AccountEvent =
  | AccountOpened
  | FeeAssessed
  | LateFeeAssessed
  | FeeReversed
  | PaymentReceived
  | PaymentAllocated
  | CreditApplied
  | PaymentReversed
  | HoldPlaced
  | HoldLifted
  | DisputeOpened
  | DisputeProgressed;

export type AccountEventType = AccountEvent['type'];

/** Type and data of a fact, without its dates: what bookkeeping needs. */
export type AccountFact = {
  [T in AccountEventType]: Pick<Extract<AccountEvent, { type: T }>, 'type' | 'data'>;
}[AccountEventType];

const TYPES: Record<AccountEventType, true> = {
  AccountOpened: true,
  FeeAssessed: true,
  LateFeeAssessed: true,
  FeeReversed: true,
  PaymentReceived: true,
  PaymentAllocated: true,
  CreditApplied: true,
  PaymentReversed: true,
  HoldPlaced: true,
  HoldLifted: true,
  DisputeOpened: true,
  DisputeProgressed: true,
};

export const ACCOUNT_EVENT_TYPES: ReadonlySet<AccountEventType> = new Set(Object.keys(TYPES) as AccountEventType[]);
