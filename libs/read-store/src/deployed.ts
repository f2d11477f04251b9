import { MongoServerError } from 'mongodb';
import type { IndexSpec } from './documents.js';
import { collectionName, type ModelName } from './naming.js';
import type { ReadStore } from './read-store.js';

const NAMESPACE_NOT_FOUND = 26;

/** The indexes that a read model's live collection has, by name; undefined when there is no such collection yet. */
export async function findIndexes(
  store: Pick<ReadStore, 'collection'>,
  model: ModelName,
): Promise<ReadonlyMap<string, IndexSpec> | undefined> {
  try {
    const indexes = await store.collection(collectionName(model)).listIndexes().toArray();
    return new Map(indexes.map(({ name, key }) => [name as string, { name, key } as IndexSpec]));
  } catch (error) {
    if (error instanceof MongoServerError && error.code === NAMESPACE_NOT_FOUND) return undefined;
    throw error;
  }
}
