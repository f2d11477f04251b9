import { KEY_LIMIT, KeyBuilder, typeByte } from '../bson/key.js';
import { Arr } from '../bson/document.js';
import { compareValues } from '../bson/compare.js';
import { Decimal, isNumber, MaxKey, MinKey, RegExpValue, UndefinedValue, type Value } from '../bson/values.js';
import { toDouble } from '../bson/numbers.js';
import type { Node, Test } from './ast.js';

/** A stretch of index keys: from `start` on, before `end`. */
export interface KeyRange {
  readonly start: Buffer;
  readonly end: Buffer;
}

/** What one field of an index is held to: single values, a stretch of one type, or all but such. */
export type FieldBounds = Hole | Outside;

export type Hole =
  | { readonly kind: 'points'; readonly values: readonly Value[] }
  | { readonly kind: 'stretch'; readonly low: Edge | undefined; readonly high: Edge | undefined };

export interface Outside {
  readonly kind: 'outside';
  /** Undefined: nothing is left out. */
  readonly hole: Hole | undefined;
  /** Documents that lack the field are surely not meant. */
  readonly excludesMissing: boolean;
}

export interface Edge {
  readonly value: Value;
  readonly inclusive: boolean;
}

/** The conjuncts of a filter by path: what a plan may use. The filter is checked on every document anyway. */
export function conjuncts(node: Node, into = new Map<string, Test[]>()): ReadonlyMap<string, Test[]> {
  if (node.kind === 'and') for (const inner of node.nodes) conjuncts(inner, into);
  if (node.kind === 'field') {
    const known = into.get(node.path);
    if (known === undefined) into.set(node.path, [node.test]);
    else known.push(node.test);
  }
  return into;
}

/** The bounds that a path's tests allow. On a multikey field only one test counts: others may hold for other elements. */
export function boundsOf(tests: readonly Test[], multikey: boolean): Hole | undefined {
  for (const test of tests) {
    if (test.op === 'eq' && isPoint(test.value)) return { kind: 'points', values: [test.value] };
  }
  for (const test of tests) {
    if (test.op === 'in' && test.values.every(isPoint)) return { kind: 'points', values: distinct(test.values) };
  }
  let low: Edge | undefined;
  let high: Edge | undefined;
  for (const test of tests) {
    const edges = edgesOf(test);
    if (edges === undefined) continue;
    if (edges.low !== undefined && (low === undefined || compareValues(edges.low.value, low.value) > 0))
      low = edges.low;
    if (edges.high !== undefined && (high === undefined || compareValues(edges.high.value, high.value) < 0)) {
      high = edges.high;
    }
    if (multikey && (low !== undefined || high !== undefined)) break;
  }
  // NaN lies below all numbers, and is less than none.
  if (low === undefined && isNumber(high?.value)) low = { value: -Infinity, inclusive: true };
  return low === undefined && high === undefined ? undefined : { kind: 'stretch', low, high };
}

/** Tests by path that must not hold. */
export function negations(node: Node, into = new Map<string, Test[]>()): ReadonlyMap<string, Test[]> {
  if (node.kind === 'and') for (const inner of node.nodes) negations(inner, into);
  if (node.kind !== 'not') return into;
  const inner = node.node.kind === 'and' && node.node.nodes.length === 1 ? node.node.nodes[0] : node.node;
  if (inner?.kind === 'field') into.set(inner.path, [...(into.get(inner.path) ?? []), inner.test]);
  return into;
}

/**
 * The bounds of a path that no other test holds: all but what must not be, or all that exists. Whoever matches a negation has no key
 * within the hole, of an array neither.
 */
export function outsideOf(
  tests: readonly Test[],
  negated: readonly Test[],
  multikey: boolean,
): FieldBounds | undefined {
  if (negated.some((test) => test.op === 'exists')) return { kind: 'points', values: [null] };
  for (const test of negated) {
    if (test.op === 'in' ? test.patterns.length > 0 : !NEGATABLE.has(test.op)) continue;
    const hole = boundsOf([test], true);
    if (hole === undefined) continue;
    const excludesMissing = hole.kind === 'points' && hole.values.includes(null);
    // An array's elements that are no documents have the key of null below it, and are not null.
    if (excludesMissing && multikey) continue;
    return { kind: 'outside', hole, excludesMissing };
  }
  return tests.some((test) => test.op === 'exists')
    ? { kind: 'outside', hole: undefined, excludesMissing: true }
    : undefined;
}

const NEGATABLE: ReadonlySet<Test['op']> = new Set(['eq', 'gt', 'gte', 'lt', 'lte']);

function edgesOf(test: Test): { low?: Edge; high?: Edge } | undefined {
  if (test.op === 'regex') return prefixEdges(test.source, test.flags);
  if (test.op === 'gt' || test.op === 'gte') {
    return isEdge(test.value) ? { low: { value: test.value, inclusive: test.op === 'gte' } } : undefined;
  }
  if (test.op === 'lt' || test.op === 'lte') {
    return isEdge(test.value) ? { high: { value: test.value, inclusive: test.op === 'lte' } } : undefined;
  }
  return undefined;
}

/** `/^abc/` lies between "abc" and the next string that does not begin so. */
function prefixEdges(source: string, flags: string): { low: Edge; high: Edge } | undefined {
  if (flags !== '' || source.includes('|')) return undefined;
  const match = /^(?:\^|\\A)([A-Za-z0-9 _@:,;/#!%&"'<>=~-]+)/.exec(source);
  if (match === null) return undefined;
  const next = source[match[0].length];
  const prefix = next !== undefined && '*?{'.includes(next) ? (match[1] ?? '').slice(0, -1) : (match[1] ?? '');
  if (prefix === '') return undefined;
  const after = prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1);
  return { low: { value: prefix, inclusive: true }, high: { value: after, inclusive: false } };
}

function isPoint(value: Value): boolean {
  return !(value instanceof Arr || value instanceof RegExpValue || value instanceof UndefinedValue);
}

/** Whether a range test with this value is said by bounds: NaN bounds nothing. */
export function isEdge(value: Value): boolean {
  if (value === null || value instanceof Arr || value instanceof MinKey || value instanceof MaxKey) return false;
  return (
    !(value instanceof Decimal && Number.isNaN(toDouble(value))) && !(isNumber(value) && Number.isNaN(toDouble(value)))
  );
}

function distinct(values: readonly Value[]): readonly Value[] {
  const sorted = [...values].sort(compareValues);
  return sorted.filter((value, i) => i === 0 || compareValues(sorted[i - 1] as Value, value) !== 0);
}

/** Every key of an index. */
export function wholeIndex(table: number): KeyRange {
  return prefixRange(prefixKey(table, [], []));
}

/** The keys that begin with `points`, and lie within `stretch` in the field after them. */
export function keyRange(
  table: number,
  points: readonly Value[],
  descending: readonly boolean[],
  stretch: Extract<FieldBounds, { kind: 'stretch' }> | undefined,
): KeyRange {
  const prefix = prefixKey(table, points, descending);
  if (stretch === undefined) return prefixRange(prefix);
  const inverted = descending[points.length] === true;
  const type = typeByte((stretch.low ?? stretch.high)?.value ?? null);
  const at = (edge: Edge): Buffer => prefixKey(table, [...points, edge.value], descending);
  const typeKey = Buffer.concat([prefix, Buffer.from([inverted ? ~type & 0xff : type])]);
  const [first, last] = inverted ? [stretch.high, stretch.low] : [stretch.low, stretch.high];
  const start = first === undefined ? typeKey : first.inclusive ? at(first) : successor(at(first));
  const end = last === undefined ? successor(typeKey) : last.inclusive ? successor(at(last)) : at(last);
  return bounded({ start, end });
}

/** The keys that begin with `points` but do not lie in a hole in the field after them. */
export function outsideRanges(
  table: number,
  points: readonly Value[],
  descending: readonly boolean[],
  hole: Hole | undefined,
): readonly KeyRange[] {
  const whole = keyRange(table, points, descending, undefined);
  const cuts =
    hole?.kind === 'points'
      ? hole.values.map((value) => prefixKey(table, [...points, value], descending)).map(uncut)
      : [hole === undefined ? undefined : stretchCut(table, points, descending, hole)];
  const sorted = cuts.filter((cut) => cut !== undefined).sort((a, b) => Buffer.compare(a.start, b.start));
  const starts = [whole.start, ...sorted.map((cut) => cut.end)];
  const ends = [...sorted.map((cut) => cut.start), whole.end];
  return starts.map((start, i) => ({ start, end: ends[i] as Buffer }));
}

/** Bounds of long keys take in more than was meant: nothing may be left out by them. */
function uncut(prefix: Buffer): KeyRange | undefined {
  return prefix.length > KEY_LIMIT ? undefined : { start: prefix, end: successor(prefix) };
}

function stretchCut(
  table: number,
  points: readonly Value[],
  descending: readonly boolean[],
  stretch: Extract<Hole, { kind: 'stretch' }>,
): KeyRange | undefined {
  const range = keyRange(table, points, descending, stretch);
  return range.start.length < KEY_LIMIT && range.end.length < KEY_LIMIT ? range : undefined;
}

function prefixKey(table: number, points: readonly Value[], descending: readonly boolean[]): Buffer {
  KeyBuilder.begin(table);
  points.forEach((point, i) => KeyBuilder.add(point, descending[i] === true));
  return KeyBuilder.take();
}

function prefixRange(prefix: Buffer): KeyRange {
  return bounded({ start: prefix, end: successor(prefix) });
}

/** Long keys are stored cut and hashed: their bounds are cut too, and so take in a little more. */
function bounded(range: KeyRange): KeyRange {
  if (range.start.length <= KEY_LIMIT && range.end.length <= KEY_LIMIT) return range;
  const end = range.end.length > KEY_LIMIT ? successor(range.end.subarray(0, KEY_LIMIT)) : range.end;
  return { start: range.start.subarray(0, KEY_LIMIT), end };
}

/** The least key above all that begin with `prefix`. */
function successor(prefix: Buffer): Buffer {
  let end = prefix.length;
  while (end > 0 && prefix[end - 1] === 0xff) end -= 1;
  const next = Buffer.from(prefix.subarray(0, end));
  if (end > 0) next[end - 1] = (next[end - 1] as number) + 1;
  return next;
}
