import { LIVE_SET, type BuildName, type ParkedEntry, type ProjectionStore, type VersionedName } from '#libs/read-store';
import { systemClock, type Clock } from '#libs/kernel';
import type { BatchObserver } from './batch-report.js';
import { InOrder } from './in-order.js';
import { Intake } from './intake.js';
import { Lane, type LaneOptions } from './lane.js';
import { EventReader, type Upcast } from './projected-event.js';
import type { Projection } from './projection.js';
import { watchedForPurity } from './purity.js';
import { foldedTargets, type Target } from './targets.js';
import type { EventSource, SourceChunk } from './source.js';
import { Tally } from './tally.js';
import { TimedStore } from './timed-store.js';
import type { Deferral } from './unwritten.js';

/** Where lanes get their stores: `ReadStore` is one. */
export interface ProjectionStores {
  projectionStore(model: Projection, set?: string): ProjectionStore;
  /** Builds of each model that are folded with every event; where nobody tells, it is one of today's version. */
  foldedBuilds?(models: readonly VersionedName[]): Promise<ReadonlyMap<string, readonly BuildName[]>>;
}

export interface DrainOptions {
  readonly source: EventSource;
  readonly stores: ProjectionStores;
  readonly projections: readonly Projection[];
  /** Brings stored data into today's shape; without it data is taken as stored. */
  readonly upcast?: Upcast;
  readonly clock?: Clock;
  /** The set that is folded into, of today's version; without it all that the stores name as folded. */
  readonly set?: string;
  /** In place of `set`: the very builds. */
  readonly targets?: readonly Target[];
  /** Told of each event that failed, once it is parked: the place for a line in the log and a figure. After a crash perhaps again. */
  readonly onParked?: (entry: ParkedEntry) => void;
  /** Told of each batch that a projection has written. */
  readonly onBatch?: BatchObserver;
  /** False: a set that no query is put to does without its indexes. */
  readonly indexed?: boolean;
  /** Most events in one batch. */
  readonly maxBatchEvents?: number;
  /** How long a live batch waits to fill up, in milliseconds. */
  readonly maxBatchDelayMs?: number;
  /** Events asked of the source at a time. */
  readonly pageSize?: number;
  /** How much a catch-up folds before it writes documents that change. */
  readonly deferral?: Deferral;
  /** Least time between checkpoints where none is needed at once, in milliseconds. */
  readonly checkpointIntervalMs?: number;
}

export interface CatchUpProgress {
  /** Events read in this run. */
  readonly events: number;
  readonly position: bigint;
  readonly to: bigint;
}

export interface CatchUpOptions {
  readonly onProgress?: (progress: CatchUpProgress) => void;
  readonly signal?: AbortSignal;
}

/** Measured: each batch costs every projection a write that is waited for; with 500 events waiting was half of a rebuild. */
const BATCH_EVENTS = 2_000;
const PAGE_EVENTS = 500;
/** A few seconds of a rebuild; what is kept of them are a few hundred bytes for each document. */
const DEFERRAL: Deferral = {
  events: 50_000,
  ...{ documents: 20_000, bytes: 4 * 1024 * 1024 },
  packBytes: 16 * 1024 * 1024,
};
const CHECKPOINT_INTERVAL_MS = 1_000;
/** A reader waits for its token at most this much longer because nothing that it reads has changed. */
const LIVE_CHECKPOINT_INTERVAL_MS = 10;

/** One reader of $all for many projections, each with its own checkpoint. Nothing is kept between runs but the checkpoints. */
export class Drain {
  constructor(private readonly options: DrainOptions) {}

  /**
   * Folds everything up to a position (at most the store's present head) and stops; all checkpoints are then there or beyond.
   * An event that a projection fails on is parked, and passed. @throws ProjectionError PROJECTION_IMPURE; DomainError READ_MODEL_CODE_MISSING
   */
  async catchUp(to: bigint, { onProgress, signal }: CatchUpOptions = {}): Promise<void> {
    const head = await this.options.source.headPosition();
    const target = to < head ? to : head;
    let events = 0;
    const told = (chunk: SourceChunk): void => {
      events += chunk.events.length;
      onProgress?.({ events, position: chunk.upTo, to: target });
    };
    const lanes = await this.openLanes({ prompt: false, deferral: this.options.deferral ?? DEFERRAL });
    await this.foldUntil(target, lanes, told, signal);
    if (lanes.some((lane) => lane.contended)) {
      await this.foldUntil(target, await this.openLanes({ prompt: false }), told, signal);
    }
  }

  private async foldUntil(
    target: bigint,
    lanes: readonly Lane[],
    onBatch: (chunk: SourceChunk) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const after = lowestPosition(lanes);
    if (after >= target) return;
    const intake = new Intake({ maxBatchEvents: this.options.maxBatchEvents ?? BATCH_EVENTS, maxBatchDelayMs: 0 });
    const types = unionOfTypes(lanes);
    const read = (stop: AbortSignal): AsyncIterable<SourceChunk> => this.readUntil(target, { after, types }, stop);
    await this.run(lanes, intake, read, signal, onBatch);
    signal?.throwIfAborted();
  }

  /**
   * Folds events as they come until the signal aborts; then finishes the writes under way and returns. Rejects when the source or the read
   * store fails (see `LiveRunner`, which starts it again).
   */
  async live(signal: AbortSignal, onBatch?: (upTo: bigint) => void): Promise<void> {
    const lanes = await this.openLanes({ prompt: true });
    const { maxBatchEvents = BATCH_EVENTS, maxBatchDelayMs = 0 } = this.options;
    const intake = new Intake({ maxBatchEvents, maxBatchDelayMs });
    const lowest = lowestPosition(lanes);
    const after = lowest < 0n ? 0n : lowest;
    const subscribe = (stop: AbortSignal): AsyncIterable<SourceChunk> =>
      this.options.source.subscribeAll({ after, signal: stop });
    await this.run(lanes, intake, subscribe, signal, (chunk) => onBatch?.(chunk.upTo));
  }

  private async openLanes({ prompt, deferral }: Pick<LaneOptions, 'prompt' | 'deferral'>): Promise<Lane[]> {
    const { stores, clock = systemClock, checkpointIntervalMs, onParked, onBatch } = this.options;
    const options: LaneOptions = {
      prompt,
      deferral,
      indexed: this.options.indexed ?? true,
      checkpointIntervalMs: checkpointIntervalMs ?? (prompt ? LIVE_CHECKPOINT_INTERVAL_MS : CHECKPOINT_INTERVAL_MS),
      now: () => clock.now(),
      ...(onParked ? { onParked } : {}),
      ...(onBatch ? { onBatch } : {}),
    };
    const open = ({ projection, set }: Target): Promise<Lane> =>
      Lane.open(watchedForPurity(projection), new TimedStore(stores.projectionStore(projection, set)), options);
    return Promise.all((await this.targets()).map(open));
  }

  private async targets(): Promise<readonly Target[]> {
    const { targets, projections, set, stores } = this.options;
    if (targets) return targets;
    if (set !== undefined || !stores.foldedBuilds) {
      return projections.map((projection) => ({ projection, set: set ?? LIVE_SET }));
    }
    return foldedTargets(projections, await stores.foldedBuilds(projections));
  }

  private async run(
    lanes: readonly Lane[],
    intake: Intake,
    open: (stop: AbortSignal) => AsyncIterable<SourceChunk>,
    signal: AbortSignal | undefined,
    onBatch: (chunk: SourceChunk) => void,
  ): Promise<void> {
    const reader = new EventReader(this.options.upcast);
    const inOrder = new InOrder();
    for (const lane of lanes) lane.onFailure = (error) => intake.end({ error });
    const finished = new AbortController();
    const stop = signal ? AbortSignal.any([signal, finished.signal]) : finished.signal;
    const reading = pump(open(stop), intake, stop);
    try {
      for (let chunk = await intake.next(); chunk; chunk = await intake.next()) {
        const events = reader.read(inOrder.take(chunk.events));
        const batch = { events, upTo: chunk.upTo, tally: Tally.ofEvents(events) };
        await Promise.all(lanes.map((lane) => lane.submit(batch)));
        onBatch(chunk);
      }
    } finally {
      finished.abort();
      intake.end();
      await reading;
      await settleAll(lanes);
    }
  }

  /** Pages as chunks, the last of which ends exactly at the target. */
  private async *readUntil(
    to: bigint,
    { after, types }: { after: bigint; types: readonly string[] | undefined },
    signal: AbortSignal,
  ): AsyncGenerator<SourceChunk> {
    const pages = this.options.source.readAll({
      ...(after >= 0n ? { after } : {}),
      ...(types ? { types } : {}),
      signal,
      pageSize: this.options.pageSize ?? PAGE_EVENTS,
    });
    for await (const page of pages) {
      if (signal.aborted) return;
      const last = page.at(-1);
      if (!last) continue;
      if (last.position > to) {
        yield { events: page.filter((event) => event.position <= to), upTo: to };
        return;
      }
      yield { events: page, upTo: last.position };
    }
    // An empty store's head is 0: nothing was read there, so nothing may be said to be folded there.
    if (!signal.aborted && to > 0n) yield { events: [], upTo: to };
  }
}

/** Moves chunks into the intake until the source ends or the stop signal aborts it. */
async function pump(chunks: AsyncIterable<SourceChunk>, intake: Intake, stop: AbortSignal): Promise<void> {
  try {
    for await (const chunk of chunks) {
      if (stop.aborted) break;
      await intake.push(chunk);
    }
    intake.end();
  } catch (error) {
    // A source may answer an abort with an error of its own; the drain was told to stop and has not failed.
    intake.end(stop.aborted ? undefined : { error });
  }
}

/** Lets every lane finish before the first error is thrown: after a drain has ended, none of its writes is under way. */
async function settleAll(lanes: readonly Lane[]): Promise<void> {
  const settled = await Promise.allSettled(lanes.map((lane) => lane.settle()));
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function lowestPosition(lanes: readonly Lane[]): bigint {
  return lanes.reduce((lowest, lane) => (lane.position < lowest ? lane.position : lowest), lanes[0]?.position ?? -1n);
}

/** undefined: every domain event is wanted by some projection. */
function unionOfTypes(lanes: readonly Lane[]): readonly string[] | undefined {
  const types = new Set<string>();
  for (const { eventTypes } of lanes.map(({ projection }) => projection)) {
    if (eventTypes === 'all') return undefined;
    for (const type of eventTypes) types.add(type);
  }
  return [...types];
}
