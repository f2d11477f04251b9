import type { VerifyToken } from '#libs/access';
import type { EventStore, Upcasters, Vault } from '#libs/event-store';
import type { Clock } from '#libs/kernel';
import type { ReadStore } from '#libs/read-store';
import type { Tracing } from '#libs/telemetry';

/** What the API works with: open stores, which stay their owner's to close, and its settings. */
export interface ApiOptions {
  readonly eventStore: EventStore;
  readonly readStore: ReadStore;
  readonly vault: Vault;
  readonly upcasters: Upcasters;
  readonly clock: Clock;
  readonly verifyToken: VerifyToken;
  /** Per token subject; ten times as many per address; 0: no limit. */
  readonly requestsPerSecond: number;
  /** Spans of requests; without it none. */
  readonly tracing?: Tracing;
  /** Lines of Prometheus' text format about what else runs in this process. */
  readonly figures?: () => readonly string[];
  /** One structured line per request, and per failure. */
  readonly log: (entry: Readonly<Record<string, unknown>>) => void;
}

export const API_OPTIONS = Symbol('ApiOptions');

/** A text of 64 KiB, twice, every character of it escaped, and some more. */
export const BODY_LIMIT_BYTES = 1024 * 1024;
/** A reader waits for its token at most so long. */
export const MOST_WAIT_MS = 10_000;
