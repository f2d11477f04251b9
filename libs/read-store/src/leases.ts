import { MongoServerError, type Collection } from 'mongodb';

/** Who does a work that only one process may do at a time. */
export interface LeaseDocument {
  /** The work, such as a group of projections. */
  readonly _id: string;
  /** Names the process that holds it; null when it was given back. */
  readonly holder: string | null;
  /** Token of this holding: it only grows, and no two holdings have the same. What is written with a lower one is refused. */
  readonly fence: bigint;
  /** Counts the signs of life of this holding. Nobody's wall clock is trusted: others watch whether it moves. */
  readonly beat: bigint;
  /** When it was taken, by the holder's clock: for people only. */
  readonly takenAt: string;
}

const DUPLICATE_KEY = 11000;

/** The leases of a database. Each change is one write, guarded on the server by what was seen: of two that try, one succeeds. */
export class Leases {
  constructor(private readonly leases: Collection<LeaseDocument>) {}

  async find(group: string): Promise<LeaseDocument | undefined> {
    return (await this.leases.findOne({ _id: group })) ?? undefined;
  }

  /** All leases, by group. */
  list(): Promise<LeaseDocument[]> {
    return this.leases.find({}).sort({ _id: 1 }).toArray();
  }

  /**
   * Takes a lease that is as `seen` (undefined: there was none). The new holding; undefined when somebody was faster, or the holder has shown
   * life meanwhile. Whether `seen` may be taken is for the caller to judge.
   */
  async take(
    group: string,
    seen: LeaseDocument | undefined,
    { holder, takenAt }: Pick<LeaseDocument, 'holder' | 'takenAt'>,
  ): Promise<LeaseDocument | undefined> {
    const next: LeaseDocument = { _id: group, holder, fence: (seen?.fence ?? 0n) + 1n, beat: 0n, takenAt };
    if (seen) {
      const { fence, beat } = seen;
      const { modifiedCount } = await this.leases.replaceOne({ _id: group, fence, beat, holder: seen.holder }, next);
      return modifiedCount === 1 ? next : undefined;
    }
    try {
      await this.leases.insertOne(next);
      return next;
    } catch (error) {
      if (error instanceof MongoServerError && error.code === DUPLICATE_KEY) return undefined;
      throw error;
    }
  }

  /** A sign of life. False: the lease is another's by now. */
  async beat({ _id, fence, holder }: LeaseDocument): Promise<boolean> {
    const { matchedCount } = await this.leases.updateOne({ _id, fence, holder }, { $inc: { beat: 1n } });
    return matchedCount === 1;
  }

  /** Gives a lease back, so that the next one need not wait; one that is another's by now is left alone. */
  async release({ _id, fence, holder }: LeaseDocument): Promise<void> {
    await this.leases.updateOne({ _id, fence, holder }, { $set: { holder: null } });
  }
}
