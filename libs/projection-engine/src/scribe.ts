import { ReadStoreError, type ParkedEntry, type ProjectionStore } from '#libs/read-store';
import type { Stopwatch } from './batch-report.js';
import type { ParkingLot } from './parking.js';
import type { ProjectedEvent } from './projection.js';
import type { Deferral } from './unwritten.js';

/** A batch's events of one projection, on their way into documents. */
export interface Taking {
  readonly events: readonly ProjectedEvent[];
  readonly lot: ParkingLot;
  readonly watch: Stopwatch;
  /** Resolves when the batch before is taken in; false when the lane has stopped. */
  readonly ready: () => Promise<boolean>;
  /** Queues what cannot be folded, before the documents are written. */
  readonly park: (entries: readonly ParkedEntry[]) => Promise<void>;
}

export interface ScribeOptions {
  readonly store: ProjectionStore;
  /** undefined: each batch is written as it comes. */
  readonly deferral: Deferral | undefined;
  /** The collection was empty and nothing is folded yet: what this lane has not written need not be looked for. */
  readonly fromNothing: boolean;
}

/** Makes a projection's events documents, and writes them, with each batch or, in a catch-up, from time to time. */
export interface Scribe {
  /** Documents written, or undefined when they are kept for later. 'contended': they cannot be, and the lane has to write with each batch. */
  take(taking: Taking): Promise<number | undefined | 'contended'>;
  /** Everything taken is written. */
  readonly isEmpty: boolean;
  /** It is time to write what was kept. */
  readonly isDue: boolean;
  /** Writes what was kept; one at a time. 'contended' when a guard has refused a document, or one cannot be stored. */
  write(): Promise<number | 'contended'>;
}

export function isUnstorable(error: unknown): boolean {
  return error instanceof ReadStoreError && error.code === 'DOCUMENT_UNSTORABLE';
}
