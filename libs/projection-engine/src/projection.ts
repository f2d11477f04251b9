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
  /** W3C trace context of the command; figures and spans only. */
  readonly traceparent?: string;
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
  /** The data could not be brought into today's shape: nothing may fold the event, and nothing may skip it. */
  readonly unreadable?: Error;
}

interface ReadModel extends ModelName {
  /** Types that it folds; 'all' for every domain event. */
  readonly eventTypes: readonly string[] | 'all';
  readonly indexes: readonly IndexSpec[];
  /** Of a new version: the fields that it changes, adds or leaves out. All others must be as in the version before. */
  readonly changes?: readonly string[];
  /** The version before, as its code was: folded on until it is dropped, so that going back takes no time. */
  readonly previous?: Projection;
}

/** Documents that change: each is the fold of the events with its key. */
export interface FoldedProjection<Doc extends object = object> extends ReadModel {
  readonly appendOnly?: false;
  /** Ids of the documents that an event concerns, from the event alone, without repeats. */
  keys(event: ProjectedEvent): readonly string[];
  /** The document after the event; undefined removes it. It must not change `doc` or `event`. */
  evolve(doc: Doc | undefined, event: ProjectedEvent, key: string): Doc | undefined;
}

/** Documents that are an event's own and never change: they are inserted, with `<stream>@<revision>/<n>` as `_id`, and never loaded. */
export interface AppendOnlyProjection<Doc extends object = object> extends ReadModel {
  readonly appendOnly: true;
  /** The event's documents in order, from the event alone. */
  documents(event: ProjectedEvent): readonly Doc[];
}

/**
 * A read model as plain data and pure functions: no I/O, no clock. A document at position p is a function of its events up to p and of nothing
 * else. Documents hold plain values, bigint for money; `_id`, `position` and `removed` belong to the engine.
 */
export type Projection = FoldedProjection | AppendOnlyProjection;

/** Id of the n-th append-only document of an event. */
export function documentId(event: Pick<ProjectedEvent, 'stream' | 'revision'>, n = 0): string {
  return `${event.stream}@${event.revision}/${n}`;
}
