import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { failAt, inContext } from '../errors.js';
import { compileExpression, NO_VARIABLES, withScope, type Variables } from '../aggregate/expression.js';
import { optimizing } from '../aggregate/operators.js';
import { compile, type Filter, type MatchDetails } from './filter.js';
import { parseOperators } from './parse-filter.js';
import { compileProjection, isPositional, type SpecialRule } from './projection.js';
import { shellText } from './shell-text.js';

/** Compiles find's projection, which knows `$slice`, `$elemMatch` and the positional `$` beside what `$project` does. */
export function compileFindProjection(
  spec: Doc,
  filter: Filter,
  variables: Variables = NO_VARIABLES,
): (doc: Doc) => Doc {
  if (spec.isEmpty) return (doc) => doc;
  const positional = spec.fields.find((field) => isPositional(field.name));
  return optimizing('Failed to optimize projection', () =>
    withScope(variables, () => {
      if (positional !== undefined) return positionalProjection(spec, positional, filter, variables);
      const project = compileProjection(spec, special);
      return (doc) => project(doc, variables);
    }),
  );
}

function special(_path: string, value: Doc, nested: boolean): SpecialRule | undefined {
  const operator = value.first;
  if (operator?.name === '$slice') return sliceRule(value, operator.value);
  if (operator?.name !== '$elemMatch') return undefined;
  if (!(operator.value instanceof Doc)) {
    failAt(31274, `elemMatch: Invalid argument, object required, but got ${typeName(operator.value)}`);
  }
  if (nested) failAt(31275, 'Cannot use $elemMatch projection on a nested field.');
  const matcher = compile(
    parseOperators('v', Doc.of([Field.of('$elemMatch', operator.value)]))[0] ?? { kind: 'always', value: false },
  );
  return { kind: 'elemMatch', apply: (found) => (found instanceof Arr ? firstMatch(found, matcher) : undefined) };
}

/** find's own `$slice`; what does not look like it may still be the expression of that name. */
function sliceRule(spec: Doc, argument: Value): SpecialRule | undefined {
  const problem = sliceProblem(argument);
  if (problem === undefined) return { kind: 'slice', apply: slicer(argument) };
  try {
    compileExpression(spec);
    return undefined;
  } catch (error) {
    const why = `did not match the find() syntax because :: ${problem} :: The given syntax did not match the expression $slice syntax.`;
    throw inContext(`Invalid $slice syntax. The given syntax ${shellText(spec)} ${why}`, error);
  }
}

function sliceProblem(argument: Value): string | undefined {
  if (isNumber(argument)) return undefined;
  if (!(argument instanceof Arr)) return 'Location31273: $slice only supports numbers and [skip, limit] arrays';
  const [skip, limit] = argument.items;
  if (argument.items.length !== 2) return 'Location31272: $slice array argument should be of form [skip, limit]';
  if (!isNumber(skip)) return `Location31257: $slice expects the skip argument to be a number, got ${typeName(skip)}`;
  if (!isNumber(limit))
    return `Location31258: $slice expects the limit argument to be a number, got ${typeName(limit)}`;
  const count = Math.trunc(toDouble(limit));
  return count > 0 ? undefined : `Location31259: $slice limit must be positive, got ${count}`;
}

function firstMatch(array: Arr, matcher: (doc: Doc, details: MatchDetails | undefined) => boolean): Maybe {
  const found = array.items.find((item) => matcher(Doc.of([Field.of('v', Arr.of([item]))]), undefined));
  return found === undefined ? undefined : Arr.of([found]);
}

function slicer(argument: Value): (value: Maybe) => Maybe {
  const [first, second] = (argument instanceof Arr ? argument.items : [argument]).map((item) =>
    isNumber(item) ? Math.trunc(toDouble(item)) : 0,
  ) as [number, number?];
  return (value) => {
    if (!(value instanceof Arr)) return value;
    const items = value.items;
    if (second === undefined) return Arr.of(first >= 0 ? items.slice(0, first) : items.slice(first));
    const start = first >= 0 ? first : Math.max(0, items.length + first);
    return Arr.of(items.slice(start, start + second));
  };
}

/** `{'list.$': 1}`: of the first array on the path only the element by which the filter matched. */
function positionalProjection(spec: Doc, positional: Field, filter: Filter, variables: Variables): (doc: Doc) => Doc {
  checkPositional(spec, positional);
  const path = positional.name.slice(0, -2);
  const renamed = Doc.of(spec.fields.map((field) => (field === positional ? Field.of(path, field.value) : field)));
  const project = compileProjection(renamed, special);
  const parts = path.split('.');
  return (doc) => keepElement(project(doc, variables), parts, 0, () => matchedOffset(filter, doc));
}

function matchedOffset(filter: Filter, doc: Doc): number {
  const details: MatchDetails = {};
  filter.matches(doc, details);
  return details.offset ?? failAt(51246, "positional operator '.$' couldn't find a matching element in the array");
}

function checkPositional(spec: Doc, { name, value }: Field): void {
  if (name.includes('.$.')) {
    const where = 'Positional projection may only be used at the end, for example: a.b.$.';
    const instead = "remove the parts following the '$' and the results will be equivalent.";
    failAt(
      31394,
      `As of 4.4, it's illegal to specify positional operator in the middle of a path.${where} If the query previously used a form like a.b.$.d, ${instead}`,
    );
  }
  if (value instanceof Doc) failAt(31271, 'positional projection cannot be used with an expression or sub object');
  if (!isNumber(value) && typeof value !== 'boolean')
    failAt(31308, 'positional projection cannot be used with a literal');
  if (value === false || (isNumber(value) && toDouble(value) === 0)) {
    failAt(31395, 'positional projection cannot be used with exclusion');
  }
  if (spec.fields.filter((field) => isPositional(field.name)).length > 1) {
    failAt(31276, 'Cannot specify more than one positional projection per query.');
  }
  if (spec.fields.some((field) => field.value instanceof Doc && field.value.has('$elemMatch'))) {
    failAt(31256, 'Cannot specify positional operator and $elemMatch.');
  }
  if (name === '.$') failAt(5392900, 'FieldPath of a positional projection cannot be empty');
}

function keepElement(doc: Doc, parts: readonly string[], at: number, offsetOf: () => number): Doc {
  const value = doc.get(parts[at] as string);
  const replaced =
    value instanceof Arr
      ? onlyElement(value, offsetOf())
      : value instanceof Doc && at + 1 < parts.length
        ? keepElement(value, parts, at + 1, offsetOf)
        : value;
  if (replaced === undefined || replaced === value) return doc;
  return Doc.of(doc.fields.map((field) => (field.name === parts[at] ? Field.of(field.name, replaced) : field)));
}

function onlyElement(array: Arr, offset: number): Arr {
  const item = array.items[offset];
  return item === undefined ? failAt(51247, "positional operator '.$' element mismatch") : Arr.of([item]);
}
