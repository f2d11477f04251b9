import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import type { Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { mergeObjects } from '../aggregate/accumulators.js';
import type { Stream } from '../aggregate/stage.js';
import { changeAt, valueAt } from '../update/tree.js';
import { compileUpdate } from '../update/update.js';
import { prepareInsert } from '../update/upsert.js';
import { compileFilter } from '../query/filter.js';
import type { Collection } from '../storage/collection.js';
import type { CommandContext } from './context.js';
import { findTargets, type Target } from './target.js';

/** The last stage of a pipeline when it writes: `$out` or `$merge`. */
export interface Output {
  readonly kind: '$out' | '$merge';
  readonly spec: Value;
}

export function outputOf(stage: Value | undefined): Output | undefined {
  if (!(stage instanceof Doc)) return undefined;
  const field = stage.fields[0];
  return field?.name === '$out' || field?.name === '$merge' ? { kind: field.name, spec: field.value } : undefined;
}

/** Writes what a pipeline gives. */
export async function writeOutput(context: CommandContext, output: Output, stream: Stream): Promise<void> {
  const docs: Doc[] = [];
  for (const doc of stream) if (doc !== null) docs.push(Doc.raw(encodeDoc(doc)));
  const { db, coll } = targetOf(context, output);
  await context.env.write(() =>
    output.kind === '$out' ? replaceAll(context, db, coll, docs) : merge(context, db, coll, output.spec, docs),
  );
}

function targetOf(context: CommandContext, { kind, spec }: Output): { db: string; coll: string } {
  const into = kind === '$merge' && spec instanceof Doc ? spec.get('into') : spec;
  if (typeof into === 'string') return { db: context.db, coll: into };
  const db = into instanceof Doc ? into.get('db') : undefined;
  const coll = into instanceof Doc ? into.get('coll') : undefined;
  if (typeof coll !== 'string') return failAt(51178, `${kind} requires a target collection`);
  return { db: typeof db === 'string' ? db : context.db, coll };
}

/** The target gets the new documents and keeps its indexes. */
async function replaceAll(context: CommandContext, db: string, coll: string, docs: readonly Doc[]): Promise<void> {
  const collection = context.catalog.ensure(db, coll);
  for (const { rid, doc } of await findTargets(collection, compileFilter(Doc.EMPTY), 0)) collection.remove(rid, doc);
  for (const doc of docs) collection.insert(prepareInsert(doc));
}

async function merge(
  context: CommandContext,
  db: string,
  coll: string,
  spec: Value,
  docs: readonly Doc[],
): Promise<void> {
  const options = spec instanceof Doc ? spec : Doc.EMPTY;
  const on = options.get('on');
  const names = on instanceof Arr ? on.items.map(String) : typeof on === 'string' ? [on] : ['_id'];
  const collection = context.catalog.ensure(db, coll);
  const unique = collection.indexes.some(
    (index) => index.unique && compareValues(Arr.of([...index.fields].sort()), Arr.of([...names].sort())) === 0,
  );
  if (!unique) failAt(51183, 'Cannot find index to verify that join fields will be unique');
  for (const doc of docs) {
    const ready = names.includes('_id') ? prepareInsert(doc) : doc;
    const filter = compileFilter(Doc.of(names.map((name) => Field.of(name, valueAt(ready, name.split('.')) ?? null))));
    const [target] = await findTargets(collection, filter, 1);
    if (target === undefined) notMatched(collection, ready, options.get('whenNotMatched') ?? 'insert');
    else matched(collection, target, ready, options);
  }
}

function notMatched(collection: Collection, doc: Doc, action: Value): void {
  if (action === 'insert') collection.insert(prepareInsert(doc));
  else if (action === 'fail')
    failAt(
      13113,
      '$merge could not find a matching document in the target collection for at least one document in the source collection',
    );
  else if (action !== 'discard')
    fail('BadValue', `Enumeration value '${String(action)}' for field '$merge.whenNotMatched' is not a valid value.`);
}

function matched(collection: Collection, target: Target, doc: Doc, options: Doc): void {
  const action = options.get('whenMatched') ?? 'merge';
  if (action === 'keepExisting') return;
  if (action === 'fail') collection.insert(prepareInsert(doc));
  const next =
    action === 'replace'
      ? withIdOf(target.doc, doc)
      : action === 'merge'
        ? mergeObjects([target.doc, doc])
        : piped(action, target.doc, doc);
  collection.replace(target.rid, target.doc, Doc.raw(encodeDoc(next)));
}

function withIdOf(old: Doc, next: Doc): Doc {
  return changeAt(next, ['_id'], true, () => old.get('_id'));
}

function piped(action: Value, old: Doc, doc: Doc): Doc {
  if (!(action instanceof Arr))
    return fail(
      'BadValue',
      `Enumeration value '${String(action)}' for field '$merge.whenMatched' is not a valid value.`,
    );
  return compileUpdate(action, undefined, Doc.of([Field.of('new', doc)])).apply(old, {
    offset: undefined,
    inserting: false,
  });
}
