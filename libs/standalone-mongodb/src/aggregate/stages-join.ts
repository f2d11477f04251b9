import { docOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { RegExpValue, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { visitPath } from '../query/path.js';
import { shellText } from '../query/shell-text.js';
import { setNested } from './values.js';
import { checkFieldPath, compileExpression, variableName, type Expression } from './expression.js';
import { runPipeline } from './pipeline.js';
import { compileStage, stages } from './stages.js';
import type { StageCompiler, StageContext } from './stage.js';

function stringOf(value: Maybe, name: string): string {
  return typeof value === 'string'
    ? value
    : fail(
        'FailedToParse',
        `$lookup argument '${name}: ${textOf(value)}' must be a string, is type ${typeName(value)}`,
      );
}

function textOf(value: Maybe): string {
  return value === undefined ? 'missing' : shellText(value);
}

interface Join {
  readonly from: string;
  readonly as: readonly string[];
  readonly local: string | undefined;
  readonly foreign: string | undefined;
  readonly inner: readonly Value[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
}

const LOOKUP_FIELDS = ['from', 'as', 'localField', 'foreignField', 'let', 'pipeline'];

function parseLookup(spec: Value): Join {
  if (!(spec instanceof Doc)) return fail('FailedToParse', 'the $lookup specification must be an Object');
  for (const { name } of spec.fields) {
    if (!LOOKUP_FIELDS.includes(name)) {
      fail('FailedToParse', `unknown argument to $lookup: ${name}`);
    }
  }
  const pipeline = spec.get('pipeline');
  if (pipeline !== undefined && !(pipeline instanceof Arr)) {
    fail('TypeMismatch', "'pipeline' option must be specified as an array");
  }
  const inner = pipeline instanceof Arr ? pipeline.items : [];
  const ownSource = inner[0] instanceof Doc && inner[0].has('$documents');
  if (!spec.has('as')) fail('FailedToParse', "must specify 'as' field for a $lookup");
  if (!spec.has('from') && !ownSource) {
    fail('FailedToParse', "must specify 'pipeline' when 'from' is empty");
  }
  const from = ownSource ? '' : stringOf(spec.get('from'), 'from');
  const as = stringOf(spec.get('as'), 'as').split('.');
  const local = spec.has('localField') ? stringOf(spec.get('localField'), 'localField') : undefined;
  const foreign = spec.has('foreignField') ? stringOf(spec.get('foreignField'), 'foreignField') : undefined;
  if ((local === undefined) !== (foreign === undefined))
    fail('FailedToParse', "$lookup requires both or neither of 'localField' and 'foreignField' to be specified");
  if (pipeline === undefined && local === undefined)
    fail('FailedToParse', "$lookup requires either 'pipeline' or both 'localField' and 'foreignField' to be specified");
  for (const path of [as.join('.'), local, foreign]) if (path !== undefined) checkFieldPath(path);
  return { from, as, local, foreign, inner, named: letOf(spec.get('let'), pipeline !== undefined) };
}

function letOf(definitions: Maybe, hasPipeline: boolean): Join['named'] {
  if (definitions !== undefined && !(definitions instanceof Doc)) {
    fail(
      'FailedToParse',
      `$lookup argument 'let: ${textOf(definitions)}' must be an object, is type ${typeName(definitions)}`,
    );
  }
  if (definitions !== undefined && !hasPipeline) {
    fail('FailedToParse', "$lookup with a 'let' argument must also specify 'pipeline'");
  }
  return (definitions?.fields ?? []).map((field) => ({
    name: variableName(field.name),
    value: compileExpression(field.value),
  }));
}

/** Joins by equality of two fields, by a pipeline with variables, or both. */
const lookup: StageCompiler = (spec, context) => {
  const { from, as, local, foreign, inner, named } = parseLookup(spec);
  checkInner(inner, named, context);
  return function* (input) {
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      const variables = new Map(context.variables);
      for (const { name, value } of named) variables.set(name, value(doc, context.variables));
      const match = local === undefined ? [] : [equality(doc, local, foreign as string)];
      const collection = context.catalog.find(context.db, from);
      const found = runPipeline(collection, [...match, ...inner], { ...context, variables });
      yield setNested(doc, as, Arr.of([...found].filter((one) => one !== null)));
      // Each document is a search of its own: others may run after it.
      yield null;
    }
  };
};

/** Refuses a faulty inner pipeline before any document is seen. */
function checkInner(inner: readonly Value[], named: readonly { name: string }[], context: StageContext): void {
  const variables = new Map(context.variables);
  for (const { name } of named) variables.set(name, null);
  for (const [i, stage] of inner.entries()) {
    const name = stage instanceof Doc ? (stage.first?.name ?? '') : '';
    if (name === '$out' || name === '$merge') failAt(51047, `${name} is not allowed within a $lookup's sub-pipeline`);
    if (i > 0 || name !== '$documents') compileStage(stage, { ...context, variables });
  }
}

/** What a document has at a path joins by equality, also patterns; of arrays each element, and nothing as null. */
function equality(doc: Doc, local: string, foreign: string): Doc {
  const found: Value[] = [];
  visitPath(doc, local.split('.'), false, (value) => {
    if (value instanceof Arr) found.push(...value.items);
    else if (value !== undefined) found.push(value);
    return false;
  });
  const values = found.length === 0 ? [null] : found;
  if (!values.some((value) => value instanceof RegExpValue)) {
    return docOf({ $match: { [foreign]: { $in: Arr.of(values) } } });
  }
  return docOf({ $match: { $or: values.map((value) => docOf({ [foreign]: { $eq: value } })) } });
}

const unionWith: StageCompiler = (spec, context) => {
  if (typeof spec !== 'string' && !(spec instanceof Doc)) {
    return fail(
      'FailedToParse',
      `the $unionWith stage specification must be an object or string, but found ${typeName(spec)}`,
    );
  }
  const fields = spec instanceof Doc ? spec.fields : [];
  for (const { name } of fields) {
    if (name !== 'coll' && name !== 'pipeline') failAt(40415, `BSON field '$unionWith.${name}' is an unknown field.`);
  }
  const name = typeof spec === 'string' ? spec : spec.get('coll');
  const pipeline = spec instanceof Doc ? spec.get('pipeline') : undefined;
  const inner = pipeline instanceof Arr ? pipeline.items : [];
  const ownSource = inner[0] instanceof Doc && inner[0].has('$documents');
  if (typeof name !== 'string' && !ownSource) {
    return fail(
      'FailedToParse',
      '$unionWith stage without explicit collection must have a pipeline with $documents as first stage',
    );
  }
  checkInner(inner, [], context);
  return function* (input) {
    yield* input;
    yield* runPipeline(typeof name === 'string' ? context.catalog.find(context.db, name) : undefined, inner, context);
  };
};

stages.set('$lookup', lookup).set('$unionWith', unionWith);
