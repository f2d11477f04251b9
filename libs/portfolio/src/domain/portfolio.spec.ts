import { describe, expect, it } from '@jest/globals';
import { DomainError, type Decider, type NewEvent } from '#libs/kernel';
import { communityDecider, registerCommunity, requireCommunity } from './community.js';
import type { DecisionContext } from './decision-context.js';
import { changePartyDetails, eraseParty, partyDecider, registerParty, requireParty } from './party.js';
import { endOccupancy, registerUnit, startOccupancy, type StartOccupancy } from './unit.decisions.js';
import { unitDecider } from './unit.state.js';

const actor = { id: 'clerk-1', role: 'billing-clerk' };
const on = (effectiveOn: string): DecisionContext => ({
  actor,
  effectiveOn,
  occurredAt: `${effectiveOn}T01:00:00.000Z`,
});
const today = on('2026-01-15');

/** given(events).when(decision): the decision sees the state after the events. */
function given<S, E extends NewEvent>(decider: Decider<S, E>, events: readonly E[] = []) {
  const recorded = { recordedAt: '2026-01-15T01:00:00.000Z', actor };
  const state = events.reduce((s, e) => decider.evolve(s, { ...e, ...recorded }), decider.initialState());
  const when = (decide: (state: S) => readonly E[]) => {
    try {
      return decide(state);
    } catch (error) {
      if (error instanceof DomainError) return error.code;
      throw error;
    }
  };
  return { when, state };
}

describe('community', () => {
  it('D1, D2 is kept in CNY and in Asia/Shanghai unless it says otherwise', () => {
    const events = registerCommunity(communityDecider.initialState(), { communityId: '盈湖' }, today);
    expect(events).toEqual([
      {
        type: 'CommunityRegistered',
        data: { communityId: '盈湖', name: '盈湖', currency: 'CNY', timeZone: 'Asia/Shanghai' },
        effectiveOn: '2026-01-15',
        occurredAt: '2026-01-15T01:00:00.000Z',
      },
    ]);
    const registered = given(communityDecider, events);
    expect(requireCommunity(registered.state)).toMatchObject({ currency: 'CNY' });
    expect(registered.when((s) => registerCommunity(s, { communityId: '盈湖' }, today))).toBe(
      'COMMUNITY_ALREADY_REGISTERED',
    );
  });

  it.each([
    ['ID_INVALID', { communityId: 'a-b' }],
    ['ID_INVALID', { communityId: 'a.b' }],
    ['CURRENCY_INVALID', { communityId: 'a', currency: 'yuan' }],
    ['TIME_ZONE_INVALID', { communityId: 'a', timeZone: 'Mars/Base' }],
    ['NAME_INVALID', { communityId: 'a', name: ' ' }],
  ])('D17 refuses %s', (code, command) => {
    expect(given(communityDecider).when((s) => registerCommunity(s, command, today))).toBe(code);
    expect(given(communityDecider).when((s) => requireCommunity(s) && [])).toBe('COMMUNITY_UNKNOWN');
  });
});

describe('unit and occupancy', () => {
  const unit = { unitId: 'B1/0101', use: 'residential' as const, areaCentiM2: 8_943 };
  const registered = registerUnit(unitDecider.initialState(), unit, today);
  const owner = (startsOn: string, partyId = 'P1'): StartOccupancy => ({
    partyId,
    accountId: 'B1/0101',
    role: 'owner',
    startsOn,
  });

  it('R2.1 has a use and a floor area in 0.01 m²', () => {
    expect(registered[0]?.data).toEqual(unit);
    expect(given(unitDecider, registered).when((s) => registerUnit(s, unit, today))).toBe('UNIT_ALREADY_REGISTERED');
    expect(given(unitDecider).when((s) => registerUnit(s, { ...unit, areaCentiM2: 89.43 }, today))).toBe(
      'AREA_INVALID',
    );
    expect(given(unitDecider).when((s) => registerUnit(s, { ...unit, use: 'farm' as never }, today))).toBe(
      'UNIT_USE_UNKNOWN',
    );
    expect(given(unitDecider).when((s) => startOccupancy(s, owner('2026-01-01'), today))).toBe('UNIT_UNKNOWN');
  });

  it('an occupancy counts from its first day and names the account', () => {
    const events = given(unitDecider, registered).when((s) => startOccupancy(s, owner('2026-02-01'), today));
    expect(events).toMatchObject([
      {
        type: 'OccupancyStarted',
        effectiveOn: '2026-02-01',
        data: {
          occupancyId: '1',
          unitId: 'B1/0101',
          partyId: 'P1',
          accountId: 'B1/0101',
          role: 'owner',
          startsOn: '2026-02-01',
        },
      },
    ]);
  });

  it('owner occupancies do not overlap; the next begins after the last day of the one before; tenants come beside', () => {
    const first = startOccupancy(given(unitDecider, registered).state, owner('2026-02-01'), today);
    const occupied = given(unitDecider, [...registered, ...first]);
    expect(occupied.when((s) => startOccupancy(s, owner('2027-01-01', 'P2'), today))).toBe('OCCUPANCY_OVERLAPS');
    expect(
      occupied.when((s) => startOccupancy(s, { ...owner('2026-03-01', 'P3'), role: 'tenant' }, today)),
    ).toHaveLength(1);
    const ended = endOccupancy(occupied.state, { occupancyId: '1', endsOn: '2026-06-30' }, today);
    expect(ended).toMatchObject([
      { type: 'OccupancyEnded', effectiveOn: '2026-06-30', data: { endsOn: '2026-06-30' } },
    ]);
    const free = given(unitDecider, [...registered, ...first, ...ended]);
    expect(free.when((s) => startOccupancy(s, owner('2026-06-30', 'P2'), today))).toBe('OCCUPANCY_OVERLAPS');
    expect(free.when((s) => startOccupancy(s, owner('2026-07-01', 'P2'), today))).toMatchObject([
      { data: { occupancyId: '2' } },
    ]);
    expect(free.when((s) => endOccupancy(s, { occupancyId: '1', endsOn: '2026-07-01' }, today))).toBe(
      'OCCUPANCY_ALREADY_ENDED',
    );
    expect(free.when((s) => endOccupancy(s, { occupancyId: '9', endsOn: '2026-07-01' }, today))).toBe(
      'OCCUPANCY_UNKNOWN',
    );
    expect(occupied.when((s) => endOccupancy(s, { occupancyId: '1', endsOn: '2026-01-31' }, today))).toBe(
      'OCCUPANCY_ENDS_BEFORE_START',
    );
  });
});

describe('party', () => {
  const details = { kid: 'k1', iv: 'aXY', ct: 'Y3Q', tag: 'dGFn' };
  const registered = registerParty(partyDecider.initialState(), { partyId: 'P1', kind: 'person', details }, today);

  it('R4.3 holds personal details only as a sealed envelope', () => {
    expect(registered[0]?.data).toEqual({ partyId: 'P1', kind: 'person', details });
    const known = given(partyDecider, registered);
    expect(known.when((s) => registerParty(s, { partyId: 'P1', kind: 'person', details }, today))).toBe(
      'PARTY_ALREADY_REGISTERED',
    );
    const changed = { ...details, kid: 'k2' };
    expect(known.when((s) => changePartyDetails(s, { details: changed }, today))).toMatchObject([
      { type: 'PartyDetailsChanged', data: { partyId: 'P1', details: changed } },
    ]);
    const other = { partyId: 'P1', kind: 'robot' as never, details };
    expect(given(partyDecider).when((s) => registerParty(s, other, today))).toBe('PARTY_KIND_UNKNOWN');
  });

  it('once erased stays erased, and is still known to the history', () => {
    const erased = given(partyDecider, [...registered, ...eraseParty(given(partyDecider, registered).state, today)]);
    expect(erased.state).toEqual({ status: 'Erased', partyId: 'P1' });
    expect(requireParty(erased.state).partyId).toBe('P1');
    expect(erased.when((s) => changePartyDetails(s, { details }, today))).toBe('PARTY_ERASED');
    expect(erased.when((s) => registerParty(s, { partyId: 'P1', kind: 'person', details }, today))).toBe(
      'PARTY_ERASED',
    );
    expect(erased.when((s) => eraseParty(s, today))).toBe('PARTY_ERASED');
    expect(given(partyDecider).when((s) => eraseParty(s, today))).toBe('PARTY_UNKNOWN');
  });
});
