import {
  parseCommunityId,
  parseCurrency,
  parseReference,
  parseTimeZone,
  type Decider,
  type NewEvent,
  type Recorded,
} from '#libs/kernel';
import type { DecisionContext } from './decision-context.js';
import { refuse } from './portfolio.errors.js';

export type CommunityRegistered = NewEvent<
  'CommunityRegistered',
  { readonly communityId: string; readonly name: string; readonly currency: string; readonly timeZone: string }
>;

export type CommunityEvent = CommunityRegistered;

export interface UnknownCommunity {
  readonly status: 'Unknown';
}

export interface RegisteredCommunity {
  readonly status: 'Registered';
  readonly communityId: string;
  readonly name: string;
  readonly currency: string;
  readonly timeZone: string;
}

export type CommunityState = UnknownCommunity | RegisteredCommunity;

export interface RegisterCommunity {
  readonly communityId: string;
  /** By default the id. */
  readonly name?: string;
  readonly currency?: string;
  readonly timeZone?: string;
}

/** D1, D2: what a community is kept in unless it says otherwise. */
export const DEFAULT_CURRENCY = 'CNY';
export const DEFAULT_TIME_ZONE = 'Asia/Shanghai';

/**
 * Registers a community with its currency and its time zone, both fixed from then on.
 * @throws DomainError COMMUNITY_ALREADY_REGISTERED, ID_INVALID, NAME_INVALID, REFERENCE_INVALID, CURRENCY_INVALID,
 * TIME_ZONE_INVALID
 */
export function registerCommunity(
  state: CommunityState,
  command: RegisterCommunity,
  { effectiveOn, occurredAt }: DecisionContext,
): CommunityEvent[] {
  if (state.status === 'Registered')
    throw refuse('COMMUNITY_ALREADY_REGISTERED', 'The community is registered already');
  const communityId = parseCommunityId(command.communityId);
  const name = parseReference(command.name ?? communityId);
  if (name.trim() === '') throw refuse('NAME_INVALID', 'A name must not be empty');
  const currency = parseCurrency(command.currency ?? DEFAULT_CURRENCY);
  const timeZone = parseTimeZone(command.timeZone ?? DEFAULT_TIME_ZONE);
  return [{ type: 'CommunityRegistered', data: { communityId, name, currency, timeZone }, effectiveOn, occurredAt }];
}

/** @throws DomainError COMMUNITY_UNKNOWN */
export function requireCommunity(state: CommunityState): RegisteredCommunity {
  if (state.status === 'Unknown') throw refuse('COMMUNITY_UNKNOWN', 'The community has not been registered');
  return state;
}

function evolve(_state: CommunityState, event: CommunityEvent & Recorded): CommunityState {
  switch (event.type) {
    case 'CommunityRegistered':
      return { status: 'Registered', ...event.data };
  }
}

/** How community streams fold. */
export const communityDecider: Decider<CommunityState, CommunityEvent> = {
  category: 'community',
  initialState: () => ({ status: 'Unknown' }),
  evolve,
  handles: new Set<CommunityEvent['type']>(['CommunityRegistered']),
};
