import { docOf } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, typeName, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { changeAt } from '../update/tree.js';
import { groupStage } from './group.js';
import { checkFieldPath, compileExpression, type Expression } from './expression.js';
import { compileStage, naming, stages } from './stages.js';
import { mapping, type Stage, type StageCompiler, type StageContext } from './stage.js';

/** `$set`: dotted paths go into documents and into every element of arrays. */
const setAs =
  (stage: '$set' | '$addFields'): StageCompiler =>
  (spec, context) => {
    if (!(spec instanceof Doc))
      return failAt(40272, `${stage} specification stage must be an object, got ${typeName(spec)}`);
    const leaves = naming(stage, () => {
      if (spec.isEmpty) failAt(40177, 'specification must have at least one field');
      const found = spec.fields.flatMap((field) => assignments(field.name.split('.'), field.value, false));
      checkPaths(found.map(({ parts }) => parts.join('.')));
      return found;
    });
    return mapping((doc) => {
      let next = doc;
      for (const { parts, expression } of leaves) next = assign(next, parts, 0, expression(doc, context.variables));
      return next;
    });
  };

interface Assignment {
  readonly parts: readonly string[];
  readonly expression: Expression;
}

function assignments(parts: readonly string[], value: Value, nested: boolean): Assignment[] {
  const path = parts.join('.');
  checkFieldPath(path);
  if (!(value instanceof Doc)) return [{ parts, expression: compileExpression(value) }];
  if (value.isEmpty && !nested) return [{ parts, expression: compileExpression(value) }];
  if (value.isEmpty) failAt(40180, `an empty object is not a valid value. Found empty object at path ${path}`);
  const operator = value.fields.find(({ name }) => name.startsWith('$'));
  if (operator !== undefined && value.fields.length > 1) {
    const found = `Found ${value.fields.length} fields in ${shellText(value)}, while parsing object at path ${path}`;
    failAt(40181, `an expression specification must contain exactly one field, the name of the expression. ${found}`);
  }
  if (operator !== undefined) return [{ parts, expression: compileExpression(value) }];
  return value.fields.flatMap((field) => {
    if (field.name.includes('.')) failAt(40183, `cannot use dotted field name '${field.name}' in a sub object`);
    return assignments([...parts, field.name], field.value, true);
  });
}

/** No path may be set twice, nor lie within another. */
function checkPaths(paths: readonly string[]): void {
  paths.forEach((path, i) => {
    for (const other of paths.slice(0, i)) {
      if (path !== other && !path.startsWith(`${other}.`) && !other.startsWith(`${path}.`)) continue;
      failAt(40176, `specification contains two conflicting paths. Cannot specify both '${path}' and '${other}'`);
    }
  });
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
  if (!(spec instanceof Doc)) {
    return failAt(40229, `expected an object as specification for $replaceRoot stage, got ${typeName(spec)}`);
  }
  for (const { name } of spec.fields) {
    if (name !== 'newRoot') failAt(40415, `BSON field '$replaceRoot.${name}' is an unknown field.`);
  }
  const root = spec.get('newRoot');
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
  if (!(spec instanceof Doc) && typeof spec !== 'string') {
    return failAt(40149, `the sortByCount field must be specified as a string or as an object`);
  }
  if (typeof spec === 'string' && !spec.startsWith('$'))
    failAt(40148, 'the sortByCount field must be defined as a $-prefixed path or an expression inside an object');
  if (spec instanceof Doc && spec.first?.name.startsWith('$') !== true) {
    failAt(40147, 'the sortByCount field must be defined as a $-prefixed path or an expression inside an object');
  }
  const group = groupStage(docOf({ _id: spec, count: { $sum: new Int32(1) } }), context);
  const sort = compileStage(docOf({ $sort: { count: -1 } }), context);
  return (input) => sort(group(input));
};

const facet: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc) || spec.isEmpty)
    return failAt(40169, 'the $facet specification must be a non-empty object');
  const branches = spec.fields.map(({ name, value }) => {
    checkFieldPath(name);
    if (name.includes('.')) {
      failAt(16412, "FieldPath field names may not contain '.'. Consider using $getField or $setField.");
    }
    if (!(value instanceof Arr))
      return failAt(40170, `arguments to $facet must be arrays, ${name} is type ${typeName(value)}`);
    return { name, stages: value.items.map((stage) => innerStage(stage, context)) };
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

const NOT_IN_FACET = [
  '$facet',
  '$out',
  '$merge',
  '$geoNear',
  '$indexStats',
  '$collStats',
  '$documents',
  '$changeStream',
];

function innerStage(stage: Value, context: StageContext): Stage {
  const name = stage instanceof Doc ? (stage.first?.name ?? '') : '';
  if (NOT_IN_FACET.includes(name)) failAt(40600, `${name} is not allowed to be used within a $facet stage`);
  return compileStage(stage, context);
}

const sample: StageCompiler = (spec) => {
  if (!(spec instanceof Doc)) return failAt(28745, 'the $sample stage specification must be an object');
  for (const { name } of spec.fields) if (name !== 'size') failAt(28748, `unrecognized option to $sample: ${name}`);
  const size = spec.get('size');
  if (size === undefined) return failAt(28749, '$sample stage must specify a size');
  if (!isNumber(size)) return failAt(28746, 'size argument to $sample must be a number');
  const count = Math.trunc(toDouble(size));
  if (count < 0) failAt(28747, 'size argument to $sample must not be negative');
  if (count === 0) failAt(28747, 'size argument to $sample must be a positive integer');
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

stages
  .set('$set', setAs('$set'))
  .set('$addFields', setAs('$addFields'))
  .set('$replaceRoot', replaceRoot)
  .set('$replaceWith', replaceWith);
stages.set('$sortByCount', sortByCount).set('$facet', facet).set('$sample', sample);
