import { millisecondsBetween, type Instant } from '#libs/kernel';
import { pagesOf, type ReadStore, type StoredDocument } from '#libs/read-store';
import {
  isExcluded,
  milestonesAt,
  type CaseKind,
  type CaseStatus,
  type Milestone,
  type MilestoneStanding,
} from '#libs/service-desk';
import { compareInQueue, FirstInQueue, queueAt } from './case-history.js';
import {
  caseQueueProjection,
  QUEUE_ORDER_INDEX,
  STATUS_INDEX,
  type QueuedCaseDocument,
} from './case-queue.projection.js';

export interface QueueQuery {
  readonly communityId: string;
  readonly status?: CaseStatus;
  /** Only cases with a breached milestone. */
  readonly breached?: boolean;
  /** The instant at which clocks are read. */
  readonly now: Instant;
  /** Only what comes behind this place of the queue. */
  readonly after?: QueuePlace;
  /** How many cases are asked of the server at a time; a page of a list needs no more than it shows. */
  readonly pageSize?: number;
}

/** The queue as it was. */
export interface PastQueueQuery extends QueueQuery {
  /** Everything up to it, and nothing else, was folded. */
  readonly position: bigint;
  /** At most so many are asked for; all without it. */
  readonly limit?: number;
}

/** A case's place in the queue. */
export type QueuePlace = Pick<QueuedCaseDocument, 'dueAt' | 'caseId' | 'kind'>;

/** A case in the queue; `minutesLeft` on the clock that ends next is negative when it is overdue, null when none runs. */
export interface QueuedCase {
  readonly caseId: string;
  readonly kind: CaseKind;
  readonly state: CaseStatus;
  readonly severity: string | null;
  readonly team: string | null;
  readonly handler: string | null;
  readonly openedAt: Instant;
  readonly reopened: boolean;
  readonly paused: boolean;
  readonly due: Milestone | null;
  readonly dueAt: Instant | null;
  readonly minutesLeft: number | null;
  readonly provisional: boolean;
  readonly milestones: Readonly<Record<Milestone, Omit<MilestoneStanding, 'milestone'>>> | null;
  /** Position from which on facts of the case are missing here; absent where none is. */
  readonly staleSince?: string;
}

type Stored = QueuedCaseDocument & Pick<StoredDocument, 'position' | 'parked'>;

const BATCH = 1_000;
const MS_PER_MINUTE = 60_000;

/** The queue of cases: those whose next clock ends first come first, those without a running clock last. */
export class CaseQueueReader {
  constructor(private readonly store: ReadStore) {}

  /** Position that answers reflect; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(caseQueueProjection);
  }

  async *listCases(query: QueueQuery): AsyncGenerator<QueuedCase> {
    for (const stretch of stretchesFrom(query.after)) {
      for await (const page of pagesOf(await this.find(query, stretch))) {
        for (const document of page) {
          const found = queuedCase(document, query.now);
          if (!query.breached || isBreached(found)) yield found;
        }
      }
    }
  }

  /**
   * The queue as it stood at an earlier position, from the facts of the cases that the read model service quality keeps: the queue itself knows
   * the present only. It reads all facts of the community up to there.
   */
  async *listCasesAt(query: PastQueueQuery): AsyncGenerator<QueuedCase> {
    const first = new FirstInQueue(query.limit ?? Number.MAX_SAFE_INTEGER);
    for await (const document of queueAt(this.store, query)) {
      const isWanted = query.status === undefined || document.status === query.status;
      const isBehind = query.after === undefined || compareInQueue(document, query.after) > 0;
      if (!isWanted || !isBehind) continue;
      if (!query.breached || isBreached(queuedCase(document, query.now))) first.add(document);
    }
    for (const document of first.inOrder()) yield queuedCase(document, query.now);
  }

  /** How the server would run `listCases`; with its execution: the first page of it. */
  async explain(query: QueueQuery, verbosity: 'queryPlanner' | 'executionStats' = 'queryPlanner'): Promise<object> {
    return (await this.find(query)).limit(query.pageSize ?? BATCH).explain(verbosity);
  }

  private async find(query: QueueQuery, stretch: object = stretchesFrom(query.after)[0]!) {
    const { communityId, status, pageSize = BATCH } = query;
    const cases = await this.store.liveCollection<Stored>(caseQueueProjection);
    const options = { batchSize: pageSize };
    return status === undefined
      ? cases.find({ communityId, ...stretch }, options).sort(QUEUE_ORDER_INDEX.key)
      : cases.find({ communityId, status, ...stretch }, options).sort(STATUS_INDEX.key);
  }
}

/**
 * What is left of the queue behind a place, as stretches of the index, one after the other. A case without a running clock stands behind all
 * that have one. The bounds beside the alternatives are what lets the index start at the place.
 */
function stretchesFrom(place: QueuePlace | undefined): readonly object[] {
  if (place === undefined) return [{}];
  const { dueAt, caseId, kind } = place;
  const behindCase = [{ caseId: { $gt: caseId } }, { caseId, kind: { $gt: kind } }];
  if (dueAt === null) return [{ idle: true, dueAt, caseId: { $gte: caseId }, $or: behindCase }];
  const sameDue = behindCase.map((alternative) => ({ dueAt, ...alternative }));
  return [{ idle: false, dueAt: { $gte: dueAt }, $or: [{ dueAt: { $gt: dueAt } }, ...sameDue] }, { idle: true }];
}

function queuedCase(document: QueuedCaseDocument & Pick<StoredDocument, 'parked'>, now: Instant): QueuedCase {
  const { caseId, kind, status, severity, team, handler, openedAt, standing, due, dueAt } = document;
  return {
    ...{ caseId, kind, state: status, severity, team, handler, openedAt },
    reopened: standing.reopened,
    paused: standing.pausedAt !== null,
    ...{ due, dueAt },
    minutesLeft: dueAt === null ? null : Math.floor(millisecondsBetween(now, dueAt) / MS_PER_MINUTE),
    provisional: standing.deadlines.complete.provisional,
    milestones: isExcluded(status) ? null : milestonesOf(document, now),
    ...(document.parked ? { staleSince: document.parked.since.toString() } : {}),
  };
}

function milestonesOf({ standing }: QueuedCaseDocument, now: Instant): NonNullable<QueuedCase['milestones']> {
  const entries = milestonesAt(standing, now).map(({ milestone, ...rest }) => [milestone, rest] as const);
  return Object.fromEntries(entries) as NonNullable<QueuedCase['milestones']>;
}

function isBreached({ milestones }: QueuedCase): boolean {
  return milestones !== null && Object.values(milestones).some(({ status }) => status === 'breached');
}
