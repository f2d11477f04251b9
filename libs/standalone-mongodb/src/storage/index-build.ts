import { Doc } from '../bson/document.js';
import { KeyBuilder } from '../bson/key.js';
import { fail } from '../errors.js';
import type { Catalog } from './catalog.js';
import type { Collection } from './collection.js';
import type { IndexInfo } from './index-info.js';
import { RawKeyReader } from './raw-keys.js';
import { documentParts } from './walk.js';

/** How many documents are indexed in one turn: others have theirs after a few milliseconds. */
const AT_ONCE = 400;
/** How many turns share a commit, if nobody else has one: each page of an index is written once for all of them. */
const TURNS_A_COMMIT = 25;
const NOTHING = Buffer.alloc(0);

/** Runs one step of a build; resolves when it is on disk or, `later`, when it has run. */
type Step = (task: () => void, later?: boolean) => Promise<unknown>;

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
    return build(catalog, collection, wanted, publish, (task, later) => env.write(task, later));
  await env.write(() =>
    build(catalog, collection, wanted, publish, async (task, later) => {
      task();
      if (later !== true) await env.flush();
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
    const readers = made.map((index) => new RawKeyReader(index));
    let turns = 0;
    for (const part of documentParts(collection, AT_ONCE)) {
      turns += 1;
      await step(
        () => {
          checkPresence(catalog, collection);
          for (const { rid } of part) addEntries(collection, readers, rid);
        },
        turns % TURNS_A_COMMIT > 0,
      );
      await new Promise((resolve) => setImmediate(resolve));
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

/** A document's entries in indexes, as it is now: writers may have changed or removed it since it was read. */
function addEntries(collection: Collection, readers: readonly RawKeyReader[], rid: number): void {
  const { env } = collection;
  const bytes = env.latest(env.records, collection.recordKey(rid));
  if (bytes === undefined) return;
  for (const reader of readers) {
    if (!reader.isUsable || !reader.readNew(bytes, 0)) collection.addToIndex(reader.index, Doc.raw(bytes), rid);
    else if (reader.buildNew(bytes, rid)) env.putUnseen(env.indexes, KeyBuilder.current, NOTHING);
  }
}

/** It may have been dropped between two steps, or what is known of it read anew from the disk. */
function checkPresence(catalog: Catalog, collection: Collection): void {
  const { db, name, namespace } = collection;
  if (!collection.dropped && catalog.find(db, name) === collection) return;
  fail('IndexBuildAborted', `Index build failed: ${namespace}: the collection was dropped`);
}
