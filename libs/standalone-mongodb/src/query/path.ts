import { Arr, Doc } from '../bson/document.js';
import type { Maybe } from '../bson/values.js';

/** Sees a value at a path; `offset` is the index in the outermost array that was looked through. True ends the visit. */
export type Visit = (value: Maybe, offset: number | undefined) => boolean;

/**
 * Visits what a path means in a document, as mongod's matching does: arrays on the way are looked through, a numeric part is also
 * an index; with `leaves` an array at the end gives its elements and then itself. A missing value is visited as undefined,
 * except below an array's elements that are no documents.
 */
export function visitPath(doc: Doc, parts: readonly string[], leaves: boolean, visit: Visit): boolean {
  return visitDoc(doc, parts, 0, leaves, undefined, visit);
}

function visitDoc(
  doc: Doc,
  parts: readonly string[],
  start: number,
  leaves: boolean,
  offset: number | undefined,
  visit: Visit,
): boolean {
  let current: Doc = doc;
  const last = parts.length - 1;
  for (let i = start; ; i += 1) {
    const value = current.get(parts[i] as string);
    if (value instanceof Arr) {
      if (i === last) return leaves ? visitLeafArray(value, offset, visit) : visit(value, offset);
      return visitArray(value, parts, i + 1, leaves, offset, visit);
    }
    if (i === last) return visit(value, offset);
    if (!(value instanceof Doc)) return visit(undefined, offset);
    current = value;
  }
}

function visitLeafArray(array: Arr, offset: number | undefined, visit: Visit): boolean {
  const items = array.items;
  for (let i = 0; i < items.length; i += 1) if (visit(items[i], offset ?? i)) return true;
  return visit(array, offset);
}

/** An array in the middle of a path; `next` is the first part after it. */
function visitArray(
  array: Arr,
  parts: readonly string[],
  next: number,
  leaves: boolean,
  offset: number | undefined,
  visit: Visit,
): boolean {
  const part = parts[next] as string;
  const wanted = /^\d+$/.test(part) ? part : undefined;
  const items = array.items;
  for (let i = 0; i < items.length; i += 1) {
    const item = items[i];
    if (item instanceof Doc && visitDoc(item, parts, next, leaves, offset ?? i, visit)) return true;
    if (wanted === undefined || wanted !== String(i)) continue;
    if (next === parts.length - 1) {
      if (visit(item, offset)) return true;
    } else if (item instanceof Doc) {
      if (visitDoc(item, parts, next + 1, leaves, offset, visit)) return true;
    } else if (item instanceof Arr && visitArray(item, parts, next + 1, leaves, offset, visit)) {
      return true;
    }
  }
  return false;
}
