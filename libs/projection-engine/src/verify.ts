import { randomUUID } from 'node:crypto';
import { systemClock } from '#libs/kernel';
import { collectionName, rawDocuments, type ReadStore } from '#libs/read-store';
import { compareDocuments, type Comparison, type Difference } from './compare.js';
import { Drain, type CatchUpOptions, type DrainOptions } from './drain.js';
import type { Projection } from './projection.js';
import { parkedDifferences, parkedOf } from './operations/parked-list.js';
import { Tally } from './tally.js';
import { requireCode, type Target } from './targets.js';

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
 * document. Queries go on meanwhile, and so may the folding of new events. What stands still on either side is a difference: it is not proven.
 * The rebuilt set is dropped at the end.
 */
export async function verifyProjections(upTo: bigint, options: VerifyOptions): Promise<VerifiedProjection[]> {
  const { store, projections, clock = systemClock, onProgress, signal } = options;
  const set = `rebuild-${randomUUID().slice(0, 8)}`;
  await store.dropAbandonedSets(projections, earlier(clock.now(), ABANDONED_AFTER_MS));
  const sides: Side[] = [];
  for (const projection of projections) sides.push(await sideOf(projection, set, store));
  const drain = new Drain({ ...options, stores: store, targets: sides, indexed: false });
  try {
    for (const { projection } of sides) await announce(store, projection, set, clock.now());
    await drain.catchUp(upTo, { ...(onProgress ? { onProgress } : {}), ...(signal ? { signal } : {}) });
    const verified: VerifiedProjection[] = [];
    for (const side of sides) verified.push(await verifyOne(side, upTo, { store, drain }));
    return verified;
  } finally {
    for (const { projection } of sides) await store.dropSet([projection], set);
  }
}

/** What is compared: the live build, and the set into which its own code folds everything again. */
interface Side extends Target {
  readonly live: string;
  readonly rebuilt: string;
}

async function sideOf(today: Projection, set: string, store: ReadStore): Promise<Side> {
  const build = await store.liveBuild(today);
  const projection = requireCode(today, build.version);
  return { projection, set, live: collectionName(projection, build.set), rebuilt: collectionName(projection, set) };
}

/** A set has a checkpoint before it has a document: killed at any moment, it is found and dropped later. */
async function announce(store: ReadStore, projection: Projection, set: string, updatedAt: string): Promise<void> {
  const target = store.projectionStore(projection, set);
  await target.saveCheckpoint({ _id: target.name, position: -1n, updatedAt, counts: {}, sums: {} });
}

async function verifyOne(
  side: Side,
  upTo: bigint,
  { store, drain }: { store: ReadStore; drain: Drain },
): Promise<VerifiedProjection> {
  const { projection } = side;
  let reached = upTo;
  let comparison = await compareSets(store, side, reached);
  for (let round = 1; comparison.differenceCount > 0 && round < MOST_ROUNDS; round += 1) {
    const live = await store.livePosition(projection);
    // An append-only document that differs stays different; a folded one may have moved on in the live set only.
    if (projection.appendOnly || live <= reached) break;
    await drain.catchUp(live);
    reached = live;
    comparison = await compareSets(store, side, reached);
  }
  const checkpoint = await store.findCheckpoint(side.rebuilt);
  const parked = parkedDifferences(await parkedOf(side.live, { store }), await parkedOf(side.rebuilt, { store }));
  return {
    name: projection.name,
    events: Number(Tally.fromCheckpoint(checkpoint).total()),
    documents: comparison.documents,
    differenceCount: comparison.differenceCount + parked.length,
    differences: [...comparison.differences, ...parked],
  };
}

/** Append-only documents are compared up to the position, so that the live set may grow meanwhile. */
function compareSets(store: ReadStore, { projection, live, rebuilt }: Side, upTo: bigint): Promise<Comparison> {
  const documents = (name: string) => rawDocuments(store.collection(name), projection.appendOnly ? upTo : undefined);
  return compareDocuments(documents(live), documents(rebuilt), { ignored: new Set(['parked']) });
}

function earlier(instant: string, ms: number): string {
  return new Date(Date.parse(instant) - ms).toISOString();
}
