import type { Collection, Filter } from 'mongodb';
import { BulkCommands } from './bulk-commands.js';
import type { Checkpoints } from './checkpoints.js';
import { BsonPack, type DocumentPack } from './document-pack.js';
import type { CheckpointDocument, DiscardDecision, IndexSpec, ParkedEntry, StoredDocument } from './documents.js';
import type { ParkedEvents, ParkedSequence } from './parked-events.js';

/** What the projection engine needs of a store, for one read model in one set. Every write may come again and changes nothing then. */
export interface ProjectionStore {
  /** The collection's name. */
  readonly name: string;
  /** Creates the indexes that are missing. */
  prepare(indexes: readonly IndexSpec[]): Promise<void>;
  /** Documents by id, tombstones included; missing ones are left out. */
  load(ids: readonly string[]): Promise<StoredDocument[]>;
  /** Whether there is no document, tombstones included. */
  isEmpty(): Promise<boolean>;
  /** For new append-only documents, to be filled and handed to `insertPack`, once. */
  newPack(): DocumentPack;
  /** Writes new append-only documents; one that is there already is the same one. */
  insertPack(pack: DocumentPack): Promise<void>;
  /**
   * Replaces or creates each document unless the stored one is at its position or beyond, or is parked. False when there was such a one: somebody
   * else writes, too, or has.
   */
  replace(documents: readonly StoredDocument[]): Promise<boolean>;
  readCheckpoint(): Promise<CheckpointDocument | undefined>;
  /** Never moves a checkpoint back. */
  saveCheckpoint(checkpoint: CheckpointDocument): Promise<void>;
  /** Queues events that cannot be folded now; one that is queued already stays as it is. */
  park(entries: readonly ParkedEntry[]): Promise<void>;
  /** Streams that are parked as a whole, with the position of the event that failed. */
  parkedStreams(): Promise<Map<string, bigint>>;
  /** Events that are left out, if they cannot be folded: somebody has said so (see `discardKey`). */
  discarded(): Promise<Set<string>>;
  /** How many sequences stand still; counted up to a limit. */
  countParked(): Promise<number>;
  /** Says in the checkpoint how many sequences stand still now. */
  noteParked(): Promise<void>;
}

/** One unordered bulk write per call, acknowledged by the majority and journaled (the client's write concern). */
export class MongoProjectionStore implements ProjectionStore {
  private readonly bulk: BulkCommands;

  constructor(
    readonly name: string,
    protected readonly documents: Collection<StoredDocument>,
    protected readonly checkpoints: Checkpoints,
    protected readonly parked: ParkedEvents,
  ) {
    this.bulk = new BulkCommands(documents.db, name);
  }

  async prepare(indexes: readonly IndexSpec[]): Promise<void> {
    if (indexes.length === 0) return;
    await this.documents.createIndexes(indexes.map((index) => ({ name: index.name, key: { ...index.key } })));
  }

  async load(ids: readonly string[]): Promise<StoredDocument[]> {
    if (ids.length === 0) return [];
    const cursor = this.documents.find({ _id: { $in: [...ids] } }, { batchSize: ids.length + 1 });
    return (await cursor.toArray()) as StoredDocument[];
  }

  async isEmpty(): Promise<boolean> {
    return (await this.documents.findOne({}, { projection: { _id: 1 } })) === null;
  }

  newPack(): DocumentPack {
    return new BsonPack();
  }

  async insertPack(pack: DocumentPack): Promise<void> {
    await this.bulk.insertPack(pack as BsonPack);
  }

  async insert(documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    await this.bulk.insert(documents);
  }

  async replace(documents: readonly StoredDocument[]): Promise<boolean> {
    if (documents.length === 0) return true;
    const { count } = await this.bulk.update(
      documents.map((document) => ({ q: guardOf(document), u: document, upsert: true })),
    );
    return count === documents.length;
  }

  async readCheckpoint(): Promise<CheckpointDocument | undefined> {
    return (await this.checkpoints.collection.findOne({ _id: this.name })) ?? undefined;
  }

  async saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    await this.checkpoints.save(checkpoint);
  }

  park(entries: readonly ParkedEntry[]): Promise<void> {
    return this.parked.add(entries);
  }

  parkedStreams(): Promise<Map<string, bigint>> {
    return this.parked.streamsOf(this.name);
  }

  discarded(): Promise<Set<string>> {
    return this.parked.discardedOf(this.name.slice(0, this.name.indexOf('.')));
  }

  countParked(): Promise<number> {
    return this.parked.countSequences(this.name);
  }

  /** Replaces a document that is as it was read; false when somebody else has written it meanwhile. */
  async settle(before: StoredDocument | undefined, after: StoredDocument): Promise<boolean> {
    if (!before) {
      const { upsertedCount } = await this.documents.updateOne(
        { _id: after._id },
        { $setOnInsert: after },
        { upsert: true },
      );
      return upsertedCount === 1;
    }
    const mark = before.parked ? { 'parked.since': before.parked.since } : { parked: { $exists: false } };
    const filter = { _id: before._id, position: before.position, ...mark, ...this.markGuard() };
    return (await this.documents.replaceOne(filter, after)).matchedCount === 1;
  }

  /** The event that a sequence stands before now, and why; said before what is folded leaves the queue. */
  async moveHead(id: string, why: Pick<ParkedEntry, 'cause' | 'stack'>): Promise<void> {
    await this.parked.markHead(id, why);
  }

  /** Takes what is folded from the queue: a sequence's events at or before a position. */
  async unpark(sequence: ParkedSequence, upTo: bigint): Promise<void> {
    await this.parked.remove(sequence, upTo);
  }

  /** Decides to leave an event out; false when it does not wait any more. */
  discard(id: string, decision: DiscardDecision): Promise<boolean> {
    return this.parked.markDiscard(id, decision);
  }

  async noteParked(): Promise<void> {
    const parked = await this.countParked();
    const change = parked > 0 ? { $set: { parked: BigInt(parked) } } : { $unset: { parked: '' as const } };
    await this.checkpoints.collection.updateOne({ _id: this.name, ...this.checkpointGuard() }, change);
  }

  /** What a parked document's mark must be besides for this store to write the document. */
  protected markGuard(): Filter<StoredDocument> {
    return {};
  }

  protected checkpointGuard(): Filter<CheckpointDocument> {
    return {};
  }
}

/** A document that parks keeps its position: what guards its write is the event that it could not fold. A parked one is left alone. */
function guardOf({ _id, position, parked }: StoredDocument): Filter<StoredDocument> {
  return { _id, position: { $lt: parked?.since ?? position }, parked: { $exists: false } };
}
