import { Arr, Doc } from '../bson/document.js';
import { UNDEFINED, type Maybe, type Value } from '../bson/values.js';
import { fail } from '../errors.js';

/** One index key: a value for each field of the pattern. */
export type KeyTuple = readonly Value[];

export interface ExtractedKeys {
  readonly tuples: readonly KeyTuple[];
  /** Which fields of the pattern went through an array. */
  readonly multikey: readonly boolean[] | undefined;
  /** No field of the pattern is in the document (sparse indexes leave it out). */
  readonly allMissing: boolean;
}

interface Cursor {
  readonly value: Maybe;
  readonly parts: readonly string[];
  /** How many parts are behind. */
  readonly at: number;
  readonly multikey: boolean;
  /** Names the array that the value is an element of: fields may share one, not walk two side by side. */
  readonly trail: string;
}

/** The keys of a document under a pattern of paths: arrays give a key for each element, missing fields are null. */
export function extractKeys(doc: Doc, paths: readonly (readonly string[])[]): ExtractedKeys {
  const simple = extractSimple(doc, paths);
  if (simple !== undefined) return simple;
  const multikey = paths.map(() => false);
  const tuples: KeyTuple[] = [];
  const seen = { present: false };
  expand(
    paths.map((parts) => ({ value: doc, parts, at: 0, multikey: false, trail: '' })),
    tuples,
    multikey,
    seen,
  );
  return { tuples, multikey: multikey.includes(true) ? multikey : undefined, allMissing: !seen.present };
}

/** The usual case: plain fields and no array. */
function extractSimple(doc: Doc, paths: readonly (readonly string[])[]): ExtractedKeys | undefined {
  const tuple: Value[] = [];
  let present = false;
  for (const parts of paths) {
    if (parts.length > 1) return undefined;
    const value = doc.get(parts[0] as string);
    if (value instanceof Arr) return undefined;
    if (value !== undefined) present = true;
    tuple.push(value ?? null);
  }
  return { tuples: [tuple], multikey: undefined, allMissing: !present };
}

function expand(cursors: readonly Cursor[], tuples: KeyTuple[], multikey: boolean[], seen: { present: boolean }): void {
  const walked = cursors.map(walk);
  const arrays = walked.filter((cursor) => cursor.value instanceof Arr && !isDone(cursor));
  const first = arrays[0];
  if (first === undefined) {
    tuples.push(walked.map((cursor) => finish(cursor, seen)));
    return;
  }
  const trail = trailOf(first);
  const others = arrays.filter((cursor) => trailOf(cursor) !== trail);
  if (others.length > 0) {
    fail(
      'CannotIndexParallelArrays',
      `cannot index parallel arrays [${arrayName(others[0] as Cursor)}] [${arrayName(first)}]`,
    );
  }
  walked.forEach((cursor, i) => {
    if (cursor.value instanceof Arr && !isDone(cursor)) multikey[i] = true;
  });
  const items = (first.value as Arr).items;
  const elements: readonly Maybe[] = items.length === 0 ? [undefined] : items;
  elements.forEach((element) => {
    expand(
      walked.map((cursor) => (cursor.value instanceof Arr && !isDone(cursor) ? enter(cursor, element) : cursor)),
      tuples,
      multikey,
      seen,
    );
  });
}

function trailOf(cursor: Cursor): string {
  return `${cursor.trail}/${cursor.parts.slice(0, cursor.at).join('.')}`;
}

function arrayName(cursor: Cursor): string {
  return cursor.parts[cursor.at - 1] ?? '';
}

/** A leaf array was entered once: nested arrays are values. */
function isDone(cursor: Cursor): boolean {
  return cursor.at > cursor.parts.length;
}

/** Steps into one element; an empty array gives undefined at a leaf, null below. */
function enter(cursor: Cursor, element: Maybe): Cursor {
  const trail = trailOf(cursor);
  if (cursor.at === cursor.parts.length) {
    return { ...cursor, value: element === undefined ? UNDEFINED : element, at: cursor.at + 1, trail, multikey: true };
  }
  // Elements that are no documents have no such field; an array in an array is not looked into.
  const value = element instanceof Doc ? element : undefined;
  return { ...cursor, value, trail, multikey: true };
}

/** Follows a path through documents until it ends or meets an array. */
function walk(cursor: Cursor): Cursor {
  let { value, at } = cursor;
  const { parts } = cursor;
  while (at < parts.length) {
    const part = parts[at] as string;
    if (value instanceof Doc) {
      value = value.get(part);
    } else if (value instanceof Arr) {
      if (!/^\d+$/.test(part) || value.items.some((item) => item instanceof Doc && item.has(part))) break;
      value = value.items[Number(part)];
    } else {
      value = undefined;
      at = parts.length - 1;
    }
    at += 1;
  }
  return value === cursor.value && at === cursor.at ? cursor : { ...cursor, value, at };
}

function finish(cursor: Cursor, seen: { present: boolean }): Value {
  if (cursor.value !== undefined) seen.present = true;
  return cursor.value ?? null;
}
