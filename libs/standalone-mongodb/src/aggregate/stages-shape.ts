import { docOf } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { Int32, typeName, type Value } from '../bson/values.js';
import { compareValues } from '../bson/compare.js';
import { failAt, fail } from '../errors.js';
import { changeAt } from '../update/tree.js';
import { compileOutput, groupStage } from './group.js';
import { compileExpression, type Expression } from './expression.js';
import { compileStage, stages } from './stages.js';
import { mapping, type StageCompiler } from './stage.js';

/** `$set`: dotted paths go into documents and into every element of arrays. */
const set: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) return failAt(40272, `$set specification stage must be an object, got ${typeName(spec)}`);
  const leaves = spec.fields.flatMap((field) => assignments(field.name.split('.'), field.value));
  return mapping((doc) => {
    let next = doc;
    for (const { parts, expression } of leaves) next = assign(next, parts, 0, expression(doc, context.variables));
    return next;
  });
};

function assignments(parts: readonly string[], value: Value): { parts: readonly string[]; expression: Expression }[] {
  if (parts.includes('')) failAt(40352, 'FieldPath cannot be constructed with empty string');
  const isTree = value instanceof Doc && !value.isEmpty && value.fields[0]?.name.startsWith('$') !== true;
  if (!isTree) return [{ parts, expression: compileExpression(value) }];
  return (value as Doc).fields.flatMap((field) => assignments([...parts, ...field.name.split('.')], field.value));
}

export function assign(doc: Doc, parts: readonly string[], at: number, value: Value | undefined): Doc {
  const name = parts[at] as string;
  return changeAt(doc, [name], true, (old) => assignInto(old, parts, at + 1, value));
}

function assignInto(
  old: Value | undefined,
  parts: readonly string[],
  at: number,
  value: Value | undefined,
): Value | undefined {
  if (at === parts.length) return value;
  if (old instanceof Arr) return Arr.of(old.items.map((item) => assignInto(item, parts, at, value) ?? null));
  return assign(old instanceof Doc ? old : Doc.EMPTY, parts, at, value);
}

const replaceRoot: StageCompiler = (spec, context) => {
  const root = spec instanceof Doc ? spec.get('newRoot') : undefined;
  if (root === undefined) return failAt(40231, 'no newRoot specified for the $replaceRoot stage');
  return replaceWith(root, context);
};

const replaceWith: StageCompiler = (spec, context) => {
  const expression = compileExpression(spec);
  return mapping((doc) => {
    const root = expression(doc, context.variables);
    if (root instanceof Doc) return root;
    return failAt(
      40228,
      `'newRoot' expression  must evaluate to an object, but resulting value was of type: ${typeName(root)}`,
    );
  });
};

const sortByCount: StageCompiler = (spec, context) => {
  const group = groupStage(docOf({ _id: spec, count: { $sum: new Int32(1) } }), context);
  const sort = compileStage(docOf({ $sort: { count: -1 } }), context);
  return (input) => sort(group(input));
};

const bucket: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc))
    return failAt(40201, `Argument to $bucket stage must be an object, but found type: ${typeName(spec)}.`);
  const groupBy = spec.get('groupBy');
  const boundaries = spec.get('boundaries');
  if (groupBy === undefined || !(boundaries instanceof Arr))
    return failAt(40198, "$bucket requires 'groupBy' and 'boundaries' to be specified.");
  const bounds = boundaries.items;
  if (bounds.length < 2)
    failAt(40192, `The $bucket 'boundaries' field must have at least 2 values, but found ${bounds.length} value(s).`);
  bounds.forEach((bound, i) => {
    if (i > 0 && compareValues(bounds[i - 1] as Value, bound) >= 0)
      failAt(40194, "The 'boundaries' option to $bucket must be sorted, but elements are not in ascending order");
  });
  const fallback = spec.get('default');
  const key = compileExpression(groupBy);
  const output = spec.get('output');
  const outputFields = output instanceof Doc ? output.fields : docOf({ count: { $sum: new Int32(1) } }).fields;
  outputFields.forEach(compileOutput);
  const group = groupStage(Doc.of([Field.of('_id', '$$BUCKET'), ...outputFields]), context, (doc) => {
    const value = key(doc, context.variables);
    if (
      value !== undefined &&
      compareValues(value, bounds[0] as Value) >= 0 &&
      compareValues(value, bounds[bounds.length - 1] as Value) < 0
    ) {
      let at = 0;
      while (compareValues(value, bounds[at + 1] as Value) >= 0) at += 1;
      return bounds[at];
    }
    return (
      fallback ?? failAt(40066, '$switch could not find a matching branch for an input, and no default was specified.')
    );
  });
  const sort = compileStage(docOf({ $sort: { _id: 1 } }), context);
  return (input) => sort(group(input));
};

const facet: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc) || spec.isEmpty)
    return failAt(40169, 'the $facet specification must be a non-empty object');
  const branches = spec.fields.map(({ name, value }) => {
    if (!(value instanceof Arr))
      return failAt(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(value)}`);
    return { name, stages: value.items.map((stage) => compileStage(stage, context)) };
  });
  return function* (input) {
    const docs: Doc[] = [];
    for (const doc of input) {
      if (doc === null) yield null;
      else docs.push(doc);
    }
    yield Doc.of(
      branches.map(({ name, stages: inner }) => {
        const results = inner.reduce<Iterable<Doc | null>>((stream, stage) => stage(stream), docs);
        return Field.of(name, Arr.of([...results].filter((doc) => doc !== null)));
      }),
    );
  };
};

const sample: StageCompiler = (spec) => {
  const size = spec instanceof Doc ? spec.get('size') : undefined;
  const count = size instanceof Int32 ? size.value : Number(size);
  if (!(count >= 0)) return fail('BadValue', 'size argument to $sample must not be negative');
  return function* (input) {
    const kept: Doc[] = [];
    let seen = 0;
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      seen += 1;
      const at = kept.length < count ? kept.length : Math.floor(Math.random() * seen);
      if (at < count) kept[at] = doc;
    }
    yield* kept;
  };
};

stages.set('$set', set).set('$addFields', set).set('$replaceRoot', replaceRoot).set('$replaceWith', replaceWith);
stages.set('$sortByCount', sortByCount).set('$bucket', bucket).set('$facet', facet).set('$sample', sample);
