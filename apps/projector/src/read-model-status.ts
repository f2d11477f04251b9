import { measureLag, type Lag } from '#libs/projection-engine';
import type { Clock } from '#libs/kernel';
import type { EventStore } from '#libs/event-store';
import type { ReadStore } from '#libs/read-store';
import { auditTrailProjection, ConservationReader, EVENT_TYPES, projections, type BrokenIdentity } from '#projections';

/** How the read models are, whoever folds them. */
export interface ReadModelStatus {
  readonly lag: readonly Lag[];
  /** Sequences of events that stand still, by read model. */
  readonly parked: ReadonlyMap<string, number>;
  /** Identities of domain.md §4 that do not hold. */
  readonly broken: readonly BrokenIdentity[];
  /** Events in the log of types that this program does not know, by type: a later program's, or a stray. */
  readonly unknown: ReadonlyMap<string, number>;
}

interface Stores {
  readonly eventStore: EventStore;
  readonly readStore: ReadStore;
}

export function lagOf({ eventStore: source, readStore: store }: Stores, clock?: Clock): Promise<Lag[]> {
  return measureLag({ source, store, projections, ...(clock ? { clock } : {}) });
}

export function brokenIdentities({ readStore }: Pick<Stores, 'readStore'>): Promise<BrokenIdentity[]> {
  return new ConservationReader(readStore, projections).findBroken();
}

export async function readModelStatus(stores: Stores, clock?: Clock): Promise<ReadModelStatus> {
  const [lag, broken, checkpoints] = await Promise.all([
    lagOf(stores, clock),
    brokenIdentities(stores),
    stores.readStore.liveCheckpoints(projections),
  ]);
  const parked = new Map(projections.map(({ name }, n) => [name, Number(checkpoints[n]?.parked ?? 0n)]));
  // The audit trail folds every type: its checkpoint counts them all.
  const counts = checkpoints[projections.indexOf(auditTrailProjection)]?.counts ?? {};
  const unknown = Object.entries(counts).filter(([type]) => !EVENT_TYPES.has(type));
  return { lag, broken, parked, unknown: new Map(unknown.map(([type, count]) => [type, Number(count)])) };
}
