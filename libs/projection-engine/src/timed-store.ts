import {
  ReadStoreError,
  type CheckpointDocument,
  type DocumentPack,
  type IndexSpec,
  type ParkedEntry,
  type ProjectionStore,
  type StoredDocument,
} from '#libs/read-store';

/** Far beyond what a server that is alive takes for a batch. */
const LONGEST_ANSWER_MS = 60_000;

/**
 * A store whose answers are not waited for without end: a connection can break so that the driver never says so, and a drain that waits for it
 * would stand still for ever. A write that comes through later changes nothing: it is guarded.
 */
export class TimedStore implements ProjectionStore {
  constructor(
    private readonly store: ProjectionStore,
    private readonly limitMs: number = LONGEST_ANSWER_MS,
  ) {}

  get name(): string {
    return this.store.name;
  }

  /** An index of a large collection takes as long as it takes. */
  prepare(indexes: readonly IndexSpec[]): Promise<void> {
    return this.store.prepare(indexes);
  }

  load(ids: readonly string[]): Promise<StoredDocument[]> {
    return this.inTime(this.store.load(ids));
  }

  isEmpty(): Promise<boolean> {
    return this.inTime(this.store.isEmpty());
  }

  newPack(): DocumentPack {
    return this.store.newPack();
  }

  insertPack(pack: DocumentPack): Promise<void> {
    return this.inTime(this.store.insertPack(pack));
  }

  replace(documents: readonly StoredDocument[]): Promise<boolean> {
    return this.inTime(this.store.replace(documents));
  }

  readCheckpoint(): Promise<CheckpointDocument | undefined> {
    return this.inTime(this.store.readCheckpoint());
  }

  saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    return this.inTime(this.store.saveCheckpoint(checkpoint));
  }

  park(entries: readonly ParkedEntry[]): Promise<void> {
    return this.inTime(this.store.park(entries));
  }

  parkedStreams(): Promise<Map<string, bigint>> {
    return this.inTime(this.store.parkedStreams());
  }

  discarded(): Promise<Set<string>> {
    return this.inTime(this.store.discarded());
  }

  countParked(): Promise<number> {
    return this.inTime(this.store.countParked());
  }

  noteParked(): Promise<void> {
    return this.inTime(this.store.noteParked());
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const error = (): Error =>
        new ReadStoreError('READ_STORE_UNAVAILABLE', `${this.name}: no answer in ${this.limitMs} ms`);
      timer = setTimeout(() => reject(error()), this.limitMs).unref();
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
