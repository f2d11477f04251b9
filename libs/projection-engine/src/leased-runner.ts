import type { ProjectionStores } from './drain.js';
import { LeaseContender, type HeldLease, type LeaseOptions } from './lease.js';
import type { Hold } from './operations/rebuild.js';
import { LiveRunner, type LiveRunnerOptions, type RunnerState } from './live-runner.js';

export interface LeasedRunnerOptions extends Omit<LiveRunnerOptions, 'stores'> {
  readonly lease: LeaseOptions;
  /** Stores whose control writes (checkpoints, parked events, aliases) are refused once a higher token was seen. */
  readonly fencedStores: (fence: bigint) => ProjectionStores;
  /** This process folds from now on, or no longer. */
  readonly onLease?: (change: LeaseChange) => void;
  /** Goes on while this process folds, until the signal aborts: carries out what others ask of the one that folds. */
  readonly beside?: (folding: Folding, signal: AbortSignal) => Promise<void>;
}

/** The holder of the lease, to those that work beside it. */
export interface Folding {
  readonly fence: bigint;
  readonly hold: Hold;
}

export type LeaseChange =
  | { readonly kind: 'taken'; readonly fence: bigint }
  | { readonly kind: 'lost'; readonly fence: bigint }
  | { readonly kind: 'unreachable'; readonly error: unknown };

/**
 * Folds while it holds its group's lease, and else stands by. Any number of these may run: one folds. One that was paused and wakes up late can
 * write only what the new one would (documents are guarded by position) or what is refused (control writes are guarded by the token), and
 * steps back as soon as it hears that the lease is another's.
 */
export class LeasedRunner {
  private runner: LiveRunner | undefined;

  constructor(private readonly options: LeasedRunnerOptions) {}

  get state(): RunnerState | 'standby' {
    return this.runner?.state ?? 'standby';
  }

  /** Returns when the signal aborts. @throws ProjectionError when a projection is refused or fails as a whole */
  async run(signal: AbortSignal): Promise<void> {
    const { lease, onLease } = this.options;
    const contender = new LeaseContender(lease);
    while (!signal.aborted) {
      const held = await contender.acquire(signal, (error) => onLease?.({ kind: 'unreachable', error }));
      if (!held) return;
      onLease?.({ kind: 'taken', fence: held.fence });
      try {
        await this.fold(held, signal);
      } finally {
        this.runner = undefined;
        await held.release().catch(() => undefined); // it expires
      }
      if (!signal.aborted) onLease?.({ kind: 'lost', fence: held.fence });
    }
  }

  private async fold(held: HeldLease, signal: AbortSignal): Promise<void> {
    const runner = new LiveRunner({ ...this.options, stores: this.options.fencedStores(held.fence) });
    this.runner = runner;
    const ended = new AbortController();
    const until = AbortSignal.any([signal, held.lost, ended.signal]);
    const beside = this.options.beside?.({ fence: held.fence, hold: (work) => runner.hold(work) }, until);
    try {
      await runner.run(until);
    } finally {
      ended.abort();
      await beside;
    }
  }
}
