import type { Document } from 'mongodb';

/** Fields that the engine keeps in every document; a projection's own fields have other names. */
export interface StoredDocument extends Document {
  readonly _id: string;
  /** Last global position folded into the document: the guard of every write. */
  readonly position: bigint;
  /** A tombstone: the document was removed by the event at `position`, and stays so that an older write can't revive it. */
  readonly removed?: true;
  /** An event could not be folded: this one and all later ones of the document wait in `parked`. Part of the guard of every write. */
  readonly parked?: ParkMark;
}

/** Why a document stands still. Nothing in it depends on when or by whom it was written. */
export interface ParkMark {
  /** Position of the event that could not be folded: the document is right as of just before it. */
  readonly since: bigint;
  /** Id of that event's entry. */
  readonly entry: string;
  readonly cause: string;
  /** Token of the lease under which it was last taken in hand: one with a lower token cannot set it right. The only part that tells who wrote it. */
  readonly fence?: bigint;
}

/** An event that waits to be folded, of one document or, where its documents could not be told, of one stream. */
export interface ParkedEntry {
  /** `<collection>@<position>/<n-th key of the event, or 'stream'>`. */
  readonly _id: string;
  readonly collection: string;
  readonly model: string;
  readonly version: number;
  readonly scope: 'document' | 'stream';
  /** The document's id, or the stream's name. */
  readonly key: string;
  readonly communityId: string;
  readonly stream: string;
  readonly revision: bigint;
  readonly position: bigint;
  readonly type: string;
  /** The one that failed; the others wait behind it. */
  readonly head: boolean;
  /** Of the one that failed; null for those that wait. */
  readonly cause: string | null;
  readonly stack: string | null;
  readonly parkedAt: string;
  /** Somebody has decided to leave it out, for a reason that the audit trail has. */
  readonly discard?: DiscardDecision;
  /** Token of the lease under which it was last taken in hand: one with a lower token cannot change it. */
  readonly fence?: bigint;
}

export interface DiscardDecision {
  readonly reason: string;
  readonly by: string;
  readonly at: string;
  /** Id of the request. */
  readonly request: string;
}

/** Add to every filter on documents that can be removed: readers never see tombstones. */
export const NOT_REMOVED = { removed: { $exists: false } } as const;

/** An index that a read model's queries need. Never unique: a duplicate key must always mean 'already done'. */
export interface IndexSpec {
  readonly name: string;
  readonly key: Readonly<Record<string, 1 | -1>>;
}

export interface CheckpointDocument {
  /** The name of the collection that it speaks for. */
  readonly _id: string;
  /** Every event at or before it is folded. */
  readonly position: bigint;
  /** When it was written, as an instant: an old one with events waiting means that nobody is folding. */
  readonly updatedAt: string;
  /** Events folded, by type. */
  readonly counts: Readonly<Record<string, bigint>>;
  /** Money in those events by type and currency, minor units as decimal strings (the sum of a community can exceed int64). */
  readonly sums: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Sequences that stand still at this position; absent when none does. */
  readonly parked?: bigint;
  /** Token of the lease under which it was last opened or written: one with a lower token cannot move it. */
  readonly fence?: bigint;
}
