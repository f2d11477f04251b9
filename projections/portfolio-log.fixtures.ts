import type { MemoryLog } from './account-log.fixtures.js';

const DATES = { effectiveOn: '2026-01-01', occurredAt: '2026-01-01T08:00:00.000Z' };

/** A unit that somebody has moved into and out of. */
export function addUnit(log: MemoryLog, unitId: string, communityId = 'yinghu'): void {
  const occupancy = { occupancyId: '1', unitId, partyId: 'P-1', accountId: unitId };
  log.append(communityId, `unit-${communityId}.${unitId}`, [
    { type: 'UnitRegistered', data: { unitId, use: 'residential', areaCentiM2: 8943 }, ...DATES },
    { type: 'OccupancyStarted', data: { ...occupancy, role: 'owner', startsOn: '2026-01-01' }, ...DATES },
    { type: 'OccupancyEnded', data: { ...occupancy, endsOn: '2026-02-28' }, ...DATES },
  ]);
}

/** A person over the whole time that the books know of them. */
export function addParty(log: MemoryLog, partyId: string, communityId = 'yinghu'): void {
  const details = { kid: 'k', iv: 'i', ct: 'c', tag: 't' };
  log.append(communityId, `party-${communityId}.${partyId}`, [
    { type: 'PartyRegistered', data: { partyId, kind: 'person', details }, ...DATES },
    { type: 'PartyDetailsChanged', data: { partyId, details }, ...DATES },
    { type: 'PartyErased', data: { partyId }, ...DATES },
  ]);
}
