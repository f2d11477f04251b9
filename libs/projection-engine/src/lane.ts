import type { ProjectionStore } from '#libs/read-store';
import { Checkpointer } from './checkpointer.js';
import { foldGroups, groupByDocument, newDocuments, typeFilter } from './fold.js';
import type { ProjectedEvent, Projection } from './projection.js';
import { Tally } from './tally.js';

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
  readonly now: () => string;
}

/** Batches of one projection that may be under way at once. */
const IN_FLIGHT = 2;

/**
 * One projection's way through a drain: load, fold, one bulk write, checkpoint. Batches of an append-only projection are written side by side;
 * others one after the other, since the next loads what the last one wrote. Progress counts in order, so the checkpoint never passes an
 * unfinished write.
 */
export class Lane {
  private readonly accepts: (type: string) => boolean;
  private readonly inFlight: Promise<void>[] = [];
  private readonly checkpointer: Checkpointer;
  private tail: Promise<void> = Promise.resolve();
  private submitted: bigint;
  /** Hears of a failure at once: a lane that nothing more is submitted to would keep it to itself. */
  onFailure: (error: unknown) => void = () => undefined;

  private constructor(
    readonly projection: Projection,
    private readonly store: ProjectionStore,
    private readonly tally: Tally,
    start: bigint,
    private readonly options: LaneOptions,
  ) {
    this.submitted = start;
    this.accepts = typeFilter(projection);
    const { checkpointIntervalMs, now } = options;
    const onFailure = (error: unknown): void => this.onFailure(error);
    this.checkpointer = new Checkpointer(store, { intervalMs: checkpointIntervalMs, now, onFailure });
  }

  /** Makes the indexes that are missing and goes on from the checkpoint. */
  static async open(projection: Projection, store: ProjectionStore, options: LaneOptions): Promise<Lane> {
    if (options.indexed) await store.prepare(projection.indexes);
    const checkpoint = await store.readCheckpoint();
    return new Lane(projection, store, Tally.fromCheckpoint(checkpoint), checkpoint?.position ?? -1n, options);
  }

  /** Everything at or before it has been taken in. */
  get position(): bigint {
    return this.submitted;
  }

  /** Takes a batch in; resolves when there is room for the next. Rejects with the first error of any batch. */
  async submit(batch: Batch): Promise<void> {
    this.checkpointer.check();
    if (batch.upTo <= this.submitted) return;
    const isNew = (batch.events[0]?.position ?? batch.upTo) > this.submitted;
    const events = this.select(batch.events, isNew);
    const tally = isNew ? batch.tally : tallyOf(events);
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
    if (this.projection.appendOnly) {
      await this.store.insert(newDocuments(this.projection, events));
      return;
    }
    const groups = groupByDocument(this.projection, events);
    await previous;
    const loaded = await this.store.load([...groups.keys()]);
    await this.store.replace(foldGroups(this.projection, groups, loaded));
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
    this.tally.merge(done.tally, this.accepts);
    this.checkpointer.note({ position: done.upTo, tally: this.tally }, this.options.prompt && done.wrote);
  }
}

function tallyOf(events: readonly ProjectedEvent[]): Tally {
  const tally = new Tally();
  for (const event of events) tally.add(event);
  return tally;
}
