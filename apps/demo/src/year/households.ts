import { addDays, divideHalfUp, type LocalDate } from '#libs/kernel';
import type { OccupancyRole, PartyKind, UnitUse } from '#libs/portfolio';
import type { Random } from './random.js';
import { organizationName, personName, phoneNumber } from './words.js';

/** How somebody pays; each is a way of life that a ledger has to cope with. */
export const HABITS = [
  'punctual',
  'late',
  'partial',
  'prepaid',
  'overpaid',
  'bounced',
  'never',
  'gives-up',
  'designated',
  'quarterly',
  'disputing',
  'moving',
] as const;
export type Habit = (typeof HABITS)[number];

const FREQUENCY: Readonly<Record<Habit, number>> = {
  punctual: 47,
  late: 12,
  partial: 6,
  prepaid: 10,
  overpaid: 6,
  bounced: 3,
  never: 2,
  'gives-up': 2,
  designated: 3,
  quarterly: 4,
  disputing: 3,
  moving: 2,
};

export interface Unit {
  readonly unitId: string;
  readonly use: UnitUse;
  readonly areaCentiM2: number;
}

export interface Party {
  readonly partyId: string;
  readonly kind: PartyKind;
  readonly name: string;
  readonly phone: string;
}

/** Somebody who lives or works in a unit, and the account that is charged. */
export interface Household {
  readonly unit: Unit;
  readonly accountId: string;
  readonly party: Party;
  readonly role: OccupancyRole;
  readonly habit: Habit;
  readonly monthlyMinor: bigint;
  readonly from: LocalDate;
  /** Last day; null: stays on. */
  readonly to: LocalDate | null;
}

/** Prices in 0.0001 CNY per m² and month (R1.1, R2.1). */
const PRICES: Readonly<Record<UnitUse, bigint>> = { residential: 28_000n, commercial: 65_000n, office: 52_000n };
const UNITS_PER_BUILDING = 30;
const UNITS_PER_FLOOR = 2;

/** R1.1, D1: price × area, rounded half up once. 2.8000 CNY/m² × 89.43 m² = 250.40 CNY. */
export function monthlyFeeOf({ use, areaCentiM2 }: Unit): bigint {
  return divideHalfUp(PRICES[use] * BigInt(areaCentiM2), 10_000n);
}

/** The units of a community, by building and floor: B1/0101 … */
export function planUnits(count: number, random: Random): Unit[] {
  return Array.from({ length: count }, (_, index) => {
    const building = Math.floor(index / UNITS_PER_BUILDING) + 1;
    const inBuilding = index % UNITS_PER_BUILDING;
    const floor = Math.floor(inBuilding / UNITS_PER_FLOOR) + 1;
    const door = (inBuilding % UNITS_PER_FLOOR) + 1;
    const use = useOf(building, floor);
    const areaCentiM2 = use === 'residential' ? random.between(5_200, 14_400) : random.between(3_000, 26_000);
    return { unitId: `B${building}/${twoDigits(floor)}${twoDigits(door)}`, use, areaCentiM2 };
  });
}

function useOf(building: number, floor: number): UnitUse {
  if (floor > 1) return 'residential';
  return building % 3 === 0 ? 'office' : 'commercial';
}

/** Who is in the units in the course of a year: of a unit that is sold, first the one and then the other. */
export function planHouseholds(units: readonly Unit[], year: number, random: Random): Household[] {
  let parties = 0;
  const partyOf = (unit: Unit): Party => {
    parties += 1;
    const { use } = unit;
    const name = use === 'residential' ? personName(random) : organizationName(random, use);
    const kind = use === 'residential' ? 'person' : 'organization';
    return { partyId: `P${String(parties).padStart(4, '0')}`, kind, name, phone: phoneNumber(random) };
  };
  return units.flatMap((unit, index): Household[] => {
    // Each habit at least once, however small the community is.
    const habit = HABITS[index] ?? random.weighted(FREQUENCY);
    const common = { unit, monthlyMinor: monthlyFeeOf(unit), from: `${year}-01-01`, to: null };
    if (habit !== 'moving') {
      const role: OccupancyRole = random.chance(15) ? 'tenant' : 'owner';
      return [{ ...common, accountId: unit.unitId, party: partyOf(unit), role, habit }];
    }
    const lastDay = `${year}-06-30`;
    return [
      { ...common, accountId: unit.unitId, party: partyOf(unit), role: 'owner', habit: 'punctual', to: lastDay },
      {
        ...common,
        accountId: `${unit.unitId}-2`,
        party: partyOf(unit),
        role: 'owner',
        habit,
        from: addDays(lastDay, 1),
      },
    ];
  });
}

function twoDigits(n: number): string {
  return String(n).padStart(2, '0');
}
