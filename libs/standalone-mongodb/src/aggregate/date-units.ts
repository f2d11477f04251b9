import { DateTime as Luxon, FixedOffsetZone, type Zone } from 'luxon';
import { DateTime, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt } from '../errors.js';

export const UNITS = ['year', 'quarter', 'month', 'week', 'day', 'hour', 'minute', 'second', 'millisecond'] as const;
export type Unit = (typeof UNITS)[number];

/** Milliseconds of the units whose length does not vary. */
export const UNIT_MS: Partial<Record<Unit, number>> = {
  week: 7 * 86_400_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};

export function unitNamed(value: Maybe, name: string): Unit {
  if (typeof value !== 'string') {
    return failAt(5439013, `${name} requires 'unit' to be a string, but got ${typeName(value)}`);
  }
  const unit = UNITS.find((known) => known === value);
  return (
    unit ??
    fail(
      'FailedToParse',
      `${name} parameter 'unit' value parsing failed :: caused by :: unknown time unit value: ${value}`,
    )
  );
}

/** A date some units later; months keep within their end (31 January + 1 month = 28 or 29 February). */
export function addUnits(
  date: DateTime,
  unit: Unit,
  amount: number,
  zone: Zone = FixedOffsetZone.utcInstance,
): DateTime {
  const at = Luxon.fromMillis(Number(date.ms), { zone });
  const moved = at.plus({ [unit]: amount });
  // Beyond what JavaScript's calendar holds mongod has dates, too, but this server does not.
  if (!moved.isValid) fail('NotImplemented', 'standalone mode has no dates so far from 1970');
  return new DateTime(BigInt(moved.toMillis()));
}
