import type { Variables } from '../aggregate/expression.js';
import { Arr, Doc } from '../bson/document.js';
import { variablesOf } from '../aggregate/variables.js';
import { encodeDoc } from '../bson/encode.js';
import type { Maybe, Value } from '../bson/values.js';
import { fail, failAt, inContext } from '../errors.js';
import { checkWritable } from '../storage/names.js';
import { compileFilter, type Filter, type MatchDetails } from '../query/filter.js';
import { parseSort } from '../query/sort.js';
import type { Collection } from '../storage/collection.js';
import { compileUpdate, type Update } from '../update/update.js';
import { upsertDocument } from '../update/upsert.js';
import type { CommandContext } from './context.js';
import { eachTarget, findTargets, pinnedId, type Target } from './target.js';

export interface UpdateStatement {
  readonly filter: Doc;
  readonly update: Maybe;
  readonly arrayFilters: Maybe;
  readonly multi: boolean;
  readonly upsert: boolean;
  readonly hint: Value | undefined;
  readonly sort: Maybe;
  /** An upsert inserts the constant `new` instead of what the pipeline makes. */
  readonly supplied: boolean;
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
  if (statement.constants !== undefined && !(statement.update instanceof Arr)) {
    failAt(51198, 'Constant values may only be specified for pipeline updates');
  }
  const variables = statement.update instanceof Arr ? updateVariables(statement) : undefined;
  const update = compileUpdate(statement.update, statement.arrayFilters, variables, context.keepsEmptyTimestamps);
  if (statement.multi && update.kind === 'replacement') {
    fail('FailedToParse', 'multi update is not supported for replacement-style update');
  }
  checkWritable(context.namespace, context.collectionName);
  const collection = context.collection();
  const unchecked = context.bypassesValidation;
  const modify = (target: Target): number =>
    applyTo(collection as Collection, target, filter, update, unchecked) === target.doc ? 0 : 1;
  const settle = (matched: number, modified: number): UpdateResult => {
    if (matched > 0 || !statement.upsert) return { matched, modified, upsertedId: undefined };
    const inserted = insertNew(context, filter, statement.supplied ? suppliedBy(statement) : update);
    return { matched, modified, upsertedId: inserted.get('_id') };
  };
  const changeOne = ([target]: readonly Target[]): UpdateResult => {
    try {
      return target === undefined ? settle(0, 0) : settle(1, modify(target));
    } catch (error) {
      throw inContext(DURING, error);
    }
  };
  const changeAll = async (within: Collection): Promise<UpdateResult> => {
    try {
      let modified = 0;
      const matched = await eachTarget(within, filter, statement.hint, (target) => (modified += modify(target)));
      return settle(matched, modified);
    } catch (error) {
      throw inContext(DURING, error);
    }
  };
  if (collection === undefined) return changeOne([]);
  const many = statement.multi && (statement.hint !== undefined || pinnedId(filter.node) === undefined);
  if (many) return changeAll(collection);
  const found = findTargets(collection, filter, 1, parseSort(statement.sort), statement.hint);
  return found instanceof Promise ? found.then(changeOne) : changeOne(found);
}

function suppliedBy({ constants, update }: UpdateStatement): Update {
  const supplied = constants instanceof Doc ? constants.get('new') : undefined;
  if (!(supplied instanceof Doc) || !(update instanceof Arr)) {
    return fail('FailedToParse', "the parameter '$$new' must be an object, with an update by pipeline");
  }
  return compileUpdate(supplied, undefined);
}

const DURING = 'Plan executor error during update';

/** What a pipeline may name: the command's `let`, and the statement's constants as they stand. */
function updateVariables({ variables, constants }: UpdateStatement): Variables {
  const known = new Map(variablesOf(variables));
  if (constants instanceof Doc) for (const { name, value } of constants.fields) known.set(name, value);
  return known;
}

/** Only `$expr` takes variables, within `$and` and the like, too: most statements need none made. */
export function variablesIn(filter: Doc, definitions: Doc | undefined): Variables | undefined {
  const mayAsk = definitions !== undefined || filter.fields.some(({ name }) => name.startsWith('$'));
  return mayAsk ? variablesOf(definitions) : undefined;
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
