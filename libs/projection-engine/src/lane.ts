import type { ParkedEntry, ProjectionStore } from '#libs/read-store';
import { Stopwatch, type BatchObserver } from './batch-report.js';
import { Checkpointer } from './checkpointer.js';
import { DocumentScribe } from './document-scribe.js';
import { typeFilter } from './fold.js';
import { LineScribe } from './line-scribe.js';
import { ParkingLot, type ParkingState } from './parking.js';
import type { ProjectedEvent, Projection } from './projection.js';
import type { Scribe } from './scribe.js';
import { Tally } from './tally.js';
import type { Deferral } from './unwritten.js';

/** A batch as all lanes share it. */
export interface Batch {
  readonly events: readonly ProjectedEvent[];
  readonly upTo: bigint;
  /** Of all its events, by type. */
  readonly tally: Tally;
}

export interface LaneOptions {
  /** Save the checkpoint right behind each write (live), or from time to time (catching up). */
  readonly prompt: boolean;
  /** Make the indexes that the queries need. */
  readonly indexed: boolean;
  /** Least time between checkpoints that are not prompt, in milliseconds. */
  readonly checkpointIntervalMs: number;
  /** Documents are written every so often, and not with each batch; undefined: with each batch. */
  readonly deferral?: Deferral | undefined;
  readonly now: () => string;
  /** Told of each event that failed, once it is parked; after a crash perhaps again. */
  readonly onParked?: (entry: ParkedEntry) => void;
  readonly onBatch?: BatchObserver;
}

interface Start {
  readonly position: bigint;
  readonly parked: number;
  readonly parking: ParkingState;
  readonly fromNothing: boolean;
}

/** Batches of one projection that may be under way at once. */
const IN_FLIGHT = 2;

/**
 * One projection's way through a drain: load what is not at hand, fold, one bulk write, checkpoint. Batches of an append-only projection are written side by side;
 * others one after the other, since the next loads what the last one wrote; in a catch-up several share a write (`Deferral`). Progress
 * counts in order, so the checkpoint never passes an unfinished write. What cannot be folded is parked: first the events, then the mark in the document, then the checkpoint that passes them;
 * stopped in between, the batch comes again and parks the same.
 */
export class Lane {
  private readonly accepts: (type: string) => boolean;
  private readonly inFlight: Promise<void>[] = [];
  private readonly checkpointer: Checkpointer;
  private readonly scribe: Scribe;
  private unwrittenTally = new Tally();
  private writingBehind: Promise<void> = Promise.resolve();
  private tail: Promise<void> = Promise.resolve();
  private submitted: bigint;
  /** What the checkpoint may say. */
  private advanced: bigint;
  private parked: number;
  private readonly parking: ParkingState;
  /**
   * Somebody else has written documents that were to be written later, or one of those cannot be stored. The lane has stopped; one that goes on from its
   * checkpoint and writes with each batch puts it right.
   */
  contended = false;
  /** Hears of a failure at once: a lane that nothing more is submitted to would keep it to itself. */
  onFailure: (error: unknown) => void = () => undefined;

  private constructor(
    readonly projection: Projection,
    private readonly store: ProjectionStore,
    private readonly tally: Tally,
    start: Start,
    private readonly options: LaneOptions,
  ) {
    this.submitted = start.position;
    this.advanced = start.position;
    this.parked = start.parked;
    this.parking = start.parking;
    this.accepts = typeFilter(projection);
    const writing = { store, deferral: options.deferral, fromNothing: start.fromNothing };
    this.scribe = projection.appendOnly ? new LineScribe(projection, writing) : new DocumentScribe(projection, writing);
    const { checkpointIntervalMs, now } = options;
    const onFailure = (error: unknown): void => this.onFailure(error);
    this.checkpointer = new Checkpointer(store, { intervalMs: checkpointIntervalMs, now, onFailure });
  }

  /** Makes the indexes that are missing and goes on from the checkpoint. */
  static async open(projection: Projection, store: ProjectionStore, options: LaneOptions): Promise<Lane> {
    if (options.indexed) await store.prepare(projection.indexes);
    const checkpoint = await store.readCheckpoint();
    const [streams, discarded, parked] = await Promise.all([
      store.parkedStreams(),
      store.discarded(),
      store.countParked(),
    ]);
    // Cut off between the two, a retry has left a figure that is not so any more.
    if (BigInt(parked) !== (checkpoint?.parked ?? 0n)) await store.noteParked();
    const { name: model, version } = projection;
    const parking = { collection: store.name, model, version, streams, discarded, now: options.now };
    const position = checkpoint?.position ?? -1n;
    const fromNothing = options.deferral !== undefined && position < 0n && (await store.isEmpty());
    const start = { position, parked, parking, fromNothing };
    return new Lane(projection, store, Tally.fromCheckpoint(checkpoint), start, options);
  }

  /** Everything at or before it has been taken in. */
  get position(): bigint {
    return this.submitted;
  }

  /** Takes a batch in; resolves when there is room for the next. Rejects with the first error of any batch. */
  async submit(batch: Batch): Promise<void> {
    this.checkpointer.check();
    if (this.contended || batch.upTo <= this.submitted) return;
    const isNew = (batch.events[0]?.position ?? batch.upTo) > this.submitted;
    const events = this.select(batch.events, isNew);
    const tally = isNew ? batch.tally : Tally.ofEvents(events);
    this.submitted = batch.upTo;
    const previous = this.tail;
    const written = this.write(events, previous);
    written.catch(() => undefined); // `complete` reports it, but only after the batch before it.
    this.tail = this.complete(previous, written, { upTo: batch.upTo, tally, wrote: events.length > 0 });
    this.tail.catch((error: unknown) => this.onFailure(error));
    this.inFlight.push(this.tail);
    if (this.inFlight.length >= IN_FLIGHT) await this.inFlight.shift();
  }

  /** Waits until everything taken in is written, and saves the checkpoint. */
  async settle(): Promise<void> {
    try {
      await this.tail;
      await this.writeBehind(this.submitted);
      await this.writingBehind;
    } finally {
      await this.checkpointer.flush();
    }
  }

  private select(events: readonly ProjectedEvent[], isNew: boolean): readonly ProjectedEvent[] {
    if (isNew && this.projection.eventTypes === 'all') return events;
    return events.filter((event) => this.accepts(event.type) && (isNew || event.position > this.submitted));
  }

  private async write(events: readonly ProjectedEvent[], previous: Promise<void>): Promise<void> {
    if (events.length === 0) return;
    const watch = new Stopwatch();
    const taken = await this.scribe.take({
      events,
      lot: new ParkingLot(this.parking),
      watch,
      ready: () => previous.then(() => !this.contended),
      park: (entries) => this.park(entries),
    });
    if (taken === 'contended') this.contended = true;
    else this.report(events, taken ?? 0, watch);
  }

  private report(events: readonly ProjectedEvent[], documents: number, watch: Stopwatch): void {
    watch.lap('writeMs');
    const { name: projection, version } = this.projection;
    const { startedAtMs, spent } = watch;
    this.options.onBatch?.({ projection, version, events, documents, startedAtMs, ...spent });
  }

  private async park(entries: readonly ParkedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.store.park(entries);
    const failed = entries.filter(({ head }) => head);
    if (failed.length === 0) return;
    this.parked = await this.store.countParked();
    for (const entry of failed) this.options.onParked?.(entry);
  }

  private async complete(
    previous: Promise<void>,
    written: Promise<void>,
    done: { upTo: bigint; tally: Tally; wrote: boolean },
  ): Promise<void> {
    try {
      await previous;
    } finally {
      await written;
    }
    if (this.contended) return;
    this.unwrittenTally.merge(done.tally, this.accepts);
    if (this.scribe.isEmpty) this.advance(done.upTo, this.takeTally(), this.options.prompt && done.wrote);
    else if (this.scribe.isDue) await this.writeBehind(done.upTo);
  }

  /** Begins to write what is folded so far, once what was begun before is written; then the checkpoint follows. */
  private async writeBehind(upTo: bigint): Promise<void> {
    await this.writingBehind;
    if (this.contended || upTo <= this.advanced) return;
    const tally = this.takeTally();
    const write = async (): Promise<void> => {
      const watch = new Stopwatch();
      const written = await this.scribe.write();
      if (written === 'contended') return void (this.contended = true);
      this.report([], written, watch);
      this.advance(upTo, tally, false);
    };
    this.writingBehind = write();
    this.writingBehind.catch((error: unknown) => this.onFailure(error));
  }

  private takeTally(): Tally {
    const tally = this.unwrittenTally;
    this.unwrittenTally = new Tally();
    return tally;
  }

  private advance(position: bigint, tally: Tally, urgent: boolean): void {
    this.advanced = position;
    this.tally.merge(tally);
    this.checkpointer.note({ position, tally: this.tally, parked: this.parked }, urgent);
  }
}
