import { Arr, Doc, Field } from '../bson/document.js';
import type { Maybe, Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { shellText } from '../query/shell-text.js';

const MAX_BACKFILL = 1_500_000;

/** Gives the new value at a path from the old; undefined removes it, the same value leaves it as it is. */
export type Change = (old: Maybe) => Maybe;

/** The document that an update is being applied to: messages name its _id. */
export const applying: { doc: Doc } = { doc: Doc.EMPTY };

/** `{_id: 1}`, as messages of updates have it. */
export function idText(): string {
  const id = applying.doc.get('_id');
  return id === undefined ? '{no id}' : `{_id: ${shellText(id)}}`;
}

/** A document with the value at `parts` changed; all other fields keep their bytes. `create` makes missing documents on the way. */
export function changeAt(doc: Doc, parts: readonly string[], create: boolean, change: Change): Doc {
  return changeDoc(doc, parts, 0, create, change);
}

function changeDoc(doc: Doc, parts: readonly string[], at: number, create: boolean, change: Change): Doc {
  const name = parts[at] as string;
  const fields = doc.fields;
  const index = fields.findIndex((field) => field.name === name);
  const old = index < 0 ? undefined : (fields[index] as Field).value;
  const next = changeValue(old, parts, at + 1, create, change, name);
  // A zero of the other sign is a change.
  if (Object.is(next, old)) return doc;
  if (next === undefined) return Doc.of(fields.filter((_, i) => i !== index));
  const field = Field.of(name, next);
  return Doc.of(index < 0 ? [...fields, field] : fields.map((known, i) => (i === index ? field : known)));
}

function changeValue(
  old: Maybe,
  parts: readonly string[],
  at: number,
  create: boolean,
  change: Change,
  name: string,
): Maybe {
  if (at === parts.length) return change(old);
  if (old instanceof Doc) return changeDoc(old, parts, at, create, change);
  if (old instanceof Arr) return changeArray(old, parts, at, create, change, name);
  if (!create) return old;
  if (old === undefined) return changeDoc(Doc.EMPTY, parts, at, create, change);
  return fail('PathNotViable', `Cannot create field '${parts[at] as string}' in element {${name}: ${shellText(old)}}`);
}

function changeArray(
  array: Arr,
  parts: readonly string[],
  at: number,
  create: boolean,
  change: Change,
  name: string,
): Arr {
  const part = parts[at] as string;
  if (!/^(0|[1-9]\d*)$/.test(part)) {
    if (!create) return array;
    fail('PathNotViable', `Cannot create field '${part}' in element {${name}: ${shellText(array)}}`);
  }
  const index = Number(part);
  const fields = array.fields;
  const old = fields[index]?.value;
  if (old === undefined && !create) return array;
  const next = changeValue(old, parts, at + 1, create, change, part);
  if (Object.is(next, old)) return array;
  // Removing an element leaves a null: positions stay.
  const field = Field.of(part, next ?? null);
  if (index < fields.length) return Arr.ofFields(fields.map((known, i) => (i === index ? field : known)));
  if (index - fields.length > MAX_BACKFILL)
    fail('CannotBackfillArray', `can't backfill more than ${MAX_BACKFILL} elements`);
  const padding = Array.from({ length: index - fields.length }, (_, i) => Field.of(String(fields.length + i), null));
  return Arr.ofFields([...fields, ...padding, field]);
}

/** The value at a path of names and positions; undefined when there is none. */
export function valueAt(doc: Doc, parts: readonly string[]): Maybe {
  let value: Maybe = doc;
  for (const part of parts) {
    if (value instanceof Doc) value = value.get(part);
    else if (value instanceof Arr && /^\d+$/.test(part)) value = value.items[Number(part)];
    else return undefined;
  }
  return value;
}

export function replaceField(doc: Doc, name: string, value: Value): Doc {
  return changeAt(doc, [name], true, () => value);
}
