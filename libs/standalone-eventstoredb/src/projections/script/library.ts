import type { Scope } from './scope.js';
import {
  Callable,
  ScriptDate,
  ScriptError,
  type ScriptObject,
  type Value,
  emptyObject,
  fromJson,
  isObject,
  isTrue,
  limited,
  objectOf,
  toJson,
  toNumber,
  toText,
} from './values.js';

type Functions = Readonly<Record<string, (args: readonly Value[]) => Value>>;

function functions(table: Functions, more: Readonly<Record<string, Value>> = {}): ScriptObject {
  const callables = Object.entries(table).map(([name, call]) => [name, new Callable(call)] as const);
  return objectOf({ ...Object.fromEntries(callables), ...more });
}

/** Without `random`: a projection that is made again must come out the same. */
const MATH = [
  'abs',
  'ceil',
  'floor',
  'round',
  'trunc',
  'sign',
  'sqrt',
  'pow',
  'min',
  'max',
  'log',
  'log10',
  'exp',
] as const;

function math(): ScriptObject {
  const table: Record<string, (args: readonly Value[]) => Value> = {};
  for (const name of MATH) table[name] = (args) => (Math[name] as (...of: number[]) => number)(...args.map(toNumber));
  return functions(table, { PI: Math.PI, E: Math.E });
}

function object(): ScriptObject {
  const fields = ([of]: readonly Value[]): [string, Value][] =>
    isObject(of) || Array.isArray(of) ? Object.entries(of) : [];
  return functions({
    keys: (args) => fields(args).map(([name]) => name),
    values: (args) => fields(args).map(([, value]) => value),
    entries: (args) => fields(args),
    assign: ([target, ...sources]) => {
      if (!isObject(target)) throw new ScriptError('Object.assign needs an object');
      for (const source of sources) for (const [name, value] of fields([source])) target[name] = value;
      return target;
    },
    fromEntries: ([list]) => {
      const made = emptyObject();
      for (const pair of Array.isArray(list) ? list : []) {
        if (Array.isArray(pair)) made[toText(pair[0])] = pair[1];
      }
      return made;
    },
    freeze: ([target]) => target,
  });
}

/** JSON with two spaces or none: what logs and states look like. */
function json(): ScriptObject {
  return functions({
    stringify: ([value]) => toJson(value),
    parse: ([text]) => {
      try {
        return fromJson(limited(toText(text)));
      } catch (error) {
        throw new ScriptError((error as Error).message);
      }
    },
  });
}

const CONVERSIONS: Functions = {
  Number: (args) => (args.length === 0 ? 0 : toNumber(args[0])),
  String: (args) => (args.length === 0 ? '' : toText(args[0])),
  Boolean: ([value]) => isTrue(value),
  parseInt: ([text, radix]) => Number.parseInt(toText(text), radix === undefined ? undefined : toNumber(radix)),
  parseFloat: ([text]) => Number.parseFloat(toText(text)),
  isNaN: ([value]) => Number.isNaN(toNumber(value)),
  isFinite: ([value]) => Number.isFinite(toNumber(value)),
};

/** What a script finds without declaring it. There is no clock: `new Date(…)` needs an instant. */
export function declareLibrary(scope: Scope): void {
  for (const [name, call] of Object.entries(CONVERSIONS)) scope.declare(name, new Callable(call));
  scope.declare('Math', math());
  scope.declare('Object', object());
  scope.declare('JSON', json());
  scope.declare('Array', functions({ isArray: ([value]) => Array.isArray(value), of: (args) => [...args] }));
  scope.declare('undefined', undefined, true);
  scope.declare('NaN', NaN, true);
  scope.declare('Infinity', Infinity, true);
}

/** `new Date(instant)`, `new Error(text)`, `new Object()`, `new Array()`. */
export function construct(name: string, args: readonly Value[]): Value {
  switch (name) {
    case 'Date': {
      const [instant] = args;
      if (instant === undefined) throw new ScriptError('new Date() is not understood: a projection has no clock');
      return new ScriptDate(typeof instant === 'string' ? Date.parse(instant) : toNumber(instant));
    }
    case 'Error':
    case 'TypeError':
    case 'RangeError':
      return objectOf({ name, message: args[0] === undefined ? '' : toText(args[0]) });
    case 'Object':
      return emptyObject();
    case 'Array':
      if (args.length > 0) throw new ScriptError('new Array(…) is not understood');
      return [];
    default:
      throw new ScriptError(`new ${name} is not understood`);
  }
}
