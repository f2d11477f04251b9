import type { CheckpointDocument, ProjectionStore } from '#libs/read-store';
import type { Tally } from './tally.js';

/** What a checkpoint says. The tally is the writer's own and goes on changing: it is read when the document is made. */
export interface Progress {
  readonly position: bigint;
  readonly tally: Tally;
  /** Sequences that stand still. */
  readonly parked: number;
}

export interface CheckpointerOptions {
  /** Least time between saves that are not urgent. */
  readonly intervalMs: number;
  readonly now: () => string;
  /** Called when a save in the background failed. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Saves a lane's checkpoint behind its writes: one save at a time, and while it is under way later progress is gathered into the next.
 * A checkpoint that is late costs only work after a crash: what comes again changes nothing.
 */
export class Checkpointer {
  private saving: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private progress: Progress | undefined;
  private savedAtMs = performance.now();
  private failure: { readonly error: unknown } | undefined;

  constructor(
    private readonly store: ProjectionStore,
    private readonly options: CheckpointerOptions,
  ) {}

  /** Notes progress; saved at once when `urgent`, else when the interval since the last save is over. */
  note(progress: Progress, urgent: boolean): void {
    this.progress = progress;
    if (this.saving) return;
    const waitMs = urgent ? 0 : this.savedAtMs + this.options.intervalMs - performance.now();
    if (waitMs <= 0) this.start();
    else this.timer ??= setTimeout(() => this.start(), waitMs).unref();
  }

  /** Rejects with the error of an earlier save, if one failed. */
  check(): void {
    if (this.failure) throw this.failure.error;
  }

  /** Saves what was noted and not saved yet. */
  async flush(): Promise<void> {
    // A save that ends may have begun the next one.
    while (this.saving) await this.saving;
    this.stop();
    this.check();
    if (this.progress) await this.save();
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private start(): void {
    this.stop();
    if (this.saving || !this.progress) return;
    this.saving = this.save()
      .catch((error: unknown) => {
        this.failure = { error };
        this.options.onFailure(error);
      })
      .finally(() => {
        this.saving = undefined;
        if (this.progress && !this.failure) this.note(this.progress, false);
      });
  }

  private async save(): Promise<void> {
    const { position, tally, parked } = this.progress!;
    this.progress = undefined;
    const document: CheckpointDocument = {
      _id: this.store.name,
      position,
      updatedAt: this.options.now(),
      counts: tally.counts(),
      sums: tally.sums(),
      ...(parked > 0 ? { parked: BigInt(parked) } : {}),
    };
    await this.store.saveCheckpoint(document);
    this.savedAtMs = performance.now();
  }
}
