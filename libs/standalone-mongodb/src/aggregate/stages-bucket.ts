import { docOf, kept } from '../bson/build.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, typeName, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { compileExpression, type Expression } from './expression.js';
import { collect, compileOutput, groupStage } from './group.js';
import type { StageCompiler } from './stage.js';
import { compileStage, stages } from './stages.js';

const COUNT = docOf({ count: { $sum: new Int32(1) } });

/** What buckets are made by: a path with `$` or an expression. */
function groupByOf(value: Value, code: number, stage: string): Expression {
  if (!(value instanceof Doc) && !(typeof value === 'string' && value.startsWith('$'))) {
    failAt(
      code,
      `The ${stage} 'groupBy' field must be defined as a $-prefixed path or an expression, but found: ${shellText(value)}.`,
    );
  }
  return compileExpression(value);
}

function outputOf(value: Value | undefined, code: number, stage: string): Doc {
  if (value === undefined) return COUNT;
  if (value instanceof Doc) return value;
  return failAt(code, `The ${stage} 'output' field must be an object, but found type: ${typeName(value)}.`);
}

const bucket: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc))
    return failAt(40201, `Argument to $bucket stage must be an object, but found type: ${typeName(spec)}.`);
  for (const { name } of spec.fields) {
    if (!['groupBy', 'boundaries', 'output', 'default'].includes(name)) {
      failAt(40197, `Unrecognized option to $bucket: ${name}.`);
    }
  }
  const [groupBy, boundaries, fallback] = [spec.get('groupBy'), spec.get('boundaries'), spec.get('default')];
  if (groupBy === undefined || boundaries === undefined)
    return failAt(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  const key = groupByOf(groupBy, 40202, '$bucket');
  const bounds = boundariesOf(boundaries);
  if (fallback !== undefined) checkDefault(fallback, bounds);
  const output = outputOf(spec.get('output'), 40196, '$bucket');
  output.fields.forEach(compileOutput);
  const group = groupStage(Doc.of([Field.of('_id', null), ...output.fields]), context, (doc) => {
    const value = key(doc, context.variables);
    const at = value === undefined ? -1 : placeOf(value, bounds);
    return (
      bounds[at] ??
      fallback ??
      failAt(40066, '$switch could not find a matching branch for an input, and no default was specified.')
    );
  });
  const sort = compileStage(docOf({ $sort: { _id: 1 } }), context);
  return (input) => sort(group(input));
};

function boundariesOf(value: Value): readonly Value[] {
  if (!(value instanceof Arr)) {
    return failAt(40200, `The $bucket 'boundaries' field must be an array, but found type: ${typeName(value)}.`);
  }
  const bounds = value.items.map((item) => {
    const literal = item instanceof Doc ? item.get('$literal') : item;
    if (typeof literal === 'string' && literal.startsWith('$') && !(item instanceof Doc)) {
      return failAt(
        40191,
        `The $bucket 'boundaries' field must be an array of constant values, but found value: ${shellText(item)}.`,
      );
    }
    return literal ?? item;
  });
  if (bounds.length < 2)
    failAt(40192, `The $bucket 'boundaries' field must have at least 2 values, but found ${bounds.length} value(s).`);
  bounds.forEach((bound, i) => {
    const previous = bounds[i - 1];
    if (previous === undefined) return;
    if (kind(previous) !== kind(bound)) {
      failAt(
        40193,
        `All values in the 'boundaries' option to $bucket must have the same type. Found conflicting types ${typeName(previous)} and ${typeName(bound)}.`,
      );
    }
    if (compareValues(previous, bound) >= 0)
      failAt(
        40194,
        `The 'boundaries' option to $bucket must be sorted in ascending order. Adjacent values found unsorted: ${shellText(previous)} and ${shellText(bound)}.`,
      );
  });
  return bounds;
}

function kind(value: Value): string {
  return isNumber(value) ? 'number' : typeName(value);
}

function checkDefault(fallback: Value, bounds: readonly Value[]): void {
  if (fallback instanceof Doc && fallback.first?.name.startsWith('$') === true && !fallback.has('$literal')) {
    failAt(40195, `The $bucket 'default' field must be constant but found: ${shellText(fallback)}.`);
  }
  const [low, high] = [bounds[0] as Value, bounds[bounds.length - 1] as Value];
  if (kind(fallback) === kind(low) && compareValues(fallback, low) >= 0 && compareValues(fallback, high) < 0) {
    failAt(
      40199,
      "The $bucket 'default' field must be less than the lowest boundary or greater than or equal to the highest boundary.",
    );
  }
}

/** The last boundary that the value is not below; -1 outside of all. */
function placeOf(value: Value, bounds: readonly Value[]): number {
  if (compareValues(value, bounds[bounds.length - 1] as Value) >= 0) return -1;
  let at = bounds.length - 2;
  while (at >= 0 && compareValues(value, bounds[at] as Value) < 0) at -= 1;
  return at;
}

/** `$bucketAuto`: buckets of about the same number of documents; equal values stay together. */
const bucketAuto: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) {
    return failAt(40240, `The argument to $bucketAuto must be an object, but found type: ${typeName(spec)}.`);
  }
  for (const { name } of spec.fields) {
    if (name === 'granularity') fail('NotImplemented', "standalone mode has no $bucketAuto option 'granularity'");
    if (!['groupBy', 'buckets', 'output'].includes(name)) failAt(40245, `Unrecognized option to $bucketAuto: ${name}.`);
  }
  const [groupBy, buckets] = [spec.get('groupBy'), spec.get('buckets')];
  if (groupBy === undefined || buckets === undefined) {
    return failAt(40246, "$bucketAuto requires 'groupBy' and 'buckets' to be specified.");
  }
  const key = groupByOf(groupBy, 40239, '$bucketAuto');
  const most = bucketCount(buckets);
  const outputs = outputOf(spec.get('output'), 40244, '$bucketAuto').fields.map(compileOutput);
  return function* (input) {
    const rows: { value: Value; doc: Doc }[] = [];
    for (const doc of input) {
      if (doc === null) yield null;
      else rows.push({ value: key(doc, context.variables) ?? null, doc });
    }
    rows.sort((a, b) => compareValues(a.value, b.value));
    const size = Math.max(1, Math.round(rows.length / most));
    for (let from = 0, n = 1; from < rows.length; n += 1) {
      let to = n === most ? rows.length : Math.min(rows.length, from + size);
      while (to < rows.length && compareValues(rows[to - 1]?.value ?? null, rows[to]?.value ?? null) === 0) to += 1;
      const [min, max] = [rows[from]?.value ?? null, (rows[to] ?? rows[to - 1])?.value ?? null];
      yield collect(
        docOf({ min: kept(min), max: kept(max) }),
        rows.slice(from, to).map(({ doc }) => doc),
        outputs,
        context.variables,
      );
      from = to;
    }
  };
};

function bucketCount(value: Value): number {
  if (!isNumber(value)) {
    return failAt(
      40241,
      `The $bucketAuto 'buckets' field must be a numeric value, but found type: ${typeName(value)}.`,
    );
  }
  const count = toDouble(value);
  if (!Number.isInteger(count) || count > 2 ** 31 - 1) {
    failAt(
      40242,
      `The $bucketAuto 'buckets' field must be representable as a 32-bit integer, but found ${shellText(value)}`,
    );
  }
  if (count <= 0) failAt(40243, `The $bucketAuto 'buckets' field must be greater than 0, but found: ${count}`);
  return count;
}

stages.set('$bucket', bucket).set('$bucketAuto', bucketAuto);
