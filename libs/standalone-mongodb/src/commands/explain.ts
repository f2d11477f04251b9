import { docOf, type Plain, type PlainObject } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { fail } from '../errors.js';
import type { FieldBounds } from '../query/bounds.js';
import { compileFilter } from '../query/filter.js';
import { search, type FindOptions } from '../query/find.js';
import type { IndexPlan, Plan } from '../query/planner.js';
import { parseSort } from '../query/sort.js';
import { shellText } from '../query/shell-text.js';
import { okReply } from '../wire/reply.js';
import { CommandContext } from './context.js';
import { drain, findOptions, hintOf } from './find.js';
import type { Command } from './registry.js';

const explain: Command = async (context) => {
  const inner = context.body.fields[0]?.value;
  if (!(inner instanceof Doc)) return fail('FailedToParse', 'explain command requires a nested object');
  const body = Doc.of([...inner.fields, ...context.body.fields.filter((field) => field.name === '$db')]);
  const nested = new CommandContext(
    context.catalog,
    context.cursors,
    { ...context.request, body },
    context.connectionId,
  );
  const options = optionsOf(nested);
  const verbosity = context.arg('verbosity') ?? 'allPlansExecution';
  return explainSearch(nested, options, verbosity !== 'queryPlanner');
};

/** `aggregate` with its `explain` argument. */
export function explainAggregate(context: CommandContext): Promise<Doc> {
  return explainSearch(context, aggregateOptions(context), false);
}

function optionsOf(context: CommandContext): FindOptions {
  const sort = parseSort(undefined);
  switch (context.name) {
    case 'find':
      return findOptions(context);
    case 'count':
    case 'distinct': {
      const filter = compileFilter(context.doc('query') ?? Doc.EMPTY);
      return { filter, sort, skip: 0, limit: 0, hint: hintOf(context.arg('hint')) };
    }
    case 'findAndModify':
      return {
        filter: compileFilter(context.doc('query') ?? Doc.EMPTY),
        sort: parseSort(context.arg('sort')),
        skip: 0,
        limit: 1,
      };
    case 'update':
    case 'delete': {
      const [statement] = context.documents(context.name === 'update' ? 'updates' : 'deletes');
      return { filter: compileFilter((statement?.get('q') as Doc | undefined) ?? Doc.EMPTY), sort, skip: 0, limit: 0 };
    }
    case 'aggregate':
      return aggregateOptions(context);
  }
  return fail('CommandNotSupported', `Explain failed due to unknown command: ${context.name}`);
}

/** The part of a pipeline that a search serves: leading $match, $sort, $skip, $limit. */
function aggregateOptions(context: CommandContext): FindOptions {
  const pipeline = context.arg('pipeline');
  const stages = pipeline instanceof Arr ? pipeline.items.filter((stage) => stage instanceof Doc) : [];
  const match = stages[0]?.get('$match');
  const sort = stages[match === undefined ? 0 : 1]?.get('$sort');
  return {
    filter: compileFilter(match instanceof Doc ? match : Doc.EMPTY),
    sort: parseSort(sort),
    skip: 0,
    limit: 0,
    hint: hintOf(context.arg('hint')),
  };
}

async function explainSearch(context: CommandContext, options: FindOptions, execute: boolean): Promise<Doc> {
  const collection = context.collection();
  if (collection === undefined) {
    const winningPlan = { stage: 'EOF' };
    const executionStats = { executionSuccess: true, nReturned: 0, totalKeysExamined: 0, totalDocsExamined: 0 };
    return okReply({
      queryPlanner: planner(context, winningPlan),
      executionStats: execute ? executionStats : undefined,
    });
  }
  const found = search(collection, options);
  const winningPlan = tree(found.plan, options);
  let nReturned = 0;
  const start = performance.now();
  if (execute) await drain(found, () => (nReturned += 1));
  const executionStats = {
    executionSuccess: true,
    nReturned,
    executionTimeMillis: Math.round(performance.now() - start),
    totalKeysExamined: found.stats.keysExamined,
    totalDocsExamined: found.stats.docsExamined,
    executionStages: { ...winningPlan, nReturned },
  };
  return okReply({
    explainVersion: '1',
    queryPlanner: planner(context, winningPlan),
    executionStats: execute ? executionStats : undefined,
    command: Doc.of(context.body.fields),
  });
}

function planner(context: CommandContext, winningPlan: PlainObject): PlainObject {
  return { namespace: context.namespace, winningPlan, rejectedPlans: [] };
}

function tree(plan: Plan, options: FindOptions): PlainObject {
  let stage = source(plan);
  if (!plan.sorted) {
    const sortPattern = docOf(
      Object.fromEntries(options.sort.fields.map((field) => [field.path, field.descending ? -1 : 1])),
    );
    if (options.sort.fields.length > 0) stage = { stage: 'SORT', sortPattern, inputStage: stage };
  }
  if (options.skip > 0) stage = { stage: 'SKIP', skipAmount: options.skip, inputStage: stage };
  if (options.limit > 0) stage = { stage: 'LIMIT', limitAmount: options.limit, inputStage: stage };
  return stage;
}

function source(plan: Plan): PlainObject {
  switch (plan.kind) {
    case 'collscan':
      return { stage: 'COLLSCAN', direction: plan.reverse ? 'backward' : 'forward' };
    case 'ixscan':
      return { stage: 'FETCH', inputStage: indexScan(plan) };
    case 'or':
      return { stage: 'FETCH', inputStage: { stage: 'OR', inputStages: plan.branches.map(indexScan) as Plain[] } };
  }
}

function indexScan(plan: IndexPlan): PlainObject {
  const { index } = plan;
  return {
    stage: 'IXSCAN',
    keyPattern: index.key,
    indexName: index.name,
    isMultiKey: index.multikey.includes(true),
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partial !== undefined,
    indexVersion: 2,
    direction: plan.reverse ? 'backward' : 'forward',
    indexBounds: Object.fromEntries(index.fields.map((name, i) => [name, boundsText(plan.bounds[i])])),
  };
}

function boundsText(bounds: FieldBounds | undefined): string[] {
  if (bounds === undefined) return ['[MinKey, MaxKey]'];
  if (bounds.kind === 'points') return bounds.values.map((value) => `[${shellText(value)}, ${shellText(value)}]`);
  const low = bounds.low === undefined ? '(-inf' : `${bounds.low.inclusive ? '[' : '('}${shellText(bounds.low.value)}`;
  const high =
    bounds.high === undefined ? '+inf)' : `${shellText(bounds.high.value)}${bounds.high.inclusive ? ']' : ')'}`;
  return [`${low}, ${high}`];
}

export const explainCommands: Readonly<Record<string, Command>> = { explain };
