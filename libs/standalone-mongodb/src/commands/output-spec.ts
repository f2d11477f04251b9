import { Arr, Doc } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';

export interface OutputStage {
  readonly kind: '$out' | '$merge';
  readonly spec: Value;
}

/** A checked `$out` or `$merge`. */
export interface Output {
  readonly kind: '$out' | '$merge';
  readonly db: string;
  readonly coll: string;
  readonly on: readonly string[];
  readonly whenMatched: 'replace' | 'keepExisting' | 'merge' | 'fail' | Arr;
  readonly whenNotMatched: 'insert' | 'discard' | 'fail';
  /** `let` of `$merge`; without it the pipeline knows `$$new`. */
  readonly variables: Doc | undefined;
}

const MATCHED = ['replace', 'keepExisting', 'merge', 'fail'] as const;
const NOT_MATCHED = ['insert', 'discard', 'fail'] as const;
const PIPELINE_STAGES = ['$addFields', '$set', '$project', '$unset', '$replaceRoot', '$replaceWith'];

export function parseOutput({ kind, spec }: OutputStage, db: string): Output {
  const defaults = { kind, on: ['_id'], whenMatched: 'merge', whenNotMatched: 'insert', variables: undefined } as const;
  if (typeof spec === 'string') return { ...defaults, ...named(kind, db, spec) };
  if (!(spec instanceof Doc)) {
    if (kind === '$out')
      return failAt(16990, `$out only supports a string or object argument, but found ${typeName(spec)}`);
    return fail('TypeMismatch', `$merge requires a string or object argument, but found ${typeName(spec)}`);
  }
  if (kind === '$out') return { ...defaults, ...outTarget(spec) };
  for (const { name } of spec.fields) {
    if (!['into', 'on', 'let', 'whenMatched', 'whenNotMatched', 'targetCollectionVersion'].includes(name)) {
      failAt(40415, `BSON field '$merge.${name}' is an unknown field.`);
    }
  }
  const whenMatched = matchedAction(spec.get('whenMatched'));
  const variables = spec.get('let');
  if (variables !== undefined && !(variables instanceof Doc)) {
    fail('TypeMismatch', `BSON field '$merge.let' is the wrong type '${typeName(variables)}', expected type 'object'`);
  }
  if (variables !== undefined && !(whenMatched instanceof Arr)) {
    failAt(51199, `Cannot use 'let' variables with 'whenMatched: ${whenMatched}' mode`);
  }
  return {
    kind,
    ...mergeTarget(spec.get('into'), db),
    on: joinFields(spec.get('on')),
    whenMatched,
    whenNotMatched: oneOf(NOT_MATCHED, spec.get('whenNotMatched') ?? 'insert', 'whenNotMatched'),
    variables,
  };
}

interface Namespace {
  readonly db: string;
  readonly coll: string;
}

function named(kind: string, db: string, coll: string): Namespace {
  if (coll === '') fail('InvalidNamespace', `Invalid ${kind} target namespace: '${db}.'`);
  return { db, coll };
}

function outTarget(spec: Doc): Namespace {
  for (const { name } of spec.fields) {
    if (name === 'timeseries') fail('NotImplemented', "standalone mode has no $out option 'timeseries'");
    if (name !== 'db' && name !== 'coll') failAt(40415, `BSON field '$out.${name}' is an unknown field.`);
  }
  const [db, coll] = [spec.get('db'), spec.get('coll')];
  if (typeof coll !== 'string') return failAt(40414, "BSON field '$out.coll' is missing but a required field");
  if (typeof db !== 'string') return failAt(40414, "BSON field '$out.db' is missing but a required field");
  return named('$out', db, coll);
}

function mergeTarget(into: Maybe, db: string): Namespace {
  if (into === undefined) return failAt(40414, "BSON field '$merge.into' is missing but a required field");
  const coll = into instanceof Doc ? into.get('coll') : into;
  const other = into instanceof Doc ? into.get('db') : undefined;
  if (typeof coll !== 'string') {
    return failAt(51178, `$merge 'into' field must be either a string or an object, but found ${typeName(into)}`);
  }
  if (coll === '') failAt(5786800, "$merge 'into' field must specify a 'coll' that is not empty, null or undefined");
  return { db: typeof other === 'string' ? other : db, coll };
}

function joinFields(on: Maybe): readonly string[] {
  if (on === undefined) return ['_id'];
  if (typeof on === 'string') return [on];
  if (!(on instanceof Arr)) {
    return failAt(51186, `$merge 'on' field must be either a string or an array of strings, but found ${typeName(on)}`);
  }
  if (on.items.length === 0) failAt(51187, "If explicitly specifying $merge 'on', must include at least one field");
  const names = on.items.map((item) =>
    typeof item === 'string'
      ? item
      : failAt(51134, `$merge 'on' array elements must be strings, but found ${typeName(item)}`),
  );
  names.forEach((name, i) => {
    if (names.indexOf(name) < i) failAt(31465, `Found a duplicate field '${name}' in $merge 'on'`);
  });
  return names;
}

function matchedAction(value: Maybe): Output['whenMatched'] {
  if (value instanceof Arr) {
    for (const stage of value.items) {
      const name = stage instanceof Doc ? (stage.first?.name ?? '') : '';
      if (!PIPELINE_STAGES.includes(name)) fail('InvalidOptions', `${name} is not allowed to be used within an update`);
    }
    return value;
  }
  if (value !== undefined && typeof value !== 'string') {
    return failAt(
      51191,
      `$merge 'whenMatched' field must be either a string or an array, but found ${typeName(value)}`,
    );
  }
  return oneOf(MATCHED, value ?? 'merge', 'whenMatched');
}

function oneOf<T extends string>(known: readonly T[], value: Value, name: string): T {
  const found = known.find((one) => one === value);
  return (
    found ?? fail('BadValue', `Enumeration value '${String(value)}' for field '$merge.${name}' is not a valid value.`)
  );
}
