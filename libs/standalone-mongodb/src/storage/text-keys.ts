import { Doc } from '../bson/document.js';
import { escapedTexts } from '../bson/key-parts.js';
import type { Catalog } from './catalog.js';
import type { Collection } from './collection.js';
import { buildIndexes } from './index-build.js';
import type { IndexInfo } from './index-info.js';
import { documentParts } from './walk.js';

/** In `meta`: keys of texts are written as they are today. */
const MARK = Buffer.from('text keys');
const MARKED = Buffer.from([2]);

/**
 * Builds anew, once, the indexes that earlier versions wrote of texts with a 0 or a 1 within, whose keys could be the beginning of others'.
 * Every document is looked at for that; a crash has it begin again.
 */
export async function renewTextKeys(catalog: Catalog): Promise<void> {
  const { env } = catalog;
  if (env.meta.get(MARK) !== undefined) return;
  for (const collection of catalog.all()) {
    const outdated = await indexesOfEscapedTexts(collection);
    if (outdated.length > 0) await rebuild(catalog, collection, outdated);
  }
  await env.write(() => env.put(env.meta, MARK, MARKED));
}

async function indexesOfEscapedTexts(collection: Collection): Promise<readonly IndexInfo[]> {
  const found = new Set<IndexInfo>();
  for (const part of documentParts(collection)) {
    for (const { rid, bytes } of part) {
      const doc = Doc.raw(bytes);
      for (const index of collection.indexes) {
        const before = escapedTexts;
        collection.entries.keysOf(index, doc, rid);
        if (escapedTexts > before) found.add(index);
      }
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return [...found];
}

function rebuild(catalog: Catalog, collection: Collection, outdated: readonly IndexInfo[]): Promise<void> {
  console.error(
    `${collection.namespace}: ${outdated.map((index) => index.name).join(', ')} of an earlier version built anew`,
  );
  return buildIndexes(catalog, collection, outdated, (made) => {
    const renewed = new Map(outdated.map((index, i) => [index, made[i] as IndexInfo]));
    collection.setIndexes(collection.indexes.map((index) => renewed.get(index) ?? index));
    catalog.dropTables(outdated.map((index) => index.table));
  });
}
