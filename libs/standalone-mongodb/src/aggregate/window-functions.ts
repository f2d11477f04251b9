import { compareMaybe } from '../bson/compare.js';
import { Doc, type Field } from '../bson/document.js';
import { arithmetic, asDecimal, toDouble } from '../bson/numbers.js';
import {
  DateTime,
  Decimal,
  Int32,
  isNumber,
  typeName,
  type Maybe,
  type NumberValue,
  type Value,
} from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { sortKey, tupleComparator, type SortSpec } from '../query/sort.js';
import { divide } from './arithmetic.js';
import { compileExpression, pathValue, type Variables } from './expression.js';
import { isNullish } from './values.js';

/** The values of an output field for the documents of one sorted partition. */
export type WindowFunction = (partition: readonly Doc[], variables: Variables) => readonly Maybe[];

export type WindowCompiler = (argument: Value, window: Field | undefined, sort: SortSpec) => WindowFunction;

/** Functions that are not accumulators. */
export const windowFunctions = new Map<string, WindowCompiler>();

function noWindow(name: string, window: Field | undefined): void {
  if (window !== undefined) fail('FailedToParse', `${name} does not accept a 'window' field`);
}

for (const name of ['$rank', '$denseRank', '$documentNumber']) {
  windowFunctions.set(name, (argument, window, sort) => {
    if (window !== undefined) failAt(5371601, 'Rank style window functions take no other arguments');
    if (!(argument instanceof Doc) || !argument.isEmpty) {
      failAt(5371603, `${name} must be specified with '{}' as the value`);
    }
    if (sort.fields.length !== 1) {
      failAt(5371602, `${name} must be specified with a top level sortBy expression with exactly one element`);
    }
    return (partition) => ranks(name, partition, sort);
  });
}

function ranks(name: string, partition: readonly Doc[], sort: SortSpec): readonly Maybe[] {
  const compare = tupleComparator(sort.fields);
  const paths = sort.fields.map((field) => field.parts);
  const keys = partition.map((doc) => sortKey(doc, paths, compare));
  let rank = 0;
  let dense = 0;
  return keys.map((key, i) => {
    const previous = keys[i - 1];
    if (previous === undefined || compare(previous, key) !== 0) {
      rank = i + 1;
      dense += 1;
    }
    return new Int32(name === '$rank' ? rank : name === '$denseRank' ? dense : i + 1);
  });
}

windowFunctions.set('$shift', (argument, window, sort) => {
  noWindow('$shift', window);
  if (sort.fields.length === 0) fail('FailedToParse', "'$shift' requires a sortBy");
  if (!(argument instanceof Doc)) return fail('FailedToParse', 'Argument to $shift must be an object');
  for (const { name } of argument.fields) {
    if (!['output', 'by', 'default'].includes(name)) fail('FailedToParse', `Unknown argument in $shift: ${name}`);
  }
  const [output, by, fallback] = [argument.get('output'), argument.get('by'), argument.get('default')];
  if (output === undefined || by === undefined) {
    return fail('FailedToParse', "$shift requires an 'output' expression and a 'by' integer");
  }
  if (!isNumber(by) || !Number.isInteger(toDouble(by))) {
    return fail('FailedToParse', `'$shift:by' field must be an integer, but found ${shellText(by)}`);
  }
  const give = compileExpression(output);
  const otherwise = fallback === undefined ? null : compileExpression(fallback)(Doc.EMPTY, new Map());
  const offset = toDouble(by);
  return (partition, variables) =>
    partition.map((_, i) => {
      const doc = partition[i + offset];
      return doc === undefined ? otherwise : give(doc, variables);
    });
});

windowFunctions.set('$expMovingAvg', (argument, window, sort) => {
  noWindow('$expMovingAvg', window);
  const input = argument instanceof Doc ? argument.get('input') : undefined;
  if (!(argument instanceof Doc) || argument.fields.length !== 2 || input === undefined) {
    return fail(
      'FailedToParse',
      "$expMovingAvg sub object must have exactly two fields: An 'input' field, and either an 'N' field or an 'alpha' field",
    );
  }
  if (sort.fields.length === 0) fail('FailedToParse', "$expMovingAvg requires an explicit 'sortBy'");
  const alpha = alphaOf(argument);
  const rest = arithmetic('subtract', asDecimal(new Int32(1)), alpha) as Decimal;
  const give = compileExpression(input);
  return (partition, variables) => {
    let average: Decimal | undefined;
    let exact = false;
    return partition.map((doc) => {
      const value = give(doc, variables);
      if (isNumber(value)) {
        exact ||= value instanceof Decimal;
        average = average === undefined ? asDecimal(value) : weighted(asDecimal(value), alpha, average, rest);
      }
      return average === undefined ? null : exact ? average : toDouble(average);
    });
  };
});

function alphaOf(argument: Doc): Decimal {
  const [n, alpha] = [argument.get('N'), argument.get('alpha')];
  if (n !== undefined) {
    if (!isNumber(n) || !Number.isInteger(toDouble(n))) {
      return fail('FailedToParse', `'N' field must be an integer, but found ${shellText(n)}`);
    }
    if (toDouble(n) <= 0) fail('FailedToParse', `'N' must be greater than zero. Got ${toDouble(n)}`);
    return divide(asDecimal(new Int32(2)), new Int32(toDouble(n) + 1)) as Decimal;
  }
  if (!isNumber(alpha)) return fail('FailedToParse', "'alpha' must be a number");
  if (!(toDouble(alpha) > 0 && toDouble(alpha) < 1)) {
    fail('FailedToParse', `'alpha' must be between 0 and 1 (exclusive), found alpha: ${shellText(alpha)}`);
  }
  return asDecimal(alpha);
}

function weighted(value: Decimal, alpha: Decimal, average: Decimal, rest: Decimal): Decimal {
  const [x, y] = [arithmetic('multiply', value, alpha), arithmetic('multiply', average, rest)];
  return arithmetic('add', x as Decimal, y as Decimal) as Decimal;
}

windowFunctions.set('$locf', (argument, window) => {
  noWindow('$locf', window);
  const give = compileExpression(argument);
  return (partition, variables) => {
    let last: Maybe = null;
    return partition.map((doc) => {
      const value = give(doc, variables);
      if (!isNullish(value)) last = value;
      return last;
    });
  };
});

windowFunctions.set('$linearFill', (argument, window, sort) => {
  noWindow('$linearFill', window);
  if (sort.fields.length !== 1)
    failAt(605001, '$linearFill must be specified with a top level sortBy expression with exactly one element');
  const give = compileExpression(argument);
  return (partition, variables) => {
    const values = partition.map((doc) => give(doc, variables));
    const positions = partition.map((doc) => positionOf(doc, sort));
    let before = -1;
    return values.map((value, i) => {
      if (!isNullish(value)) {
        before = i;
        return isNumber(value)
          ? value
          : failAt(605002, `Value to be filled must be numeric or nullish, but found ${typeName(value)}`);
      }
      const after = values.findIndex((other, j) => j > i && !isNullish(other));
      if (before < 0 || after < 0) return null;
      return between(positions, values, before, i, after);
    });
  };
});

function between(
  positions: readonly number[],
  values: readonly Maybe[],
  before: number,
  at: number,
  after: number,
): Maybe {
  const [x0, x, x1] = [positions[before], positions[at], positions[after]] as [number, number, number];
  const [y0, y1] = [values[before], values[after]] as [NumberValue, NumberValue];
  if (y0 instanceof Decimal || y1 instanceof Decimal) {
    const slope = divide(arithmetic('subtract', asDecimal(y1), asDecimal(y0)) as Decimal, asDecimal(x1 - x0));
    return arithmetic('add', asDecimal(y0), arithmetic('multiply', slope, asDecimal(x - x0)) as Decimal);
  }
  return toDouble(y0) + (x - x0) * ((toDouble(y1) - toDouble(y0)) / (x1 - x0));
}

/** The sort field's value as a number on a line. */
function positionOf(doc: Doc, sort: SortSpec): number {
  const value = pathValue(doc, sort.fields[0]?.parts ?? [], 0);
  if (value instanceof DateTime) return Number(value.ms);
  if (isNumber(value)) return toDouble(value);
  return failAt(
    5429513,
    `Invalid range: Expected the sortBy field to be a number or a Date, but it was ${typeName(value)}`,
  );
}

/** Partitions keep together what is equal by value; null and missing are one. */
export function samePartition(a: Maybe, b: Maybe): boolean {
  return (isNullish(a) && isNullish(b)) || compareMaybe(a, b) === 0;
}
