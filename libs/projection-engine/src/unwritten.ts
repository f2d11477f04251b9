import type { ProjectionStore, StoredDocument } from '#libs/read-store';

/** How much a catch-up folds before it writes documents that change. */
export interface Deferral {
  readonly events: number;
  readonly documents: number;
}

/** A bulk write at a time, so that others of the same server get their turn. */
const WRITTEN_AT_ONCE = 2_000;

/**
 * Documents as a lane has folded them and not written yet. In a catch-up most change again soon: written every so many events, and not with each batch,
 * they cost a fraction. Bounded by `Deferral`; what is lost in a crash comes again, since the checkpoint waits for the write.
 */
export class Unwritten {
  private folded = new Map<string, StoredDocument>();
  private leaving: ReadonlyMap<string, StoredDocument> = new Map();
  private events = 0;

  /** As it was folded last. */
  find(id: string): StoredDocument | undefined {
    return this.folded.get(id) ?? this.leaving.get(id);
  }

  add(documents: readonly StoredDocument[], events: number): void {
    for (const document of documents) this.folded.set(document._id, document);
    this.events += events;
  }

  get isEmpty(): boolean {
    return this.folded.size === 0 && this.leaving.size === 0;
  }

  exceeds({ events, documents }: Deferral): boolean {
    return this.events >= events || this.folded.size >= documents;
  }

  /**
   * Writes all that was added so far; what is added meanwhile is for the next time. One at a time. undefined when a guard has refused one: somebody
   * else folds, too.
   */
  async write(
    store: ProjectionStore,
    onWritten: (documents: readonly StoredDocument[]) => void,
  ): Promise<readonly StoredDocument[] | undefined> {
    this.leaving = this.folded;
    this.folded = new Map();
    this.events = 0;
    const documents = [...this.leaving.values()];
    for (let from = 0; from < documents.length; from += WRITTEN_AT_ONCE) {
      const some = documents.slice(from, from + WRITTEN_AT_ONCE);
      if (!(await store.replace(some))) return undefined;
      onWritten(some);
    }
    this.leaving = new Map();
    return documents;
  }
}
