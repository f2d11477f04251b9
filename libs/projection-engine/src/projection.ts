import type { Json } from '#libs/kernel';
import type { IndexSpec, ModelName } from '#libs/read-store';

/** Metadata that every stored event carries (architecture §3). */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly commandId: string;
  readonly inputHash: string;
  readonly actor: { readonly id: string; readonly role: string };
  readonly communityId: string;
  readonly occurredAt: string;
  readonly effectiveOn: string;
  readonly recordedAt: string;
  readonly schemaVersion: number;
  readonly prevHash: string;
  readonly hash: string;
}

/** A stored event as a source hands it out: decoded once, shared by all projections, never changed. */
export interface SourceEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** Commit position in $all: unique per event, ascending. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: Json;
  readonly metadata: EventMetadata;
}

/** An event as projections see it: the stream's name taken apart, the data in today's shape. */
export interface ProjectedEvent<Data = unknown> {
  readonly stream: string;
  readonly category: string;
  readonly communityId: string;
  /** The id behind the category and the community: of an account stream the account's id. */
  readonly entityId: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: Data;
  readonly metadata: EventMetadata;
}

/**
 * A read model as plain data and pure functions: no I/O, no clock. A document at position p is a function of the events with its key up to
 * p and of nothing else. Documents hold plain values, bigint for money; `_id`, `position` and `removed` belong to the engine.
 */
export interface Projection<Doc extends object = object> extends ModelName {
  /** Types that it folds; 'all' for every domain event. */
  readonly eventTypes: readonly string[] | 'all';
  /** Ids of the documents that an event concerns, from the event alone, without repeats. */
  keys(event: ProjectedEvent): readonly string[];
  /** The document after the event; undefined removes it. It must not change `doc` or `event`. */
  evolve(doc: Doc | undefined, event: ProjectedEvent, key: string): Doc | undefined;
  /** Every key is new (`<stream>@<revision>/<n>`): documents are inserted and never loaded. */
  readonly appendOnly?: boolean;
  readonly indexes: readonly IndexSpec[];
}

/** Id of the n-th append-only document of an event. */
export function documentId(event: Pick<ProjectedEvent, 'stream' | 'revision'>, n = 0): string {
  return `${event.stream}@${event.revision}/${n}`;
}
