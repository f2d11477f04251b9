import { DomainError } from '#libs/kernel';

/** The stable codes of this context; texts may change, codes never. */
export type PortfolioErrorCode =
  | 'COMMUNITY_ALREADY_REGISTERED'
  | 'COMMUNITY_UNKNOWN'
  | 'UNIT_ALREADY_REGISTERED'
  | 'UNIT_UNKNOWN'
  | 'UNIT_USE_UNKNOWN'
  | 'AREA_INVALID'
  | 'NAME_INVALID'
  | 'PARTY_ALREADY_REGISTERED'
  | 'PARTY_UNKNOWN'
  | 'PARTY_ERASED'
  | 'PARTY_KIND_UNKNOWN'
  | 'OCCUPANCY_UNKNOWN'
  | 'OCCUPANCY_ALREADY_ENDED'
  | 'OCCUPANCY_ROLE_UNKNOWN'
  | 'OCCUPANCY_OVERLAPS'
  | 'OCCUPANCY_ENDS_BEFORE_START';

/** A refusal of this context. */
export function refuse(
  code: PortfolioErrorCode,
  message: string,
  details?: Readonly<Record<string, unknown>>,
): DomainError {
  return new DomainError(code, message, details);
}
