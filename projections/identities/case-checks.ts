import { pagesOf, type ReadStore } from '#libs/read-store';
import { MILESTONES, ServiceTally, type CaseStanding } from '#libs/service-desk';
import { caseQueueProjection, type QueuedCaseDocument } from '../case-queue/case-queue.projection.js';
import {
  OPENING_ORDER_INDEX,
  serviceQualityProjection,
  type CaseFactDocument,
} from '../service-quality/service-quality.projection.js';
import { recordOf } from '../service-quality/service-quality.reader.js';
import { IDENTITIES } from './names.js';
import { Violations, type IdentityResult } from './violations.js';

type Fact = CaseFactDocument & { readonly position: bigint };
type Queued = Pick<QueuedCaseDocument, 'status' | 'standing'> & { readonly _id: string; readonly position: bigint };

/** All that has happened, future clocks included. */
const LAST = '9999-12-31T23:59:59.999Z';
const BATCH = 2_000;
/** Cases compared at a time. */
const CASES = 500;

/**
 * The identities of cases (domain.md §4): each is in exactly one state, and counts once in every milestone unless it ended
 * unhandled. Two read models that know nothing of each other must agree on it, case by case; those that the queue has folded
 * further meanwhile are left out.
 */
export async function caseIdentities(store: ReadStore): Promise<IdentityResult[]> {
  const checkpoints = await store.liveCheckpoints([serviceQualityProjection, caseQueueProjection]);
  const upTo = checkpoints.map((each) => each?.position ?? -1n).reduce((a, b) => (a < b ? a : b));
  const states = new Violations(IDENTITIES.states);
  const milestones = new Violations(IDENTITIES.milestones);
  const tally = new ServiceTally({ from: '0001-01-01', to: '9998-12-31', asOf: LAST, timeZone: 'UTC' });
  for await (const cases of batchesOf(store, upTo)) {
    const queued = await queuedCases(store, [...cases.keys()]);
    for (const [stream, facts] of cases) {
      const standing = tally.add(recordOf(facts))!;
      const found = queued.get(stream);
      if (!found) states.add(`${stream} is missing in the queue`);
      else if (found.position <= upTo && !agree(found, standing)) {
        states.add(`${stream}: ${standing.status} by its facts, ${found.status} in the queue`);
      }
    }
  }
  const figures = tally.figures();
  const counted = figures.opened - figures.rejected - figures.withdrawn - figures.duplicate;
  for (const name of MILESTONES) {
    const { met, breached, running } = figures[name];
    if (met + breached + running !== counted)
      milestones.add(`${name}: ${met} + ${breached} + ${running} of ${counted}`);
  }
  return [states.result(), milestones.result()];
}

function agree({ status, standing }: Queued, other: CaseStanding): boolean {
  const done = MILESTONES.every((milestone) => standing.doneAt[milestone] === other.doneAt[milestone]);
  return status === other.status && done && standing.deadlines.complete.at === other.deadlines.complete.at;
}

/** The facts of some hundred cases at a time, each case's in their order. */
async function* batchesOf(store: ReadStore, upTo: bigint): AsyncGenerator<Map<string, Fact[]>> {
  const collection = await store.liveCollection<Fact>(serviceQualityProjection);
  const cursor = collection.find({ position: { $lte: upTo } }, { batchSize: BATCH }).sort(OPENING_ORDER_INDEX.key);
  let cases = new Map<string, Fact[]>();
  for await (const page of pagesOf(cursor)) {
    for (const fact of page) {
      const own = cases.get(fact.stream);
      if (own) own.push(fact);
      else {
        if (cases.size >= CASES) {
          yield cases;
          cases = new Map();
        }
        cases.set(fact.stream, [fact]);
      }
    }
  }
  if (cases.size > 0) yield cases;
}

async function queuedCases(store: ReadStore, streams: readonly string[]): Promise<Map<string, Queued>> {
  const collection = await store.liveCollection<Queued>(caseQueueProjection);
  const found = await collection.find({ _id: { $in: [...streams] } }).toArray();
  return new Map(found.map((queued) => [queued._id, queued]));
}
