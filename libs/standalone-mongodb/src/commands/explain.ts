import { hostname } from 'node:os';
import { onlyCounts } from '../aggregate/pipeline.js';
import { variablesOf } from '../aggregate/variables.js';
import type { PlainObject } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { search, type FindOptions, type Search } from '../query/find.js';
import { parseSort } from '../query/sort.js';
import { okReply } from '../wire/reply.js';
import { checkArguments } from './arguments.js';
import { CommandContext } from './context.js';
import { planTree, type Explained, type Ran } from './explain-plan.js';
import { countLimit, drain, findOptions, hintOf } from './find.js';
import { VERSION } from './handshake.js';
import { parsedQuery } from './parsed-query.js';
import { commandNames, type Command } from './registry.js';

type Verbosity = 'queryPlanner' | 'executionStats' | 'allPlansExecution';

const explain: Command = async (context) => {
  const inner = context.body.fields[0]?.value;
  if (!(inner instanceof Doc)) return fail('FailedToParse', 'explain command requires a nested object');
  const verbosity = context.arg('verbosity') ?? 'allPlansExecution';
  if (verbosity !== 'queryPlanner' && verbosity !== 'executionStats' && verbosity !== 'allPlansExecution') {
    fail('BadValue', `Enumeration value '${String(verbosity)}' for field 'explain.verbosity' is not a valid value.`);
  }
  const body = Doc.of([...inner.fields, ...context.body.fields.filter((field) => field.name === '$db')]);
  const request = { ...context.request, body };
  const nested = new CommandContext(context.catalog, context.cursors, request, context.connectionId);
  if (!EXPLAINED.has(nested.name)) {
    if (commandNames.has(nested.name)) fail('IllegalOperation', `Cannot explain cmd: ${nested.name}`);
    fail('CommandNotFound', `Explain failed due to unknown command: ${nested.name}`);
  }
  checkArguments(nested.name, body, (field) => nested.arg(field) !== undefined);
  if (nested.name === 'aggregate') return explainPipeline(nested, verbosity);
  if (isFastCount(nested)) return okReply({ ...fastCount(nested, verbosity), ...trailer(nested) });
  return explainSearch(nested, explainedOf(nested), verbosity);
};

const EXPLAINED = new Set([
  'find',
  'count',
  'distinct',
  'findAndModify',
  'findandmodify',
  'update',
  'delete',
  'aggregate',
]);

/** `aggregate` with its `explain` argument. */
export function explainAggregate(context: CommandContext): Promise<Doc> {
  return explainPipeline(context, 'queryPlanner');
}

function explainedOf(context: CommandContext): Explained {
  const bare = { projection: undefined, around: undefined };
  switch (context.name) {
    case 'find':
      return { ...bare, options: findOptions(context), projection: context.doc('projection') };
    case 'count':
      return { ...bare, options: countOptions(context), around: 'COUNT' };
    case 'distinct':
      return { ...bare, options: optionsOf(context, context.doc('query'), context.arg('hint')) };
    case 'update':
    case 'delete': {
      const [statement] = context.documents(context.name === 'update' ? 'updates' : 'deletes');
      const query = statement?.get('q');
      const options = optionsOf(context, query instanceof Doc ? query : undefined, statement?.get('hint'));
      return { ...bare, options, around: context.name.toUpperCase() };
    }
    default: {
      const options = optionsOf(context, context.doc('query'), context.arg('hint'));
      const around = context.flag('remove') ? 'DELETE' : 'UPDATE';
      return { ...bare, options: { ...options, sort: parseSort(context.arg('sort')), limit: 1 }, around };
    }
  }
}

function countOptions(context: CommandContext): FindOptions {
  const options = optionsOf(context, context.doc('query'), context.arg('hint'));
  const limit = countLimit(context);
  return { ...options, limit, skip: context.number('skip') ?? 0, countOnly: true };
}

function optionsOf(context: CommandContext, query: Doc | undefined, hint: Value | undefined): FindOptions {
  const filter = compileFilter(query ?? Doc.EMPTY, variablesOf(context.doc('let')));
  return { filter, sort: parseSort(undefined), skip: 0, limit: 0, hint: hintOf(hint) };
}

/** The stages that a search serves come as its plan; the others follow as they were given. */
async function explainPipeline(context: CommandContext, verbosity: Verbosity): Promise<Doc> {
  const pipeline = context.arg('pipeline');
  if (!(pipeline instanceof Arr)) return fail('TypeMismatch', 'A pipeline must be an array of objects');
  const rest = [...pipeline.items];
  const lead = (name: string): Value | undefined => {
    const stage = rest[0];
    const value = stage instanceof Doc ? stage.get(name) : undefined;
    if (value !== undefined) rest.shift();
    return value;
  };
  const match = lead('$match');
  const sort = parseSort(lead('$sort'));
  const limit = lead('$limit');
  const base = optionsOf(context, match instanceof Doc ? match : undefined, context.arg('hint'));
  const countOnly = sort.fields.length === 0 && limit === undefined && onlyCounts(rest[0]);
  const options = { ...base, sort, limit: isNumber(limit) ? toDouble(limit) : 0, countOnly };
  const parts = await explainParts(context, { options, projection: undefined, around: undefined }, verbosity);
  if (rest.length === 0) return okReply({ ...parts, ...trailer(context) });
  const { explainVersion, ...cursor } = parts;
  return okReply({ explainVersion, stages: [{ $cursor: cursor }, ...rest], ...trailer(context) });
}

async function explainSearch(context: CommandContext, explained: Explained, verbosity: Verbosity): Promise<Doc> {
  return okReply({ ...(await explainParts(context, explained, verbosity)), ...trailer(context) });
}

function trailer(context: CommandContext): PlainObject {
  return {
    command: Doc.of(context.body.fields),
    serverInfo: { host: hostname(), port: 0, version: VERSION.slice(0, 3).join('.'), gitVersion: 'none' },
  };
}

/** All documents are counted without looking at any. */
function isFastCount(context: CommandContext): boolean {
  const query = context.doc('query');
  return (
    context.name === 'count' &&
    context.collection() !== undefined &&
    (query === undefined || query.isEmpty) &&
    hintOf(context.arg('hint')) === undefined
  );
}

function fastCount(context: CommandContext, verbosity: Verbosity): PlainObject {
  const winningPlan = { isCached: false, stage: 'RECORD_STORE_FAST_COUNT' };
  const flags = { maxIndexedOrSolutionsReached: false, maxIndexedAndSolutionsReached: false };
  const queryPlanner = {
    ...{ namespace: context.namespace, parsedQuery: {}, indexFilterSet: false, ...flags },
    ...{ maxScansToExplodeReached: false, winningPlan, rejectedPlans: [] },
  };
  if (verbosity === 'queryPlanner') return { explainVersion: '1', queryPlanner };
  const { skip, limit } = countOptions(context);
  const all = context.collection()?.count ?? 0;
  const nCounted = Math.min(Math.max(0, all - skip), limit > 0 ? limit : Infinity);
  const executionStages = {
    ...winningPlan,
    nReturned: 0,
    works: 1,
    advanced: 0,
    nCounted,
    nSkipped: Math.min(skip, all),
  };
  const executionStats = {
    ...{ executionSuccess: true, nReturned: 0, executionTimeMillis: 0, totalKeysExamined: 0, totalDocsExamined: 0 },
    executionStages,
    ...(verbosity === 'allPlansExecution' ? { allPlansExecution: [] } : {}),
  };
  return { explainVersion: '1', queryPlanner, executionStats };
}

async function explainParts(context: CommandContext, explained: Explained, verbosity: Verbosity): Promise<PlainObject> {
  const collection = context.collection();
  const { filter } = explained.options;
  const found = collection === undefined ? undefined : search(collection, explained.options);
  const tree = (ran?: Ran): PlainObject =>
    found === undefined
      ? { stage: 'EOF', ...(ran === undefined ? {} : { nReturned: 0 }) }
      : planTree(found, explained, ran);
  const queryPlanner = {
    namespace: context.namespace,
    parsedQuery: parsedQuery(filter.node),
    indexFilterSet: false,
    ...{ maxIndexedOrSolutionsReached: false, maxIndexedAndSolutionsReached: false, maxScansToExplodeReached: false },
    winningPlan: { isCached: false, ...tree() },
    rejectedPlans: [],
  };
  if (verbosity === 'queryPlanner') return { explainVersion: '1', queryPlanner };
  const start = performance.now();
  const ran = await runPlan(found);
  const executionStats = {
    executionSuccess: true,
    nReturned: explained.around === undefined ? ran.returned : 0,
    executionTimeMillis: Math.round(performance.now() - start),
    totalKeysExamined: ran.keysExamined,
    totalDocsExamined: ran.docsExamined,
    executionStages: { isCached: false, ...tree(ran) },
    ...(verbosity === 'allPlansExecution' ? { allPlansExecution: [] } : {}),
  };
  return { explainVersion: '1', queryPlanner, executionStats };
}

async function runPlan(found: Search | undefined): Promise<Ran> {
  let returned = 0;
  if (found !== undefined) await drain(found, 'Executor error during explain', () => (returned += 1));
  const stats = found?.stats ?? { keysExamined: 0, docsExamined: 0, matched: 0 };
  return { ...stats, returned };
}

export const explainCommands: Readonly<Record<string, Command>> = { explain };
