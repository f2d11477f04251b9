import { fail } from '../errors.js';
import type { Catalog } from './catalog.js';
import type { Collection } from './collection.js';
import type { IndexInfo } from './index-info.js';
import { documentParts } from './walk.js';

/** How many documents are indexed in one turn: others have theirs after a few milliseconds. */
const AT_ONCE = 400;

/** Runs one step of a build; resolves when it is on disk. */
type Step = (task: () => void) => Promise<unknown>;

/**
 * Builds indexes of a collection while others read and write it; `publish` is called with them in the turn in which they are whole. A
 * unique index has the other writers wait, since what they would store could be refused for an index that never comes to be. Whatever
 * fails (11000, 171, 276, 14031), or a crash, leaves nothing of them.
 */
export async function buildIndexes(
  catalog: Catalog,
  collection: Collection,
  wanted: readonly IndexInfo[],
  publish: (made: readonly IndexInfo[]) => void,
): Promise<void> {
  const { env } = catalog;
  if (!wanted.some((index) => index.unique))
    return build(catalog, collection, wanted, publish, (task) => env.write(task));
  await env.write(() =>
    build(catalog, collection, wanted, publish, (task) => {
      task();
      return env.flush();
    }),
  );
}

async function build(
  catalog: Catalog,
  collection: Collection,
  wanted: readonly IndexInfo[],
  publish: (made: readonly IndexInfo[]) => void,
  step: Step,
): Promise<void> {
  let made: readonly IndexInfo[] = [];
  let isWhole = false;
  await step(() => {
    checkPresence(catalog, collection);
    made = wanted.map((index) => ({ ...index, table: catalog.nextTable() }));
    isWhole = collection.count === 0;
    if (isWhole) return publish(made);
    catalog.draftTables(made.map((index) => index.table));
    collection.setBuilding(made);
  });
  if (isWhole) return;
  const tables = made.map((index) => index.table);
  try {
    for (const part of documentParts(collection, AT_ONCE)) {
      await step(() => {
        checkPresence(catalog, collection);
        for (const { rid } of part) {
          const doc = collection.latest(rid);
          if (doc !== undefined) for (const index of made) collection.addToIndex(index, doc, rid);
        }
      });
    }
    await step(() => {
      checkPresence(catalog, collection);
      catalog.keepTables(tables);
      publish(made);
    });
  } catch (error) {
    await step(() => {
      collection.setBuilding([]);
      catalog.dropTables(tables);
    });
    throw error;
  }
}

/** It may have been dropped between two steps, or what is known of it read anew from the disk. */
function checkPresence(catalog: Catalog, collection: Collection): void {
  const { db, name, namespace } = collection;
  if (!collection.dropped && catalog.find(db, name) === collection) return;
  fail('IndexBuildAborted', `Index build failed: ${namespace}: the collection was dropped`);
}
