import { addDays, addMilliseconds, localMidnight, type Instant } from '#libs/kernel';
import { TIME_ZONE, type AccountAct, type CaseAct } from './acts.js';
import { planAccount } from './account-acts.js';
import { planCases } from './case-acts.js';
import { planHouseholds, planUnits, type Household, type Unit } from './households.js';
import { Random } from './random.js';

export interface YearOptions {
  readonly seed: number;
  readonly units: number;
}

/** A year in the life of a community: who lives in it, and everything that anybody decides to do. */
export interface YearPlan {
  readonly communityId: string;
  readonly name: string;
  readonly year: number;
  /** The first instant of the year and the last, in local time. */
  readonly begins: Instant;
  readonly ends: Instant;
  readonly units: readonly Unit[];
  readonly households: readonly Household[];
  readonly accountActs: readonly AccountAct[];
  readonly caseActs: readonly CaseAct[];
}

/** Its working days, and those of the following January, are published (D3). */
export const YEAR = 2025;

/** The same options give the same year, on any machine and on any day. */
export function planYear({ seed, units: unitCount }: YearOptions): YearPlan {
  const random = new Random(String(seed));
  const units = planUnits(unitCount, random.fork('units'));
  const households = planHouseholds(units, YEAR, random.fork('households'));
  const begins = localMidnight(`${YEAR}-01-01`, TIME_ZONE);
  const ends = addMilliseconds(localMidnight(addDays(`${YEAR}-12-31`, 1), TIME_ZONE), -1);
  const accountActs = households.flatMap((household) =>
    planAccount(household, YEAR, random.fork(`account/${household.accountId}`)),
  );
  const caseActs = planCases(households, YEAR, random.fork('cases'));
  const inYear = ({ at }: { at: Instant }): boolean => at <= ends;
  return {
    ...{ communityId: 'yinghu', name: '映湖花园', year: YEAR, begins, ends, units, households },
    accountActs: accountActs.filter(inYear),
    caseActs: caseActs.filter(inYear),
  };
}
