import { pagesOf, type ReadStore } from '#libs/read-store';
import { applyStep, nextDeadline, openStanding } from '#libs/service-desk';
import {
  OPENING_ORDER_INDEX,
  serviceQualityProjection,
  type CaseFactDocument,
} from '../service-quality/service-quality.projection.js';
import type { QueuedCaseDocument } from './case-queue.projection.js';

/** A case as its facts up to some position leave it: what the queue held when it had folded them. Undefined where the opening is missing. */
export function queuedByFacts(facts: readonly CaseFactDocument[]): QueuedCaseDocument | undefined {
  const [opening] = facts;
  const last = facts.at(-1);
  if (!opening?.deadlines || !last) return undefined;
  let standing = openStanding(opening.openedAt, opening.deadlines);
  for (const { step } of facts) if (step) standing = applyStep(standing, step);
  const next = nextDeadline(standing);
  const { communityId, caseId, kind, severity, team, agent, openedAt } = last;
  return {
    ...{ communityId, caseId, kind, status: standing.status, severity, team, handler: agent, openedAt },
    lastAt: last.at,
    standing,
    idle: next === undefined,
    dueAt: next?.at ?? null,
    due: next?.milestone ?? null,
  };
}

type Fact = CaseFactDocument & { readonly position: bigint };

const BATCH = 2_000;

/** The cases of a community as they stood at a position, in the order of their opening; the facts of one case in memory. */
export async function* queueAt(
  store: ReadStore,
  { communityId, position }: { readonly communityId: string; readonly position: bigint },
): AsyncGenerator<QueuedCaseDocument> {
  const collection = await store.liveCollection<Fact>(serviceQualityProjection);
  const filter = { communityId, position: { $lte: position } };
  const cursor = collection.find(filter, { batchSize: BATCH }).sort(OPENING_ORDER_INDEX.key);
  let facts: Fact[] = [];
  for await (const page of pagesOf(cursor)) {
    for (const fact of page) {
      if (facts.length > 0 && facts[0]!.stream !== fact.stream) {
        const document = queuedByFacts(facts);
        if (document) yield document;
        facts = [];
      }
      facts.push(fact);
    }
  }
  const document = queuedByFacts(facts);
  if (document) yield document;
}

type Place = Pick<QueuedCaseDocument, 'dueAt' | 'caseId' | 'kind'>;

/** As the queue's index orders: cases without a running clock last, texts by their UTF-8 bytes. */
export function compareInQueue(a: Place, b: Place): number {
  const idle = Number(a.dueAt === null) - Number(b.dueAt === null);
  return idle || byBytes(a.dueAt ?? '', b.dueAt ?? '') || byBytes(a.caseId, b.caseId) || byBytes(a.kind, b.kind);
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** The first of many in the queue's order; memory is that of a few times as many as are asked for. */
export class FirstInQueue {
  private kept: QueuedCaseDocument[] = [];

  constructor(private readonly limit: number) {}

  add(document: QueuedCaseDocument): void {
    this.kept.push(document);
    if (this.kept.length >= 2 * this.limit + 1_000) this.kept = this.inOrder();
  }

  inOrder(): QueuedCaseDocument[] {
    return this.kept.sort(compareInQueue).slice(0, this.limit);
  }
}
