import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { documents, search } from '../query/find.js';
import { parseSort } from '../query/sort.js';
import { compileStage } from '../aggregate/stages.js';
import type { StageContext, Stream } from '../aggregate/stage.js';
import { variablesOf } from '../aggregate/variables.js';
import type { Collection } from '../storage/collection.js';
import { okReply } from '../wire/reply.js';
import type { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import { deadlineOf, hintOf } from './find.js';
import type { Command } from './registry.js';

const aggregate: Command = async (context) => {
  const pipeline = context.arg('pipeline');
  if (!(pipeline instanceof Arr)) return fail('TypeMismatch', "'pipeline' option must be specified as an array");
  const options = context.doc('cursor');
  if (options === undefined) {
    return fail('FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument");
  }
  const batchSize = options.get('batchSize');
  const isWhole = typeof context.body.fields[0]?.value !== 'string';
  const namespace = isWhole ? `${context.db}.$cmd.aggregate` : context.namespace;
  const stageContext = { catalog: context.catalog, db: context.db, variables: variablesOf(context.doc('let')) };
  const collection = isWhole ? undefined : context.collection();
  if (isWhole) failAt(73, "{aggregate: 1} is not valid for '$match'; a collection is required.");
  const stream = runPipeline(collection, pipeline.items, stageContext, hintOf(context.arg('hint')));
  const cursor = new Cursor(namespace, stream, 0, deadlineOf(context));
  const size = isNumber(batchSize) ? toDouble(batchSize) : undefined;
  return okReply(await context.cursors.first(cursor, size, false));
};

/** Compiles and connects the stages; a leading $match and $sort become a search that uses indexes. */
export function runPipeline(
  collection: Collection | undefined,
  pipeline: readonly Value[],
  context: StageContext,
  hint?: Value,
): Stream {
  const compiled = pipeline.map((stage) => compileStage(stage, context));
  let used = 0;
  const lead = (name: string): Doc | undefined => {
    const stage = pipeline[used];
    const value = stage instanceof Doc ? stage.get(name) : undefined;
    if (!(value instanceof Doc)) return undefined;
    used += 1;
    return value;
  };
  const filter = compileFilter(lead('$match') ?? Doc.EMPTY);
  const sort = parseSort(lead('$sort'));
  const limit = sort.fields.length > 0 ? limitOf(pipeline[used]) : 0;
  const start: Stream =
    collection === undefined ? [] : documents(search(collection, { filter, sort, skip: 0, limit, hint }).hits);
  return compiled.slice(used).reduce((stream, stage) => stage(stream), start);
}

/** A limit right after the sort lets the search keep only the first. */
function limitOf(stage: Value | undefined): number {
  const value = stage instanceof Doc ? stage.get('$limit') : undefined;
  return isNumber(value) ? toDouble(value) : 0;
}

export const aggregateCommands: Readonly<Record<string, Command>> = { aggregate };
