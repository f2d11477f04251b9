import { parseId, parseLocalDate, type LocalDate } from '#libs/kernel';
import type { DecisionContext } from './decision-context.js';
import { refuse } from './portfolio.errors.js';
import type { OccupancyRole, UnitEvent, UnitUse } from './unit.events.js';
import type { RegisteredUnit, UnitState } from './unit.state.js';

export interface RegisterUnit {
  readonly unitId: string;
  readonly use: UnitUse;
  readonly areaCentiM2: number;
}

export interface StartOccupancy {
  readonly partyId: string;
  readonly accountId: string;
  readonly role: OccupancyRole;
  readonly startsOn: LocalDate;
}

export interface EndOccupancy {
  readonly occupancyId: string;
  /** Last day. */
  readonly endsOn: LocalDate;
}

const USES: readonly string[] = ['residential', 'commercial', 'office'] satisfies UnitUse[];
const ROLES: readonly string[] = ['owner', 'tenant'] satisfies OccupancyRole[];

/**
 * Registers a unit (R2.1, D17).
 * @throws DomainError UNIT_ALREADY_REGISTERED, ID_INVALID, UNIT_USE_UNKNOWN, AREA_INVALID
 */
export function registerUnit(state: UnitState, command: RegisterUnit, context: DecisionContext): UnitEvent[] {
  if (state.status === 'Registered') throw refuse('UNIT_ALREADY_REGISTERED', 'The unit is registered already');
  const { use, areaCentiM2 } = command;
  if (!USES.includes(use)) throw refuse('UNIT_USE_UNKNOWN', `A unit is one of ${USES.join(', ')}`);
  if (!Number.isSafeInteger(areaCentiM2) || areaCentiM2 <= 0) {
    throw refuse('AREA_INVALID', 'An area is a positive whole number of 0.01 m²');
  }
  const { effectiveOn, occurredAt } = context;
  return [
    { type: 'UnitRegistered', data: { unitId: parseId(command.unitId), use, areaCentiM2 }, effectiveOn, occurredAt },
  ];
}

/**
 * Starts an occupancy, which counts from `startsOn`. A unit has one owner occupancy at a time; tenants come beside it.
 * @throws DomainError UNIT_UNKNOWN, ID_INVALID, DATE_INVALID, OCCUPANCY_ROLE_UNKNOWN, OCCUPANCY_OVERLAPS
 */
export function startOccupancy(
  state: UnitState,
  command: StartOccupancy,
  { occurredAt }: DecisionContext,
): UnitEvent[] {
  const unit = requireUnit(state);
  const { role } = command;
  if (!ROLES.includes(role)) throw refuse('OCCUPANCY_ROLE_UNKNOWN', `An occupant is one of ${ROLES.join(', ')}`);
  const startsOn = parseLocalDate(command.startsOn);
  if (role === 'owner') requireNoOwnerFrom(unit, startsOn);
  const data = {
    occupancyId: String(unit.occupancies.size + 1),
    unitId: unit.unitId,
    partyId: parseId(command.partyId),
    accountId: parseId(command.accountId),
    role,
    startsOn,
  };
  return [{ type: 'OccupancyStarted', data, effectiveOn: startsOn, occurredAt }];
}

/**
 * Ends an occupancy with `endsOn` as its last day.
 * @throws DomainError UNIT_UNKNOWN, OCCUPANCY_UNKNOWN, OCCUPANCY_ALREADY_ENDED, OCCUPANCY_ENDS_BEFORE_START,
 * DATE_INVALID
 */
export function endOccupancy(state: UnitState, command: EndOccupancy, { occurredAt }: DecisionContext): UnitEvent[] {
  const { unitId, occupancies } = requireUnit(state);
  const endsOn = parseLocalDate(command.endsOn);
  const occupancy = occupancies.get(command.occupancyId);
  if (!occupancy) throw refuse('OCCUPANCY_UNKNOWN', 'The unit has no such occupancy');
  if (occupancy.endsOn !== null) throw refuse('OCCUPANCY_ALREADY_ENDED', 'The occupancy has ended already');
  if (endsOn < occupancy.startsOn)
    throw refuse('OCCUPANCY_ENDS_BEFORE_START', 'An occupancy ends on its first day or later');
  const { occupancyId, partyId, accountId } = occupancy;
  const data = { occupancyId, unitId, partyId, accountId, endsOn };
  return [{ type: 'OccupancyEnded', data, effectiveOn: endsOn, occurredAt }];
}

function requireUnit(state: UnitState): RegisteredUnit {
  if (state.status === 'Unknown') throw refuse('UNIT_UNKNOWN', 'The unit has not been registered');
  return state;
}

/** A new occupancy has no end yet, so it overlaps every owner's that ends on its first day or later. */
function requireNoOwnerFrom({ occupancies }: RegisteredUnit, startsOn: LocalDate): void {
  for (const { role, endsOn, occupancyId } of occupancies.values()) {
    if (role === 'owner' && (endsOn === null || endsOn >= startsOn)) {
      throw refuse('OCCUPANCY_OVERLAPS', 'The unit has an owner at that time', { occupancyId });
    }
  }
}
