import { localDateOf, type LocalDate } from '#libs/kernel';
import { pagesOf, type ReadStore } from '#libs/read-store';
import {
  milestonesAt,
  openedBetween,
  ServiceTally,
  type CaseKind,
  type CaseStatus,
  type ClockStep,
  type FigurePeriod,
  type MilestoneStanding,
  type ServiceFigures,
} from '#libs/service-desk';
import { OPENING_ORDER_INDEX, serviceQualityProjection, type CaseFactDocument } from './service-quality.projection.js';

/** What figures can be broken down by; the month is that of the opening (local days). */
export type ServiceDimension = 'team' | 'agent' | 'kind' | 'severity' | 'month';

export interface ServiceQuery extends FigurePeriod {
  readonly communityId: string;
  /** Facts folded after it do not count; without it all that is folded. */
  readonly position?: bigint;
}

/** One case behind the figures, as it stood at the as-of instant. */
export interface ServiceCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly openedAt: string;
  readonly team: string | null;
  readonly agent: string | null;
  readonly severity: string | null;
  readonly month: string;
  readonly status: CaseStatus;
  readonly reopened: boolean;
  readonly milestones: readonly MilestoneStanding[];
}

export interface ServiceSlice {
  readonly value: string | null;
  readonly figures: ServiceFigures;
}

type Fact = CaseFactDocument & { readonly position: bigint };

const BATCH = 2_000;

/** Figures of the service desk (domain.md §3), worked out from the facts of the cases opened in a period. */
export class ServiceQualityReader {
  constructor(private readonly store: ReadStore) {}

  /** Position that answers reflect when the query names none; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(serviceQualityProjection);
  }

  async findFigures(query: ServiceQuery): Promise<ServiceFigures> {
    const tally = new ServiceTally(query);
    for await (const facts of this.cases(query)) tally.add(recordOf(facts));
    return tally.figures();
  }

  /** The same figures for each value of a dimension, in the order of the values; cases without one come first. */
  async listFiguresBy(query: ServiceQuery, dimension: ServiceDimension): Promise<ServiceSlice[]> {
    const slices = new Map<string | null, ServiceTally>();
    for await (const facts of this.cases(query)) {
      const value = placeOf(facts, query.timeZone)[dimension];
      let tally = slices.get(value);
      if (!tally) slices.set(value, (tally = new ServiceTally(query)));
      tally.add(recordOf(facts));
    }
    return [...slices]
      .sort(([a], [b]) => (a === b ? 0 : a === null || (b !== null && a < b) ? -1 : 1))
      .map(([value, tally]) => ({ value, figures: tally.figures() }));
  }

  /** The cases behind the figures, or behind one slice of them, in the order of their opening. */
  async *listCases(query: ServiceQuery, slice?: { dimension: ServiceDimension; value: string | null }) {
    for await (const facts of this.cases(query)) {
      const place = placeOf(facts, query.timeZone);
      if (slice && place[slice.dimension] !== slice.value) continue;
      const standing = new ServiceTally(query).add(recordOf(facts));
      if (!standing) continue;
      const { status, reopened, openedAt } = standing;
      const milestones = milestonesAt(standing, query.asOf);
      const found: ServiceCase = { caseId: facts[0]!.caseId, openedAt, ...place, status, reopened, milestones };
      yield found;
    }
  }

  /** How the server would run the queries. */
  async explain(query: ServiceQuery): Promise<object> {
    return (await this.find(query)).explain('queryPlanner');
  }

  /** Case by case, its facts up to the as-of instant; memory is that of one case. */
  private async *cases(query: ServiceQuery): AsyncGenerator<readonly Fact[]> {
    let facts: Fact[] = [];
    for await (const page of pagesOf(await this.find(query))) {
      for (const fact of page) {
        if (facts.length > 0 && facts[0]!.stream !== fact.stream) {
          yield facts;
          facts = [];
        }
        facts.push(fact);
      }
    }
    if (facts.length > 0) yield facts;
  }

  private async find(query: ServiceQuery) {
    const { from, before } = openedBetween(query);
    const position = query.position ?? (await this.position());
    const facts = await this.store.liveCollection<Fact>(serviceQualityProjection);
    const filter = {
      communityId: query.communityId,
      openedAt: { $gte: from, $lt: before },
      at: { $lte: query.asOf },
      position: { $lte: position },
    };
    return facts.find(filter, { batchSize: BATCH }).sort(OPENING_ORDER_INDEX.key);
  }
}

export function recordOf(facts: readonly Fact[]) {
  const [opening] = facts;
  if (!opening?.deadlines) throw new Error(`The facts of ${opening?.stream} do not begin with its opening`);
  const steps = facts.map(({ step }) => step).filter((step): step is ClockStep => step !== null);
  return { openedAt: opening.openedAt, deadlines: opening.deadlines, steps };
}

/** Where the last fact places the case. */
function placeOf(facts: readonly Fact[], timeZone: string) {
  const { kind, team, agent, severity, openedAt } = facts.at(-1)!;
  const openedOn: LocalDate = localDateOf(openedAt, timeZone);
  return { kind, team, agent, severity, month: openedOn.slice(0, 7) };
}
