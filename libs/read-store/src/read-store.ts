import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import type { CheckpointDocument, StoredDocument } from './documents.js';
import { ReadStoreError } from './errors.js';
import { collectionName, LIVE_SET, type ModelName } from './naming.js';
import { MongoProjectionStore, type ProjectionStore } from './projection-store.js';

export interface ReadStoreOptions {
  /** Database of the read models. */
  readonly database: string;
  /** How long to look for a server before giving up, in milliseconds. */
  readonly serverSelectionTimeoutMs?: number;
}

const CHECKPOINTS = 'checkpoints';

/**
 * The read models' database. Integers beyond int32 are bigint on both ways, writes are acknowledged by the majority and journaled, reads go
 * to the primary: a read after a write sees it.
 */
export class ReadStore {
  private readonly db: Db;

  private constructor(
    private readonly client: MongoClient,
    database: string,
  ) {
    this.db = client.db(database);
  }

  /** @throws ReadStoreError READ_STORE_UNAVAILABLE when no server answers. */
  static async connect(url: string, options: ReadStoreOptions): Promise<ReadStore> {
    const client = new MongoClient(url, {
      useBigInt64: true,
      writeConcern: { w: 'majority', journal: true },
      readPreference: 'primary',
      serverSelectionTimeoutMS: options.serverSelectionTimeoutMs ?? 15_000,
    });
    try {
      await client.connect();
    } catch (error) {
      await client.close();
      const reason = error instanceof Error ? error.message : String(error);
      throw new ReadStoreError('READ_STORE_UNAVAILABLE', `No MongoDB server answered: ${reason}`, { cause: error });
    }
    return new ReadStore(client, options.database);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /**
   * The collection that answers queries on a read model. Ask for it per query and don't keep it: which version and set is live can change
   * while a program runs.
   */
  liveCollection<Doc extends Document = StoredDocument>(model: ModelName): Promise<Collection<Doc>> {
    return Promise.resolve(this.collection<Doc>(collectionName(model)));
  }

  /** A collection by its full name (see `collectionName`). */
  collection<Doc extends Document = StoredDocument>(name: string): Collection<Doc> {
    return this.db.collection<Doc>(name);
  }

  projectionStore(model: ModelName, set: string = LIVE_SET): ProjectionStore {
    const name = collectionName(model, set);
    return new MongoProjectionStore(name, this.collection(name), this.checkpoints());
  }

  /** Checkpoints of the models' live sets, in the order asked; undefined where nothing was folded yet. */
  async liveCheckpoints(models: readonly ModelName[]): Promise<(CheckpointDocument | undefined)[]> {
    const names = models.map((model) => collectionName(model));
    const found = await this.checkpoints()
      .find({ _id: { $in: names } })
      .toArray();
    return names.map((name) => found.find((checkpoint) => checkpoint._id === name));
  }

  /** Position up to which the live read model answers; -1n before anything was folded. */
  async livePosition(model: ModelName): Promise<bigint> {
    const [checkpoint] = await this.liveCheckpoints([model]);
    return checkpoint?.position ?? -1n;
  }

  /** Forgets a set beside the live one: its checkpoints first, so that nobody takes half a set for a whole one. */
  async dropSet(models: readonly ModelName[], set: string): Promise<void> {
    if (set === LIVE_SET) throw new TypeError('The live set is not dropped');
    const names = models.map((model) => collectionName(model, set));
    await this.checkpoints().deleteMany({ _id: { $in: names } });
    for (const name of names) await this.db.dropCollection(name);
  }

  /** Drops sets of the models that a rebuild left behind when it was killed: not touched since `before` (an instant). */
  async dropAbandonedSets(models: readonly ModelName[], before: string): Promise<void> {
    const checkpoints = await this.checkpoints().find({}).toArray();
    for (const model of models) {
      const prefix = `${collectionName(model)}.`;
      const old = checkpoints.filter(({ _id, updatedAt }) => _id.startsWith(prefix) && updatedAt < before);
      for (const { _id } of old) await this.dropSet([model], _id.slice(prefix.length));
    }
  }

  /** Names of all collections. */
  async listCollections(): Promise<string[]> {
    const collections = await this.db.listCollections({}, { nameOnly: true }).toArray();
    return collections.map(({ name }) => name).sort();
  }

  /** Forgets every read model and checkpoint: they can be rebuilt from the events. */
  async dropDatabase(): Promise<void> {
    await this.db.dropDatabase();
  }

  private checkpoints(): Collection<CheckpointDocument> {
    return this.db.collection<CheckpointDocument>(CHECKPOINTS);
  }
}
