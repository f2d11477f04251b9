import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { typeName, type Maybe } from '../bson/values.js';
import { fail } from '../errors.js';
import { compileExpression } from './expression.js';
import { runPipeline } from './pipeline.js';
import { stages } from './stages.js';
import type { StageCompiler } from './stage.js';
import { pathValue } from './expression.js';
import { changeAt } from '../update/tree.js';

function stringOf(value: Maybe, name: string): string {
  return typeof value === 'string'
    ? value
    : fail('FailedToParse', `$lookup argument '${name}' must be a string, found ${typeName(value)}`);
}

/** Joins by equality of two fields, by a pipeline with variables, or both. */
const lookup: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) return fail('FailedToParse', 'the $lookup specification must be an Object');
  for (const { name } of spec.fields) {
    if (!['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'].includes(name)) {
      fail('FailedToParse', `unknown argument to $lookup: ${name}`);
    }
  }
  const from = stringOf(spec.get('from'), 'from');
  const as = stringOf(spec.get('as'), 'as').split('.');
  const local = spec.get('localField');
  const foreign = spec.get('foreignField');
  if ((local === undefined) !== (foreign === undefined))
    fail('FailedToParse', "$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  const pipeline = spec.get('pipeline');
  if (pipeline === undefined && local === undefined)
    fail('FailedToParse', "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified");
  const inner = pipeline instanceof Arr ? pipeline.items : [];
  const definitions = spec.get('let');
  const named =
    definitions instanceof Doc
      ? definitions.fields.map((field) => ({ name: field.name, value: compileExpression(field.value) }))
      : [];
  return function* (input) {
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      const variables = new Map(context.variables);
      for (const { name, value } of named) variables.set(name, value(doc, context.variables));
      const match = typeof local === 'string' ? [equality(doc, local, foreign as string)] : [];
      const collection = context.catalog.find(context.db, from);
      const found = runPipeline(collection, [...match, ...inner], { ...context, variables });
      yield changeAt(doc, as, true, () => Arr.of([...found].filter((one) => one !== null)));
    }
  };
};

/** A missing local field joins with null and missing; an array joins with each of its elements. */
function equality(doc: Doc, local: string, foreign: string): Doc {
  const value = pathValue(doc, local.split('.'), 0);
  const values = value instanceof Arr ? value : Arr.of([value ?? null]);
  return docOf({ $match: { [foreign]: { $in: values } } });
}

const unionWith: StageCompiler = (spec, context) => {
  const name = typeof spec === 'string' ? spec : spec instanceof Doc ? spec.get('coll') : undefined;
  if (typeof name !== 'string')
    return fail('FailedToParse', 'the $unionWith specification must be an object or string');
  const pipeline = spec instanceof Doc ? spec.get('pipeline') : undefined;
  return function* (input) {
    yield* input;
    yield* runPipeline(context.catalog.find(context.db, name), pipeline instanceof Arr ? pipeline.items : [], context);
  };
};

stages.set('$lookup', lookup).set('$unionWith', unionWith);
