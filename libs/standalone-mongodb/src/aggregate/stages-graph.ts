import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { setNested } from './values.js';
import { compileExpression, pathValue } from './expression.js';
import { runPipeline } from './pipeline.js';
import type { StageCompiler, StageContext } from './stage.js';
import { stages } from './stages.js';

const KNOWN = ['from', 'startWith', 'connectFromField', 'connectToField', 'as', 'maxDepth', 'depthField'];

interface Search {
  readonly from: string;
  readonly connectFrom: readonly string[];
  readonly connectTo: string;
  readonly maxDepth: number;
  readonly depthField: string | undefined;
  readonly restrict: Doc;
}

/** `$graphLookup`: documents reached from a start over any number of steps, each once. */
const graphLookup: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) {
    return fail('FailedToParse', `the $graphLookup stage specification must be an object, but found ${typeName(spec)}`);
  }
  for (const { name } of spec.fields) {
    if (!KNOWN.includes(name) && name !== 'restrictSearchWithMatch') {
      failAt(40104, `Unknown argument to $graphLookup: ${name}`);
    }
  }
  if (['from', 'as', 'startWith', 'connectFromField', 'connectToField'].some((name) => !spec.has(name))) {
    failAt(
      40105,
      "$graphLookup requires 'from', 'as', 'startWith', 'connectFromField', and 'connectToField' to be specified.",
    );
  }
  const search = searchOf(spec);
  const start = compileExpression(spec.get('startWith') as Value);
  const as = stringOf(spec, 'as').split('.');
  return function* (input) {
    for (const doc of input) {
      if (doc === null) yield null;
      else {
        const found = reach(search, valuesIn(start(doc, context.variables)), context);
        yield setNested(doc, as, Arr.of(found));
      }
    }
  };
};

function searchOf(spec: Doc): Search {
  const restrict = spec.get('restrictSearchWithMatch') ?? Doc.EMPTY;
  if (!(restrict instanceof Doc)) {
    return failAt(40185, `restrictSearchWithMatch must be an object, found ${typeName(restrict)}`);
  }
  return {
    from: stringOf(spec, 'from'),
    connectFrom: stringOf(spec, 'connectFromField').split('.'),
    connectTo: stringOf(spec, 'connectToField'),
    maxDepth: maxDepthOf(spec.get('maxDepth')),
    depthField: spec.has('depthField') ? stringOf(spec, 'depthField') : undefined,
    restrict,
  };
}

function stringOf(spec: Doc, name: string): string {
  const value = spec.get(name);
  if (typeof value === 'string') return value;
  return failAt(40103, `expected string as argument for ${name}, found: ${typeName(value)}`);
}

function maxDepthOf(value: Maybe): number {
  if (value === undefined) return Infinity;
  if (!isNumber(value)) return failAt(40100, `maxDepth must be numeric, found type: ${typeName(value)}`);
  const depth = toDouble(value);
  if (depth < 0) failAt(40101, `maxDepth requires a nonnegative argument, found: ${depth}`);
  return Number.isInteger(depth) ? depth : failAt(40102, `maxDepth could not be represented as a long long: ${depth}`);
}

/** An array stands for each of its elements. */
function valuesIn(value: Maybe): readonly Value[] {
  if (value === undefined) return [];
  return value instanceof Arr ? value.items : [value];
}

function reach(search: Search, start: readonly Value[], context: StageContext): Doc[] {
  const found = new Map<string, Doc>();
  const asked = new Set<string>();
  let frontier = start;
  for (let depth = 0; depth <= search.maxDepth && frontier.length > 0; depth += 1) {
    const fresh = frontier.filter((value) => !asked.has(keyText(value)));
    for (const value of fresh) asked.add(keyText(value));
    if (fresh.length === 0) break;
    const next: Value[] = [];
    for (const doc of step(search, fresh, context)) {
      const id = keyText(doc.get('_id') ?? null);
      if (found.has(id)) continue;
      const { depthField } = search;
      found.set(id, depthField === undefined ? doc : setNested(doc, depthField.split('.'), BigInt(depth)));
      next.push(...valuesIn(pathValue(doc, search.connectFrom, 0)));
    }
    frontier = next;
  }
  return [...found.values()];
}

function* step(search: Search, values: readonly Value[], context: StageContext): Generator<Doc> {
  const match = docOf({ $match: { $and: [{ [search.connectTo]: { $in: Arr.of(values) } }, search.restrict] } });
  const collection = context.catalog.find(context.db, search.from);
  for (const doc of runPipeline(collection, [match], context)) if (doc !== null) yield doc;
}

stages.set('$graphLookup', graphLookup);
