import { docOf } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { Int32, typeName, type Value } from '../bson/values.js';
import { fail, failAt, inContext } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { window } from '../query/find.js';
import { integerOf } from '../query/parse-tests.js';
import { shellText } from '../query/shell-text.js';
import { compileProjection } from '../query/projection.js';
import { parseSort } from '../query/sort.js';
import { Sorter } from '../query/sorter.js';
import { changeAt } from '../update/tree.js';
import { checkFieldPath, withScope } from './expression.js';
import { setNested } from './values.js';
import { groupStage } from './group.js';
import { mapping, type Stage, type StageCompiler, type StageContext } from './stage.js';

const match: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) return failAt(15959, 'the match filter must be an expression in an object');
  const filter = compileFilter(spec, context.variables);
  return function* (input) {
    for (const doc of input) if (doc === null || filter.matches(doc)) yield doc;
  };
};

const sort: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) return failAt(15973, 'the $sort key specification must be an object');
  if (spec.isEmpty) failAt(15976, '$sort stage must have at least one sort key');
  const parsed = parseSort(spec);
  return function* (input) {
    const sorter = new Sorter(parsed, undefined, context.space);
    try {
      for (const doc of input) {
        if (doc === null) yield null;
        else sorter.add({ rid: 0, doc });
      }
      for (const item of sorter.sorted()) yield item === null ? null : item.doc;
    } finally {
      sorter.close();
    }
  };
};

/** The argument of $limit and $skip: a whole number that is not below zero. */
function wholeNumber(spec: Value, name: '$limit' | '$skip'): number {
  const refuse = (reason: string): never =>
    failAt(name === '$skip' ? 5107200 : 5107201, `invalid argument to ${name} stage: ${reason}`);
  const value = integerOf(name, spec);
  if (typeof value === 'string') return refuse(value);
  return value < 0n ? refuse(`Expected a non-negative number in: ${name}: ${shellText(spec)}`) : Number(value);
}

const limit: StageCompiler = (spec) => {
  const count = wholeNumber(spec, '$limit');
  if (count === 0) failAt(15958, 'the limit must be positive');
  return (input) => window(input, 0, count);
};

const skip: StageCompiler = (spec) => {
  const count = wholeNumber(spec, '$skip');
  return (input) => window(input, count, 0);
};

const project: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) return failAt(15969, '$project specification must be an object');
  return projection('$project', spec, context);
};

function projection(stage: '$project' | '$unset', spec: Doc, context: StageContext): Stage {
  const projector = naming(stage, () => {
    if (spec.isEmpty) failAt(51272, 'projection specification must have at least one field');
    return compileProjection(spec);
  });
  return mapping((doc) => projector(doc, context.variables));
}

/** Compiles what a stage of that name shapes documents by; errors say so. */
export function naming<T>(stage: string, compile: () => T): T {
  try {
    return compile();
  } catch (error) {
    throw inContext(`Invalid ${stage}`, error);
  }
}

const unset: StageCompiler = (spec, context) => {
  if (typeof spec !== 'string' && !(spec instanceof Arr)) {
    failAt(31002, '$unset specification must be a string or an array');
  }
  const names = spec instanceof Arr ? spec.items : [spec];
  if (names.length === 0) failAt(31119, '$unset specification must be a string or an array with at least one field');
  if (names.some((name) => typeof name !== 'string')) {
    failAt(31120, '$unset specification must be a string or an array containing only string values');
  }
  return projection('$unset', Doc.of(names.map((name) => Field.of(name as string, new Int32(0)))), context);
};

const count: StageCompiler = (spec) => {
  if (typeof spec !== 'string') return failAt(40156, 'the count field must be a non-empty string');
  if (spec === '') failAt(40156, 'the count field must be a non-empty string');
  if (spec.startsWith('$')) failAt(40158, 'the count field cannot be a $-prefixed path');
  if (spec.includes('\0')) failAt(40159, 'the count field cannot contain a null byte');
  if (spec.includes('.')) failAt(40160, "the count field cannot contain '.'");
  return function* (input) {
    let n = 0;
    for (const doc of input) {
      if (doc === null) yield null;
      else n += 1;
    }
    if (n > 0) yield docOf({ [spec]: n });
  };
};

const unwind: StageCompiler = (spec) => {
  if (!(spec instanceof Doc) && typeof spec !== 'string') {
    return failAt(
      15981,
      `expected either a string or an object as specification for $unwind stage, got ${typeName(spec)}`,
    );
  }
  const options = spec instanceof Doc ? spec : docOf({ path: spec });
  checkUnwind(options);
  const path = options.get('path');
  if (path === undefined) return failAt(28812, 'no path specified to $unwind stage');
  if (typeof path !== 'string') return failAt(28808, 'expected a string as the path for $unwind stage');
  if (!path.startsWith('$')) failAt(28818, `path option to $unwind stage should be prefixed with a '$': ${path}`);
  checkFieldPath(path.slice(1));
  const parts = path.slice(1).split('.');
  const keepEmpty = options.get('preserveNullAndEmptyArrays') === true;
  const indexName = options.get('includeArrayIndex');
  return function* (input) {
    for (const doc of input) {
      if (doc === null) yield null;
      else yield* unwound(doc, parts, keepEmpty, typeof indexName === 'string' ? indexName : undefined);
    }
  };
};

function checkUnwind(options: Doc): void {
  for (const { name, value } of options.fields) {
    if (name === 'preserveNullAndEmptyArrays') {
      if (typeof value !== 'boolean') {
        failAt(
          28809,
          `expected a boolean for the preserveNullAndEmptyArrays option to $unwind stage, got ${typeName(value)}`,
        );
      }
    } else if (name === 'includeArrayIndex') {
      if (typeof value !== 'string' || value === '') {
        failAt(
          28810,
          `expected a non-empty string for the includeArrayIndex  option to $unwind stage, got ${typeName(value)}`,
        );
      }
      if (value.startsWith('$')) {
        failAt(28822, `includeArrayIndex option to $unwind stage should not be prefixed with a '$': ${value}`);
      }
      checkFieldPath(value);
    } else if (name !== 'path') {
      failAt(28811, `unrecognized option to $unwind stage: ${name}`);
    }
  }
}

function* unwound(
  doc: Doc,
  parts: readonly string[],
  keepEmpty: boolean,
  indexName: string | undefined,
): Generator<Doc> {
  const value = valueThroughDocs(doc, parts);
  const withIndex = (made: Doc, index: bigint | null): Doc =>
    indexName === undefined ? made : setNested(made, indexName.split('.'), index);
  if (!(value instanceof Arr)) {
    if (value !== undefined && value !== null) yield withIndex(doc, null);
    else if (keepEmpty) yield withIndex(doc, null);
    return;
  }
  if (value.items.length === 0) {
    if (keepEmpty)
      yield withIndex(
        changeAt(doc, parts, false, () => undefined),
        null,
      );
    return;
  }
  for (const [i, item] of value.items.entries()) {
    yield withIndex(
      changeAt(doc, parts, false, () => item),
      BigInt(i),
    );
  }
}

function valueThroughDocs(doc: Doc, parts: readonly string[]): Value | undefined {
  let value: Value | undefined = doc;
  for (const part of parts) value = value instanceof Doc ? value.get(part) : undefined;
  return value;
}

export const stages = new Map<string, StageCompiler>([
  ['$match', match],
  ['$group', groupStage],
  ['$sort', sort],
  ['$limit', limit],
  ['$skip', skip],
  ['$project', project],
  ['$unset', unset],
  ['$count', count],
  ['$unwind', unwind],
]);

const FIRST = ['$documents', '$indexStats', '$collStats'];

/** Stages that mongod has and this server has not. */
const ABSENT = new Set([
  ...['$geoNear', '$listSessions', '$listLocalSessions', '$planCacheStats', '$querySettings', '$listSampledQueries'],
  ...['$changeStreamSplitLargeEvent', '$search', '$searchMeta', '$vectorSearch', '$listSearchIndexes', '$queryStats'],
]);

/** Compiles a stage document `{$name: specification}`. */
export function compileStage(stage: Value, context: StageContext): Stage {
  if (!(stage instanceof Doc)) return fail('TypeMismatch', "Each element of the 'pipeline' array must be an object");
  if (stage.fields.length !== 1) {
    failAt(40323, 'A pipeline stage specification object must contain exactly one field.');
  }
  const { name, value } = stage.fields[0] as Field;
  const compiler = stages.get(name);
  if (compiler === undefined) {
    if (name === '$changeStream') failAt(40573, 'The $changeStream stage is only supported on replica sets');
    if (FIRST.includes(name)) {
      failAt(40602, `${name} is only valid as the first stage in a pipeline`);
    }
    if (name === '$out' || name === '$merge') failAt(40601, `${name} can only be the final stage in the pipeline`);
    if (ABSENT.has(name)) fail('NotImplemented', `standalone mode has no stage '${name}'`);
    failAt(40324, `Unrecognized pipeline stage name: '${name}'`);
  }
  return withScope(context.variables, () => (compiler as StageCompiler)(value, context));
}

/** Whether mongod has a stage of that name. */
export function isStage(name: string): boolean {
  return stages.has(name) || FIRST.includes(name) || ABSENT.has(name) || ['$out', '$merge'].includes(name);
}
