import { DomainError, systemClock, type Clock } from '#libs/kernel';
import {
  LIVE_SET,
  type DiscardDecision,
  type DiscardedEvent,
  type MongoProjectionStore,
  type ParkedEntry,
  type ParkedSequence,
  type ReadStore,
} from '#libs/read-store';
import { ParkingLot } from '../parking.js';
import { EventReader, type Upcast } from '../projected-event.js';
import type { ProjectedEvent, Projection, SourceEvent } from '../projection.js';
import type { EventSource } from '../source.js';
import { requireCode } from '../targets.js';

/** What work on read models beside their folding needs. Nobody may fold the same read models meanwhile. */
export interface Workshop {
  readonly store: ReadStore;
  readonly source: EventSource;
  readonly projections: readonly Projection[];
  readonly upcast?: Upcast;
  readonly clock?: Clock;
}

/** One sequence that stands still, with the code that is to fold it. */
export interface OpenSequence {
  readonly sequence: ParkedSequence;
  readonly projection: Projection;
  readonly target: MongoProjectionStore;
  /** Sequences of one read model parked as streams, by name, with the position from which on they wait. */
  readonly streams: Map<string, bigint>;
  newLot(): ParkingLot;
}

/** A page of a sequence: its events, and the first one behind them. */
export interface SequencePage {
  readonly events: readonly ProjectedEvent[];
  readonly entries: readonly ParkedEntry[];
  readonly next: ParkedEntry | undefined;
}

const PAGE = 500;
const NEAR = 50n;

/**
 * Opens the read model first, which no earlier holder of the lease can change then. A discard that was cut off after it was decided is completed.
 * @throws DomainError READ_MODEL_NOT_FOUND, READ_MODEL_CODE_MISSING; ReadStoreError LEASE_LOST
 */
export async function openSequence(entry: ParkedEntry, shop: Workshop): Promise<OpenSequence> {
  const { collection, model, version, scope, key } = entry;
  const known = shop.projections.find(({ name }) => name === model);
  if (!known) throw new DomainError('READ_MODEL_NOT_FOUND', `this program has no read model ${model}`);
  const projection = requireCode(known, version);
  const target = storeOf(entry, shop);
  await target.readCheckpoint();
  if (entry.discard) await shop.store.parked.discard(discardedEvent(entry, entry.discard));
  const streams = await target.parkedStreams();
  const discarded = await target.discarded();
  const now = (): string => (shop.clock ?? systemClock).now();
  const newLot = (): ParkingLot => new ParkingLot({ collection, model, version, streams, discarded, now });
  return { sequence: { collection, scope, key }, projection, target, streams, newLot };
}

/** What is kept of a discard: in later builds of the read model the event is left out, too, where it cannot be folded. */
function discardedEvent(entry: ParkedEntry, decision: DiscardDecision): DiscardedEvent {
  const { _id, model, scope, key, stream, revision, position } = entry;
  return { _id, model, scope, key, stream, revision, position, ...decision };
}

/** The store of the collection that an entry is of: `<name>.v<version>.<set>`. */
export function storeOf({ collection, model, version }: ParkedEntry, { store }: Workshop): MongoProjectionStore {
  return store.projectionStore({ name: model, version }, collection.split('.')[2] ?? LIVE_SET);
}

/** The events that wait first, read again from their streams and brought into the shape that today's code gives them. */
export async function nextPage(sequence: ParkedSequence, shop: Workshop): Promise<SequencePage> {
  const found = await shop.store.parked.listSequence(sequence, PAGE + 1);
  const entries = found.slice(0, PAGE);
  const stored = await readEvents(entries, shop.source);
  const events = new EventReader(shop.upcast).read(stored);
  return { events, entries, next: found[PAGE] };
}

/** The entries' events in their order. Those that lie near each other in a stream are read together. */
async function readEvents(entries: readonly ParkedEntry[], source: EventSource): Promise<SourceEvent[]> {
  const found = new Map<string, SourceEvent>();
  for (const [stream, revisions] of runsByStream(entries)) {
    for (const [first, last] of revisions) {
      for await (const page of source.readStream(stream, { fromRevision: first, limit: Number(last - first) + 1 }))
        for (const event of page) found.set(`${stream}@${event.revision}`, event);
    }
  }
  return entries.map(({ stream, revision, position }) => {
    const event = found.get(`${stream}@${revision}`);
    if (!event) throw new DomainError('EVENT_NOT_FOUND', `the event store has no ${stream}@${revision}`);
    // Some servers do not say the position in a read of a stream.
    return { ...event, position };
  });
}

/** First and last revision of each run in which less than so many events lie between two that are wanted. */
function runsByStream(entries: readonly ParkedEntry[]): Map<string, [bigint, bigint][]> {
  const runs = new Map<string, [bigint, bigint][]>();
  for (const { stream, revision } of entries) {
    const own = runs.get(stream) ?? [];
    const last = own.at(-1);
    if (last && revision - last[1] <= NEAR) last[1] = revision;
    else own.push([revision, revision]);
    runs.set(stream, own);
  }
  return runs;
}
