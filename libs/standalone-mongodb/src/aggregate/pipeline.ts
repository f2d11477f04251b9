import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { compileFilter } from '../query/filter.js';
import { documents, search } from '../query/find.js';
import { parseSort } from '../query/sort.js';
import type { Collection } from '../storage/collection.js';
import { optimizing } from './operators.js';
import type { Stage, StageContext, Stream } from './stage.js';
import { compileStage } from './stages.js';
import { sourceStage } from './stages-source.js';

/** Compiles and connects the stages; a leading $match and $sort become a search that uses indexes. */
export function runPipeline(
  collection: Collection | undefined,
  pipeline: readonly Value[],
  context: StageContext,
  hint?: Value,
): Stream {
  const made = sourceStage(pipeline[0], collection, context.variables);
  const compiled = optimizing('Failed to optimize pipeline', () =>
    pipeline.map((stage, i) => (made !== undefined && i === 0 ? passing : compileStage(stage, context))),
  );
  if (made !== undefined) return compiled.reduce<Stream>((stream, stage) => stage(stream), made);
  let used = 0;
  const lead = (name: string): Doc | undefined => {
    const stage = pipeline[used];
    const value = stage instanceof Doc ? stage.get(name) : undefined;
    if (!(value instanceof Doc)) return undefined;
    used += 1;
    return value;
  };
  const filter = compileFilter(lead('$match') ?? Doc.EMPTY, context.variables);
  const sort = parseSort(lead('$sort'));
  const limit = sort.fields.length > 0 ? limitOf(pipeline[used]) : 0;
  const countOnly = sort.fields.length === 0 && onlyCounts(pipeline[used]);
  const start: Stream =
    collection === undefined
      ? []
      : documents(search(collection, { filter, sort, skip: 0, limit, hint, countOnly, space: context.space }).hits);
  return compiled.slice(used).reduce((stream, stage) => stage(stream), start);
}

const passing: Stage = (input) => input;

/** Whether a stage asks how many documents there are, and for nothing in them: `$count`, and what drivers make of countDocuments. */
export function onlyCounts(stage: Value | undefined): boolean {
  if (!(stage instanceof Doc)) return false;
  if (stage.has('$count')) return true;
  const group = stage.get('$group');
  if (!(group instanceof Doc) || !isPlainConstant(group.get('_id'))) return false;
  return group.fields.every(({ name, value }) => {
    const accumulator = value instanceof Doc ? value.first : undefined;
    if (name === '_id' || accumulator?.name === '$count') return true;
    return accumulator?.name === '$sum' && isNumber(accumulator.value);
  });
}

function isPlainConstant(value: Maybe): boolean {
  return value === null || isNumber(value) || typeof value === 'boolean';
}

/** A limit right after the sort lets the search keep only the first. */
function limitOf(stage: Value | undefined): number {
  const value = stage instanceof Doc ? stage.get('$limit') : undefined;
  return isNumber(value) ? toDouble(value) : 0;
}
