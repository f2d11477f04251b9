import { DomainError } from '#libs/kernel';

/** Refusals of the service desk; the codes are stable. */
export type CaseErrorCode =
  | 'CASE_EXISTS'
  | 'CASE_NOT_FOUND'
  | 'CASE_ENDED'
  | 'CASE_CLOSED'
  | 'CASE_STILL_OPEN'
  | 'CASE_NOT_RESOLVED'
  | 'CASE_ALREADY_ACKNOWLEDGED'
  | 'CASE_ALREADY_ACCEPTED'
  | 'CASE_ALREADY_VERIFIED'
  | 'CLOCK_ALREADY_PAUSED'
  | 'CLOCK_NOT_PAUSED'
  | 'HANDLER_REQUIRED'
  | 'VERIFIER_IS_HANDLER'
  | 'VERIFICATION_REQUIRED'
  | 'RESOLUTION_REQUIRED'
  | 'DUPLICATE_OF_ITSELF'
  | 'RUNG_INVALID'
  | 'ACTIVITY_OUT_OF_ORDER'
  | 'ACTIVITY_IN_FUTURE';

export function refused(code: CaseErrorCode, message: string): DomainError {
  return new DomainError(code, message);
}
