import { parseId, type Decider, type NewEvent, type Recorded } from '#libs/kernel';
import type { DecisionContext } from './decision-context.js';
import { refuse } from './portfolio.errors.js';

/** Personal details, sealed under the party's own key (R4.3): AES-256-GCM, base64url parts. */
export interface Envelope {
  readonly kid: string;
  readonly iv: string;
  readonly ct: string;
  readonly tag: string;
}

export type PartyKind = 'person' | 'organization';

export type PartyRegistered = NewEvent<
  'PartyRegistered',
  { readonly partyId: string; readonly kind: PartyKind; readonly details: Envelope }
>;
export type PartyDetailsChanged = NewEvent<
  'PartyDetailsChanged',
  { readonly partyId: string; readonly details: Envelope }
>;
/** The key is destroyed with it: what was sealed can't be read any more, and every hash chain stays valid. */
export type PartyErased = NewEvent<'PartyErased', { readonly partyId: string }>;

/** What a party's stream holds: schema version 1 of the stored form. */
export type PartyEvent = PartyRegistered | PartyDetailsChanged | PartyErased;

export interface UnknownParty {
  readonly status: 'Unknown';
}
export interface RegisteredParty {
  readonly status: 'Registered';
  readonly partyId: string;
  readonly kind: PartyKind;
  readonly details: Envelope;
}
export interface ErasedParty {
  readonly status: 'Erased';
  readonly partyId: string;
}

export type PartyState = UnknownParty | RegisteredParty | ErasedParty;

export interface RegisterParty {
  readonly partyId: string;
  readonly kind: PartyKind;
  readonly details: Envelope;
}

export interface ChangePartyDetails {
  readonly details: Envelope;
}

const KINDS: readonly string[] = ['person', 'organization'] satisfies PartyKind[];

/**
 * Registers a person or an organization; the details come in sealed (R4.3).
 * @throws DomainError PARTY_ALREADY_REGISTERED, PARTY_ERASED, PARTY_KIND_UNKNOWN, ID_INVALID
 */
export function registerParty(state: PartyState, command: RegisterParty, context: DecisionContext): PartyEvent[] {
  requireNewParty(state);
  const { kind, details } = command;
  if (!KINDS.includes(kind)) throw refuse('PARTY_KIND_UNKNOWN', `A party is one of ${KINDS.join(', ')}`);
  const { effectiveOn, occurredAt } = context;
  return [
    { type: 'PartyRegistered', data: { partyId: parseId(command.partyId), kind, details }, effectiveOn, occurredAt },
  ];
}

/** @throws DomainError PARTY_UNKNOWN, PARTY_ERASED */
export function changePartyDetails(
  state: PartyState,
  { details }: ChangePartyDetails,
  { effectiveOn, occurredAt }: DecisionContext,
): PartyEvent[] {
  const { partyId } = requireReadableParty(state);
  return [{ type: 'PartyDetailsChanged', data: { partyId, details }, effectiveOn, occurredAt }];
}

/**
 * Records that a party's details are to be unreadable for ever; the caller destroys the key then.
 * @throws DomainError PARTY_UNKNOWN, PARTY_ERASED
 */
export function eraseParty(state: PartyState, { effectiveOn, occurredAt }: DecisionContext): PartyEvent[] {
  const { partyId } = requireReadableParty(state);
  return [{ type: 'PartyErased', data: { partyId }, effectiveOn, occurredAt }];
}

/** @throws DomainError PARTY_UNKNOWN: an erased party is still a party of the community's history */
export function requireParty(state: PartyState): RegisteredParty | ErasedParty {
  if (state.status === 'Unknown') throw refuse('PARTY_UNKNOWN', 'The party has not been registered');
  return state;
}

function requireNewParty(state: PartyState): void {
  switch (state.status) {
    case 'Unknown':
      return;
    case 'Registered':
      throw refuse('PARTY_ALREADY_REGISTERED', 'The party is registered already');
    case 'Erased':
      throw refuse('PARTY_ERASED', 'The party has been erased');
  }
}

function requireReadableParty(state: PartyState): RegisteredParty {
  const party = requireParty(state);
  if (party.status === 'Erased') throw refuse('PARTY_ERASED', 'The party has been erased');
  return party;
}

function evolve(state: PartyState, event: PartyEvent & Recorded): PartyState {
  switch (event.type) {
    case 'PartyRegistered':
      return { status: 'Registered', ...event.data };
    case 'PartyDetailsChanged':
      if (state.status !== 'Registered') throw new Error('PartyDetailsChanged of a party that is not registered');
      return { ...state, details: event.data.details };
    case 'PartyErased':
      return { status: 'Erased', partyId: event.data.partyId };
  }
}

/** How party streams fold. */
export const partyDecider: Decider<PartyState, PartyEvent> = {
  category: 'party',
  initialState: () => ({ status: 'Unknown' }),
  evolve,
  handles: new Set<PartyEvent['type']>(['PartyRegistered', 'PartyDetailsChanged', 'PartyErased']),
};
