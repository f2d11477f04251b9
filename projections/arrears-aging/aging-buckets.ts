import { addDays, daysBetween, type LocalDate } from '#libs/kernel';

/** Outstanding amounts by age, as-of date − due date in days: ≤ 0, 1–30, 31–60, 61–90, 91 and more (domain.md §3). */
export interface AgingBuckets<Amount> {
  readonly notDue: Amount;
  readonly d1to30: Amount;
  readonly d31to60: Amount;
  readonly d61to90: Amount;
  readonly d91plus: Amount;
}

const FIRST_DAY = '0001-01-01';

/** First due date of each bucket but the last: comparing dates as text beats counting days for each of a million movements. */
export class BucketBounds {
  private readonly bounds: readonly LocalDate[];

  constructor(asOf: LocalDate) {
    const back = (days: number): LocalDate => (daysBetween(FIRST_DAY, asOf) < days ? FIRST_DAY : addDays(asOf, -days));
    this.bounds = [asOf, back(30), back(60), back(90)];
  }

  /** 0 (not due) to 4 (91 days and more). */
  indexOf(dueOn: LocalDate): number {
    let index = 0;
    while (index < this.bounds.length && dueOn < this.bounds[index]!) index += 1;
    return index;
  }
}

/** What an account, or a community, owes and is owed; a community's sums may exceed int64. */
export class AgingSums {
  readonly buckets: [bigint, bigint, bigint, bigint, bigint] = [0n, 0n, 0n, 0n, 0n];
  outstanding = 0n;
  credit = 0n;

  add(other: AgingSums): void {
    for (let index = 0; index < this.buckets.length; index += 1) this.buckets[index]! += other.buckets[index]!;
    this.outstanding += other.outstanding;
    this.credit += other.credit;
  }

  subtract(other: AgingSums): void {
    for (let index = 0; index < this.buckets.length; index += 1) this.buckets[index]! -= other.buckets[index]!;
    this.outstanding -= other.outstanding;
    this.credit -= other.credit;
  }

  /** Amounts as strings of minor units. */
  toReport(): { buckets: AgingBuckets<string>; outstanding: string; credit: string } {
    const [notDue, d1to30, d31to60, d61to90, d91plus] = this.buckets;
    return {
      buckets: {
        notDue: `${notDue}`,
        d1to30: `${d1to30}`,
        d31to60: `${d31to60}`,
        d61to90: `${d61to90}`,
        d91plus: `${d91plus}`,
      },
      outstanding: `${this.outstanding}`,
      credit: `${this.credit}`,
    };
  }
}
