import { storedBytes, type ProjectionStore, type StoredDocument } from '#libs/read-store';

/** How much a catch-up folds before it writes. */
export interface Deferral {
  readonly events: number;
  /** That change. */
  readonly documents: number;
  /** Of their BSON, about. */
  readonly bytes: number;
  /** Of BSON, of documents that do not change: stored in order of their ids, the more there are the fewer pages each touches. */
  readonly packBytes: number;
}

/** A bulk write at a time, so that others of the same server get their turn. */
const WRITTEN_AT_ONCE = 2_000;
/** One document in so many is measured: what they are together need not be exact. */
const MEASURED_ONE_IN = 16;

/**
 * Documents as a lane has folded them and not written yet. In a catch-up most change again soon: written every so many events, and not with each batch,
 * they cost a fraction. Bounded by `Deferral`; what is lost in a crash comes again, since the checkpoint waits for the write.
 */
export class Unwritten {
  private folded = new Map<string, StoredDocument>();
  private leaving: ReadonlyMap<string, StoredDocument> = new Map();
  private events = 0;
  private measured = { turn: 0, documents: 0, bytes: 0 };

  /** As it was folded last. */
  find(id: string): StoredDocument | undefined {
    return this.folded.get(id) ?? this.leaving.get(id);
  }

  /** @throws ReadStoreError DOCUMENT_UNSTORABLE for one that cannot be written, if it is among those that are measured */
  add(documents: readonly StoredDocument[], events: number): void {
    const { measured } = this;
    for (const document of documents) {
      this.folded.set(document._id, document);
      measured.turn += 1;
      if (measured.turn % MEASURED_ONE_IN !== 1) continue;
      measured.documents += 1;
      measured.bytes += storedBytes(document);
    }
    this.events += events;
  }

  get isEmpty(): boolean {
    return this.folded.size === 0 && this.leaving.size === 0;
  }

  exceeds({ events, documents, bytes }: Deferral): boolean {
    const { size } = this.folded;
    if (this.events >= events || size >= documents) return true;
    return size > 0 && (size * this.measured.bytes) / this.measured.documents >= bytes;
  }

  /**
   * Writes all that was added so far; what is added meanwhile is for the next time. One at a time. undefined when a guard has refused one: somebody
   * else folds, too. `onWritten` hears of those that have not changed again meanwhile. @throws ReadStoreError DOCUMENT_UNSTORABLE
   */
  async write(
    store: ProjectionStore,
    onWritten: (document: StoredDocument, bytes: number) => void,
  ): Promise<number | undefined> {
    this.leaving = this.folded;
    this.folded = new Map();
    this.events = 0;
    this.measured = { turn: 0, documents: 0, bytes: 0 };
    const documents = [...this.leaving.values()];
    for (let from = 0; from < documents.length; from += WRITTEN_AT_ONCE) {
      const some = documents.slice(from, from + WRITTEN_AT_ONCE);
      const sizes = some.map((document) => storedBytes(document));
      if (!(await store.replace(some))) return undefined;
      some.forEach((document, n) => {
        if (!this.folded.has(document._id)) onWritten(document, sizes[n]!);
      });
    }
    this.leaving = new Map();
    return documents.length;
  }
}
