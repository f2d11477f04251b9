import type { LocalDate, NewEvent } from '#libs/kernel';

/** Tariffs differ by use (R2.1). */
export type UnitUse = 'residential' | 'commercial' | 'office';

export type OccupancyRole = 'owner' | 'tenant';

export type UnitRegistered = NewEvent<
  'UnitRegistered',
  {
    readonly unitId: string;
    readonly use: UnitUse;
    /** Floor area in 0.01 m² (D1). */
    readonly areaCentiM2: number;
  }
>;

interface OccupancyRef {
  readonly occupancyId: string;
  readonly unitId: string;
  readonly partyId: string;
  /** The account that is charged for the unit while this lasts. */
  readonly accountId: string;
}

export type OccupancyStarted = NewEvent<
  'OccupancyStarted',
  OccupancyRef & { readonly role: OccupancyRole; readonly startsOn: LocalDate }
>;

/** `endsOn` is the last day of the occupancy. */
export type OccupancyEnded = NewEvent<'OccupancyEnded', OccupancyRef & { readonly endsOn: LocalDate }>;

/** What a unit's stream holds: schema version 1 of the stored form. */
export type UnitEvent = UnitRegistered | OccupancyStarted | OccupancyEnded;
