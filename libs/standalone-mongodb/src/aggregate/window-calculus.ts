import { Arr, Doc } from '../bson/document.js';
import { arithmetic, asDecimal, toDouble } from '../bson/numbers.js';
import { DateTime, Decimal, Int32, isNumber, type Maybe, type NumberValue, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import type { SortSpec } from '../query/sort.js';
import { divide } from './arithmetic.js';
import { UNIT_MS, type Unit } from './date-units.js';
import { compileExpression, pathValue, type Variables } from './expression.js';
import { parseWindow, unitOf, WHOLE } from './window-bounds.js';
import { windowFunctions } from './window-functions.js';

for (const name of ['$derivative', '$integral']) {
  windowFunctions.set(name, (argument, window, sort) => {
    const spec = argument instanceof Doc ? argument : fail('FailedToParse', `${name} expects an object`);
    for (const field of spec.fields) {
      if (field.name !== 'input' && field.name !== 'unit')
        fail('FailedToParse', `${name} got unexpected argument: ${field.name}`);
    }
    const input = spec.get('input') ?? fail('FailedToParse', `${name} requires an 'input' expression`);
    if (sort.fields.length !== 1) fail('FailedToParse', `${name} requires a sortBy with exactly one field`);
    if (name === '$derivative' && window === undefined)
      fail('FailedToParse', '$derivative requires explicit window bounds');
    const unit = fixedUnit(unitOf(spec.get('unit')));
    const bounds = window === undefined ? WHOLE : parseWindow(window.value, sort);
    const points = pointsOf(input, sort, unit, name);
    return (partition, variables) => {
      const all = points(partition, variables);
      return partition.map((_, i) => {
        const [from, to] = bounds.window(partition, i);
        const inside = all.slice(from, to);
        return name === '$derivative' ? derivative(inside) : integral(inside);
      });
    };
  });
}

function fixedUnit(unit: Unit | undefined): number | undefined {
  if (unit === undefined) return undefined;
  return UNIT_MS[unit] ?? failAt(5490704, "unit must be 'week' or smaller");
}

interface Point {
  readonly x: number;
  readonly y: Maybe;
}

function pointsOf(input: Value, sort: SortSpec, unitMs: number | undefined, name: string) {
  const give = compileExpression(input);
  const parts = sort.fields[0]?.parts ?? [];
  return (partition: readonly Doc[], variables: Variables): readonly Point[] =>
    partition.map((doc) => {
      const at = pathValue(doc, parts, 0);
      if (at instanceof DateTime) {
        if (unitMs === undefined) failAt(5624901, `${name} where the sortBy is a Date requires an 'unit'`);
        return { x: Number(at.ms) / (unitMs as number), y: give(doc, variables) };
      }
      if (unitMs !== undefined) failAt(5624900, `${name} with 'unit' expects the sortBy field to be a Date`);
      return { x: isNumber(at) ? toDouble(at) : NaN, y: give(doc, variables) };
    });
}

/** The rise from the first to the last point over the way between them. */
function derivative(points: readonly Point[]): Maybe {
  const [first, last] = [points[0], points[points.length - 1]];
  if (first === undefined || last === undefined || points.length < 2) return null;
  if (!isNumber(first.y) || !isNumber(last.y)) return null;
  const way = last.x - first.x;
  if (way === 0 || Number.isNaN(way)) return null;
  if (first.y instanceof Decimal || last.y instanceof Decimal) {
    return divide(arithmetic('subtract', asDecimal(last.y), asDecimal(first.y)) as Decimal, asDecimal(way));
  }
  return (toDouble(last.y) - toDouble(first.y)) / way;
}

/** The area below the points, by trapezoids. */
function integral(points: readonly Point[]): Maybe {
  const known = points.filter((point) => isNumber(point.y) && !Number.isNaN(point.x));
  if (known.length === 0) return null;
  let area = 0;
  let exact: NumberValue | undefined;
  for (let i = 1; i < known.length; i += 1) {
    const [a, b] = [known[i - 1], known[i]] as [Point, Point];
    const [y0, y1] = [a.y, b.y] as [NumberValue, NumberValue];
    if (y0 instanceof Decimal || y1 instanceof Decimal || exact !== undefined) {
      const sum = arithmetic('add', asDecimal(y0), asDecimal(y1)) as Decimal;
      const part = divide(arithmetic('multiply', sum, asDecimal(b.x - a.x)) as Decimal, new Int32(2));
      exact = arithmetic('add', exact ?? asDecimal(area), part);
    } else {
      area += ((toDouble(y0) + toDouble(y1)) * (b.x - a.x)) / 2;
    }
  }
  return exact ?? area;
}

for (const name of ['$covariancePop', '$covarianceSamp']) {
  windowFunctions.set(name, (argument, window, sort) => {
    const [x, y] = argument instanceof Arr && argument.items.length === 2 ? argument.items.map(compileExpression) : [];
    if (x === undefined || y === undefined) return fail('FailedToParse', `${name} takes an array of two expressions`);
    const bounds = parseWindow(window?.value, sort);
    return (partition, variables) => {
      const pairs = partition.map((doc) => [x(doc, variables), y(doc, variables)] as const);
      return partition.map((_, i) =>
        covariance(pairs.slice(...bounds.window(partition, i)), name === '$covarianceSamp'),
      );
    };
  });
}

function covariance(pairs: readonly (readonly [Maybe, Maybe])[], sample: boolean): Maybe {
  let count = 0;
  let [meanX, meanY, moment] = [0, 0, 0];
  for (const [x, y] of pairs) {
    if (!isNumber(x) || !isNumber(y)) continue;
    count += 1;
    const delta = toDouble(x) - meanX;
    meanX += delta / count;
    meanY += (toDouble(y) - meanY) / count;
    moment += delta * (toDouble(y) - meanY);
  }
  const divisor = sample ? count - 1 : count;
  return divisor <= 0 ? null : moment / divisor;
}
