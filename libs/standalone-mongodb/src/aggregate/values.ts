import { Arr, Doc, Field } from '../bson/document.js';
import { decimalText } from '../bson/decimal.js';
import { toDouble } from '../bson/numbers.js';
import {
  DateTime,
  Decimal,
  Int32,
  isNumber,
  ObjectId,
  SymbolValue,
  Timestamp,
  typeName,
  UndefinedValue,
  type Maybe,
  type NumberValue,
  type Value,
} from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import { compileExpression, type Expression, type Variables } from './expression.js';
import { folded, operators } from './operators.js';

/** Null, missing and undefined: most operators then give null. */
export function isNullish(value: Maybe): value is null | undefined | UndefinedValue {
  return value === undefined || value === null || value instanceof UndefinedValue;
}

/** Truth in aggregation: all but false, null, missing and zero. */
export function isTruthy(value: Maybe): boolean {
  if (isNullish(value)) return false;
  if (typeof value === 'boolean') return value;
  return isNumber(value) ? toDouble(value) !== 0 : true;
}

/** A document with a value at a path, as stages set it: what is no document on the way is replaced by one. */
export function setNested(doc: Doc, parts: readonly string[], value: Value, at = 0): Doc {
  const name = parts[at] as string;
  const old = doc.get(name);
  const next = at === parts.length - 1 ? value : setNested(old instanceof Doc ? old : Doc.EMPTY, parts, value, at + 1);
  const field = Field.of(name, next);
  if (old === undefined) return Doc.of([...doc.fields, field]);
  return Doc.of(doc.fields.map((known) => (known.name === name ? field : known)));
}

/** The arguments of an operator: an array's elements, or the one value. */
export function argumentsOf(argument: Value, name: string, least: number, most = least): Expression[] {
  const items = argument instanceof Arr ? argument.items : [argument];
  if (items.length < least || items.length > most) {
    if (least === most) {
      failAt(16020, `Expression ${name} takes exactly ${least} arguments. ${items.length} were passed in.`);
    }
    const wanted = `at least ${least} arguments, and at most ${most}`;
    failAt(28667, `Expression ${name} takes ${wanted}, but ${items.length} were passed in.`);
  }
  return items.map(compileExpression);
}

/** Registers operators of a fixed number of arguments. */
export function define(
  name: string,
  count: number | readonly [number, number],
  apply: (...args: Maybe[]) => Maybe,
): void {
  const [least, most] = typeof count === 'number' ? [count, count] : count;
  operators.set(name, (argument) => {
    const args = argumentsOf(argument, name, least, most);
    const [first, second] = args as [Expression, Expression];
    if (args.length === 1) return folded(args, (doc, variables) => apply(first(doc, variables)));
    if (args.length === 2)
      return folded(args, (doc, variables) => apply(first(doc, variables), second(doc, variables)));
    return folded(args, (doc, variables) => apply(...args.map((arg) => arg(doc, variables))));
  });
}

/** Registers an operator that looks at its arguments in turn: one that is not asked for is not evaluated. */
export function defineInTurn(name: string, apply: (args: Iterable<Maybe>) => Maybe, least = 0): void {
  operators.set(name, (argument) => {
    const args = argumentsOf(argument, name, least, Infinity);
    return folded(args, (doc, variables) => apply(inTurn(args, doc, variables)));
  });
}

function* inTurn(args: readonly Expression[], doc: Doc, variables: Variables): Generator<Maybe> {
  for (const arg of args) yield arg(doc, variables);
}

/** Registers an operator of named arguments: `{input: …, chars: …}`. */
export function defineNamed(
  name: string,
  known: readonly string[],
  required: readonly string[],
  apply: (args: Readonly<Record<string, Maybe>>) => Maybe,
): void {
  operators.set(name, (argument) => {
    const compiled = [...namedArguments(argument, name, known, required)];
    const eager = compiled.filter(([key]) => !WHEN_NEEDED.includes(key));
    const late = compiled.filter(([key]) => WHEN_NEEDED.includes(key));
    return folded(
      compiled.map(([, expression]) => expression),
      (doc, variables) => {
        const args: Record<string, Maybe> = {};
        for (const [key, expression] of eager) args[key] = expression(doc, variables);
        for (const [key, expression] of late) {
          Object.defineProperty(args, key, { enumerable: true, get: () => expression(doc, variables) });
        }
        return apply(args);
      },
    );
  });
}

/** What these give is asked for only when the case comes: their own errors do not count before. */
const WHEN_NEEDED = ['onError', 'onNull'];

export function namedArguments(
  argument: Value,
  name: string,
  known: readonly string[],
  required: readonly string[],
): Map<string, Expression> {
  const spec = namedSpec(argument, name, known, required);
  return new Map(spec.fields.map((field) => [field.name, compileExpression(field.value)]));
}

/** mongod's codes: not an object, unknown argument, and those of missing ones by name. */
const NAMED_CODES: Readonly<Record<string, readonly [number, number, Readonly<Record<string, number>>]>> = {
  $filter: [28646, 28647, { input: 28648, cond: 28650 }],
  $map: [16878, 16879, { input: 16880, in: 16882 }],
  $reduce: [40075, 40076, { input: 40077, initialValue: 40078, in: 40079 }],
  $let: [16874, 16875, { vars: 16876, in: 16877 }],
  $trim: [50696, 50694, { input: 50695 }],
  $ltrim: [50696, 50694, { input: 50695 }],
  $rtrim: [50696, 50694, { input: 50695 }],
  $regexMatch: [51103, 31024, { input: 31022, regex: 31023 }],
  $regexFind: [51103, 31024, { input: 31022, regex: 31023 }],
  $regexFindAll: [51103, 31024, { input: 31022, regex: 31023 }],
  $replaceOne: [51751, 51750, { input: 51749, find: 51748, replacement: 51747 }],
  $replaceAll: [51751, 51750, { input: 51749, find: 51748, replacement: 51747 }],
  $dateToString: [18629, 18534, { date: 18628 }],
  $dateFromString: [40540, 40541, { dateString: 40542 }],
  $dateFromParts: [40519, 40518, { year: 40516 }],
  $dateToParts: [40524, 40520, { date: 40522 }],
  $dateAdd: [5166400, 5166401, { startDate: 5166402, unit: 5166402, amount: 5166402 }],
  $dateSubtract: [5166400, 5166401, { startDate: 5166402, unit: 5166402, amount: 5166402 }],
  $dateDiff: [5166301, 5166302, { startDate: 5166303, endDate: 5166304, unit: 5166305 }],
  $dateTrunc: [5439007, 5439008, { date: 5439009, unit: 5439010 }],
  $switch: [40060, 40067, {}],
  '$switch.branches': [40062, 40063, { case: 40064, then: 40065 }],
  $cond: [17080, 17083, { if: 17080, then: 17081, else: 17082 }],
  $sortArray: [2942500, 2942501, { input: 2942502, sortBy: 2942503 }],
  $convert: [9, 9, { input: 9, to: 9 }],
};

/** Checks the names of an operator's document of arguments. */
export function namedSpec(argument: Value, name: string, known: readonly string[], required: readonly string[]): Doc {
  const [noObject, unknown, missing] = NAMED_CODES[name] ?? [9, 9, {}];
  if (!(argument instanceof Doc)) {
    return refuse(noObject, `${name} only supports an object as its argument, found ${typeName(argument)}`);
  }
  for (const field of argument.fields) {
    if (!known.includes(field.name)) refuse(unknown, `Unrecognized argument to ${name}: ${field.name}`);
  }
  for (const key of required)
    if (!argument.has(key)) refuse(missing[key] ?? 9, `Missing '${key}' parameter to ${name}`);
  return argument;
}

function refuse(code: number, message: string): never {
  return code === 9 ? fail('FailedToParse', message) : failAt(code, message);
}

export function numberOr(value: Maybe, name: string, code: number): NumberValue {
  if (isNumber(value)) return value;
  return failAt(code, `${name} only supports numeric types, not ${typeName(value)}`);
}

/** An integral number as a JavaScript number. */
export function integer(value: Maybe, complaint: () => never): number {
  const double = isNumber(value) ? toDouble(value) : NaN;
  return Number.isInteger(double) ? double : complaint();
}

/** The bounds of `$indexOfArray` and its relatives. */
export function position(name: string, value: Maybe, which: 'starting' | 'ending'): number {
  const refuse = (): never =>
    failAt(
      40096,
      `${name}requires an integral ${which} index, found a value of type: ${typeName(value)}, with value: ${value === undefined ? 'missing' : shellText(value)}`,
    );
  const at = small(value, refuse, refuse);
  return at >= 0 ? at : failAt(40097, `${name} requires a nonnegative ${which} index, found: ${at}`);
}

/** mongod's `toString` of a number in messages: 2 and 2.5, whatever its type. */
export function numberText(value: Maybe): string {
  return isNumber(value) ? String(toDouble(value)) : typeName(value);
}

/** A number that an int32 holds; `notNumeric` and `notIntegral` say what else it is. */
export function small(value: Maybe, notNumeric: () => never, notIntegral: () => never): number {
  if (!isNumber(value)) return notNumeric();
  const double = toDouble(value);
  return Number.isInteger(double) && Math.abs(double + 0.5) <= 2 ** 31 ? double : notIntegral();
}

/** The string of a value as $concat's relatives and $toString take it; undefined for types that have none. */
export function textOf(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return doubleText(value);
  if (value instanceof Int32) return String(value.value);
  if (value instanceof Decimal) return decimalText(value);
  if (value instanceof SymbolValue) return value.value;
  if (value instanceof ObjectId) return value.bytes.toString('hex');
  if (value instanceof DateTime) return isoText(value);
  if (value instanceof Timestamp) return `Timestamp(${value.value >> 32n}, ${value.value & 0xffffffffn})`;
  return undefined;
}

export function isoText(value: DateTime): string {
  const ms = Number(value.ms);
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : String(value.ms);
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (Object.is(value, -0)) return '-0';
  return String(value).replace(/e([+-])(\d)$/, 'e$10$2');
}
