import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import type { CheckpointDocument, IndexSpec, StoredDocument } from './documents.js';
import { ignoreAlreadyDone } from './errors.js';

/** What the projection engine needs of a store, for one read model in one set. Every write may come again and changes nothing then. */
export interface ProjectionStore {
  /** The collection's name. */
  readonly name: string;
  /** Creates the indexes that are missing. */
  prepare(indexes: readonly IndexSpec[]): Promise<void>;
  /** Documents by id, tombstones included; missing ones are left out. */
  load(ids: readonly string[]): Promise<StoredDocument[]>;
  /** Writes new append-only documents; one that is there already is the same one. */
  insert(documents: readonly StoredDocument[]): Promise<void>;
  /** Replaces or creates each document unless the stored one is at its position or beyond. */
  replace(documents: readonly StoredDocument[]): Promise<void>;
  readCheckpoint(): Promise<CheckpointDocument | undefined>;
  /** Never moves a checkpoint back. */
  saveCheckpoint(checkpoint: CheckpointDocument): Promise<void>;
}

/** One unordered bulk write per call, acknowledged by the majority and journaled (the client's write concern). */
export class MongoProjectionStore implements ProjectionStore {
  constructor(
    readonly name: string,
    private readonly documents: Collection<StoredDocument>,
    private readonly checkpoints: Collection<CheckpointDocument>,
  ) {}

  async prepare(indexes: readonly IndexSpec[]): Promise<void> {
    if (indexes.length === 0) return;
    await this.documents.createIndexes(indexes.map((index) => ({ name: index.name, key: { ...index.key } })));
  }

  async load(ids: readonly string[]): Promise<StoredDocument[]> {
    if (ids.length === 0) return [];
    const cursor = this.documents.find({ _id: { $in: [...ids] } }, { batchSize: ids.length + 1 });
    return (await cursor.toArray()) as StoredDocument[];
  }

  async insert(documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    await this.documents.insertMany(documents, { ordered: false }).catch(ignoreAlreadyDone);
  }

  async replace(documents: readonly StoredDocument[]): Promise<void> {
    if (documents.length === 0) return;
    const writes = documents.map((document): AnyBulkWriteOperation<StoredDocument> => ({
      replaceOne: {
        filter: { _id: document._id, position: { $lt: document.position } },
        replacement: document,
        upsert: true,
      },
    }));
    await this.documents.bulkWrite(writes, { ordered: false }).catch(ignoreAlreadyDone);
  }

  async readCheckpoint(): Promise<CheckpointDocument | undefined> {
    return (await this.checkpoints.findOne({ _id: this.name })) ?? undefined;
  }

  async saveCheckpoint(checkpoint: CheckpointDocument): Promise<void> {
    const filter = { _id: this.name, position: { $lt: checkpoint.position } };
    await this.checkpoints.replaceOne(filter, checkpoint, { upsert: true }).catch(ignoreAlreadyDone);
  }
}
