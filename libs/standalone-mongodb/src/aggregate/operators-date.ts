import { DateTime as Luxon, FixedOffsetZone, IANAZone, type Zone } from 'luxon';
import { docOf } from '../bson/build.js';
import { toDouble } from '../bson/numbers.js';
import { DateTime, Int32, isNumber, ObjectId, Timestamp, typeName, type Maybe, type Value } from '../bson/values.js';
import { Arr, Doc } from '../bson/document.js';
import { CODES, fail, failAt, inContext, MongoError } from '../errors.js';
import { addUnits, unitNamed, type Unit } from './date-units.js';
import { compileExpression, type Expression } from './expression.js';
import { checkWriteFormat, formatDate } from './date-format.js';
import { checkReadFormat, readByFormat, readFreely } from './date-parse.js';
import { weekdayNamed } from './date-parts.js';
import { folded, operators } from './operators.js';
import { shellText } from '../query/shell-text.js';
import { defineNamed, isNullish } from './values.js';

/** The zone of an Olson name or an offset as +05:30; null for nothing. */
export function zoneOf(value: Maybe): Zone | null {
  if (isNullish(value)) return null;
  if (typeof value !== 'string') return failAt(40517, `timezone must evaluate to a string, found ${typeName(value)}`);
  const offset = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(value);
  if (offset !== null) {
    const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? '0');
    return FixedOffsetZone.instance(offset[1] === '-' ? -minutes : minutes);
  }
  if (value === 'Z' || value === 'UTC') return FixedOffsetZone.utcInstance;
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
    const single = argument instanceof Arr ? argument.items : [argument];
    if (args === undefined && single.length !== 1) {
      failAt(40536, `${name} accepts exactly one argument if given an array, but was given ${single.length}`);
    }
    const date = args?.get('date') ?? compileExpression(single[0] as Value);
    const timezone = args?.get('timezone');
    return folded(timezone === undefined ? [date] : [date, timezone], (doc, variables) => {
      const value = date(doc, variables);
      if (isNullish(value)) return null;
      const at = dateOf(value, () => notADate(value));
      const zone = timezone === undefined ? FixedOffsetZone.utcInstance : zoneOf(timezone(doc, variables) ?? null);
      return zone === null ? null : part(luxonOf(at, zone));
    });
  });
}

const UTC = FixedOffsetZone.utcInstance;

/** The zone of a `timezone` argument; null when it gives nothing. */
export function zoneArgument(args: Readonly<Record<string, Maybe>>): Zone | null {
  return 'timezone' in args ? zoneOf(args['timezone'] ?? null) : UTC;
}

defineNamed('$dateToString', ['date', 'format', 'timezone', 'onNull'], ['date'], (args) => {
  const { date, format } = args;
  if (!isNullish(format)) {
    if (typeof format !== 'string') return wrongFormat('$dateToString', 18533, format);
    checkWriteFormat(format);
  }
  const zone = zoneArgument(args);
  if (isNullish(date)) return 'onNull' in args ? args['onNull'] : null;
  if (zone === null || ('format' in args && isNullish(format))) return null;
  const fallback =
    zone instanceof FixedOffsetZone && zone.offset(0) === 0 ? '%Y-%m-%dT%H:%M:%S.%LZ' : '%Y-%m-%dT%H:%M:%S.%L';
  const at = luxonOf(
    dateOf(date, () => notADate(date)),
    zone,
  );
  return formatDate(at, typeof format === 'string' ? format : fallback);
});

function wrongFormat(name: string, code: number, format: Value): never {
  const found = `${typeName(format)} with value ${shellText(format)}`;
  return failAt(code, `${name} requires that 'format' be a string, found: ${found}`);
}

defineNamed('$dateFromString', ['dateString', 'format', 'timezone', 'onError', 'onNull'], ['dateString'], (args) => {
  const { dateString, format } = args;
  if (!isNullish(format)) {
    if (typeof format !== 'string') return wrongFormat('$dateFromString', 40684, format);
    checkReadFormat(format);
  }
  const zone = zoneArgument(args);
  if (isNullish(dateString)) return 'onNull' in args ? args['onNull'] : null;
  try {
    if (typeof dateString !== 'string') {
      const found = `${typeName(dateString)} with value ${shellText(dateString)}`;
      return fail('ConversionFailure', `$dateFromString requires that 'dateString' be a string, found: ${found}`);
    }
    if (zone === null || ('format' in args && isNullish(format))) return null;
    const ms = typeof format === 'string' ? readByFormat(dateString, format, zone) : readFreely(dateString, zone);
    return new DateTime(BigInt(ms));
  } catch (error) {
    if (error instanceof MongoError && error.code === CODES.ConversionFailure && 'onError' in args) {
      return args['onError'];
    }
    throw error;
  }
});

for (const [name, sign] of [
  ['$dateAdd', 1],
  ['$dateSubtract', -1],
] as const) {
  defineNamed(name, ['startDate', 'unit', 'amount', 'timezone'], ['startDate', 'unit', 'amount'], (args) => {
    const { startDate, amount } = args;
    if (isNullish(startDate) || isNullish(args['unit'])) return null;
    const unit = unitNamed(args['unit'], name);
    if (isNullish(amount)) return null;
    const zone = zoneArgument(args);
    if (zone === null) return null;
    const date = dateOf(startDate, () => failAt(5166403, `${name} requires startDate to be convertible to a date`));
    if (!isNumber(amount) || !Number.isInteger(toDouble(amount)))
      return failAt(5166405, `${name} expects integer amount of time units`);
    return addUnits(date, unit, toDouble(amount) * sign, zone);
  });
}

/** 1 (Monday) to 7 of `startOfWeek`; Sunday unless told otherwise, null when it gives nothing. */
export function firstDayOf(args: Readonly<Record<string, Maybe>>, unit: Unit, name: string): number | null {
  if (unit !== 'week' || !('startOfWeek' in args)) return 7;
  const day = args['startOfWeek'];
  if (isNullish(day)) return null;
  if (typeof day !== 'string') {
    return failAt(5439015, `${name} requires 'startOfWeek' to be a string, but got ${typeName(day)}`);
  }
  return (
    weekdayNamed(day) ??
    failAt(5439016, `${name} parameter 'startOfWeek' value cannot be recognized as a day of a week: ${day}`)
  );
}

/** The zone of $dateDiff and $dateTrunc, whose errors say whose it is. */
export function zoneInContext(args: Readonly<Record<string, Maybe>>, name: string): Zone | null {
  try {
    return zoneArgument(args);
  } catch (error) {
    throw inContext(`${name} parameter 'timezone' value parsing failed`, error);
  }
}

export function startOf(date: Luxon, unit: Unit, firstDay: number): Luxon {
  if (unit !== 'week') return date.startOf(unit);
  return date.startOf('day').minus({ days: (date.weekday - firstDay + 7) % 7 });
}

/** A date, or what carries one. */
export function dateArgument(value: Maybe, name: string, key: string): DateTime {
  return dateOf(value, () => failAt(5166307, `${name} requires '${key}' to be a date, but got ${typeName(value)}`));
}

defineNamed('$dateToParts', ['date', 'timezone', 'iso8601'], ['date'], (args) => {
  const { date, iso8601 } = args;
  const zone = zoneArgument(args);
  if (zone === null || ('iso8601' in args && isNullish(iso8601))) return null;
  if (iso8601 !== undefined && typeof iso8601 !== 'boolean') {
    return failAt(40521, `iso8601 must evaluate to a bool, found ${typeName(iso8601)}`);
  }
  if (isNullish(date)) return null;
  const at = luxonOf(
    dateOf(date, () => notADate(date)),
    zone,
  );
  const time = { hour: at.hour, minute: at.minute, second: at.second, millisecond: at.millisecond };
  if (iso8601 === true) {
    return docOf({ isoWeekYear: at.weekYear, isoWeek: at.weekNumber, isoDayOfWeek: at.weekday, ...time });
  }
  return docOf({ year: at.year, month: at.month, day: at.day, ...time });
});
