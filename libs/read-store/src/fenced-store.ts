import { MongoServerError, type Collection } from 'mongodb';
import type { CheckpointDocument, ParkedEntry, StoredDocument } from './documents.js';
import { DUPLICATE_KEY, ReadStoreError } from './errors.js';
import type { ParkedEvents } from './parked-events.js';
import { MongoProjectionStore } from './projection-store.js';

/** Has never moved: whoever measures lag goes by the age of the events that wait. */
const NOTHING_FOLDED = { position: -1n, updatedAt: '1970-01-01T00:00:00.000Z', counts: {}, sums: {} } as const;

/**
 * The store of a runner that holds a lease: what it says about its progress, and what it parks, is refused once a later holder has opened the same collection.
 * Documents need no token: they are guarded by position, and two runners of the same code write the same.
 */
export class FencedProjectionStore extends MongoProjectionStore {
  constructor(
    name: string,
    documents: Collection<StoredDocument>,
    private readonly fenced: Collection<CheckpointDocument>,
    parked: ParkedEvents,
    private readonly fence: bigint,
  ) {
    super(name, documents, fenced, parked);
  }

  /** Puts the token on the checkpoint, which an earlier holder then cannot move any more. @throws ReadStoreError LEASE_LOST */
  override async readCheckpoint(): Promise<CheckpointDocument | undefined> {
    const filter = { _id: this.name, fence: { $not: { $gt: this.fence } } };
    try {
      const claimed = await this.fenced.findOneAndUpdate(
        filter,
        { $set: { fence: this.fence }, $setOnInsert: NOTHING_FOLDED },
        { upsert: true, returnDocument: 'after' },
      );
      return claimed ?? undefined;
    } catch (error) {
      throw isDuplicate(error) ? this.lost() : error;
    }
  }

  /** @throws ReadStoreError LEASE_LOST */
  override async saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    const { _id, position } = checkpoint;
    const filter = { _id, position: { $lt: position }, fence: { $not: { $gt: this.fence } } };
    try {
      await this.fenced.replaceOne(filter, { ...checkpoint, fence: this.fence }, { upsert: true });
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const stored = await this.fenced.findOne({ _id });
      if ((stored?.fence ?? 0n) > this.fence) throw this.lost();
    }
  }

  /**
   * Looks at the token first. One that is paused between the look and the write can only queue again what is queued, or what was: an entry
   * leaves its id behind (see `ParkedEvents.remove`). @throws ReadStoreError LEASE_LOST
   */
  override async park(entries: readonly ParkedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const stored = await this.fenced.findOne({ _id: this.name });
    if ((stored?.fence ?? 0n) > this.fence) throw this.lost();
    await super.park(entries);
  }

  private lost(): ReadStoreError {
    return new ReadStoreError('LEASE_LOST', `Another runner folds into ${this.name} by now`);
  }
}

function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}
