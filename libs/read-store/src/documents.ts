import type { Document } from 'mongodb';

/** Fields that the engine keeps in every document; a projection's own fields have other names. */
export interface StoredDocument extends Document {
  readonly _id: string;
  /** Last global position folded into the document: the guard of every write. */
  readonly position: bigint;
  /** A tombstone: the document was removed by the event at `position`, and stays so that an older write can't revive it. */
  readonly removed?: true;
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
}
