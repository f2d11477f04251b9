import { DomainError } from '#libs/kernel';

/** The stable codes of this context; texts may change, codes never. */
export type CollectionErrorCode =
  | 'ACCOUNT_NOT_OPEN'
  | 'NOTHING_NAMED'
  | 'ITEM_UNKNOWN'
  | 'ITEM_NOT_OPEN'
  | 'ITEM_ON_HOLD'
  | 'REMINDER_WITHOUT_TARIFF'
  | 'RUNG_UNKNOWN'
  | 'RUNG_NOT_REACHED'
  | 'RUNG_ALREADY_SENT'
  | 'CHANNEL_NOT_ON_RUNG'
  | 'REFERRAL_NOT_ELIGIBLE'
  | 'REFERRAL_ALREADY_MADE'
  | 'APPROVER_IS_PROPOSER'
  | 'DUTIES_SEPARATED';

/** A refusal of this context. */
export function refuse(
  code: CollectionErrorCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): DomainError {
  return new DomainError(code, message, details);
}
