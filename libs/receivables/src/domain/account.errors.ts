import { DomainError } from '#libs/kernel';

/** The stable codes of this context; texts may change, codes never. */
export type AccountErrorCode =
  | 'ACCOUNT_NOT_OPEN'
  | 'ACCOUNT_ALREADY_OPEN'
  | 'AMOUNT_NOT_POSITIVE'
  | 'CURRENCY_MISMATCH'
  | 'TOTAL_TOO_LARGE'
  | 'ITEM_UNKNOWN'
  | 'ITEM_ALREADY_REVERSED'
  | 'ITEM_NOT_OPEN'
  | 'PAYMENT_UNKNOWN'
  | 'PAYMENT_ALREADY_REVERSED'
  | 'LATE_FEE_WITHOUT_TARIFF'
  | 'LATE_FEE_ON_LATE_FEE'
  | 'LATE_FEE_RULE_INVALID'
  | 'PERIOD_INVALID'
  | 'LABEL_INVALID'
  | 'HOLD_UNKNOWN'
  | 'HOLD_ALREADY_LIFTED'
  | 'DISPUTE_UNKNOWN'
  | 'DUTIES_SEPARATED';

/** A refusal of this context. */
export function refuse(
  code: AccountErrorCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): DomainError {
  return new DomainError(code, message, details);
}
