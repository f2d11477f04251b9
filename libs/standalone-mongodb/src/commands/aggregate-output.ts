import { randomUUID } from 'node:crypto';
import { mergeObjects } from '../aggregate/accumulators.js';
import type { Stream } from '../aggregate/stage.js';
import { variablesOf } from '../aggregate/variables.js';
import { compileExpression } from '../aggregate/expression.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import type { Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { checkNamespace } from '../storage/names.js';
import type { Collection } from '../storage/collection.js';
import { changeAt, valueAt } from '../update/tree.js';
import { compileUpdate } from '../update/update.js';
import { prepareInsert } from '../update/upsert.js';
import type { CommandContext } from './context.js';
import { parseOutput, type Output, type OutputStage } from './output-spec.js';
import { findTargets, type Target } from './target.js';

const SLICE_MS = 8;

/** The last stage of a pipeline when it writes: `$out` or `$merge`. */
export function outputOf(stage: Value | undefined, db: string): Output | undefined {
  if (!(stage instanceof Doc) || stage.fields.length !== 1) return undefined;
  const field = stage.fields[0];
  if (field?.name !== '$out' && field?.name !== '$merge') return undefined;
  return parseOutput({ kind: field.name, spec: field.value } satisfies OutputStage, db);
}

/** Writes what a pipeline gives. */
export async function writeOutput(context: CommandContext, output: Output, stream: Stream): Promise<void> {
  const docs: Doc[] = [];
  let since = performance.now();
  for (const doc of stream) {
    if (doc !== null) docs.push(Doc.raw(encodeDoc(doc)));
    else if (performance.now() - since > SLICE_MS) {
      await new Promise((resolve) => setImmediate(resolve));
      since = performance.now();
    }
  }
  checkNamespace(output.db, output.coll);
  await context.env.write(() =>
    output.kind === '$out' ? replaceAll(context, output, docs) : merge(context, output, docs),
  );
}

/** The target gets the new documents and keeps its indexes and options; on an error it stays as it was. */
function replaceAll(context: CommandContext, { db, coll }: Output, docs: readonly Doc[]): void {
  const { catalog } = context;
  const target = catalog.find(db, coll);
  const fresh = catalog.ensure(db, `tmp.agg_out.${randomUUID()}`, target?.options);
  const others = (target?.indexes ?? []).slice(1);
  const copies = others.map((index) => ({
    ...index,
    table: catalog.nextTable(),
    multikey: index.multikey.map(() => false),
  }));
  fresh.setIndexes([fresh.idIndex, ...copies]);
  try {
    for (const doc of docs) fresh.insert(prepareInsert(doc), context.bypassesValidation);
  } catch (error) {
    catalog.drop(fresh);
    throw error;
  }
  if (target !== undefined) catalog.drop(target);
  catalog.rename(fresh, db, coll);
}

async function merge(context: CommandContext, output: Output, docs: readonly Doc[]): Promise<void> {
  const collection = context.catalog.ensure(output.db, output.coll);
  const names = output.on;
  const unique = collection.indexes.some(
    (index) =>
      index.unique &&
      index.partial === undefined &&
      compareValues(Arr.of([...index.fields].sort()), Arr.of([...names].sort())) === 0,
  );
  if (!unique) failAt(51183, 'Cannot find index to verify that join fields will be unique');
  for (const doc of docs) {
    const ready = names.includes('_id') ? prepareInsert(doc) : doc;
    const filter = compileFilter(Doc.of(names.map((name) => Field.of(name, joinValue(ready, name)))));
    const [target] = await findTargets(collection, filter, 1);
    if (target === undefined) notMatched(context, collection, ready, output);
    else matched(context, collection, target, ready, output);
  }
}

function joinValue(doc: Doc, name: string): Value {
  const value = valueAt(doc, name.split('.'));
  if (value === undefined || value === null || value instanceof Arr) {
    return failAt(51132, "$merge write error: 'on' field cannot be missing, null, undefined or an array");
  }
  return value;
}

function notMatched(context: CommandContext, collection: Collection, doc: Doc, output: Output): void {
  if (output.whenNotMatched === 'discard') return;
  if (output.whenNotMatched === 'insert') {
    collection.insert(prepareInsert(doc), context.bypassesValidation);
    return;
  }
  failAt(
    13113,
    '$merge could not find a matching document in the target collection for at least one document in the source collection',
  );
}

function matched(context: CommandContext, collection: Collection, target: Target, doc: Doc, output: Output): void {
  const action = output.whenMatched;
  if (action === 'keepExisting') return;
  if (action === 'fail') {
    collection.insert(prepareInsert(doc), context.bypassesValidation);
    return;
  }
  const next =
    action === 'replace'
      ? withIdOf(target.doc, doc)
      : action === 'merge'
        ? mergeObjects([target.doc, doc])
        : piped(context, action, target.doc, doc, output);
  const [id, old] = [next.get('_id'), target.doc.get('_id')];
  if (id !== undefined && old !== undefined && compareValues(id, old) !== 0) {
    fail(
      'ImmutableField',
      '$merge failed to update the matching document, did you attempt to modify the _id or the shard key?',
    );
  }
  collection.replace(target.rid, target.doc, Doc.raw(encodeDoc(next)), context.bypassesValidation);
}

/** The new document; without an _id of its own it gets the old one's. */
function withIdOf(old: Doc, next: Doc): Doc {
  return next.has('_id') ? next : changeAt(next, ['_id'], true, () => old.get('_id'));
}

function piped(context: CommandContext, pipeline: Arr, old: Doc, doc: Doc, output: Output): Doc {
  const variables = new Map(variablesOf(context.doc('let')));
  if (output.variables === undefined) variables.set('new', doc);
  for (const { name, value } of output.variables?.fields ?? []) {
    variables.set(name, compileExpression(value)(doc, variables));
  }
  return compileUpdate(pipeline, undefined, variables).apply(old, { offset: undefined, inserting: false });
}
