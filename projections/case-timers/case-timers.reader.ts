import type { Instant } from '#libs/kernel';
import { pagesOf, type ReadStore } from '#libs/read-store';
import type { DueTimer, ProvisionalDeadline } from '#libs/service-desk';
import {
  caseTimersProjection,
  PROVISIONAL_INDEX,
  TIMER_ORDER_INDEX,
  type CaseTimersDocument,
} from './case-timers.projection.js';

export interface TimerQuery {
  /** Without it the cases of all communities. */
  readonly communityId?: string | undefined;
}

type Stored = CaseTimersDocument & { readonly _id: string; readonly position: bigint };

const BATCH = 1_000;

/** Cases by the timer that goes off next, and those whose deadline is provisional. */
export class CaseTimersReader {
  constructor(
    private readonly store: ReadStore,
    /** Cases that are looked at together. */
    private readonly pageCases = BATCH,
  ) {}

  /** Position that answers reflect; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(caseTimersProjection);
  }

  /**
   * The first timers with a deadline before `now`, by deadline. Some of many: ask again once these are folded. Later timers of
   * the same cases are left for then where timers of other cases come before them.
   */
  async findDue(now: Instant, query: TimerQuery = {}): Promise<DueTimer[]> {
    const found = await (await this.due(now, query)).toArray();
    const complete = found.length < this.pageCases;
    const through = complete ? now : found.at(-1)!.nextAt!;
    return found
      .flatMap(({ communityId, kind, caseId, timers }) =>
        timers.map((timer) => ({ communityId, kind, caseId, ...timer })),
      )
      .filter(({ deadlineAt }) => deadlineAt < now && deadlineAt <= through)
      .sort((a, b) => (a.deadlineAt < b.deadlineAt ? -1 : a.deadlineAt > b.deadlineAt ? 1 : 0));
  }

  async *listProvisional(query: TimerQuery = {}): AsyncGenerator<ProvisionalDeadline> {
    for await (const page of pagesOf(await this.provisional(query))) {
      for (const { communityId, kind, caseId, calendar, provisionalBy, since } of page)
        yield { communityId, kind, caseId, calendar, countedBy: provisionalBy!, since };
    }
  }

  /** How the server would run `findDue` and `listProvisional`. */
  async explain(
    now: Instant,
    verbosity: 'queryPlanner' | 'executionStats' = 'queryPlanner',
  ): Promise<readonly [object, object]> {
    const [due, provisional] = [await this.due(now, {}), await this.provisional({})];
    return [await due.explain(verbosity), await provisional.explain(verbosity)];
  }

  private async due(now: Instant, query: TimerQuery) {
    const timers = await this.store.liveCollection<Stored>(caseTimersProjection);
    // Strings only: what has no timer holds null.
    return timers
      .find({ nextAt: { $gt: '', $lt: now }, ...communityOf(query) }, { batchSize: BATCH })
      .sort(TIMER_ORDER_INDEX.key)
      .limit(this.pageCases);
  }

  private async provisional(query: TimerQuery) {
    const timers = await this.store.liveCollection<Stored>(caseTimersProjection);
    return timers
      .find({ provisionalBy: { $gt: '' }, ...communityOf(query) }, { batchSize: BATCH })
      .sort(PROVISIONAL_INDEX.key);
  }
}

function communityOf({ communityId }: TimerQuery): { communityId?: string } {
  return communityId === undefined ? {} : { communityId };
}
