import { AsyncLocalStorage } from 'node:async_hooks';
import { MongoClient, type Collection, type Db, type Document } from 'mongodb';
import './driver-repair.js';
import { Checkpoints } from './checkpoints.js';
import { CodeMarks, type CodeMark } from './code-marks.js';
import { ControlRequests, type ControlRequest } from './control-requests.js';
import type { CheckpointDocument, ParkedEntry, StoredDocument } from './documents.js';
import { ReadStoreError } from './errors.js';
import { FencedProjectionStore, notAbove } from './fenced-store.js';
import { Leases, type LeaseDocument } from './leases.js';
import { ModelRegistry, type BuildName, type ModelEntry, type VersionedName } from './model-registry.js';
import { collectionName, LIVE_SET, type ModelName } from './naming.js';
import { ParkedEvents, type DiscardedEvent, type StaleQuery } from './parked-events.js';
import { MongoProjectionStore } from './projection-store.js';

export interface ReadStoreOptions {
  /** Database of the read models. */
  readonly database: string;
  /** How long to look for a server before giving up, in milliseconds. */
  readonly serverSelectionTimeoutMs?: number;
}

const CHECKPOINTS = 'checkpoints';
const REGISTRY = 'read_models';
const PARKED = 'parked';
const DISCARDED = 'discarded';
const REQUESTS = 'read_model_requests';
const ABANDONABLE = /\.v\d+\.(rebuild-[a-z0-9]+)$/;
const LEASES = 'leases';
const CODE_MARKS = 'read_model_code';

/**
 * The read models' database. Integers beyond int32 are bigint on both ways, writes are acknowledged by the majority and journaled, reads go
 * to the primary: a read after a write sees it.
 */
export class ReadStore {
  private readonly db: Db;
  private readonly views = new AsyncLocalStorage<Map<string, Promise<BuildName>>>();
  readonly registry: ModelRegistry;
  readonly parked: ParkedEvents;
  readonly requests: ControlRequests;
  readonly codeMarks: CodeMarks;
  private readonly checkpoints: Checkpoints;

  private constructor(
    private readonly client: MongoClient,
    database: string,
    private readonly fence?: bigint,
  ) {
    this.db = client.db(database);
    this.checkpoints = new Checkpoints(this.db.collection<CheckpointDocument>(CHECKPOINTS));
    this.requests = new ControlRequests(this.db.collection<ControlRequest>(REQUESTS));
    this.codeMarks = new CodeMarks(this.db.collection<CodeMark>(CODE_MARKS));
    this.registry = new ModelRegistry(this.db.collection<ModelEntry>(REGISTRY));
    this.parked = new ParkedEvents(
      this.db.collection<ParkedEntry>(PARKED),
      this.db.collection<DiscardedEvent>(DISCARDED),
    );
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

  /** The same store for the holder of a lease: checkpoints that a later holder has opened are closed to it. */
  withFence(fence: bigint): ReadStore {
    return new ReadStore(this.client, this.databaseName, fence);
  }

  async close(): Promise<void> {
    await this.client.close();
  }

  /**
   * Work that sees one build of each model from its first look to its end, whatever is switched meanwhile: what it waited for is what it reads.
   */
  inOneView<T>(work: () => Promise<T>): Promise<T> {
    return this.views.run(new Map(), work);
  }

  /** Lets the rest of the view read a build that is not the live one any more: a cursor goes on where it began. */
  pin(model: ModelName, build: BuildName): void {
    this.views.getStore()?.set(model.name, Promise.resolve(build));
  }

  /** The build that answers queries. A database that never had two of a model holds one that is not registered. */
  async liveBuild(model: VersionedName): Promise<BuildName> {
    return (await this.liveBuilds([model]))[0]!;
  }

  /**
   * The collection that answers queries on a read model. Ask for it per query and don't keep it: which version and set is live can change
   * while a program runs.
   */
  async liveCollection<Doc extends Document = StoredDocument>(model: VersionedName): Promise<Collection<Doc>> {
    return this.collection<Doc>(nameOf(model, await this.liveBuild(model)));
  }

  /** A collection by its full name (see `collectionName`). */
  collection<Doc extends Document = StoredDocument>(name: string): Collection<Doc> {
    return this.db.collection<Doc>(name);
  }

  projectionStore(model: ModelName, set: string = LIVE_SET): MongoProjectionStore {
    const name = collectionName(model, set);
    const documents = this.collection<StoredDocument>(name);
    return this.fence === undefined
      ? new MongoProjectionStore(name, documents, this.checkpoints, this.parked)
      : new FencedProjectionStore(name, documents, this.checkpoints, this.parked, this.fence);
  }

  /** Checkpoints of the models' live sets, in the order asked; undefined where nothing was folded yet. */
  async liveCheckpoints(models: readonly VersionedName[]): Promise<(CheckpointDocument | undefined)[]> {
    const builds = await this.liveBuilds(models);
    const names = models.map((model, index) => nameOf(model, builds[index]!));
    const found = await this.checkpoints.collection.find({ _id: { $in: names } }).toArray();
    return names.map((name) => found.find((checkpoint) => checkpoint._id === name));
  }

  /**
   * Position since which a part of a live read model is out of date, because an event of it could not be folded; undefined when it is whole.
   */
  async staleSince(model: VersionedName, query: StaleQuery): Promise<bigint | undefined> {
    return this.staleByCheckpoints(await this.liveCheckpoints([model]), query);
  }

  /** The same of several read models whose checkpoints are at hand; the first of the positions. Costs nothing where nothing is parked. */
  async staleByCheckpoints(
    checkpoints: readonly (CheckpointDocument | undefined)[],
    query: StaleQuery,
  ): Promise<bigint | undefined> {
    const stale = checkpoints.filter((checkpoint) => checkpoint?.parked);
    const found = await Promise.all(stale.map((checkpoint) => this.parked.staleSince(checkpoint!._id, query)));
    return found.reduce((a, b) => (a === undefined || (b !== undefined && b < a) ? b : a), undefined);
  }

  /** How far a collection is, as anybody may look it up. */
  async findCheckpoint(name: string): Promise<CheckpointDocument | undefined> {
    return (await this.checkpoints.collection.findOne({ _id: name })) ?? undefined;
  }

  /** Position up to which the live read model answers; -1n before anything was folded. */
  async livePosition(model: VersionedName): Promise<bigint> {
    const [checkpoint] = await this.liveCheckpoints([model]);
    return checkpoint?.position ?? -1n;
  }

  /** Forgets a set beside the live one: its checkpoints first, so that nobody takes half a set for a whole one. */
  async dropSet(models: readonly ModelName[], set: string): Promise<void> {
    if (set === LIVE_SET) throw new TypeError('The live set is not dropped');
    for (const model of models) await this.dropBuild(collectionName(model, set));
  }

  /**
   * Forgets a collection with its checkpoint and its parked events, in an order that can be cut off and begun again.
   * @throws ReadStoreError LEASE_LOST when a later holder folds into it
   */
  async dropBuild(name: string): Promise<void> {
    await this.checkpoints.collection.deleteOne({ _id: name, ...notAbove(this.fence) });
    if (this.fence !== undefined && (await this.findCheckpoint(name)))
      throw new ReadStoreError('LEASE_LOST', `Another runner folds into ${name} by now`);
    await this.db.dropCollection(name);
    await this.parked.drop(name);
  }

  /** Drops sets of the models that a verification left behind when it was killed: not touched since `before` (an instant). */
  async dropAbandonedSets(models: readonly ModelName[], before: string): Promise<void> {
    const names = new Set(models.map(({ name }) => name));
    for (const { _id, updatedAt } of await this.checkpoints.collection.find({}).toArray()) {
      const ofModel = names.has(_id.slice(0, _id.indexOf('.')));
      if (ofModel && updatedAt < before && ABANDONABLE.test(_id)) await this.dropBuild(_id);
    }
  }

  /** Who does what only one process may do at a time. */
  get leases(): Leases {
    return new Leases(this.db.collection<LeaseDocument>(LEASES));
  }

  get databaseName(): string {
    return this.db.databaseName;
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

  /**
   * Builds that are folded with every event: the live one and those that were live or are to be. What the holder of a lease has asked for, an
   * earlier one does not change any more.
   */
  async foldedBuilds(models: readonly VersionedName[]): Promise<Map<string, readonly BuildName[]>> {
    if (this.fence !== undefined)
      await this.registry.claim(
        models.map(({ name }) => name),
        this.fence,
      );
    const entries = await this.registry.findAll(models.map(({ name }) => name));
    const found = new Map<string, readonly BuildName[]>();
    for (const model of models) {
      const builds = entries
        .get(model.name)
        ?.builds.filter(({ state }) => state !== 'building' && state !== 'dropping');
      found.set(model.name, builds ?? [await this.unregistered(model)]);
    }
    return found;
  }

  private async liveBuilds(models: readonly VersionedName[]): Promise<BuildName[]> {
    const view = this.views.getStore() ?? new Map<string, Promise<BuildName>>();
    const unseen = models.filter(({ name }) => !view.has(name));
    if (unseen.length > 0) {
      const entries = this.registry.findAll(unseen.map(({ name }) => name));
      const liveOf = async (model: VersionedName): Promise<BuildName> =>
        (await entries).get(model.name)?.live ?? this.unregistered(model);
      for (const model of unseen) view.set(model.name, liveOf(model));
    }
    return Promise.all(models.map(({ name }) => view.get(name)!));
  }

  /** Of the versions that the code knows, the newest that something was folded into; today's without any. */
  private async unregistered(model: VersionedName): Promise<BuildName> {
    // One version only: nothing to look for, and queries are spared the question.
    for (let known = model.previous ? model : undefined; known; known = known.previous) {
      const isFolded = await this.findCheckpoint(collectionName(known));
      if (isFolded) return { version: known.version, set: LIVE_SET };
    }
    return { version: model.version, set: LIVE_SET };
  }
}

function nameOf({ name }: ModelName, { version, set }: BuildName): string {
  return collectionName({ name, version }, set);
}
