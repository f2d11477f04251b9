import { Doc } from '../bson/document.js';
import { compareValues } from '../bson/compare.js';
import type { Value } from '../bson/values.js';
import { fail } from '../errors.js';
import type { Collection } from '../storage/collection.js';
import type { IndexInfo } from '../storage/index-info.js';
import type { Node, Test } from './ast.js';
import {
  boundsOf,
  conjuncts,
  keyRange,
  negations,
  outsideOf,
  outsideRanges,
  wholeIndex,
  type FieldBounds,
  type KeyRange,
} from './bounds.js';
import { implies } from './implies.js';
import { naturalOf, type SortSpec } from './sort.js';

export interface IndexPlan {
  readonly kind: 'ixscan';
  readonly index: IndexInfo;
  /** In key order, none overlapping. */
  readonly ranges: readonly KeyRange[];
  /** Every range is one whole key of a unique index: looked up, not scanned. */
  readonly exact: boolean;
  readonly reverse: boolean;
  /** The scan gives the order that was asked for. */
  readonly sorted: boolean;
  readonly bounds: readonly (FieldBounds | undefined)[];
}
export interface CollectionPlan {
  readonly kind: 'collscan';
  readonly reverse: boolean;
  readonly sorted: boolean;
}
export interface OrPlan {
  readonly kind: 'or';
  readonly branches: readonly IndexPlan[];
  readonly sorted: false;
}
export type Plan = IndexPlan | CollectionPlan | OrPlan;

const MAX_RANGES = 200_000;

/** Chooses how to find what a filter matches: the index that holds the most fields, or gives the order. */
export function plan(collection: Collection, node: Node, sort: SortSpec, hint?: Value): Plan {
  const natural = sort.natural ?? naturalHint(hint);
  if (natural !== undefined) return { kind: 'collscan', reverse: natural < 0, sorted: true };
  const usable = hint === undefined ? collection.indexes.filter((index) => !index.hidden) : [hinted(collection, hint)];
  const tests = conjuncts(node);
  let best: { plan: IndexPlan; score: number } | undefined;
  for (const index of usable) {
    const candidate = planIndex(index, node, tests, sort, hint !== undefined);
    if (candidate !== undefined && (best === undefined || candidate.score > best.score)) best = candidate;
  }
  if (best !== undefined) return best.plan;
  return planOr(usable, node) ?? { kind: 'collscan', reverse: false, sorted: sort.fields.length === 0 };
}

function naturalHint(hint: Value | undefined): number | undefined {
  const value = hint instanceof Doc ? hint.get('$natural') : undefined;
  return value === undefined ? undefined : naturalOf(value, hint as Doc, 'hint');
}

function hinted(collection: Collection, hint: Value): IndexInfo {
  const found = collection.indexes.find((index) =>
    typeof hint === 'string' ? index.name === hint : hint instanceof Doc && compareValues(index.key, hint) === 0,
  );
  return (
    found ??
    fail(
      'BadValue',
      `error processing query: ns=${collection.namespace} planner returned error :: caused by :: hint provided does not correspond to an existing index`,
    )
  );
}

function planIndex(
  index: IndexInfo,
  node: Node,
  tests: ReadonlyMap<string, readonly Test[]>,
  sort: SortSpec,
  forced: boolean,
): { plan: IndexPlan; score: number } | undefined {
  if (index.partial !== undefined && !implies(node, index.partial)) return undefined;
  const bounds = fieldBounds(index, tests, negations(node));
  if (index.sparse && !forced && !excludesMissing(bounds)) return undefined;
  const order = index.hashed ? undefined : orderOf(index, bounds, sort);
  const wantsOrder = sort.fields.length > 0;
  const held = bounds.length;
  if (held === 0 && !forced && !(wantsOrder && order !== undefined)) return undefined;
  const ranges = rangesOf(index, bounds);
  const exact = index.unique && !index.hashed && held === index.fields.length && bounds.every(isPoints);
  const points = bounds.filter(isPoints).length;
  const single = ranges.length === 1 && exact;
  const score =
    points * 10 +
    (held === points ? 0 : bounds[held - 1]?.kind === 'stretch' ? 5 : 1) +
    (wantsOrder && order !== undefined ? 4 : 0) +
    (single ? 1000 : exact ? 100 : 0);
  const sorted = order !== undefined || !wantsOrder;
  const padded = index.fields.map((_, i) => bounds[i]);
  return {
    plan: { kind: 'ixscan', index, ranges, exact, reverse: order === 'reverse', sorted, bounds: padded },
    score: index.partial === undefined ? score : score + 1,
  };
}

function isPoints(bounds: FieldBounds | undefined): bounds is Extract<FieldBounds, { kind: 'points' }> {
  return bounds?.kind === 'points';
}

/** Bounds of the leading fields: points as long as there are, then one stretch. */
function fieldBounds(
  index: IndexInfo,
  tests: ReadonlyMap<string, readonly Test[]>,
  negated: ReadonlyMap<string, readonly Test[]>,
): FieldBounds[] {
  const bounds: FieldBounds[] = [];
  let combinations = 1;
  let sawMultikey = false;
  for (const [i, name] of index.fields.entries()) {
    const multikey = index.multikey[i] === true;
    // Two fields under one array: their tests may hold for different elements.
    if (multikey && sawMultikey) break;
    sawMultikey ||= multikey;
    const own = tests.get(name) ?? [];
    const bound = boundsOf(own, multikey) ?? outsideOf(own, negated.get(name) ?? [], multikey);
    if (bound === undefined) break;
    const values = bound.kind === 'outside' ? bound.hole : bound;
    if (values?.kind === 'points') combinations *= values.values.length;
    if (combinations > MAX_RANGES) break;
    bounds.push(bound);
    if (bound.kind !== 'points') break;
  }
  return bounds;
}

function excludesMissing(bounds: readonly FieldBounds[]): boolean {
  return bounds.some((bound) =>
    bound.kind === 'outside' ? bound.excludesMissing : bound.kind === 'stretch' || !bound.values.includes(null),
  );
}

function rangesOf(index: IndexInfo, bounds: readonly FieldBounds[]): readonly KeyRange[] {
  if (bounds.length === 0) return [wholeIndex(index.table)];
  const last = bounds[bounds.length - 1];
  const stretch = last?.kind === 'stretch' ? last : undefined;
  let prefixes: (readonly Value[])[] = [[]];
  for (const bound of bounds) {
    if (bound.kind !== 'points') break;
    prefixes = prefixes.flatMap((prefix) => bound.values.map((value) => [...prefix, value]));
  }
  const ranges = prefixes.flatMap((points) =>
    last?.kind === 'outside'
      ? outsideRanges(index.table, points, index.descending, last.hole)
      : [keyRange(index.table, points, index.descending, stretch)],
  );
  return ranges
    .filter((range) => Buffer.compare(range.start, range.end) < 0)
    .sort((a, b) => Buffer.compare(a.start, b.start));
}

/** Whether the index gives the sort's order, read forwards or in reverse. */
function orderOf(index: IndexInfo, bounds: readonly FieldBounds[], sort: SortSpec): 'forward' | 'reverse' | undefined {
  const fixed = new Set<string>();
  bounds.forEach((bound, i) => {
    if (bound.kind === 'points' && bound.values.length === 1 && index.multikey[i] !== true) {
      fixed.add(index.fields[i] as string);
    }
  });
  let direction: 'forward' | 'reverse' | undefined;
  let at = 0;
  for (const field of sort.fields) {
    if (fixed.has(field.path)) continue;
    while (at < index.fields.length && fixed.has(index.fields[at] as string)) at += 1;
    if (index.fields[at] !== field.path || index.multikey[at] === true) return undefined;
    const same = index.descending[at] === field.descending ? 'forward' : 'reverse';
    if (direction !== undefined && direction !== same) return undefined;
    direction = same;
    at += 1;
  }
  return direction ?? 'forward';
}

/** `$or` whose every branch has an index. */
function planOr(usable: readonly IndexInfo[], node: Node): OrPlan | undefined {
  const or = findOr(node);
  if (or === undefined) return undefined;
  const branches: IndexPlan[] = [];
  for (const branch of or) {
    let best: { plan: IndexPlan; score: number } | undefined;
    for (const index of usable) {
      const candidate = planIndex(index, branch, conjuncts(branch), NO_SORT, false);
      if (candidate !== undefined && (best === undefined || candidate.score > best.score)) best = candidate;
    }
    if (best === undefined) return undefined;
    branches.push(best.plan);
  }
  return { kind: 'or', branches, sorted: false };
}

const NO_SORT: SortSpec = { fields: [], natural: undefined };

function findOr(node: Node): readonly Node[] | undefined {
  if (node.kind === 'or') return node.nodes;
  if (node.kind !== 'and') return undefined;
  for (const inner of node.nodes) {
    const found = findOr(inner);
    if (found !== undefined) return found;
  }
  return undefined;
}
