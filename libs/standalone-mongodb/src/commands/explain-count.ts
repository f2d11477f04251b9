import { docOf, DoubleOf, type Plain, type PlainObject } from '../bson/build.js';
import { canonicalOf } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { DateTime, MAX_KEY, MIN_KEY, ObjectId, typeOf, type Value } from '../bson/values.js';
import type { Edge, FieldBounds } from '../query/bounds.js';
import type { IndexPlan } from '../query/planner.js';

/** The ends of a stretch that is open on one side, by the place of its type in BSON's order; not inclusive: the next type's least. */
const ENDS: Readonly<Record<number, readonly [least: Plain, most: Plain, inclusive?: false]>> = {
  10: [-Infinity, Infinity],
  15: ['', Doc.EMPTY, false],
  35: [new ObjectId(Buffer.alloc(12)), new ObjectId(Buffer.alloc(12, 0xff))],
  40: [false, true],
  45: [new DateTime(-(2n ** 63n)), new DateTime(2n ** 63n - 1n)],
};

interface End {
  readonly value: Plain;
  readonly inclusive: boolean;
}

/** From where to where `COUNT_SCAN` reads, in mongod's form; undefined when the keys are not one stretch. */
export function countBounds(plan: IndexPlan): PlainObject | undefined {
  if (plan.ranges.length > 1) return undefined;
  const ends = plan.index.fields.map((_, i) => endsOf(plan.bounds[i], plan.index.descending[i] === true));
  if (ends.some((end) => end === undefined)) return undefined;
  const [starts, stops] = [0, 1].map((side) => ends.map((end) => (end as [End, End])[side] as End));
  const keyOf = (side: readonly End[]): Plain =>
    docOf(Object.fromEntries(side.map(({ value }, i) => [plan.index.fields[i] as string, value])));
  const isInclusive = (side: readonly End[]): boolean => side.every(({ inclusive }) => inclusive);
  return {
    ...{ startKey: keyOf(starts as End[]), startKeyInclusive: isInclusive(starts as End[]) },
    ...{ endKey: keyOf(stops as End[]), endKeyInclusive: isInclusive(stops as End[]) },
  };
}

function endsOf(bounds: FieldBounds | undefined, descending: boolean): [End, End] | undefined {
  const ends = ascendingEnds(bounds);
  return descending && ends !== undefined ? [ends[1], ends[0]] : ends;
}

function ascendingEnds(bounds: FieldBounds | undefined): [End, End] | undefined {
  if (bounds === undefined) return [given(MIN_KEY), given(MAX_KEY)];
  if (bounds.kind === 'points') {
    const [point] = bounds.values;
    return point === undefined ? undefined : [given(point), given(point)];
  }
  if (bounds.kind === 'outside') return undefined;
  const { low, high } = bounds;
  const known = ENDS[canonicalOf(typeOf((low ?? high)?.value ?? null))];
  if ((low === undefined || high === undefined) && known === undefined) return undefined;
  return [
    low === undefined ? given(known?.[0]) : edge(low),
    high === undefined ? given(known?.[1], known?.[2] ?? true) : edge(high),
  ];
}

/** A double stays one, also when it is integral. */
function plainOf(value: Plain | Value): Plain {
  return typeof value === 'number' ? new DoubleOf(value) : value;
}

function given(value: Plain | Value, inclusive = true): End {
  return { value: plainOf(value), inclusive };
}

function edge({ value, inclusive }: Edge): End {
  return given(value, inclusive);
}
