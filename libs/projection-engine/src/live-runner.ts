import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '#libs/kernel';
import { Drain, type DrainOptions } from './drain.js';
import { ProjectionError } from './errors.js';

export interface LiveRunnerOptions extends Omit<DrainOptions, 'set'> {
  /** The first time that everything which was there at the start is folded. */
  readonly onCaughtUp?: () => void;
  /** A failure that is tried again after a pause: a store that is away, a connection that broke. */
  readonly onRetry?: (error: unknown, pauseMs: number) => void;
}

/** 'stopped' is a runner that was told to; 'failed' one that is set up in a way that would lose something. */
export type RunnerState = 'catching-up' | 'live' | 'retrying' | 'stopped' | 'failed';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

interface Held {
  run(): Promise<void>;
  refuse(error: unknown): void;
}

/** Keeps the read models fresh for as long as its signal lets it. Starting again costs nothing but reading: writes are guarded. */
export class LiveRunner {
  private readonly drain: Drain;
  private pauseMs = FIRST_PAUSE_MS;
  private caughtUp = false;
  private interruption = new AbortController();
  private readonly held: Held[] = [];
  private ended = false;
  state: RunnerState = 'catching-up';

  constructor(private readonly options: LiveRunnerOptions) {
    this.drain = new Drain(options);
  }

  /** Returns when the signal aborts. @throws ProjectionError PROJECTION_IMPURE; DomainError READ_MODEL_CODE_MISSING */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await this.runUntil(signal);
    } finally {
      this.ended = true;
      for (const { refuse } of this.held.splice(0)) refuse(new DomainError('RUNNER_STOPPED', 'the program ends'));
    }
  }

  /**
   * Runs work while nothing is folded: at the end of the batch under way, with every checkpoint saved. Folding goes on afterwards, with the
   * builds that are registered then.
   */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, refuse) => {
      if (this.ended) return refuse(new DomainError('RUNNER_STOPPED', 'the program ends'));
      this.held.push({ run: async () => resolve(await work()), refuse });
      this.interruption.abort();
    });
  }

  private async runUntil(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.interruption = new AbortController();
      for (const { run, refuse } of this.held.splice(0)) await run().catch(refuse);
      const until = AbortSignal.any([signal, this.interruption.signal]);
      try {
        if (this.held.length === 0) await this.runOnce(until);
      } catch (error) {
        if (until.aborted) continue;
        if (error instanceof ProjectionError || error instanceof DomainError) {
          this.state = 'failed';
          throw error;
        }
        await this.pause(error, until);
      }
    }
    this.state = 'stopped';
  }

  private async runOnce(signal: AbortSignal): Promise<void> {
    this.state = 'catching-up';
    const progressed = (): void => void (this.pauseMs = FIRST_PAUSE_MS);
    const head = await this.options.source.headPosition();
    await this.drain.catchUp(head, { signal, onProgress: progressed });
    this.state = 'live';
    if (!this.caughtUp) this.options.onCaughtUp?.();
    this.caughtUp = true;
    await this.drain.live(signal, progressed);
  }

  private async pause(error: unknown, signal: AbortSignal): Promise<void> {
    this.state = 'retrying';
    this.options.onRetry?.(error, this.pauseMs);
    await sleep(this.pauseMs, undefined, { signal }).catch(() => undefined);
    this.pauseMs = Math.min(this.pauseMs * 2, LONGEST_PAUSE_MS);
  }
}
