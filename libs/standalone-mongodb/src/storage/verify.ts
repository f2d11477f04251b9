import { Doc } from '../bson/document.js';
import type { Collection } from './collection.js';
import type { IndexInfo } from './index-info.js';
import { documentParts } from './walk.js';

const CHUNK = 1000;

export interface Verification {
  readonly records: number;
  readonly bytes: number;
  readonly keysPerIndex: ReadonlyMap<IndexInfo, number>;
  /** Names of indexes that lack an entry of a document, and of those that have one of none. */
  readonly lacking: readonly string[];
  readonly excessive: readonly string[];
}

/** Reads a collection on disk and compares its documents with its indexes; others go on in between. `each` sees every document. */
export async function verify(collection: Collection, each: (doc: Doc) => void): Promise<Verification> {
  const { indexes } = collection;
  let [records, bytes] = [0, 0];
  const expected = new Map(indexes.map((index) => [index, 0]));
  const lacking = new Set<string>();
  for (const part of documentParts(collection)) {
    for (const { rid, bytes: stored } of part) {
      const doc = Doc.raw(stored);
      records += 1;
      bytes += stored.length;
      each(doc);
      for (const index of indexes) {
        const keys = collection.entries.keysOf(index, doc, rid);
        expected.set(index, (expected.get(index) ?? 0) + keys.length);
        if (!keys.every((one) => collection.entries.isStored(index, one, rid))) lacking.add(index.name);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const keysPerIndex = new Map<IndexInfo, number>();
  for (const index of indexes) keysPerIndex.set(index, await countEntries(collection, index));
  const excessive = indexes.filter((index) => (keysPerIndex.get(index) ?? 0) > (expected.get(index) ?? 0));
  return { records, bytes, keysPerIndex, lacking: [...lacking], excessive: excessive.map((index) => index.name) };
}

async function countEntries(collection: Collection, index: IndexInfo): Promise<number> {
  const end = Buffer.alloc(4);
  end.writeUInt32BE(index.table + 1);
  let start: Buffer = Buffer.alloc(4);
  start.writeUInt32BE(index.table);
  let count = 0;
  for (let more = true; more;) {
    const chunk = collection.env.indexes.keys({ start, end, limit: CHUNK, exclusiveStart: true });
    count += chunk.items.length;
    start = chunk.items[chunk.items.length - 1] ?? end;
    more = chunk.more;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return count;
}
