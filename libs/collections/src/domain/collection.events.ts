import type { LocalDate, MoneyJson, NewEvent } from '#libs/kernel';

export interface ItemRef {
  readonly itemId: string;
  readonly dueOn: LocalDate;
}

/** An imported reminder names neither rung nor channel nor items: the line says only that one was sent. */
export type ReminderSent = NewEvent<
  'ReminderSent',
  {
    readonly rung: string | null;
    readonly channel: string | null;
    readonly reference: string;
    readonly items: readonly ItemRef[];
  }
>;

/** An imported referral names nobody and no items. */
export type LegalReferralMade = NewEvent<
  'LegalReferralMade',
  {
    readonly reference: string;
    readonly proposedBy: string | null;
    readonly approvedBy: string | null;
    readonly items: readonly ItemRef[];
  }
>;

/** What this context writes into an account's stream: schema version 1 of the stored form. */
export type CollectionEvent = ReminderSent | LegalReferralMade;

interface ItemAmount extends ItemRef {
  readonly amount: MoneyJson;
}

/** What it reads there of the facts of receivables: only the fields that it uses. */
export type ObservedEvent =
  | NewEvent<'AccountOpened', { readonly accountId: string }>
  | NewEvent<'FeeAssessed', ItemAmount & { readonly tariff: object | null }>
  | NewEvent<'LateFeeAssessed', ItemAmount & { readonly basis: object | null }>
  | NewEvent<'FeeReversed', { readonly itemId: string }>
  | NewEvent<'PaymentAllocated', { readonly items: readonly ItemAmount[] }>
  | NewEvent<'CreditApplied', { readonly items: readonly ItemAmount[] }>
  | NewEvent<'PaymentReversed', { readonly reopened: readonly ItemAmount[] }>
  | NewEvent<'HoldPlaced', { readonly holdId: string; readonly items: readonly ItemRef[] }>
  | NewEvent<'HoldLifted', { readonly holdId: string; readonly items: readonly ItemRef[] }>;

export type CollectionHistoryEvent = CollectionEvent | ObservedEvent;

const TYPES: Record<CollectionHistoryEvent['type'], true> = {
  AccountOpened: true,
  FeeAssessed: true,
  LateFeeAssessed: true,
  FeeReversed: true,
  PaymentAllocated: true,
  CreditApplied: true,
  PaymentReversed: true,
  HoldPlaced: true,
  HoldLifted: true,
  ReminderSent: true,
  LegalReferralMade: true,
};

export const COLLECTION_EVENT_TYPES: ReadonlySet<CollectionHistoryEvent['type']> = new Set(
  Object.keys(TYPES) as CollectionHistoryEvent['type'][],
);
