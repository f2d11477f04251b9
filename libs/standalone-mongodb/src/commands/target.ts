import type { Doc } from '../bson/document.js';
import { Arr } from '../bson/document.js';
import { RegExpValue, type Value } from '../bson/values.js';
import type { Node } from '../query/ast.js';
import type { Filter } from '../query/filter.js';
import { search } from '../query/find.js';
import type { SortSpec } from '../query/sort.js';
import type { Collection } from '../storage/collection.js';
import { Pauses } from './pauses.js';

export interface Target {
  readonly rid: number;
  readonly doc: Doc;
}

/** The _id that a filter pins, if it does. */
export function pinnedId(node: Node): Value | undefined {
  if (node.kind === 'field') {
    if (node.path !== '_id' || node.test.op !== 'eq') return undefined;
    const value = node.test.value;
    return value instanceof Arr || value instanceof RegExpValue ? undefined : value;
  }
  if (node.kind !== 'and') return undefined;
  for (const inner of node.nodes) {
    const id = pinnedId(inner);
    if (id !== undefined) return id;
  }
  return undefined;
}

const NO_SORT: SortSpec = { fields: [], natural: undefined };

/** What a writer is to change. By _id it looks at the latest state; else all decided before is written first and then scanned. */
export function findTargets(
  collection: Collection,
  filter: Filter,
  limit: number,
  sort: SortSpec = NO_SORT,
  hint?: Value,
): readonly Target[] | Promise<readonly Target[]> {
  const id = hint === undefined ? pinnedId(filter.node) : undefined;
  if (id !== undefined) {
    const rid = collection.latestRidOf(id);
    const doc = rid === undefined ? undefined : collection.latest(rid);
    return rid !== undefined && doc !== undefined && filter.matches(doc) ? [{ rid, doc }] : [];
  }
  return scanTargets(collection, filter, limit, sort, hint);
}

/** Changes that a statement has decided are stored when its documents have so many bytes, or are so many. */
const STORE_BYTES = 8 * 1024 * 1024;
const STORE_DOCUMENTS = 10_000;

/**
 * Hands all that a filter matches to a writer, one by one; returns how many. It finds all before any is changed, and keeps only where they
 * lie: what a statement changes is stored part by part, as with mongod, and so has no limit.
 */
export async function eachTarget(
  collection: Collection,
  filter: Filter,
  hint: Value | undefined,
  change: (target: Target) => void,
): Promise<number> {
  const { env } = collection;
  await env.settle();
  const rids: number[] = [];
  const pause = new Pauses();
  const options = { filter, sort: NO_SORT, skip: 0, limit: 0, hint };
  for (const hit of search(collection, options).hits) {
    if (hit !== null) rids.push(hit.rid);
    else if (pause.isDue) await pause.take();
  }
  let [bytes, docs] = [0, 0];
  for (const rid of rids) {
    const doc = collection.latest(rid) as Doc; // nobody else writes meanwhile
    change({ rid, doc });
    bytes += doc.rawLength;
    docs += 1;
    if (bytes > STORE_BYTES || docs > STORE_DOCUMENTS) {
      await env.settle();
      [bytes, docs] = [0, 0];
    }
    if (pause.isDue) await pause.take();
  }
  return rids.length;
}

async function scanTargets(
  collection: Collection,
  filter: Filter,
  limit: number,
  sort: SortSpec,
  hint: Value | undefined,
): Promise<readonly Target[]> {
  if (!collection.env.isSettled) await collection.env.settle();
  const targets: Target[] = [];
  const pause = new Pauses();
  for (const hit of search(collection, { filter, sort, skip: 0, limit, hint }).hits) {
    if (hit !== null) targets.push(hit);
    else if (pause.isDue) await pause.take();
  }
  return targets;
}
