import { MongoServerError, type Collection, type Filter } from 'mongodb';
import type { Checkpoints } from './checkpoints.js';
import type { CheckpointDocument, DiscardDecision, ParkedEntry, StoredDocument } from './documents.js';
import { DUPLICATE_KEY, ReadStoreError } from './errors.js';
import type { ParkedEvents, ParkedSequence } from './parked-events.js';
import { MongoProjectionStore } from './projection-store.js';

/** Has never moved: whoever measures lag goes by the age of the events that wait. */
const NOTHING_FOLDED = { position: -1n, updatedAt: '1970-01-01T00:00:00.000Z', counts: {}, sums: {} } as const;
const MARKS_AT_ONCE = 1_000;

/**
 * The store of a runner that holds a lease: what it says about its progress, what it parks, and what it sets right of what is parked, is refused once a
 * later holder has opened the same collection. Other documents need no token: they are guarded by position, and two runners of the same code
 * write the same.
 */
export class FencedProjectionStore extends MongoProjectionStore {
  constructor(
    name: string,
    documents: Collection<StoredDocument>,
    checkpoints: Checkpoints,
    parked: ParkedEvents,
    private readonly fence: bigint,
  ) {
    super(name, documents, checkpoints, parked);
  }

  /**
   * Opens the collection: puts the token on the checkpoint, on what waits and on the documents that stand still, none of which an earlier holder
   * can change any more. @throws ReadStoreError LEASE_LOST
   */
  override async readCheckpoint(): Promise<CheckpointDocument | undefined> {
    const filter = { _id: this.name, ...this.checkpointGuard() };
    try {
      const claimed = await this.checkpoints.collection.findOneAndUpdate(
        filter,
        { $set: { fence: this.fence }, $setOnInsert: NOTHING_FOLDED },
        { upsert: true, returnDocument: 'after' },
      );
      await this.claimParked();
      return claimed ?? undefined;
    } catch (error) {
      throw isDuplicate(error) ? this.lost() : error;
    }
  }

  /** @throws ReadStoreError LEASE_LOST */
  override async saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    const saved = await this.checkpoints.save({ ...checkpoint, fence: this.fence }, this.checkpointGuard());
    if (!saved) await this.check();
  }

  /**
   * Looks at the token first. One that is paused between the look and the write can only queue again what is queued, or what was: an entry
   * leaves its id behind (see `ParkedEvents.remove`). @throws ReadStoreError LEASE_LOST
   */
  override async park(entries: readonly ParkedEntry[]): Promise<void> {
    if (entries.length === 0) return;
    await this.check();
    await super.park(entries.map((entry) => ({ ...entry, fence: this.fence })));
  }

  /**
   * Looks at the token first, and has it in the guard where the document stands still. One that was read whole is guarded by its position, and what
   * is written then is what anybody would write. @throws ReadStoreError LEASE_LOST
   */
  override async settle(before: StoredDocument | undefined, after: StoredDocument): Promise<boolean> {
    await this.check();
    const { parked } = after;
    const settled = await super.settle(before, parked ? { ...after, parked: { ...parked, fence: this.fence } } : after);
    if (!settled) await this.check();
    return settled;
  }

  /** @throws ReadStoreError LEASE_LOST */
  override async moveHead(id: string, why: Pick<ParkedEntry, 'cause' | 'stack'>): Promise<void> {
    if (!(await this.parked.markHead(id, why, this.fence))) throw this.lost();
  }

  /** @throws ReadStoreError LEASE_LOST */
  override async unpark(sequence: ParkedSequence, upTo: bigint): Promise<void> {
    if (!(await this.parked.remove(sequence, upTo, this.fence))) throw this.lost();
  }

  /** @throws ReadStoreError LEASE_LOST */
  override async discard(id: string, decision: DiscardDecision): Promise<boolean> {
    const decided = await this.parked.markDiscard(id, decision, this.fence);
    if (!decided) await this.check();
    return decided;
  }

  protected override markGuard(): Filter<StoredDocument> {
    return { 'parked.fence': { $not: { $gt: this.fence } } };
  }

  protected override checkpointGuard(): Filter<CheckpointDocument> {
    return notAbove(this.fence);
  }

  private async claimParked(): Promise<void> {
    await this.parked.claim(this.name, this.fence);
    let keys: string[] = [];
    for await (const { scope, key } of this.parked.listHeads(this.name)) {
      if (scope === 'document') keys.push(key);
      if (keys.length < MARKS_AT_ONCE) continue;
      await this.claimMarks(keys);
      keys = [];
    }
    if (keys.length > 0) await this.claimMarks(keys);
  }

  private async claimMarks(keys: readonly string[]): Promise<void> {
    const filter = {
      _id: { $in: [...keys] },
      parked: { $exists: true },
      'parked.fence': { $not: { $gte: this.fence } },
    };
    await this.documents.updateMany(filter, { $set: { 'parked.fence': this.fence } });
  }

  private async check(): Promise<void> {
    const stored = await this.checkpoints.collection.findOne({ _id: this.name });
    if ((stored?.fence ?? 0n) > this.fence) throw this.lost();
  }

  private lost(): ReadStoreError {
    return new ReadStoreError('LEASE_LOST', `Another runner folds into ${this.name} by now`);
  }
}

/** Of whatever carries a token: that it is not a later holder's. Nothing without a token of one's own. */
export function notAbove(fence: bigint | undefined): { readonly fence?: { readonly $not: { readonly $gt: bigint } } } {
  return fence === undefined ? {} : { fence: { $not: { $gt: fence } } };
}

function isDuplicate(error: unknown): boolean {
  return error instanceof MongoServerError && error.code === DUPLICATE_KEY;
}
