import { DateTime as Luxon, FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import { docOf } from '../bson/build.js';
import { toDouble } from '../bson/numbers.js';
import { DateTime, Int32, isNumber, ObjectId, Timestamp, typeName, type Maybe, type Value } from '../bson/values.js';
import { Doc } from '../bson/document.js';
import { fail, failAt } from '../errors.js';
import { unitNamed, type Unit } from './date-units.js';
import { compileExpression, type Expression } from './expression.js';
import { formatDate, parseDate } from './date-format.js';
import { operators } from './operators.js';
import { shellText } from '../query/shell-text.js';
import { defineNamed, isNullish } from './values.js';

/** The zone of an Olson name or an offset as +05:30; null for null. */
export function zoneOf(value: Maybe): Zone | null {
  if (value === undefined) return FixedOffsetZone.utcInstance;
  if (value === null) return null;
  if (typeof value !== 'string') return failAt(40517, `timezone must evaluate to a string, found ${typeName(value)}`);
  const offset = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(value);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? '0');
    return FixedOffsetZone.instance(offset[1] === '-' ? -minutes : minutes);
  }
  if (value === 'Z') return FixedOffsetZone.utcInstance;
  return IANAZone.isValidZone(value)
    ? IANAZone.create(value)
    : failAt(40485, `unrecognized time zone identifier: "${value}"`);
}

/** Dates, and what carries one: timestamps and object ids. */
export function dateOf(value: Maybe, complaint: () => never): DateTime {
  if (value instanceof DateTime) return value;
  if (value instanceof Timestamp) return new DateTime((value.value >> 32n) * 1000n);
  if (value instanceof ObjectId) return new DateTime(BigInt(value.bytes.readUInt32BE(0)) * 1000n);
  return complaint();
}

export function luxonOf(date: DateTime, zone: Zone): Luxon {
  return Luxon.fromMillis(Number(date.ms), { zone });
}

export function notADate(value: Maybe): never {
  return failAt(16006, `can't convert from BSON type ${typeName(value)} to Date`);
}

const PARTS: Readonly<Record<string, (date: Luxon) => Value>> = {
  $year: (date) => new Int32(date.year),
  $month: (date) => new Int32(date.month),
  $dayOfMonth: (date) => new Int32(date.day),
  $dayOfWeek: (date) => new Int32((date.weekday % 7) + 1),
  $dayOfYear: (date) => new Int32(date.ordinal),
  $hour: (date) => new Int32(date.hour),
  $minute: (date) => new Int32(date.minute),
  $second: (date) => new Int32(date.second),
  $millisecond: (date) => new Int32(date.millisecond),
  $week: (date) => new Int32(Math.floor((date.ordinal + 6 - (date.weekday % 7)) / 7)),
  $isoWeek: (date) => new Int32(date.weekNumber),
  $isoWeekYear: (date) => BigInt(date.weekYear),
  $isoDayOfWeek: (date) => new Int32(date.weekday),
};

/** `{date, timezone}` of the operators that take a part of a date. */
function dateOptions(argument: Doc, name: string): ReadonlyMap<string, Expression> {
  for (const field of argument.fields) {
    if (field.name !== 'date' && field.name !== 'timezone') {
      failAt(40535, `unrecognized option to ${name}: "${field.name}"`);
    }
  }
  if (!argument.has('date')) {
    failAt(40539, `missing 'date' argument to ${name}, provided: ${name}: ${shellText(argument)}`);
  }
  return new Map(argument.fields.map((field) => [field.name, compileExpression(field.value)]));
}

for (const [name, part] of Object.entries(PARTS)) {
  operators.set(name, (argument) => {
    const named = argument instanceof Doc && argument.fields[0]?.name.startsWith('$') !== true;
    const args = named ? dateOptions(argument, name) : undefined;
    const date = args?.get('date') ?? compileExpression(argument);
    const timezone = args?.get('timezone');
    return (doc, variables) => {
      const value = date(doc, variables);
      const zone = zoneOf(timezone?.(doc, variables));
      if (isNullish(value) || zone === null) return null;
      return part(
        luxonOf(
          dateOf(value, () => notADate(value)),
          zone,
        ),
      );
    };
  });
}

defineNamed('$dateToString', ['date', 'format', 'timezone', 'onNull'], ['date'], (args) => {
  const { date, format } = args;
  const zone = zoneOf(args['timezone']);
  if (isNullish(date)) return 'onNull' in args ? args['onNull'] : null;
  if (zone === null || format === null) return null;
  if (format !== undefined && typeof format !== 'string')
    return failAt(18533, `$dateToString requires that 'format' be a string, found: ${typeName(format)}`);
  const fallback =
    args['timezone'] === undefined || args['timezone'] === 'UTC' ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L';
  return formatDate(
    luxonOf(
      dateOf(date, () => notADate(date)),
      zone,
    ),
    format ?? fallback,
  );
});

defineNamed('$dateFromString', ['dateString', 'format', 'timezone', 'onError', 'onNull'], ['dateString'], (args) => {
  const { dateString, format } = args;
  if (isNullish(dateString)) return 'onNull' in args ? args['onNull'] : null;
  const zone = zoneOf(args['timezone']);
  if (zone === null || format === null) return null;
  if (typeof dateString !== 'string') {
    if ('onError' in args) return args['onError'];
    return fail(
      'ConversionFailure',
      `$dateFromString requires that 'dateString' be a string, found: ${typeName(dateString)} with value ${String(dateString)}`,
    );
  }
  const parsed = parseDate(dateString, typeof format === 'string' ? format : undefined, zone);
  if (parsed !== undefined) return new DateTime(BigInt(parsed));
  if ('onError' in args) return args['onError'];
  return fail('ConversionFailure', `Error parsing date string '${dateString}'`);
});

for (const [name, sign] of [
  ['$dateAdd', 1],
  ['$dateSubtract', -1],
] as const) {
  defineNamed(name, ['startDate', 'unit', 'amount', 'timezone'], ['startDate', 'unit', 'amount'], (args) => {
    const { startDate, unit, amount } = args;
    const zone = zoneOf(args['timezone']);
    if (isNullish(startDate) || isNullish(unit) || isNullish(amount) || zone === null) return null;
    if (!isNumber(amount) || !Number.isInteger(toDouble(amount)))
      return failAt(5166405, `${name} expects integer amount of time units`);
    const start = luxonOf(
      dateOf(startDate, () => failAt(5166403, `${name} requires startDate to be convertible to a date`)),
      zone,
    );
    return new DateTime(BigInt(start.plus({ [unitNamed(unit, name)]: toDouble(amount) * sign }).toMillis()));
  });
}

/** Weeks begin on `startOfWeek`, Sunday unless told otherwise. */
export function startOf(date: Luxon, unit: Unit, firstDay: Maybe): Luxon {
  if (unit !== 'week') return date.startOf(unit);
  const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'];
  const wanted = typeof firstDay === 'string' ? firstDay.toLowerCase() : 'sunday';
  const first = days.findIndex((day) => day === wanted || day.slice(0, 3) === wanted) + 1;
  if (first === 0)
    fail('FailedToParse', `parameter 'startOfWeek' value cannot be recognized as a day of a week: ${wanted}`);
  return date.startOf('day').minus({ days: (date.weekday - first + 7) % 7 });
}

defineNamed(
  '$dateDiff',
  ['startDate', 'endDate', 'unit', 'timezone', 'startOfWeek'],
  ['startDate', 'endDate', 'unit'],
  (args) => {
    const zone = zoneOf(args['timezone']);
    const { startDate, endDate } = args;
    if (isNullish(startDate) || isNullish(endDate) || isNullish(args['unit']) || zone === null) return null;
    const unit = unitNamed(args['unit'], '$dateDiff');
    const bound = (value: Maybe): Luxon =>
      startOf(
        luxonOf(
          dateOf(value, () => failAt(5166307, `$dateDiff requires dates, found ${typeName(value)}`)),
          zone,
        ),
        unit,
        args['startOfWeek'],
      );
    const [start, end] = [bound(startDate), bound(endDate)];
    return BigInt(
      Math.round(end.diff(start, unit === 'quarter' ? 'quarters' : unit).as(unit === 'quarter' ? 'quarters' : unit)),
    );
  },
);

defineNamed('$dateToParts', ['date', 'timezone', 'iso8601'], ['date'], (args) => {
  const zone = zoneOf(args['timezone']);
  const { date } = args;
  if (isNullish(date) || zone === null) return null;
  const at = luxonOf(
    dateOf(date, () => notADate(date)),
    zone,
  );
  const time = { hour: at.hour, minute: at.minute, second: at.second, millisecond: at.millisecond };
  if (args['iso8601'] === true)
    return docOf({ isoWeekYear: at.weekYear, isoWeek: at.weekNumber, isoDayOfWeek: at.weekday, ...time });
  return docOf({ year: at.year, month: at.month, day: at.day, ...time });
});
