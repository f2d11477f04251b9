import { Doc } from '../bson/document.js';
import type { Collection } from '../storage/collection.js';
import { RID_BYTES } from '../storage/environment.js';
import type { Range, Table } from '../storage/table.js';
import type { Filter } from './filter.js';
import type { KeyRange } from './bounds.js';
import type { IndexPlan, Plan } from './planner.js';

/** A document and where it is stored. */
export interface Hit {
  readonly rid: number;
  readonly doc: Doc;
}

/** What a scan looked at, for explain. */
export interface ScanStats {
  keysExamined: number;
  docsExamined: number;
  /** Documents that the filter let through. */
  matched: number;
}

const FIRST_CHUNK = 64;
const MAX_CHUNK = 512;
const CHUNK_BYTES = 1024 * 1024;

/**
 * The documents of a plan that match. Reads chunk by chunk and starts anew behind the last key, so that a cursor that waits for
 * getMore holds no snapshot of the database. `null` comes now and then with nothing found, so that a caller can let others run.
 */
export function* scan(collection: Collection, plan: Plan, filter: Filter, stats: ScanStats): Generator<Hit | null> {
  if (plan.kind === 'collscan') {
    yield* scanCollection(collection, plan.reverse, filter, stats);
    return;
  }
  if (plan.kind === 'ixscan') {
    yield* scanIndex(collection, plan, filter, stats, needsDistinct(plan) ? new Set() : undefined);
    return;
  }
  const seen = new Set<number>();
  for (const branch of plan.branches) yield* scanIndex(collection, branch, filter, stats, seen);
}

/** The hits of an index plan whose keys say all that is asked: no document is read. */
export function* scanKeys(collection: Collection, plan: IndexPlan, stats: ScanStats): Generator<Hit | null> {
  const seen = needsDistinct(plan) ? new Set<number>() : undefined;
  for (const range of plan.ranges) {
    const rids = plan.exact ? lookUp(collection, range) : ridsOf(collection, { ...plan, reverse: false }, range);
    for (const rid of rids) {
      if (rid === null) {
        yield null;
        continue;
      }
      stats.keysExamined += 1;
      if (seen?.has(rid) === true) continue;
      seen?.add(rid);
      stats.matched += 1;
      yield { rid, doc: Doc.EMPTY };
    }
  }
}

function needsDistinct(plan: IndexPlan): boolean {
  return plan.index.multikey.includes(true);
}

function* scanIndex(
  collection: Collection,
  plan: IndexPlan,
  filter: Filter,
  stats: ScanStats,
  seen: Set<number> | undefined,
): Generator<Hit | null> {
  const ranges = plan.reverse ? [...plan.ranges].reverse() : plan.ranges;
  for (const range of ranges) {
    const rids = plan.exact ? lookUp(collection, range) : ridsOf(collection, plan, range);
    for (const rid of rids) {
      if (rid === null) {
        yield null;
        continue;
      }
      stats.keysExamined += 1;
      if (seen !== undefined) {
        if (seen.has(rid)) continue;
        seen.add(rid);
      }
      const doc = collection.read(rid);
      if (doc === undefined) continue;
      stats.docsExamined += 1;
      if (!filter.matches(doc)) continue;
      stats.matched += 1;
      yield { rid, doc };
    }
  }
}

function lookUp(collection: Collection, range: KeyRange): readonly number[] {
  const value = collection.env.indexes.get(range.start);
  return value === undefined ? [] : [value.readUIntBE(0, RID_BYTES)];
}

function* ridsOf(collection: Collection, plan: IndexPlan, range: KeyRange): Generator<number | null> {
  let start = plan.reverse ? range.end : range.start;
  const end = plan.reverse ? range.start : range.end;
  let limit = FIRST_CHUNK;
  let exclusiveStart = plan.reverse;
  for (;;) {
    const options = { start, end, limit, reverse: plan.reverse, exclusiveStart, inclusiveEnd: plan.reverse };
    const { rids, last, more } = readRids(collection.env.indexes, plan.index.unique, options);
    yield* rids;
    if (last === undefined || !more) return;
    yield null;
    start = last;
    exclusiveStart = true;
    limit = Math.min(limit * 2, MAX_CHUNK);
  }
}

interface Rids {
  readonly rids: readonly number[];
  readonly last: Buffer | undefined;
  readonly more: boolean;
}

/** Unique indexes have the record number as their entry's value, others at the end of its key. */
function readRids(table: Table, unique: boolean, range: Range): Rids {
  if (unique) {
    const { items, more } = table.entries(range);
    const rids = items.map(({ value }) => value.readUIntBE(0, RID_BYTES));
    return { rids, last: items[items.length - 1]?.key, more };
  }
  const { items, more } = table.keys(range);
  const rids = items.map((key) => key.readUIntBE(key.length - RID_BYTES, RID_BYTES));
  return { rids, last: items[items.length - 1], more };
}

function* scanCollection(
  collection: Collection,
  reverse: boolean,
  filter: Filter,
  stats: ScanStats,
): Generator<Hit | null> {
  const [low, high] = [collection.recordKey(0), collection.recordKey(2 ** 48 - 1)];
  let start = reverse ? high : low;
  const end = reverse ? low : high;
  let limit = FIRST_CHUNK;
  for (;;) {
    const range = { start, end, limit, reverse, exclusiveStart: true };
    const { items, more } = collection.env.records.entries(range, CHUNK_BYTES);
    for (const { key, value } of items) {
      stats.docsExamined += 1;
      const doc = Doc.raw(value);
      if (!filter.matches(doc)) continue;
      stats.matched += 1;
      yield { rid: key.readUIntBE(4, RID_BYTES), doc };
    }
    const last = items[items.length - 1];
    if (last === undefined || !more) return;
    yield null;
    start = last.key;
    limit = Math.min(limit * 2, MAX_CHUNK);
  }
}
