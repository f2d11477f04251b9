import { compareValues } from '../bson/compare.js';
import { Arr, Doc, type Field } from '../bson/document.js';
import { typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { parseSort, sortKey, tupleComparator, type SortSpec } from '../query/sort.js';
import { accumulators, type Accumulator, type CompiledAccumulator } from './accumulators.js';
import { compileExpression } from './expression.js';
import { assign } from './stages-shape.js';
import { stages } from './stages.js';
import type { StageCompiler } from './stage.js';
import { parseWindow, type ParsedWindow } from './window-bounds.js';
import { samePartition, windowFunctions, type WindowFunction } from './window-functions.js';

interface Output {
  readonly parts: readonly string[];
  readonly compute: WindowFunction;
}

/** `$setWindowFields`: fields computed over the neighbours of each document in its partition. */
const setWindowFields: StageCompiler = (spec, context) => {
  if (!(spec instanceof Doc)) {
    return fail('FailedToParse', `the $setWindowFields stage specification must be an object, found ${typeName(spec)}`);
  }
  for (const { name } of spec.fields) {
    if (!['partitionBy', 'sortBy', 'output'].includes(name)) {
      failAt(40415, `BSON field '$setWindowFields.${name}' is an unknown field.`);
    }
  }
  const output = spec.get('output');
  if (output === undefined)
    return failAt(40414, "BSON field '$setWindowFields.output' is missing but a required field");
  if (!(output instanceof Doc)) {
    return fail(
      'TypeMismatch',
      `BSON field '$setWindowFields.output' is the wrong type '${typeName(output)}', expected type 'object'`,
    );
  }
  const sort = parseSort(spec.get('sortBy'));
  const partitionBy = spec.get('partitionBy');
  const key = partitionBy === undefined ? undefined : compileExpression(partitionBy);
  const outputs = output.fields.map((field) => compileOutput(field, sort));
  return function* (input) {
    const rows: Row[] = [];
    for (const doc of input) {
      if (doc === null) yield null;
      else rows.push({ doc, partition: partitionOf(key?.(doc, context.variables)) });
    }
    for (const partition of partitions(rows, sort)) {
      const columns = outputs.map(({ parts, compute }) => ({ parts, values: compute(partition, context.variables) }));
      for (const [i, doc] of partition.entries()) {
        yield columns.reduce((made, { parts, values }) => assign(made, parts, 0, values[i]), doc);
      }
    }
  };
};

interface Row {
  readonly doc: Doc;
  readonly partition: Value;
}

function partitionOf(value: Maybe): Value {
  if (value instanceof Arr) {
    fail('TypeMismatch', 'An expression used to partition cannot evaluate to value of type array');
  }
  return value ?? null;
}

/** In the order of the partitions' keys, each in the order of the sort. */
function* partitions(rows: readonly Row[], sort: SortSpec): Generator<readonly Doc[]> {
  const compare = tupleComparator(sort.fields);
  const paths = sort.fields.map((field) => field.parts);
  const keyed = rows.map(({ doc, partition }) => ({ doc, partition, key: sortKey(doc, paths, compare) }));
  keyed.sort((a, b) => compareValues(a.partition, b.partition) || compare(a.key, b.key));
  let from = 0;
  for (let i = 1; i <= keyed.length; i += 1) {
    if (i < keyed.length && samePartition(keyed[i]?.partition, keyed[from]?.partition)) continue;
    yield keyed.slice(from, i).map(({ doc }) => doc);
    from = i;
  }
}

function compileOutput(field: Field, sort: SortSpec): Output {
  const parts = field.name.split('.');
  if (parts.includes('')) failAt(40352, 'FieldPath cannot be constructed with empty string');
  if (!(field.value instanceof Doc)) {
    return fail('FailedToParse', `The field '${field.name}' must be a window function object`);
  }
  const { fields } = field.value;
  const operator = fields.find(({ name }) => name.startsWith('$'));
  if (operator === undefined) {
    const found = fields[0]?.name;
    return fail('FailedToParse', `Expected a $-prefixed window function${found === undefined ? '' : `, ${found}`}`);
  }
  const window = fields.find(({ name }) => name === 'window');
  const special = windowFunctions.get(operator.name);
  const accumulator = accumulators.get(operator.name);
  if ((special ?? accumulator) === undefined || operator.name === '$mergeObjects') {
    fail('FailedToParse', `Unrecognized window function, ${operator.name}`);
  }
  for (const { name } of fields) {
    if (name !== 'window' && name !== operator.name) {
      fail('FailedToParse', `Window function ${operator.name} found an unknown argument: ${name}`);
    }
  }
  if (special !== undefined) return { parts, compute: special(operator.value, window, sort) };
  const compiled = accumulator?.(operator.value, operator.name) as CompiledAccumulator;
  return { parts, compute: accumulated(compiled, parseWindow(window?.value, sort)) };
}

/** An accumulator over each document's window; one that reaches from the begin only grows. */
function accumulated(compiled: CompiledAccumulator, bounds: ParsedWindow): WindowFunction {
  return (partition, variables) => {
    const values = partition.map((doc) => compiled.argument(doc, variables));
    const begin = (): Accumulator => compiled.make((expression) => expression(partition[0] ?? Doc.EMPTY, variables));
    let running = begin();
    let taken = 0;
    let whole: Maybe;
    return partition.map((_, i) => {
      const [from, to] = bounds.window(partition, i);
      if (bounds.fromStart) {
        for (; taken < to; taken += 1) running.add(values[taken]);
        if (!bounds.toEnd || i === 0) whole = running.result();
        return whole;
      }
      running = begin();
      for (let at = from; at < to; at += 1) running.add(values[at]);
      return running.result();
    });
  };
}

stages.set('$setWindowFields', setWindowFields);
