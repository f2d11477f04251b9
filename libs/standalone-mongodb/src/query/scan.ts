import { Doc } from '../bson/document.js';
import type { Collection } from '../storage/collection.js';
import { RID_BYTES } from '../storage/environment.js';
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
}

const FIRST_CHUNK = 64;
const MAX_CHUNK = 512;

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
      if (filter.matches(doc)) yield { rid, doc };
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
    const rids: number[] = [];
    let last: Buffer | undefined;
    if (plan.index.unique) {
      for (const { key, value } of collection.env.indexes.getRange(options)) {
        rids.push(value.readUIntBE(0, RID_BYTES));
        last = key;
      }
    } else {
      for (const key of collection.env.indexes.getKeys(options)) {
        rids.push(key.readUIntBE(key.length - RID_BYTES, RID_BYTES));
        last = key;
      }
    }
    yield* rids;
    if (last === undefined || rids.length < limit) return;
    yield null;
    start = last;
    exclusiveStart = true;
    limit = Math.min(limit * 2, MAX_CHUNK);
  }
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
    const chunk: { key: Buffer; value: Buffer }[] = [];
    for (const entry of collection.env.records.getRange({ start, end, limit, reverse, exclusiveStart: true })) {
      chunk.push(entry);
    }
    for (const { key, value } of chunk) {
      stats.docsExamined += 1;
      const doc = Doc.raw(value);
      if (filter.matches(doc)) yield { rid: key.readUIntBE(4, RID_BYTES), doc };
    }
    if (chunk.length < limit) return;
    yield null;
    start = (chunk[chunk.length - 1] as { key: Buffer }).key;
    limit = Math.min(limit * 2, MAX_CHUNK);
  }
}
