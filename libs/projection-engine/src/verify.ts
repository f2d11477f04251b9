import { randomUUID } from 'node:crypto';
import { systemClock } from '#libs/kernel';
import { collectionName, LIVE_SET, rawDocuments, type ReadStore } from '#libs/read-store';
import { compareDocuments, type Comparison, type Difference } from './compare.js';
import { Drain, type CatchUpOptions, type DrainOptions } from './drain.js';
import type { Projection } from './projection.js';
import { Tally } from './tally.js';

export interface VerifyOptions extends CatchUpOptions, Omit<DrainOptions, 'set' | 'stores' | 'indexed'> {
  readonly store: ReadStore;
}

export interface VerifiedProjection {
  readonly name: string;
  /** Events that the rebuild folded. */
  readonly events: number;
  /** Documents that the rebuild made. */
  readonly documents: number;
  readonly differenceCount: number;
  /** The first thousand. */
  readonly differences: readonly Difference[];
}

/** A rebuild that was not touched for so long belongs to a process that is gone. */
const ABANDONED_AFTER_MS = 3_600_000;
/** Documents that change while they are compared are caught up with and compared again. */
const MOST_ROUNDS = 3;

/**
 * Rebuilds every read model from zero beside the live one, up to a position that the live ones have reached, and compares them document by
 * document. Queries go on meanwhile, and so may the folding of new events. The rebuilt set is dropped at the end.
 */
export async function verifyProjections(upTo: bigint, options: VerifyOptions): Promise<VerifiedProjection[]> {
  const { store, projections, clock = systemClock, onProgress, signal } = options;
  const set = `rebuild-${randomUUID().slice(0, 8)}`;
  await store.dropAbandonedSets(projections, earlier(clock.now(), ABANDONED_AFTER_MS));
  const drain = new Drain({ ...options, stores: store, set, indexed: false });
  try {
    for (const projection of projections) await announce(store, projection, set, clock.now());
    await drain.catchUp(upTo, { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) });
    const verified: VerifiedProjection[] = [];
    for (const projection of projections) verified.push(await verifyOne(projection, upTo, { store, set, drain }));
    return verified;
  } finally {
    await store.dropSet(projections, set);
  }
}

/** A set has a checkpoint before it has a document: killed at any moment, it is found and dropped later. */
async function announce(store: ReadStore, projection: Projection, set: string, updatedAt: string): Promise<void> {
  const target = store.projectionStore(projection, set);
  await target.saveCheckpoint({ _id: target.name, position: -1n, updatedAt, counts: {}, sums: {} });
}

async function verifyOne(
  projection: Projection,
  upTo: bigint,
  { store, set, drain }: { store: ReadStore; set: string; drain: Drain },
): Promise<VerifiedProjection> {
  let reached = upTo;
  let comparison = await compareSets(store, projection, set, reached);
  for (let round = 1; comparison.differenceCount > 0 && round < MOST_ROUNDS; round += 1) {
    const live = await store.livePosition(projection);
    // An append-only document that differs stays different; a folded one may have moved on in the live set only.
    if (projection.appendOnly || live <= reached) break;
    await drain.catchUp(live);
    reached = live;
    comparison = await compareSets(store, projection, set, reached);
  }
  const checkpoint = await store.projectionStore(projection, set).readCheckpoint();
  return { name: projection.name, events: Number(Tally.fromCheckpoint(checkpoint).total()), ...comparison };
}

/** Append-only documents are compared up to the position, so that the live set may grow meanwhile. */
function compareSets(store: ReadStore, projection: Projection, set: string, upTo: bigint): Promise<Comparison> {
  const documents = (name: string) => rawDocuments(store.collection(name), projection.appendOnly ? upTo : undefined);
  return compareDocuments(documents(collectionName(projection, LIVE_SET)), documents(collectionName(projection, set)));
}

function earlier(instant: string, ms: number): string {
  return new Date(Date.parse(instant) - ms).toISOString();
}
