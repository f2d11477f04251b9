import { Double, Int32, Long, type Document } from 'mongodb';

/*
 * A naive model of aggregation expressions, written from the public documentation and apart from the server. Values are those of
 * the driver without promotion: Int32, Long, Double, strings, booleans, null, dates, arrays, documents; undefined is missing.
 */
export type Value = Int32 | Long | Double | string | boolean | null | Date | Value[] | { [name: string]: Value };
export type Maybe = Value | undefined;

/** What the server must refuse. */
export class Refused extends Error {}

/** What the model does not know. */
export class Unknown extends Error {}

const refuse = (why: string): never => {
  throw new Refused(why);
};

type Numeric = Int32 | Long | Double;

export const isNumeric = (value: Maybe): value is Numeric =>
  value instanceof Int32 || value instanceof Long || value instanceof Double;

export const isObject = (value: Maybe): value is { [name: string]: Value } =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !(value instanceof Date) && !isNumeric(value);

const raw = (value: Numeric): number | bigint => (value instanceof Long ? value.toBigInt() : value.value);

export function typeName(value: Maybe): string {
  if (value === undefined) return 'missing';
  if (value === null) return 'null';
  if (value instanceof Int32) return 'int';
  if (value instanceof Long) return 'long';
  if (value instanceof Double) return 'double';
  if (value instanceof Date) return 'date';
  if (Array.isArray(value)) return 'array';
  return typeof value === 'string' ? 'string' : typeof value === 'boolean' ? 'bool' : 'object';
}

const RANKS: Readonly<Record<string, number>> = {
  ...{ missing: 0, null: 1, int: 2, long: 2, double: 2, string: 3, object: 4, array: 5, bool: 6, date: 7 },
};

export function compare(a: Maybe, b: Maybe): number {
  const ranks = (RANKS[typeName(a)] as number) - (RANKS[typeName(b)] as number);
  if (ranks !== 0 || a === undefined || b === undefined || a === null || b === null) return ranks;
  if (Array.isArray(a)) return compareLists(a, b as Value[]);
  if (isObject(a)) return compareLists(Object.entries(a).flat() as Value[], Object.entries(b).flat() as Value[], true);
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  const [x, y] = [a, b].map((one) => (isNumeric(one) ? raw(one) : Number(one))) as [number, number];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Elements in turn; of documents the type of a value goes before its name. */
function compareLists(a: readonly Value[], b: readonly Value[], named = false): number {
  const step = named ? 2 : 1;
  for (let i = 0; i < Math.min(a.length, b.length); i += step) {
    const [x, y] = [a[i + step - 1] as Value, b[i + step - 1] as Value];
    const types = (RANKS[typeName(x)] as number) - (RANKS[typeName(y)] as number);
    const result = types || (named ? compare(a[i] as Value, b[i] as Value) : 0) || compare(x, y);
    if (result !== 0) return result;
  }
  return a.length - b.length;
}

/** The narrowest of the integer types that were given, or a double when no int64 holds the result. */
function integral(value: bigint, long: boolean): Numeric {
  if (BigInt.asIntN(64, value) !== value) return new Double(Number(value));
  return long || BigInt.asIntN(32, value) !== value ? Long.fromBigInt(value) : new Int32(Number(value));
}

type Pairwise = readonly [integers: (a: bigint, b: bigint) => bigint, doubles: (a: number, b: number) => number];
const ADD: Pairwise = [(a, b) => a + b, (a, b) => a + b];
const SUBTRACT: Pairwise = [(a, b) => a - b, (a, b) => a - b];
const MULTIPLY: Pairwise = [(a, b) => a * b, (a, b) => a * b];

function combine([integers, doubles]: Pairwise, a: Numeric, b: Numeric): Numeric {
  if (a instanceof Double || b instanceof Double) return new Double(doubles(Number(raw(a)), Number(raw(b))));
  const result = integers(BigInt(raw(a)), BigInt(raw(b)));
  if (BigInt.asIntN(64, result) !== result) return new Double(doubles(Number(raw(a)), Number(raw(b))));
  return integral(result, a instanceof Long || b instanceof Long);
}

export const add = (a: Numeric, b: Numeric): Numeric => combine(ADD, a, b);

export const truthy = (value: Maybe): boolean =>
  isNumeric(value) ? Number(raw(value)) !== 0 : value !== undefined && value !== null && value !== false;

const nullish = (value: Maybe): value is null | undefined => value === null || value === undefined;
const numberOr = (value: Maybe): Numeric => (isNumeric(value) ? value : refuse('not a number'));
const listOr = (value: Maybe): Value[] => (Array.isArray(value) ? value : refuse('not an array'));
const textOr = (value: Maybe): string => (typeof value === 'string' ? value : refuse('not a string'));
const indexOr = (value: Maybe): number => {
  const index = Number(raw(numberOr(value)));
  return Number.isInteger(index) && Math.abs(index) < 2 ** 31 ? index : refuse('not an index');
};

type Operator = (...args: Maybe[]) => Maybe;

/** Null or missing among the arguments gives null. */
const strict =
  (apply: (...args: Value[]) => Maybe): Operator =>
  (...args) =>
    args.some(nullish) ? null : apply(...(args as Value[]));

/** Arguments in turn: null ends it before a later one is evaluated. */
const inTurn =
  (start: Value, apply: (result: Value, value: Value) => Value) =>
  (args: Iterable<Maybe>): Maybe => {
    let result = start;
    for (const arg of args) {
      if (nullish(arg)) return null;
      result = apply(result, arg);
    }
    return result;
  };

const rounded = (apply: (value: number) => number): Operator =>
  strict((value) => (value instanceof Double ? new Double(apply(value.value)) : numberOr(value)));

const datePart = (part: (date: Date) => number): Operator =>
  strict((value) => new Int32(value instanceof Date ? part(value) : (refuse('not a date') as number)));

function modulo(a: Value, b: Value): Value {
  const [x, y] = [numberOr(a), numberOr(b)];
  if (Number(raw(y)) === 0) refuse('modulo by zero');
  if (x instanceof Double || y instanceof Double) return new Double(Number(raw(x)) % Number(raw(y)));
  return integral(BigInt(raw(x)) % BigInt(raw(y)), x instanceof Long || y instanceof Long);
}

function element(list: Value, at: Value): Maybe {
  const [items, index] = [listOr(list), indexOr(at)];
  return items[index < 0 ? items.length + index : index];
}

/** Fractions of milliseconds are rounded, halves away from zero. */
function moved(date: Date, by: number): Date {
  const ms = date.getTime() + Math.sign(by) * Math.round(Math.abs(by));
  if (Math.abs(ms) > 8.64e15) throw new Unknown('a date that is none of JavaScript');
  return new Date(ms);
}

function sum(a: Value, b: Value): Value {
  if (a instanceof Date) return b instanceof Date ? refuse('two dates') : moved(a, Number(raw(numberOr(b))));
  return b instanceof Date ? moved(b, Number(raw(a as Numeric))) : add(a as Numeric, numberOr(b));
}

function subtract(a: Value, b: Value): Value {
  if (!(a instanceof Date)) return combine(SUBTRACT, numberOr(a), numberOr(b));
  if (b instanceof Date) return Long.fromNumber(a.getTime() - b.getTime());
  return moved(a, -Number(raw(numberOr(b))));
}

const test =
  (holds: (order: number) => boolean): Operator =>
  (a, b) =>
    holds(compare(a, b));

const same = (a: readonly Value[], b: readonly Value[]): boolean =>
  a.every((item) => b.some((other) => compare(item, other) === 0));

const IN_TURN: Readonly<Record<string, (args: Iterable<Maybe>) => Maybe>> = {
  $add: inTurn(new Int32(0), sum),
  $multiply: inTurn(new Int32(1), (a, b) => combine(MULTIPLY, a as Numeric, numberOr(b))),
  $concat: inTurn('', (a, b) => (a as string) + textOr(b)),
  $concatArrays: inTurn([], (a, b) => [...(a as Value[]), ...listOr(b)]),
};

/** Operators that evaluate all their arguments. */
export const OPERATORS: Readonly<Record<string, Operator>> = {
  $subtract: strict(subtract),
  $divide: strict((a, b) =>
    Number(raw(numberOr(b))) === 0 || !isNumeric(a)
      ? refuse('division')
      : new Double(Number(raw(a)) / Number(raw(b as Numeric))),
  ),
  $mod: strict(modulo),
  $abs: strict((a) =>
    a instanceof Double
      ? new Double(Math.abs(a.value))
      : Number(raw(numberOr(a))) < 0
        ? combine(SUBTRACT, new Int32(0), a as Numeric)
        : a,
  ),
  $floor: rounded(Math.floor),
  $ceil: rounded(Math.ceil),
  $trunc: rounded(Math.trunc),
  $eq: test((order) => order === 0),
  $ne: test((order) => order !== 0),
  $gt: test((order) => order > 0),
  $gte: test((order) => order >= 0),
  $lt: test((order) => order < 0),
  $lte: test((order) => order <= 0),
  $cmp: (a, b) => new Int32(Math.sign(compare(a, b))),
  $not: (a) => !truthy(a),
  $strLenCP: (a) => new Int32([...textOr(a)].length),
  $strLenBytes: (a) => new Int32(Buffer.byteLength(textOr(a))),
  $size: (a) => new Int32(listOr(a).length),
  $arrayElemAt: strict(element),
  $first: strict((list) => listOr(list)[0]),
  $last: strict((list) => listOr(list).at(-1)),
  $reverseArray: strict((list) => [...listOr(list)].reverse()),
  $in: (value, list) => listOr(list).some((item) => compare(item, value) === 0),
  $indexOfArray: (list, value) =>
    nullish(list) ? null : new Int32(listOr(list).findIndex((item) => compare(item, value) === 0)),
  $setEquals: (a, b) => same(listOr(a), listOr(b)) && same(listOr(b), listOr(a)),
  $setIsSubset: (a, b) => same(listOr(a), listOr(b)),
  $isArray: (a) => Array.isArray(a),
  $isNumber: (a) => isNumeric(a),
  $type: (a) => typeName(a),
  $objectToArray: strict((a) =>
    isObject(a) ? Object.entries(a).map(([k, v]) => ({ k, v })) : refuse('not a document'),
  ),
  $mergeObjects: (...args) => {
    const given = args.filter((arg) => !nullish(arg));
    return given.every(isObject) ? (Object.assign({}, ...given) as Value) : refuse('not a document');
  },
  $year: datePart((date) => date.getUTCFullYear()),
  $month: datePart((date) => date.getUTCMonth() + 1),
  $dayOfMonth: datePart((date) => date.getUTCDate()),
  $dayOfWeek: datePart((date) => date.getUTCDay() + 1),
  $hour: datePart((date) => date.getUTCHours()),
};

type Scope = Readonly<Record<string, Maybe>>;

/** The value at a path: through arrays a list of what their documents have. */
export function atPath(value: Maybe, [name, ...rest]: readonly string[]): Maybe {
  if (name === undefined) return value;
  if (isObject(value)) return Object.hasOwn(value, name) ? atPath(value[name], rest) : undefined;
  if (!Array.isArray(value)) return undefined;
  const inner = value.filter(isObject);
  return inner.map((item) => atPath(item, [name, ...rest])).filter((found) => found !== undefined);
}

/** An expression's value for a document. */
export function evaluate(expression: unknown, doc: Document, scope: Scope = {}): Maybe {
  if (typeof expression === 'string' && expression.startsWith('$$')) {
    const [name = '', ...parts] = expression.slice(2).split('.');
    return atPath(name === 'ROOT' ? (doc as Value) : scope[name], parts);
  }
  if (typeof expression === 'string' && expression.startsWith('$')) {
    return atPath(doc as Value, expression.slice(1).split('.'));
  }
  if (Array.isArray(expression)) return expression.map((item) => evaluate(item, doc, scope) ?? null);
  if (!isObject(expression as Maybe)) return expression as Value;
  const [[name, argument] = ['', null]] = Object.entries(expression as Document);
  if (name.startsWith('$')) return apply(name, argument as never, doc, scope);
  const fields = Object.entries(expression as Document).map(([key, inner]) => [key, evaluate(inner, doc, scope)]);
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined)) as Value;
}

function apply(name: string, argument: never, doc: Document, scope: Scope): Maybe {
  const run = (expression: unknown, more: Scope = {}): Maybe => evaluate(expression, doc, { ...scope, ...more });
  const args = (Array.isArray(argument) ? argument : [argument]) as unknown[];
  const spec = argument as unknown as Document;
  const list = (): Value[] | null => {
    const input = run(spec['input']);
    return nullish(input) ? null : listOr(input);
  };
  switch (name) {
    case '$literal':
      return argument;
    case '$and':
      return args.every((arg) => truthy(run(arg)));
    case '$or':
      return args.some((arg) => truthy(run(arg)));
    case '$cond':
      return run(truthy(run(args[0])) ? args[1] : args[2]);
    case '$ifNull':
      return args.reduce<Maybe>((found, arg) => (nullish(found) ? run(arg) : found), undefined);
    case '$map':
      return list()?.map((item) => run(spec['in'], { this: item }) ?? null) ?? null;
    case '$filter':
      return list()?.filter((item) => truthy(run(spec['cond'], { this: item }))) ?? null;
    case '$reduce':
      return list() === null
        ? null
        : list()?.reduce<Maybe>((value, item) => run(spec['in'], { value, this: item }), run(spec['initialValue']));
  }
  const inTurnOnly = IN_TURN[name];
  if (inTurnOnly !== undefined) return inTurnOnly(lazily(args, run));
  return (OPERATORS[name] as Operator)(...args.map((arg) => run(arg)));
}

function* lazily(args: readonly unknown[], run: (expression: unknown) => Maybe): Generator<Maybe> {
  for (const arg of args) yield run(arg);
}
