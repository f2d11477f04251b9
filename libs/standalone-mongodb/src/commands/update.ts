import type { Variables } from '../aggregate/expression.js';
import { Arr, Doc } from '../bson/document.js';
import { variablesOf } from '../aggregate/variables.js';
import { encodeDoc } from '../bson/encode.js';
import type { Maybe, Value } from '../bson/values.js';
import { fail, inContext } from '../errors.js';
import { compileFilter, type Filter, type MatchDetails } from '../query/filter.js';
import { parseSort } from '../query/sort.js';
import type { Collection } from '../storage/collection.js';
import { compileUpdate, type Update } from '../update/update.js';
import { upsertDocument } from '../update/upsert.js';
import type { CommandContext } from './context.js';
import { findTargets, type Target } from './target.js';

export interface UpdateStatement {
  readonly filter: Doc;
  readonly update: Maybe;
  readonly arrayFilters: Maybe;
  readonly multi: boolean;
  readonly upsert: boolean;
  readonly hint: Value | undefined;
  readonly sort: Maybe;
  readonly constants: Maybe;
  readonly variables: Doc | undefined;
}

export interface UpdateResult {
  readonly matched: number;
  readonly modified: number;
  readonly upsertedId: Value | undefined;
}

/** Updates what a statement matches, or upserts; at once when the filter names an _id. For writers. */
export function updateMatching(
  context: CommandContext,
  statement: UpdateStatement,
): UpdateResult | Promise<UpdateResult> {
  const filter = compileFilter(statement.filter, variablesIn(statement.filter, statement.variables));
  const variables = statement.update instanceof Arr ? updateVariables(statement) : undefined;
  const update = compileUpdate(statement.update, statement.arrayFilters, variables);
  if (statement.multi && update.kind === 'replacement') {
    fail('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  const collection = context.collection();
  const change = (targets: readonly Target[]): UpdateResult => {
    try {
      return changeAll(targets);
    } catch (error) {
      throw inContext('Plan executor error during update', error);
    }
  };
  const changeAll = (targets: readonly Target[]): UpdateResult => {
    if (collection !== undefined && targets.length > 0) {
      let modified = 0;
      const unchecked = context.bypassesValidation;
      for (const target of targets) {
        if (applyTo(collection, target, filter, update, unchecked) !== target.doc) modified += 1;
      }
      return { matched: targets.length, modified, upsertedId: undefined };
    }
    if (!statement.upsert) return { matched: 0, modified: 0, upsertedId: undefined };
    const inserted = insertNew(context, filter, update);
    return { matched: 0, modified: 0, upsertedId: inserted.get('_id') };
  };
  if (collection === undefined) return change([]);
  const limit = statement.multi ? 0 : 1;
  const found = findTargets(collection, filter, limit, parseSort(statement.sort), statement.hint);
  return found instanceof Promise ? found.then(change) : change(found);
}

/** What a pipeline may name: the command's `let`, and the statement's constants as they stand. */
function updateVariables({ variables, constants }: UpdateStatement): Variables {
  const known = new Map(variablesOf(variables));
  if (constants instanceof Doc) for (const { name, value } of constants.fields) known.set(name, value);
  return known;
}

/** Only `$expr` takes variables: most statements need none made. */
function variablesIn(filter: Doc, definitions: Doc | undefined) {
  return filter.has('$expr') ? variablesOf(definitions) : undefined;
}

/** Stores the changed document; the same object back when nothing changed. */
export function applyTo(
  collection: Collection,
  target: Target,
  filter: Filter,
  update: Update,
  unchecked: boolean,
): Doc {
  const details: MatchDetails = {};
  if (update.kind === 'operators') filter.matches(target.doc, details);
  const next = update.apply(target.doc, { offset: details.offset, inserting: false });
  if (next === target.doc) return target.doc;
  const stored = Doc.raw(encodeDoc(next));
  const sameLength = stored.rawLength === target.doc.rawLength;
  if (sameLength && (stored.rawBytes as Buffer).equals(target.doc.rawBytes as Buffer)) return target.doc;
  collection.replace(target.rid, target.doc, stored, unchecked);
  return stored;
}

/** The upsert of a statement that matched nothing. */
export function insertNew(context: CommandContext, filter: Filter, update: Update): Doc {
  const collection = context.catalog.ensure(context.db, context.collectionName);
  const made = upsertDocument(filter.node, update);
  collection.insert(made, context.bypassesValidation);
  return made;
}
