import type { ProjectedEvent } from './projection.js';

/** What one projection did with one batch: for figures and traces, never for results. */
export interface BatchReport {
  readonly projection: string;
  readonly version: number;
  /** That it folds, of the batch. Empty for a write of what several batches of a catch-up have made. */
  readonly events: readonly ProjectedEvent[];
  /** Written. */
  readonly documents: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly loadMs: number;
  readonly foldMs: number;
  readonly writeMs: number;
}

/** Told of each batch when it is written. It must be quick, and must not throw. */
export type BatchObserver = (report: BatchReport) => void;

type Part = 'loadMs' | 'foldMs' | 'writeMs';

/** Adds up where a batch's time goes. */
export class Stopwatch {
  readonly startedAtMs = performance.timeOrigin + performance.now();
  readonly spent: Record<Part, number> = { loadMs: 0, foldMs: 0, writeMs: 0 };
  private since = performance.now();

  /** From now on the time counts, waiting for others before does not. */
  restart(): void {
    this.since = performance.now();
  }

  /** The time since the last call was for this. */
  lap(part: Part): void {
    const now = performance.now();
    this.spent[part] += now - this.since;
    this.since = now;
  }
}
