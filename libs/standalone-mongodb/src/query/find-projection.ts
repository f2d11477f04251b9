import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { NO_VARIABLES, type Variables } from '../aggregate/expression.js';
import { compile, type Filter, type MatchDetails } from './filter.js';
import { parseOperators } from './parse-filter.js';
import { compileProjection } from './projection.js';

/** Compiles find's projection, which knows `$slice`, `$elemMatch` and the positional `$` beside what `$project` does. */
export function compileFindProjection(
  spec: Doc,
  filter: Filter,
  variables: Variables = NO_VARIABLES,
): (doc: Doc) => Doc {
  if (spec.isEmpty) return (doc) => doc;
  const positional = spec.fields.find((field) => field.name.endsWith('.$'));
  if (positional === undefined) {
    const project = compileProjection(spec, special);
    return (doc) => project(doc, variables);
  }
  if (spec.fields.filter((field) => field.name.endsWith('.$')).length > 1) {
    failAt(31276, 'Cannot specify more than one positional projection per query.');
  }
  if ((isNumber(positional.value) && toDouble(positional.value) === 0) || positional.value === false) {
    failAt(31395, 'positional projection cannot be used with exclusion');
  }
  return positionalProjection(spec, positional.name.slice(0, -2), filter, variables);
}

function special(path: string, value: Doc): ((value: Maybe, doc: Doc) => Maybe) | undefined {
  const operator = value.fields[0];
  if (operator?.name === '$slice') {
    const argument = operator.value;
    // Three arguments, or an array first, is the expression of that name.
    if (argument instanceof Arr && (argument.items.length === 3 || !isNumber(argument.items[0]))) return undefined;
    return slicer(argument);
  }
  if (operator?.name === '$elemMatch') {
    if (path.includes('.')) failAt(31275, 'Cannot use $elemMatch projection on a nested field.');
    const matcher = compile(
      parseOperators('v', Doc.of([Field.of('$elemMatch', operator.value)]))[0] ?? { kind: 'always', value: false },
    );
    return (found) => (found instanceof Arr ? firstMatch(found, matcher) : undefined);
  }
  return undefined;
}

function firstMatch(array: Arr, matcher: (doc: Doc, details: MatchDetails | undefined) => boolean): Maybe {
  const found = array.items.find((item) => matcher(Doc.of([Field.of('v', Arr.of([item]))]), undefined));
  return found === undefined ? undefined : Arr.of([found]);
}

function slicer(argument: Value): (value: Maybe) => Maybe {
  let skip: number | undefined;
  let count: number;
  if (isNumber(argument)) {
    count = Math.trunc(toDouble(argument));
  } else if (argument instanceof Arr && argument.items.length === 2 && argument.items.every(isNumber)) {
    skip = Math.trunc(toDouble(argument.items[0] as number));
    count = Math.trunc(toDouble(argument.items[1] as number));
    if (count <= 0) failAt(28724, `First argument to $slice must be an array, but is of type: int`);
  } else {
    return failAt(28667, 'Invalid $slice syntax. The given syntax did not match the find() syntax');
  }
  return (value) => {
    if (!(value instanceof Arr)) return value;
    const items = value.items;
    if (skip === undefined) return Arr.of(count >= 0 ? items.slice(0, count) : items.slice(count));
    const start = skip >= 0 ? skip : Math.max(0, items.length + skip);
    return Arr.of(items.slice(start, start + count));
  };
}

/** `{'list.$': 1}`: of the array only the element by which the filter matched. */
function positionalProjection(spec: Doc, path: string, filter: Filter, variables: Variables): (doc: Doc) => Doc {
  const renamed = Doc.of(spec.fields.map((field) => (field.name.endsWith('.$') ? Field.of(path, field.value) : field)));
  const project = compileProjection(renamed, special);
  return (doc) => {
    const details: MatchDetails = {};
    filter.matches(doc, details);
    const offset = details.offset;
    if (offset === undefined) {
      return failAt(
        51246,
        "Executor error during find command :: caused by :: positional operator '.$' couldn't find a matching element in the array",
      );
    }
    return keepElement(project(doc, variables), path.split('.'), offset);
  };
}

function keepElement(doc: Doc, parts: readonly string[], offset: number): Doc {
  const [first, ...rest] = parts;
  return Doc.of(
    doc.fields.map((field) => {
      if (field.name !== first) return field;
      const value = field.value;
      if (value instanceof Arr) {
        const item = value.items[offset];
        return Field.of(field.name, Arr.of(item === undefined ? [] : [item]));
      }
      if (value instanceof Doc && rest.length > 0) return Field.of(field.name, keepElement(value, rest, offset));
      return field;
    }),
  );
}

export function checkProjection(value: Maybe): Doc {
  if (value === undefined || value === null) return Doc.EMPTY;
  return value instanceof Doc ? value : fail('TypeMismatch', "Expected field 'projection' to be of type object");
}
