import type { SourceEvent } from './projection.js';

/** What a live subscription hands over at a time. */
export interface SourceChunk {
  readonly events: readonly SourceEvent[];
  /** Everything at or before it was handed over: a checkpoint may move there even where no event lay on the way. */
  readonly upTo: bigint;
}

/** The engine's whole need of an event store; `EventStore` of the event-store lib is one, an array in a test another. */
export interface EventSource {
  /** Position of the last event of any kind; nothing that was acknowledged before the call lies beyond it. */
  headPosition(): Promise<bigint>;
  /** Domain events after a position (exclusive; from the start without one) in order, in pages; ends at the present end. */
  readAll(options: {
    after?: bigint;
    types?: readonly string[];
    pageSize?: number;
    signal?: AbortSignal;
  }): AsyncIterable<readonly SourceEvent[]>;
  /** Events of one stream in order, in pages; their positions need not be known. */
  readStream(stream: string, options: { fromRevision?: bigint; limit?: number }): AsyncIterable<readonly SourceEvent[]>;
  /** Domain events after a position, old ones first, then as they come, until the signal aborts. */
  subscribeAll(options: { after: bigint; signal: AbortSignal }): AsyncIterable<SourceChunk>;
}
