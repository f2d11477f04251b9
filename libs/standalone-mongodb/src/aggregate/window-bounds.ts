import { Arr, Doc } from '../bson/document.js';
import { arithmetic, compareNumbers, toDouble } from '../bson/numbers.js';
import { DateTime, isNumber, typeName, type Maybe, type NumberValue, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import type { SortSpec } from '../query/sort.js';
import { addUnits, type Unit, UNITS } from './date-units.js';
import { pathValue } from './expression.js';

/** Which documents of a partition a window takes in: from the first index up to, not including, the second. */
export type Window = (partition: readonly Doc[], at: number) => readonly [from: number, to: number];

type Bound = 'unbounded' | 'current' | NumberValue;

export interface ParsedWindow {
  readonly window: Window;
  /** Reaches from the partition's begin: results grow from document to document. */
  readonly fromStart: boolean;
  readonly toEnd: boolean;
  readonly kind: 'documents' | 'range';
  readonly unit: Unit | undefined;
}

export const WHOLE: ParsedWindow = {
  window: (partition) => [0, partition.length],
  fromStart: true,
  toEnd: true,
  kind: 'documents',
  unit: undefined,
};

/** Reads `{documents: [low, high]}` or `{range: [low, high], unit}`. */
export function parseWindow(spec: Value | undefined, sort: SortSpec): ParsedWindow {
  if (spec === undefined) return WHOLE;
  if (!(spec instanceof Doc)) return fail('FailedToParse', "'window' field must be an object");
  for (const { name } of spec.fields) {
    if (!['documents', 'range', 'unit'].includes(name)) {
      fail('FailedToParse', `'window' field that specifies ${name} cannot have other fields`);
    }
  }
  const [documents, range, unit] = [spec.get('documents'), spec.get('range'), unitOf(spec.get('unit'))];
  if (documents !== undefined && range !== undefined) {
    fail('FailedToParse', "Window bounds can specify either 'documents' or 'unit', not both.");
  }
  if (documents !== undefined) {
    if (unit !== undefined) fail('FailedToParse', "Window bounds can only specify 'unit' with range-based bounds.");
    return documentWindow(boundsOf(documents, 'documents'), sort);
  }
  if (range === undefined) {
    if (unit !== undefined) fail('FailedToParse', "Window bounds can only specify 'unit' with range-based bounds.");
    return WHOLE;
  }
  return rangeWindow(boundsOf(range, 'range'), unit, sort);
}

export function unitOf(value: Maybe): Unit | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return fail('FailedToParse', "'unit' must be a string");
  const unit = UNITS.find((known) => known === value);
  return unit ?? fail('FailedToParse', `unknown time unit value: ${value}`);
}

function boundsOf(value: Value, kind: string): readonly [Bound, Bound] {
  if (!(value instanceof Arr) || value.items.length !== 2) {
    return fail('FailedToParse', `Window bounds must be a 2-element array: ${kind}: ${shellText(value)}`);
  }
  const [low, high] = value.items.map((item) => {
    if (item === 'unbounded' || item === 'current') return item;
    if (isNumber(item)) return item;
    return fail(
      'FailedToParse',
      `Numeric bounds expression must be 'unbounded', 'current', or a number: ${shellText(item)}`,
    );
  }) as [Bound, Bound];
  const [from, to] = [rankOf(low, -Infinity), rankOf(high, Infinity)];
  if (from > to) failAt(5339900, `Lower bound must not exceed upper bound: [${shellText(low)}, ${shellText(high)}]`);
  return [low, high];
}

function rankOf(bound: Bound, open: number): number {
  return bound === 'unbounded' ? open : bound === 'current' ? 0 : toDouble(bound);
}

function documentWindow([low, high]: readonly [Bound, Bound], sort: SortSpec): ParsedWindow {
  for (const bound of [low, high]) {
    if (typeof bound !== 'string' && !Number.isInteger(toDouble(bound))) {
      fail('FailedToParse', `Numeric document-based bounds must be an integer: ${shellText(bound)}`);
    }
  }
  if ((low !== 'unbounded' || high !== 'unbounded') && sort.fields.length === 0) {
    failAt(5339901, "Document-based bounds require a 'sortBy'");
  }
  const [from, to] = [rankOf(low, -Infinity), rankOf(high, Infinity)];
  return {
    window: ({ length }, at) => {
      const start = Math.min(length, Math.max(0, at + from));
      return [start, Math.max(start, Math.min(length, at + to + 1))];
    },
    fromStart: low === 'unbounded',
    toEnd: high === 'unbounded',
    kind: 'documents',
    unit: undefined,
  };
}

function rangeWindow([low, high]: readonly [Bound, Bound], unit: Unit | undefined, sort: SortSpec): ParsedWindow {
  const [field] = sort.fields;
  if (sort.fields.length !== 1 || field === undefined || field.descending) {
    return failAt(5339902, 'Range-based bounds require sortBy a single, ascending field');
  }
  if (unit !== undefined) {
    for (const bound of [low, high]) {
      if (typeof bound !== 'string' && !Number.isInteger(toDouble(bound))) {
        fail('FailedToParse', "With 'unit', range-based bounds must be an integer");
      }
    }
  }
  const known = new WeakMap<readonly Doc[], readonly Maybe[]>();
  const valuesOf = (partition: readonly Doc[]): readonly Maybe[] => {
    const values = known.get(partition) ?? partition.map((doc) => pathValue(doc, field.parts, 0));
    known.set(partition, values);
    return values;
  };
  const window: Window = (partition, at) => {
    const values = valuesOf(partition);
    const base = checked(values[at], unit);
    const from = low === 'unbounded' ? 0 : firstWhere(values, shifted(base, low, unit), 0);
    const to = high === 'unbounded' ? partition.length : firstWhere(values, shifted(base, high, unit), 1);
    return [from, Math.max(from, to)];
  };
  return { window, fromStart: low === 'unbounded', toEnd: high === 'unbounded', kind: 'range', unit };
}

type Position = NumberValue | DateTime;

function checked(value: Maybe, unit: Unit | undefined): Position {
  if (unit === undefined) {
    if (isNumber(value)) return value;
    return failAt(5429413, `Invalid range: Expected the sortBy field to be a number, but it was ${typeName(value)}`);
  }
  if (value instanceof DateTime) return value;
  return failAt(5429513, `Invalid range: Expected the sortBy field to be a Date, but it was ${typeName(value)}`);
}

function shifted(base: Position, bound: Exclude<Bound, 'unbounded'>, unit: Unit | undefined): Position {
  if (bound === 'current') return base;
  if (base instanceof DateTime) return addUnits(base, unit as Unit, toDouble(bound));
  return arithmetic('add', base, bound) ?? toDouble(base) + toDouble(bound);
}

function compare(value: Maybe, edge: Position): number {
  if (edge instanceof DateTime) return value instanceof DateTime ? Math.sign(Number(value.ms - edge.ms)) : -1;
  return isNumber(value) ? Math.sign(compareNumbers(value, edge)) : -1;
}

/** The first of the sorted values that is at least the edge (0), or above it (1). */
function firstWhere(values: readonly Maybe[], edge: Position, least: 0 | 1): number {
  let [from, to] = [0, values.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (compare(values[middle], edge) >= least) to = middle;
    else from = middle + 1;
  }
  return from;
}
