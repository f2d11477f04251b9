import { docOf, type Plain, type PlainObject } from '../bson/build.js';
import { Doc } from '../bson/document.js';
import { BsonType, isNumber, typeOf } from '../bson/values.js';
import type { Node } from '../query/ast.js';
import type { FieldBounds } from '../query/bounds.js';
import type { FindOptions, Search } from '../query/find.js';
import type { IndexPlan, Plan } from '../query/planner.js';
import type { ScanStats } from '../query/scan.js';
import { shellText } from '../query/shell-text.js';
import { countBounds } from './explain-count.js';
import { parsedQuery } from './parsed-query.js';

/** What was counted while a plan ran: `matched` before skip and limit, `returned` after. */
export interface Ran extends ScanStats {
  readonly matched: number;
  readonly returned: number;
}

export interface Explained {
  readonly options: FindOptions;
  readonly projection: Doc | undefined;
  /** A stage around the search: COUNT, UPDATE, DELETE. */
  readonly around: string | undefined;
}

const SORT_MEMORY = 104_857_600;

/** The stages of a plan, outermost first, as mongod names them; with what each gave when the plan ran. */
export function planTree(found: Search, explained: Explained, ran?: Ran): PlainObject {
  const { plan } = found;
  const { options, projection, around } = explained;
  const { skip, limit } = options;
  let stage = found.keysOnly ? keysOnly(plan as IndexPlan, ran) : source(plan, options.filter.node, ran);
  const give = (name: string, n: number | undefined, fields: PlainObject): void => {
    stage = { stage: name, ...counted(n), ...fields, inputStage: stage };
  };
  const blocking = !plan.sorted && options.sort.fields.length > 0;
  if (blocking) {
    const pattern = options.sort.fields.map((field) => [field.path, field.descending ? -1 : 1] as const);
    const sorted = ran === undefined ? undefined : limit > 0 ? Math.min(ran.matched, skip + limit) : ran.matched;
    const limitAmount = limit > 0 ? skip + limit : undefined;
    give('SORT', sorted, {
      sortPattern: Object.fromEntries(pattern),
      memLimit: SORT_MEMORY,
      limitAmount,
      type: 'simple',
    });
  }
  const counts = around === 'COUNT';
  if (skip > 0 && !counts) give('SKIP', ran?.returned, { skipAmount: skip });
  if (projection !== undefined && !projection.isEmpty) {
    give(isSimple(projection) ? 'PROJECTION_SIMPLE' : 'PROJECTION_DEFAULT', ran?.returned, { transformBy: projection });
  }
  if (limit > 0 && !blocking && !counts) give('LIMIT', ran?.returned, { limitAmount: limit });
  if (around !== undefined)
    give(
      around,
      ran === undefined ? undefined : 0,
      ran === undefined ? {} : effect(around, ran.returned, Math.min(skip, ran.matched)),
    );
  return stage;
}

/** What a command would have counted or changed; explain changes nothing. */
function effect(around: string, n: number, skipped: number): PlainObject {
  if (around === 'COUNT') return { nCounted: n, nSkipped: skipped };
  return around === 'DELETE' ? { nWouldDelete: n } : { nMatched: n, nWouldModify: n, nWouldUpsert: 0 };
}

/** Only names at the top kept or dropped. */
function isSimple(projection: Doc): boolean {
  return projection.fields.every(
    ({ name, value }) => !name.includes('.') && (isNumber(value) || typeof value === 'boolean'),
  );
}

function counted(n: number | undefined): PlainObject {
  if (n === undefined) return {};
  return {
    ...{ nReturned: n, executionTimeMillisEstimate: 0, works: n + 1, advanced: n, needTime: 0, needYield: 0 },
    ...{ saveState: 0, restoreState: 0, isEOF: 1 },
  };
}

function source(plan: Plan, node: Node, ran: Ran | undefined): PlainObject {
  const docs = ran === undefined ? {} : { docsExamined: ran.docsExamined };
  const filter = docOf(parsedQuery(node));
  if (plan.kind === 'collscan') {
    const direction = plan.reverse ? 'backward' : 'forward';
    const given = filter.isEmpty ? {} : { filter };
    return { stage: 'COLLSCAN', ...given, ...counted(ran?.matched), direction, ...docs };
  }
  if (plan.kind === 'ixscan' && isById(plan, node)) {
    const keys = ran === undefined ? {} : { keysExamined: ran.keysExamined, ...docs };
    return { stage: 'EXPRESS_IXSCAN', ...counted(ran?.matched), keyPattern: '{ _id: 1 }', indexName: '_id_', ...keys };
  }
  const inputStage =
    plan.kind === 'ixscan'
      ? indexScan(plan, ran)
      : {
          stage: 'OR',
          ...counted(ran?.docsExamined),
          inputStages: plan.branches.map((one) => indexScan(one)) as Plain[],
        };
  const rest = residual(plan, node);
  const given = rest === undefined ? {} : { filter: rest };
  const held = ran === undefined ? {} : { ...docs, alreadyHasObj: 0 };
  return { stage: 'FETCH', ...given, ...counted(ran?.matched), ...held, inputStage };
}

/** `{_id: value}` and nothing else: mongod takes a shorter way, which has a name of its own. */
function isById(plan: IndexPlan, node: Node): boolean {
  return (
    plan.exact && plan.ranges.length === 1 && node.kind === 'field' && node.path === '_id' && node.test.op === 'eq'
  );
}

/** What is left to test on the documents, when the bounds do not say it all. */
function residual(plan: Plan, node: Node): Doc | undefined {
  if (plan.kind !== 'ixscan') return undefined;
  const nodes = node.kind === 'and' ? node.nodes : [node];
  const left = nodes.filter((one) => {
    const negated = negatedField(one);
    if (negated !== undefined) return !isLeftOut(plan, negated);
    if (one.kind !== 'field' || !['eq', 'in', 'gt', 'gte', 'lt', 'lte'].includes(one.test.op)) return true;
    const at = plan.index.fields.indexOf(one.path);
    return at < 0 || plan.bounds[at] === undefined || plan.index.multikey[at] === true;
  });
  return left.length === 0 ? undefined : docOf(parsedQuery({ kind: 'and', nodes: left }));
}

/** The path of `{path: {$not: …}}`. */
function negatedField(node: Node): string | undefined {
  const inner = node.kind === 'not' ? node.node : undefined;
  const only = inner?.kind === 'and' && inner.nodes.length === 1 ? inner.nodes[0] : inner;
  return only?.kind === 'field' ? only.path : undefined;
}

/** Whether the bounds say all of a path's negation: of null they do not, for what is missing has its key. */
function isLeftOut({ index, bounds }: IndexPlan, path: string): boolean {
  const at = index.fields.indexOf(path);
  const bound = bounds[at];
  return bound?.kind === 'outside' && bound.hole !== undefined && !bound.excludesMissing && index.multikey[at] !== true;
}

/** Keys alone: one stretch of them is counted, several are scanned. */
function keysOnly(plan: IndexPlan, ran: Ran | undefined): PlainObject {
  const indexBounds = countBounds(plan);
  const { stage: _, direction: __, ...scan } = indexScan(plan, ran);
  if (indexBounds === undefined) return indexScan(plan, ran);
  return { stage: 'COUNT_SCAN', ...scan, indexBounds };
}

function indexScan(plan: IndexPlan, ran?: Ran): PlainObject {
  const { index } = plan;
  return {
    stage: 'IXSCAN',
    ...counted(ran?.keysExamined),
    keyPattern: index.key,
    indexName: index.name,
    isMultiKey: index.multikey.includes(true),
    multiKeyPaths: Object.fromEntries(index.fields.map((name, i) => [name, index.multikey[i] === true ? [name] : []])),
    isUnique: index.unique,
    isSparse: index.sparse,
    isPartial: index.partial !== undefined,
    indexVersion: 2,
    direction: plan.reverse ? 'backward' : 'forward',
    indexBounds: Object.fromEntries(
      index.fields.map((name, i) => [name, boundsText(plan.bounds[i], index.descending[i] !== plan.reverse)]),
    ),
    ...(ran === undefined ? {} : { keysExamined: ran.keysExamined, seeks: plan.ranges.length, dupsTested: 0 }),
  };
}

/** `reversed`: read from the greater to the lesser. */
function boundsText(bounds: FieldBounds | undefined, reversed: boolean): string[] {
  if (bounds === undefined) return [reversed ? '[MaxKey, MinKey]' : '[MinKey, MaxKey]'];
  if (bounds.kind === 'outside')
    return around(bounds.hole === undefined ? [] : boundsText(bounds.hole, reversed), reversed);
  if (bounds.kind === 'points') {
    const points = bounds.values.map((value) => `[${shellText(value)}, ${shellText(value)}]`);
    return reversed ? points.reverse() : points;
  }
  const kind = typeOf((bounds.low ?? bounds.high)?.value ?? null);
  const [least, most] = ENDS[kind] ?? [
    ['[', 'MinKey'],
    ['MaxKey', ']'],
  ];
  const low = bounds.low === undefined ? least : [bounds.low.inclusive ? '[' : '(', shellText(bounds.low.value)];
  const high = bounds.high === undefined ? most : [shellText(bounds.high.value), bounds.high.inclusive ? ']' : ')'];
  if (!reversed) return [`${low[0] as string}${low[1] as string}, ${high[0] as string}${high[1] as string}`];
  const [open, close] = [high[1] === ']' ? '[' : '(', low[0] === '[' ? ']' : ')'];
  return [`${open}${high[0] as string}, ${low[1] as string}${close}`];
}

/** All but the given stretches, which come in order. */
function around(holes: readonly string[], reversed: boolean): string[] {
  const [first, last] = reversed ? ['MaxKey', 'MinKey'] : ['MinKey', 'MaxKey'];
  let from = `[${first}`;
  const texts = holes.map((hole) => {
    const comma = hole.lastIndexOf(', ');
    const text = `${from}, ${hole.slice(1, comma)}${hole.startsWith('[') ? ')' : ']'}`;
    from = `${hole.endsWith(']') ? '(' : '['}${hole.slice(comma + 2, -1)}`;
    return text;
  });
  return [...texts, `${from}, ${last}]`];
}

type Ends = readonly [least: readonly [string, string], most: readonly [string, string]];

const NUMBERS: Ends = [
  ['[', '-inf.0'],
  ['inf.0', ']'],
];

/** The least and the most of a type, as bounds of one side name them. */
const ENDS: Readonly<Partial<Record<BsonType, Ends>>> = {
  [BsonType.Int32]: NUMBERS,
  [BsonType.Int64]: NUMBERS,
  [BsonType.Double]: NUMBERS,
  [BsonType.Decimal128]: NUMBERS,
  [BsonType.String]: [
    ['[', '""'],
    ['{}', ')'],
  ],
  [BsonType.Object]: [
    ['[', '{}'],
    ['[]', ')'],
  ],
  [BsonType.Boolean]: [
    ['[', 'false'],
    ['true', ']'],
  ],
  [BsonType.Date]: [
    ['[', 'new Date(-9223372036854775808)'],
    ['new Date(9223372036854775807)', ']'],
  ],
  [BsonType.ObjectId]: [
    ['[', "ObjectId('000000000000000000000000')"],
    ["ObjectId('ffffffffffffffffffffffff')", ']'],
  ],
  [BsonType.Timestamp]: [
    ['[', 'Timestamp(0, 0)'],
    ['Timestamp(4294967295, 4294967295)', ']'],
  ],
};
