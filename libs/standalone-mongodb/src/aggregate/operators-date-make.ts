import { DateTime as Luxon, FixedOffsetZone, type Zone } from 'luxon';
import { toDouble } from '../bson/numbers.js';
import { DateTime, isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { UNIT_MS, unitNamed, type Unit } from './date-units.js';
import { dateArgument, firstDayOf, luxonOf, startOf, zoneInContext, zoneOf } from './operators-date.js';
import { defineNamed, isNullish, namedSpec } from './values.js';
import { folded, operators } from './operators.js';
import { compileExpression } from './expression.js';

/** Bins are counted from the first moment of 2000; that was a Saturday. */
const REFERENCE_YEAR = 2000;

defineNamed('$dateTrunc', ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'], ['date', 'unit'], (args) => {
  const { date, binSize } = args;
  if (isNullish(date) || ('binSize' in args && isNullish(binSize))) return null;
  const size = 'binSize' in args ? binSizeOf(binSize as Value) : 1;
  if (isNullish(args['unit'])) return null;
  const unit = unitNamed(args['unit'], '$dateTrunc');
  const firstDay = firstDayOf(args, unit, '$dateTrunc');
  if (firstDay === null) return null;
  const zone = zoneInContext(args, '$dateTrunc');
  if (zone === null) return null;
  const at = luxonOf(dateArgument(date, '$dateTrunc', 'date'), zone);
  return new DateTime(BigInt(truncated(at, unit, size, zone, firstDay).toMillis()));
});

function binSizeOf(value: Value): number {
  const size = isNumber(value) ? toDouble(value) : NaN;
  if (!Number.isInteger(size)) {
    const found = `'${shellText(value)}' of type ${typeName(value)}`;
    failAt(5439017, `$dateTrunc requires 'binSize' to be a 64-bit integer, but got value ${found}`);
  }
  if (size <= 0) failAt(5439018, `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`);
  return size;
}

function truncated(at: Luxon, unit: Unit, size: number, zone: Zone, firstDay: number): Luxon {
  const begin = startOf(at, unit, firstDay);
  if (size === 1) return begin;
  const reference = Luxon.fromObject({ year: REFERENCE_YEAR, month: 1, day: 1 }, { zone });
  if (unit === 'year' || unit === 'quarter' || unit === 'month') {
    const months = (at.year - REFERENCE_YEAR) * 12 + at.month - 1;
    const width = size * { year: 12, quarter: 3, month: 1 }[unit];
    return reference.plus({ months: Math.floor(months / width) * width });
  }
  if (unit === 'week' || unit === 'day') {
    const origin =
      unit === 'week'
        ? startOf(reference, 'week', firstDay).plus({
            weeks: reference.equals(startOf(reference, 'week', firstDay)) ? 0 : 1,
          })
        : reference;
    const width = unit === 'week' ? size * 7 : size;
    const days = Math.round(
      begin
        .startOf('day')
        .setZone('utc', { keepLocalTime: true })
        .diff(origin.setZone('utc', { keepLocalTime: true }), 'days').days,
    );
    return origin.plus({ days: Math.floor(days / width) * width });
  }
  const width = size * (UNIT_MS[unit] as number);
  const origin = reference.toMillis();
  return Luxon.fromMillis(origin + Math.floor((at.toMillis() - origin) / width) * width, { zone });
}

defineNamed(
  '$dateDiff',
  ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
  ['startDate', 'endDate', 'unit'],
  (args) => {
    if (isNullish(args['startDate']) || isNullish(args['endDate']) || isNullish(args['unit'])) return null;
    const unit = unitNamed(args['unit'], '$dateDiff');
    const firstDay = firstDayOf(args, unit, '$dateDiff');
    if (firstDay === null) return null;
    const zone = zoneInContext(args, '$dateDiff');
    if (zone === null) return null;
    const [start, end] = ['startDate', 'endDate'].map((key) => dateArgument(args[key], '$dateDiff', key));
    return unitsBetween(luxonOf(start as DateTime, zone), luxonOf(end as DateTime, zone), unit, firstDay);
  },
);

/** How many boundaries of a unit lie between two dates. */
function unitsBetween(from: Luxon, to: Luxon, unit: Unit, firstDay: number): bigint {
  const [start, end] = [startOf(from, unit, firstDay), startOf(to, unit, firstDay)];
  switch (unit) {
    case 'year':
      return BigInt(end.year - start.year);
    case 'quarter':
      return BigInt((end.year - start.year) * 4 + end.quarter - start.quarter);
    case 'month':
      return BigInt((end.year - start.year) * 12 + end.month - start.month);
    case 'week':
    case 'day': {
      const days = Math.round(localMs(end) / DAY_MS) - Math.round(localMs(start) / DAY_MS);
      return BigInt(unit === 'day' ? days : days / 7);
    }
    case 'hour':
    case 'minute':
    case 'second':
    case 'millisecond':
      return BigInt(Math.floor((end.toMillis() - start.toMillis()) / (UNIT_MS[unit] as number)));
  }
}

const DAY_MS = 86_400_000;

/** The date's clock and calendar as if they were those of UTC. */
function localMs(date: Luxon): number {
  return date.toMillis() + date.offset * 60_000;
}

const TIME = ['hour', 'minute', 'second', 'millisecond'] as const;
const CALENDAR = ['year', 'month', 'day', ...TIME];
const ISO = ['isoWeekYear', 'isoWeek', 'isoDayOfWeek', ...TIME];

operators.set('$dateFromParts', (argument, name) => {
  const spec = namedSpec(argument, name, [...new Set([...CALENDAR, ...ISO]), 'timezone'], []);
  const iso = spec.has('isoWeekYear');
  if (!iso && !spec.has('year')) {
    failAt(40516, "$dateFromParts requires either 'year' or 'isoWeekYear' to be present");
  }
  for (const key of iso ? ['year', 'month', 'day'] : ['isoWeek', 'isoDayOfWeek']) {
    if (spec.has(key)) failAt(iso ? 40489 : 40525, `$dateFromParts does not allow mixing natural dates with ISO dates`);
  }
  const keys = iso ? ISO : CALENDAR;
  const compiled = new Map(spec.fields.map((field) => [field.name, compileExpression(field.value)]));
  return folded([...compiled.values()], (doc, variables) => {
    const part = (key: string, i: number): number | null => {
      const given = compiled.get(key);
      return given === undefined ? (i > 0 && i < 3 ? 1 : 0) : wholePart(key, given(doc, variables));
    };
    const time = keys.slice(3).map((key, i) => part(key, i + 3));
    if (time.includes(null)) return null;
    const timezone = compiled.get('timezone');
    const zone = timezone === undefined ? FixedOffsetZone.utcInstance : zoneOf(timezone(doc, variables));
    if (zone === null) return null;
    const date = keys.slice(0, 3).map(part);
    if (date.includes(null)) return null;
    return new DateTime(BigInt(assembled([...date, ...time] as number[], iso, zone).toMillis()));
  });
});

const MAX_PART = 32767;
const MIN_PART = -32768;

function wholePart(key: string, value: Maybe): number | null {
  if (isNullish(value)) return null;
  const number = isNumber(value) ? toDouble(value) : NaN;
  if (!Number.isInteger(number)) {
    failAt(40515, `'${key}' must evaluate to an integer, found ${typeName(value)} with value ${shellText(value)}`);
  }
  if (key === 'year' || key === 'isoWeekYear') {
    if (number < 1 || number > 9999) {
      failAt(
        key === 'year' ? 40523 : 31095,
        `'${key}' must evaluate to an integer in the range 1 to 9999, found ${number}`,
      );
    }
  } else if ((number > MAX_PART || number < MIN_PART) && key !== 'second' && key !== 'millisecond') {
    failAt(31034, `'${key}' must evaluate to a value in the range [-32768, 32767]; value ${number} is not in range`);
  }
  return number;
}

/** Values out of range carry over, as month 14 or day 0. */
function assembled(parts: readonly number[], iso: boolean, zone: Zone): Luxon {
  const [first = 1970, second = 1, third = 1, hours = 0, minutes = 0, seconds = 0, milliseconds = 0] = parts;
  const begin = iso
    ? Luxon.fromObject({ weekYear: first, weekNumber: 1, weekday: 1 }, { zone }).plus({ weeks: second - 1 })
    : Luxon.fromObject({ year: first, month: 1, day: 1 }, { zone }).plus({ months: second - 1 });
  if (!begin.isValid) fail('BadValue', 'the parts make no date');
  return begin.plus({ days: third - 1 }).plus({ hours, minutes, seconds, milliseconds });
}
