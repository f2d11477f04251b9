import { Arr, Doc, Field } from '../bson/document.js';
import { equalValues } from '../bson/compare.js';
import { DateTime, RegExpValue, typeName, UndefinedValue, type Maybe, type Value } from '../bson/values.js';
import { CODES, fail, MongoError } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import type { Variables } from '../aggregate/expression.js';
import { compileModifier, modifierFields, type Modifier } from './modifiers.js';
import { checkConflicts, Touched } from './conflicts.js';
import { ArrayFilters, expandPath } from './positional.js';
import { withTimestamps } from './timestamps.js';
import { applying, changeAt, idText, valueAt } from './tree.js';

/** Pipelines of updates need the aggregation stages; they register here to keep the imports one way. */
export const pipelineUpdates: { compile?: (pipeline: Arr, variables: Variables | undefined) => (doc: Doc) => Doc } = {};

export interface UpdateContext {
  /** The array position by which the filter matched. */
  readonly offset: number | undefined;
  /** The document is being made by an upsert. */
  readonly inserting: boolean;
}

export interface Update {
  readonly kind: 'replacement' | 'operators' | 'pipeline';
  /** The changed document; the same object when nothing changes. */
  apply(doc: Doc, context: UpdateContext): Doc;
}

/** Compiles an update statement's `u`. */
export function compileUpdate(
  update: Maybe,
  arrayFilters: Maybe,
  variables?: Variables,
  keepsEmptyTimestamps = false,
): Update {
  const filters = new ArrayFilters(arrayFilters);
  if (update instanceof Arr) {
    if (!filters.isEmpty) fail('FailedToParse', 'arrayFilters may not be specified for pipeline-style updates');
    const run = pipelineUpdates.compile?.(update, variables);
    if (run === undefined) return fail('NotImplemented', 'standalone mode has no updates by pipeline');
    return { kind: 'pipeline', apply: (doc) => replacement(doc, run(doc)) };
  }
  if (!(update instanceof Doc)) return fail('FailedToParse', 'Update argument must be either an object or an array');
  if (update.first?.name.startsWith('$') !== true) {
    if (!filters.isEmpty) fail('FailedToParse', 'arrayFilters may not be specified for replacement-style updates');
    checkReplacement(update);
    const filled = (): Doc => (keepsEmptyTimestamps ? update : withTimestamps(update));
    return { kind: 'replacement', apply: (doc) => replacement(doc, filled()) };
  }
  return operatorUpdate(update, filters);
}

/** A replacement may have no field at the top whose name begins with a dollar. */
function checkReplacement(next: Doc): void {
  for (const { name } of next.fields) {
    if (name.startsWith('$')) {
      fail(
        'DollarPrefixedFieldName',
        `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document. Consider using an aggregation pipeline with $replaceWith.`,
      );
    }
  }
}

/** The new document with the old one's _id first. */
function replacement(old: Doc, next: Doc): Doc {
  const id = next.get('_id');
  const oldId = old.get('_id');
  if (id === undefined) {
    const kept = old.first?.name === '_id' ? [old.first] : old.fields.filter((field) => field.name === '_id');
    return kept.length === 0 ? next : Doc.of([...kept, ...next.fields]);
  }
  if (oldId !== undefined && !equalValues(id, oldId)) {
    throw new MongoError(
      CODES.ImmutableField,
      'ImmutableField',
      `After applying the update, the (immutable) field '_id' was found to have been altered to _id: ${shellText(id)}`,
    );
  }
  if (next.first?.name === '_id') return next;
  return Doc.of([
    ...next.fields.filter((field) => field.name === '_id'),
    ...next.fields.filter((field) => field.name !== '_id'),
  ]);
}

interface Leaf {
  readonly parts: readonly string[];
  readonly path: string;
  readonly modifier: Modifier;
  readonly onInsert: boolean;
}

function operatorUpdate(update: Doc, filters: ArrayFilters): Update {
  const leaves = parseLeaves(update);
  checkConflicts(leaves);
  leaves.sort((a, b) => comparePaths(a.parts, b.parts));
  filters.checkUsed(leaves.map((leaf) => leaf.parts));
  return {
    kind: 'operators',
    apply: (doc, context) => {
      let next = doc;
      applying.doc = doc;
      const touched = leaves.length > 1 && leaves.some(isDynamic) ? new Touched() : undefined;
      for (const leaf of leaves) {
        if (leaf.onInsert && !context.inserting) continue;
        for (const parts of expandPath(doc, leaf.parts, context.offset, filters)) {
          touched?.add(parts);
          next = changeAt(next, parts, creates(leaf), leaf.modifier.change);
        }
      }
      return next === doc ? doc : withId(next, doc);
    },
  };
}

function creates({ modifier: { create } }: Leaf): boolean {
  return typeof create === 'function' ? create() : create;
}

function isDynamic({ parts }: Leaf): boolean {
  return parts.some((part) => part.startsWith('$'));
}

/** Refuses a changed _id. */
function withId(next: Doc, old: Doc): Doc {
  const oldId = old.get('_id');
  if (oldId === undefined) return next;
  const id = next.get('_id');
  if (id !== undefined && equalValues(id, oldId)) return next;
  return fail('ImmutableField', "Performing an update on the path '_id' would modify the immutable field '_id'");
}

function parseLeaves(update: Doc): Leaf[] {
  const now = new DateTime(BigInt(Date.now()));
  return update.fields.flatMap(({ name: operator, value: argument }) => {
    const fields = modifierFields(operator, argument);
    if (operator === '$rename') return renames(fields);
    return fields.map(({ name: path, value }) => ({
      ...leafPath(path),
      modifier: compileModifier(operator, path, value, now),
      onInsert: operator === '$setOnInsert',
    }));
  });
}

const DBREF = new Set(['$id', '$ref', '$db']);

function leafPath(path: string): { parts: readonly string[]; path: string } {
  if (path === '') fail('EmptyFieldName', 'An empty update path is not valid.');
  const parts = path.split('.');
  if (parts.includes('')) {
    fail('EmptyFieldName', `The update path '${path}' contains an empty field name, which is not allowed.`);
  }
  for (const part of parts) {
    if (!part.startsWith('$') || part === '$' || part.startsWith('$[') || DBREF.has(part)) continue;
    fail('DollarPrefixedFieldName', `The dollar ($) prefixed field '${part}' in '${path}' is not valid for storage.`);
  }
  if (parts.filter((part) => part === '$').length > 1) {
    fail('BadValue', `Too many positional (i.e. '$') elements found in path '${path}'`);
  }
  if (parts[0] === '$' || parts[0]?.startsWith('$[') === true) {
    fail('BadValue', `Cannot have positional (i.e. '$') element in the first position in path '${path}'`);
  }
  return { parts, path };
}

/** `$rename` takes from one path and sets another, whichever comes first: the value is that of the document as it was. */
function renames(fields: Doc['fields']): Leaf[] {
  return fields.flatMap(({ name: from, value: to }) => {
    if (typeof to !== 'string') {
      return fail('BadValue', `The 'to' field for $rename must be a string: ${from}: ${shellText(to)}`);
    }
    if (to.includes('\0'))
      fail('BadValue', `The 'to' field for $rename cannot contain an embedded null byte: ${shellText(to)}`);
    if (from === to) fail('BadValue', `The source and target field for $rename must differ: ${from}: "${to}"`);
    for (const [path, end] of [
      [from, 'source'],
      [to, 'destination'],
    ] as const) {
      if (path.split('.').some((part) => part.startsWith('$'))) {
        fail('BadValue', `The ${end} field for $rename may not be dynamic: ${path}`);
      }
    }
    const parts = from.split('.');
    const source = (): Maybe => valueAt(applying.doc, parts);
    const checked = (): Maybe => {
      const value = source();
      if (value !== undefined) {
        outsideArrays(from, 'source');
        outsideArrays(to, 'destination');
      }
      return value;
    };
    const take: Modifier = { create: false, change: () => void checked() };
    const give: Modifier = { create: () => source() !== undefined, change: (old) => checked() ?? old };
    return [
      { ...leafPath(from), modifier: take, onInsert: false },
      { ...leafPath(to), modifier: give, onInsert: false },
    ];
  });
}

/** `$rename` neither takes from arrays nor puts into them. */
function outsideArrays(path: string, end: 'source' | 'destination'): void {
  let value: Maybe = applying.doc;
  for (const part of path.split('.')) {
    if (value instanceof Arr) {
      fail(
        'BadValue',
        `The ${end} field cannot be an array element, '${path}' in doc with ${idText().slice(1, -1)} has an array field called '${part}'`,
      );
    }
    value = value instanceof Doc ? value.get(part) : undefined;
  }
}

/** mongod applies updates by path: numeric parts as numbers, others as strings. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const x = a[i] as string;
    const y = b[i] as string;
    if (x === y) continue;
    if (/^\d+$/.test(x) && /^\d+$/.test(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** An _id that mongod refuses. */
export function checkId(id: Value): void {
  if (id instanceof Arr || id instanceof RegExpValue || id instanceof UndefinedValue) {
    fail('InvalidIdField', `The '_id' value cannot be of type ${typeName(id)}`);
  }
  if (id instanceof Doc && id.fields.some((field: Field) => field.name.startsWith('$'))) {
    fail(
      'DollarPrefixedFieldName',
      `_id fields may not contain '$'-prefixed fields: ${id.fields[0]?.name ?? ''} is not valid for storage.`,
    );
  }
}
