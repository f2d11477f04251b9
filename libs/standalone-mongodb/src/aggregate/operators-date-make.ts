import { DateTime as Luxon, type Zone } from 'luxon';
import { toDouble } from '../bson/numbers.js';
import { DateTime, isNumber, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { UNIT_MS, unitNamed, type Unit } from './date-units.js';
import { dateOf, luxonOf, startOf, zoneOf } from './operators-date.js';
import { defineNamed, isNullish, namedSpec } from './values.js';
import { operators } from './operators.js';
import { compileExpression } from './expression.js';

/** Bins are counted from the first moment of 2000; that was a Saturday. */
const REFERENCE_YEAR = 2000;

defineNamed('$dateTrunc', ['date', 'unit', 'binSize', 'timezone', 'startOfWeek'], ['date', 'unit'], (args) => {
  const zone = zoneOf(args['timezone']);
  const { date } = args;
  const binSize = 'binSize' in args ? args['binSize'] : 1;
  if (isNullish(date) || isNullish(args['unit']) || isNullish(binSize) || zone === null) return null;
  const unit = unitNamed(args['unit'], '$dateTrunc');
  const size = typeof binSize === 'number' ? binSize : isNumber(binSize) ? toDouble(binSize) : NaN;
  if (!Number.isInteger(size)) {
    failAt(
      5439017,
      `$dateTrunc requires 'binSize' to be a 64-bit integer, but got value '${shellText(binSize)}' of type ${typeName(binSize)}`,
    );
  }
  if (size <= 0) failAt(5439018, `$dateTrunc requires 'binSize' to be greater than 0, but got value ${size}`);
  const at = luxonOf(
    dateOf(date, () => failAt(5439012, `$dateTrunc requires 'date' to be a date, but got ${typeName(date)}`)),
    zone,
  );
  return new DateTime(BigInt(truncated(at, unit, size, zone, args['startOfWeek']).toMillis()));
});

function truncated(at: Luxon, unit: Unit, size: number, zone: Zone, firstDay: Maybe): Luxon {
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
  return (doc, variables) => {
    const zone = zoneOf(compiled.get('timezone')?.(doc, variables));
    const parts = keys.map((key, i) => {
      const part = compiled.get(key);
      return part === undefined ? (i > 0 && i < 3 ? 1 : 0) : wholePart(key, part(doc, variables));
    });
    if (zone === null || parts.includes(null)) return null;
    return new DateTime(BigInt(assembled(parts as number[], iso, zone).toMillis()));
  };
});

const MAX_PART = 32767;

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
  } else if (Math.abs(number) > MAX_PART && key !== 'second' && key !== 'millisecond') {
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
