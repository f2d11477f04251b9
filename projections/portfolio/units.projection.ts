import type { LocalDate } from '#libs/kernel';
import type { FoldedProjection, ProjectedEvent } from '#libs/projection-engine';
import { unitDecider, type OccupancyRole, type UnitEvent, type UnitUse } from '#libs/portfolio';

/** Somebody in a unit; `endsOn` is the last day, null: no end is known. */
export interface OccupancyEntry {
  readonly occupancyId: string;
  readonly partyId: string;
  readonly accountId: string;
  readonly role: OccupancyRole;
  readonly startsOn: LocalDate;
  readonly endsOn: LocalDate | null;
}

/** A unit as it is registered, with everybody who was, is or will be in it, in the order of registration. */
export interface UnitDocument {
  readonly communityId: string;
  readonly unitId: string;
  readonly use: UnitUse;
  readonly areaCentiM2: number;
  readonly occupancies: readonly OccupancyEntry[];
}

/** Units one by one; ids in the order of a community's units. */
export const unitsProjection: FoldedProjection<UnitDocument> = {
  name: 'units',
  version: 1,
  eventTypes: [...unitDecider.handles],
  indexes: [],
  keys: (event) => (event.category === 'unit' ? [event.stream] : []),
  evolve: (doc, event) => folded(doc, event),
};

function folded(doc: UnitDocument | undefined, event: ProjectedEvent): UnitDocument {
  const fact = { type: event.type, data: event.data } as Pick<UnitEvent, 'type' | 'data'> as UnitEvent;
  if (fact.type === 'UnitRegistered') {
    const { unitId, use, areaCentiM2 } = fact.data;
    return { communityId: event.communityId, unitId, use, areaCentiM2, occupancies: [] };
  }
  if (!doc) throw new Error(`${event.stream} does not begin with its registration`);
  switch (fact.type) {
    case 'OccupancyStarted': {
      const { occupancyId, partyId, accountId, role, startsOn } = fact.data;
      const started = { occupancyId, partyId, accountId, role, startsOn, endsOn: null };
      return { ...doc, occupancies: [...doc.occupancies, started] };
    }
    case 'OccupancyEnded': {
      const { occupancyId, endsOn } = fact.data;
      const ended = (one: OccupancyEntry): OccupancyEntry =>
        one.occupancyId === occupancyId ? { ...one, endsOn } : one;
      return { ...doc, occupancies: doc.occupancies.map(ended) };
    }
  }
}
