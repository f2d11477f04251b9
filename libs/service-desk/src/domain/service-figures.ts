import { addDays, localMidnight, millisecondsBetween, type Instant, type LocalDate } from '#libs/kernel';
import { isExcluded, milestoneAt, standingAt, type CaseRecord } from './milestones.js';
import type { CaseStanding } from './case-standing.js';
import { MILESTONES, type Milestone } from './service-policy.js';

/** Cases opened on local days `from` to `to`, both included, as they stand at `asOf` (domain.md §3). */
export interface FigurePeriod {
  readonly from: LocalDate;
  readonly to: LocalDate;
  readonly asOf: Instant;
  readonly timeZone: string;
}

export interface MilestoneFigures {
  readonly met: number;
  readonly breached: number;
  readonly running: number;
  /** Nearest rank, hours with two decimals half up; null where there is no case. */
  readonly p50Hours: number | null;
  readonly p90Hours: number | null;
  readonly p95Hours: number | null;
}

export type ServiceFigures = {
  readonly asOf: Instant;
  readonly opened: number;
  readonly resolved: number;
  readonly closed: number;
  readonly open: number;
  readonly rejected: number;
  readonly withdrawn: number;
  readonly duplicate: number;
  readonly reopened: number;
  readonly resolutionRate: { readonly numerator: number; readonly denominator: number };
} & Readonly<Record<Milestone, MilestoneFigures>>;

interface MilestoneTally {
  met: number;
  breached: number;
  running: number;
  elapsedMs: number[];
}

/** Half-open bounds of the openings that a period covers, as instants. */
export function openedBetween({ from, to, timeZone }: FigurePeriod): { from: Instant; before: Instant } {
  return { from: localMidnight(from, timeZone), before: localMidnight(addDays(to, 1), timeZone) };
}

/** Adds up cases one by one: memory is four numbers a case. */
export class ServiceTally {
  readonly #statuses = { Open: 0, Resolved: 0, Closed: 0, Rejected: 0, Withdrawn: 0, Duplicate: 0 };
  readonly #milestones: Record<Milestone, MilestoneTally>;
  readonly #bounds: { from: Instant; before: Instant };
  #reopened = 0;

  constructor(private readonly period: FigurePeriod) {
    const empty = (): MilestoneTally => ({ met: 0, breached: 0, running: 0, elapsedMs: [] });
    this.#milestones = { acknowledge: empty(), accept: empty(), answer: empty(), complete: empty() };
    this.#bounds = openedBetween(period);
  }

  /** Counts the case if it was opened in the period and by the as-of instant; returns where it stands then. */
  add(record: CaseRecord): CaseStanding | undefined {
    if (record.openedAt < this.#bounds.from || record.openedAt >= this.#bounds.before) return undefined;
    const standing = standingAt(record, this.period.asOf);
    if (!standing) return undefined;
    this.#statuses[standing.status] += 1;
    if (standing.reopened) this.#reopened += 1;
    if (isExcluded(standing.status)) return standing;
    for (const name of MILESTONES) {
      const { status, doneAt } = milestoneAt(standing, name, this.period.asOf);
      this.#milestones[name][status] += 1;
      this.#milestones[name].elapsedMs.push(millisecondsBetween(record.openedAt, doneAt ?? this.period.asOf));
    }
    return standing;
  }

  figures(): ServiceFigures {
    const { Open, Resolved, Closed, Rejected, Withdrawn, Duplicate } = this.#statuses;
    const opened = Open + Resolved + Closed + Rejected + Withdrawn + Duplicate;
    return {
      asOf: this.period.asOf,
      opened,
      ...{ resolved: Resolved, closed: Closed, open: Open },
      ...{ rejected: Rejected, withdrawn: Withdrawn, duplicate: Duplicate },
      reopened: this.#reopened,
      resolutionRate: { numerator: Resolved + Closed, denominator: Open + Resolved + Closed },
      acknowledge: milestoneFigures(this.#milestones.acknowledge),
      accept: milestoneFigures(this.#milestones.accept),
      answer: milestoneFigures(this.#milestones.answer),
      complete: milestoneFigures(this.#milestones.complete),
    };
  }
}

/** The target of R3.2 in integers: at least 95 % resolved. Undefined where there is no case. */
export function meetsResolutionTarget({
  numerator,
  denominator,
}: ServiceFigures['resolutionRate']): boolean | undefined {
  return denominator === 0 ? undefined : numerator * 100 >= 95 * denominator;
}

/** The p-th percentile by nearest rank of values in ascending order; undefined where there is none. */
export function nearestRank(ascending: ArrayLike<number>, percent: number): number | undefined {
  return ascending[Math.max(1, Math.ceil((percent * ascending.length) / 100)) - 1];
}

/** Hours with two decimals, half up: 36,000 ms are a hundredth of an hour. */
export function hoursOf(milliseconds: number): number {
  return Math.floor((milliseconds + 18_000) / 36_000) / 100;
}

function milestoneFigures({ met, breached, running, elapsedMs }: MilestoneTally): MilestoneFigures {
  const ascending = Float64Array.from(elapsedMs).sort();
  const hours = (percent: number): number | null => {
    const value = nearestRank(ascending, percent);
    return value === undefined ? null : hoursOf(value);
  };
  return { met, breached, running, p50Hours: hours(50), p90Hours: hours(90), p95Hours: hours(95) };
}
