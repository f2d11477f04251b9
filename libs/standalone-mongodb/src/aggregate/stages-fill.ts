import { docOf, kept, type Plain } from '../bson/build.js';
import { compareNumbers, toDouble } from '../bson/numbers.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { DateTime, Int32, isNumber, typeName, type Maybe, type NumberValue, type Value } from '../bson/values.js';
import { arithmetic } from '../bson/numbers.js';
import { fail, failAt } from '../errors.js';
import { keyText } from '../query/tests.js';
import { addUnits, type Unit } from './date-units.js';
import { pathValue } from './expression.js';
import { isNullish, setNested } from './values.js';
import type { StageCompiler } from './stage.js';
import { compileStage, stages } from './stages.js';
import { unitOf } from './window-bounds.js';

function specOf(spec: Value, stage: string, known: readonly string[]): Doc {
  if (!(spec instanceof Doc)) {
    return fail('FailedToParse', `The ${stage} stage specification must be an object, found ${typeName(spec)}`);
  }
  for (const { name } of spec.fields) {
    if (!known.includes(name)) failAt(40415, `BSON field '${stage}.${name}' is an unknown field.`);
  }
  return spec;
}

function namesOf(value: Maybe, stage: string): readonly string[] {
  if (value === undefined) return [];
  if (!(value instanceof Arr)) return fail('TypeMismatch', `BSON field '${stage}.partitionByFields' must be an array`);
  return value.items.map((item) =>
    typeof item === 'string' ? item : fail('TypeMismatch', `BSON field '${stage}.partitionByFields' must hold strings`),
  );
}

/** `$fill`: constants by `$ifNull`, lines and last values by window functions. */
const fill: StageCompiler = (argument, context) => {
  const spec = specOf(argument, '$fill', ['partitionBy', 'partitionByFields', 'sortBy', 'output']);
  const output = spec.get('output');
  if (!(output instanceof Doc)) return failAt(40414, "BSON field '$fill.output' is missing but a required field");
  if (output.isEmpty) failAt(6050203, 'Output field must be non-empty');
  const fields = namesOf(spec.get('partitionByFields'), '$fill');
  if (fields.length > 0 && spec.has('partitionBy')) {
    failAt(6050204, "Maximum one of 'partitionBy' and 'partitionByFields can be specified in '$fill'");
  }
  const [values, windows]: [Record<string, Plain>, Record<string, Plain>] = [{}, {}];
  for (const { name, value } of output.fields) {
    const method = value instanceof Doc ? value.get('method') : undefined;
    if (!(value instanceof Doc) || value.fields.length !== 1) {
      return failAt(6050202, `Each fill output must have exactly one of 'method' or 'value': ${name}`);
    }
    if (method === undefined) values[name] = docOf({ $ifNull: [`$${name}`, kept(value.get('value') as Value)] });
    else if (method === 'locf') windows[name] = docOf({ $locf: `$${name}` });
    else if (method === 'linear') windows[name] = docOf({ $linearFill: `$${name}` });
    else return failAt(6050202, `Method must be either locf or linear, found ${String(method)}`);
  }
  const made = [];
  if (Object.keys(windows).length > 0) {
    const key = docOf(Object.fromEntries(fields.map((field) => [field.replaceAll('.', '_'), `$${field}`])));
    const partitionBy = fields.length > 0 ? key : spec.get('partitionBy');
    made.push(docOf({ $setWindowFields: { partitionBy, sortBy: spec.get('sortBy'), output: windows } }));
  }
  if (Object.keys(values).length > 0) made.push(docOf({ $set: values }));
  const compiled = made.map((stage) => compileStage(stage, context));
  return (input) => compiled.reduce((stream, stage) => stage(stream), input);
};

type Position = NumberValue | DateTime;

interface Steps {
  readonly step: NumberValue;
  readonly unit: Unit | undefined;
  readonly bounds: 'full' | 'partition' | readonly [Position, Position];
}

/** `$densify`: documents between those that are there, by a step. */
const densify: StageCompiler = (argument) => {
  const spec = specOf(argument, '$densify', ['field', 'partitionByFields', 'range']);
  const field = spec.get('field');
  if (typeof field !== 'string') return failAt(40414, "BSON field '$densify.field' is missing but a required field");
  const steps = stepsOf(spec.get('range'));
  const partitionBy = namesOf(spec.get('partitionByFields'), '$densify').map((name) => name.split('.'));
  const parts = field.split('.');
  return function* (input) {
    const groups = new Map<string, { key: readonly Maybe[]; rows: { at: Position; doc: Doc }[] }>();
    const others: Doc[] = [];
    for (const doc of input) {
      if (doc === null) {
        yield null;
        continue;
      }
      const at = pathValue(doc, parts, 0);
      if (isNullish(at)) {
        others.push(doc);
        continue;
      }
      const key = partitionBy.map((path) => pathValue(doc, path, 0));
      const id = keyText(Arr.of(key.map((value) => value ?? null)));
      const group = groups.get(id) ?? { key, rows: [] };
      groups.set(id, group);
      group.rows.push({ at: positionOf(at, steps.unit), doc });
    }
    yield* others;
    const all = [...groups.values()].flatMap(({ rows }) => rows.map(({ at }) => at)).sort(order);
    for (const { key, rows } of groups.values()) {
      rows.sort((a, b) => order(a.at, b.at));
      const [low, high, closed] = limits(
        steps,
        rows.map(({ at }) => at),
        all,
      );
      yield* filled(rows, low, high, closed, steps, (at) => newDocument(parts, at, partitionBy, key));
    }
  };
};

function stepsOf(range: Maybe): Steps {
  if (!(range instanceof Doc)) return failAt(40414, "BSON field '$densify.range' is missing but a required field");
  const [step, bounds, unit] = [range.get('step'), range.get('bounds'), unitOf(range.get('unit'))];
  if (!isNumber(step)) return fail('TypeMismatch', "BSON field '$densify.range.step' must be a number");
  if (toDouble(step) <= 0)
    failAt(5733401, 'the step parameter in a range statement must be a strictly positive numeric value');
  if (unit !== undefined && !Number.isInteger(toDouble(step))) {
    failAt(6586400, 'The step parameter in a range satement must be a whole number when densifying a date range');
  }
  if (bounds === 'full' || bounds === 'partition') return { step, unit, bounds };
  if (!(bounds instanceof Arr) || bounds.items.length !== 2) {
    return failAt(5733403, 'a bounding array in a range statement must have exactly two elements');
  }
  const [low, high] = bounds.items.map((item) => positionOf(item, unit)) as [Position, Position];
  if (order(low, high) > 0)
    failAt(
      5733402,
      "the bounds in a range statement must be the string 'full', 'partition', or an ascending array of two numbers or two dates",
    );
  return { step, unit, bounds: [low, high] };
}

function positionOf(value: Value, unit: Unit | undefined): Position {
  if (unit === undefined && isNumber(value)) return value;
  if (unit !== undefined && value instanceof DateTime) return value;
  return failAt(
    5733201,
    `Densify field type must be ${unit === undefined ? 'numeric' : 'a date'}, found ${typeName(value)}`,
  );
}

function order(a: Position, b: Position): number {
  return a instanceof DateTime || b instanceof DateTime ? compareValues(a, b) : compareNumbers(a, b);
}

function advance(at: Position, { step, unit }: Steps, times: number): Position {
  if (at instanceof DateTime) return addUnits(at, unit as Unit, toDouble(step) * times);
  return arithmetic('add', at, arithmetic('multiply', step, new Int32(times)) as NumberValue) as NumberValue;
}

/** Where new documents may lie; closed when the end itself is taken in. */
function limits(
  steps: Steps,
  own: readonly Position[],
  all: readonly Position[],
): readonly [Position, Position, boolean] {
  if (steps.bounds === 'full') return [all[0] as Position, all[all.length - 1] as Position, true];
  if (steps.bounds === 'partition') return [own[0] as Position, own[own.length - 1] as Position, true];
  return [...steps.bounds, false];
}

function* filled(
  rows: readonly { at: Position; doc: Doc }[],
  low: Position,
  high: Position,
  closed: boolean,
  steps: Steps,
  make: (at: Position) => Doc,
): Generator<Doc> {
  let times = 0;
  let next = low;
  const inside = (at: Position): boolean => (closed ? order(at, high) <= 0 : order(at, high) < 0);
  const move = (): void => {
    times += 1;
    next = advance(low, steps, times);
  };
  for (const { at, doc } of rows) {
    while (inside(next) && order(next, at) < 0) {
      yield make(next);
      move();
    }
    if (order(next, at) === 0) move();
    yield doc;
  }
  while (inside(next)) {
    yield make(next);
    move();
  }
}

function newDocument(
  parts: readonly string[],
  at: Position,
  paths: readonly (readonly string[])[],
  key: readonly Maybe[],
): Doc {
  let doc = Doc.of([] as Field[]);
  paths.forEach((path, i) => {
    const value = key[i];
    if (value !== undefined) doc = setNested(doc, path, value);
  });
  return setNested(doc, parts, at);
}

stages.set('$fill', fill).set('$densify', densify);
