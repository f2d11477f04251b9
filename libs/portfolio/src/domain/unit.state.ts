import type { Decider, LocalDate, Recorded } from '#libs/kernel';
import type { OccupancyRole, UnitEvent, UnitUse } from './unit.events.js';

export interface Occupancy {
  readonly occupancyId: string;
  readonly partyId: string;
  readonly accountId: string;
  readonly role: OccupancyRole;
  readonly startsOn: LocalDate;
  /** Last day; null while it lasts. */
  readonly endsOn: LocalDate | null;
}

export interface UnknownUnit {
  readonly status: 'Unknown';
}

export interface RegisteredUnit {
  readonly status: 'Registered';
  readonly unitId: string;
  readonly use: UnitUse;
  readonly areaCentiM2: number;
  readonly occupancies: ReadonlyMap<string, Occupancy>;
}

export type UnitState = UnknownUnit | RegisteredUnit;

function evolve(state: UnitState, event: UnitEvent & Recorded): UnitState {
  if (event.type === 'UnitRegistered') return { status: 'Registered', ...event.data, occupancies: new Map() };
  if (state.status === 'Unknown') throw new Error(`${event.type} before UnitRegistered`);
  const occupancies = new Map(state.occupancies);
  switch (event.type) {
    case 'OccupancyStarted': {
      const { occupancyId, partyId, accountId, role, startsOn } = event.data;
      occupancies.set(occupancyId, { occupancyId, partyId, accountId, role, startsOn, endsOn: null });
      return { ...state, occupancies };
    }
    case 'OccupancyEnded': {
      const { occupancyId, endsOn } = event.data;
      const occupancy = occupancies.get(occupancyId);
      if (!occupancy) throw new Error(`Occupancy ${occupancyId} was never started`);
      occupancies.set(occupancyId, { ...occupancy, endsOn });
      return { ...state, occupancies };
    }
  }
}

/** How unit streams fold. */
export const unitDecider: Decider<UnitState, UnitEvent> = {
  category: 'unit',
  initialState: () => ({ status: 'Unknown' }),
  evolve,
  handles: new Set<UnitEvent['type']>(['UnitRegistered', 'OccupancyStarted', 'OccupancyEnded']),
};
