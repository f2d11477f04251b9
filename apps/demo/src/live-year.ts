import type { CommandBus } from '@nestjs/cqrs';
import { addDays, localDateOf, type Instant, type LocalDate } from '#libs/kernel';
import type { ServiceClocks } from '#libs/service-desk';
import type { DemoClock } from './demo-clock.js';
import { AccountWork } from './account-work.js';
import { CaseWork } from './case-work.js';
import { groupBy } from './group-by.js';
import { Office, type YearCounts } from './office.js';
import { localInstant, TIME_ZONE, type AccountAct, type CaseAct } from './year/acts.js';
import type { YearPlan } from './year/plan-year.js';

export interface LiveOptions {
  readonly bus: CommandBus;
  readonly clock: DemoClock;
  readonly clocks: ServiceClocks;
  readonly signal: AbortSignal;
  /** After each month, as `2025-03`, and at the end. */
  readonly onMonth: (month: string, counts: YearCounts) => void;
}

/** Times of day, in minutes, at which what was done since the last one is entered: opening, noon, closing. */
const SLOTS = [9 * 60, 12 * 60, 20 * 60];

type Planned = AccountAct | CaseAct;

/**
 * Lives the year through the commands that the API has: at each slot the acts planned up to then, those of different accounts and cases
 * side by side, those of one in their order; each morning what is due that day (late fees, reminders, referrals); each evening the
 * service clocks. @throws DomainError when a command is refused: the plan knows nothing that may not be done; the signal's reason
 */
export async function liveYear(plan: YearPlan, options: LiveOptions): Promise<YearCounts> {
  const { clock, clocks, signal, onMonth } = options;
  const office = new Office(options.bus, plan.communityId);
  const [accounts, cases] = [new AccountWork(office, plan.households), new CaseWork(office)];
  await moveIn(plan, office, accounts, clock);
  const acts = bySlot(plan);
  for (let day: LocalDate = `${plan.year}-01-01`; day <= `${plan.year}-12-31`; day = addDays(day, 1)) {
    for (const [index, minutes] of SLOTS.entries()) {
      signal.throwIfAborted();
      const now = localInstant(day, minutes);
      clock.set(now);
      await Promise.all((acts.get(now) ?? []).map((own) => inOrder(own, accounts, cases)));
      if (index === 0) await accounts.morning(day, now);
    }
    const done = await clocks.run({ at: clock.now(), communityId: plan.communityId, signal });
    office.breaches += done?.breachesRecorded ?? 0;
    if (addDays(day, 1).endsWith('-01')) onMonth(day.slice(0, 7), office);
  }
  return office;
}

/** Who is there on the first day, and who comes later. */
async function moveIn(plan: YearPlan, office: Office, accounts: AccountWork, clock: DemoClock): Promise<void> {
  clock.set(localInstant(`${plan.year}-01-01`, 8 * 60));
  await office.registerCommunity(plan.name, clock.now());
  const units = plan.units.map((unit) => office.registerUnit(unit, clock.now()));
  const parties = plan.households.map(({ party }) => office.registerParty(party, clock.now()));
  await Promise.all([...units, ...parties]);
  await inSequencePer(
    plan.households,
    ({ unit }) => unit.unitId,
    (household) => accounts.open(household, clock.now()),
  );
}

async function inOrder(acts: readonly Planned[], accounts: AccountWork, cases: CaseWork): Promise<void> {
  for (const act of acts) await ('accountId' in act ? accounts.do(act) : cases.do(act));
}

async function inSequencePer<T>(items: readonly T[], keyOf: (item: T) => string, work: (item: T) => Promise<void>) {
  const groups = groupBy(items, keyOf);
  await Promise.all(
    [...groups.values()].map(async (group) => {
      for (const item of group) await work(item);
    }),
  );
}

/** The plan's acts by the slot in which they are entered, and in it by what they are about. */
function bySlot({ accountActs, caseActs }: YearPlan): Map<Instant, Planned[][]> {
  const slots = groupBy<Instant, Planned>([...accountActs, ...caseActs], ({ at }) => slotOf(at));
  const subjectOf = (act: Planned): string => ('accountId' in act ? act.accountId : act.caseKey);
  return new Map([...slots].map(([slot, acts]) => [slot, [...groupBy(acts, subjectOf).values()]]));
}

function slotOf(at: Instant): Instant {
  const day = localDateOf(at, TIME_ZONE);
  const slots = [...SLOTS.map((minutes) => localInstant(day, minutes)), localInstant(addDays(day, 1), SLOTS[0]!)];
  return slots.find((slot) => slot >= at)!;
}
