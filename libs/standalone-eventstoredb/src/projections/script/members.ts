import { listMethod } from './list-methods.js';
import type { Machine } from './machine.js';
import { textMethod } from './text-methods.js';
import {
  Callable,
  MAX_ITEMS,
  ScriptDate,
  ScriptError,
  ScriptPattern,
  type Value,
  isObject,
  limited,
  toText,
} from './values.js';

/** A field or method of a value: of an object its own fields, of other values what is listed here. */
export function member(machine: Machine, target: Value, key: Value): Value {
  if (target === null || target === undefined) {
    throw new ScriptError(`${toText(key)} of ${target} can't be read`);
  }
  const name = toText(key);
  if (Array.isArray(target))
    return name === 'length' ? target.length : (item(target, name) ?? listMethod(machine, target, name));
  if (typeof target === 'string')
    return name === 'length' ? target.length : (character(target, name) ?? textMethod(machine, target, name));
  if (isObject(target)) return Object.hasOwn(target, name) ? target[name] : objectMethod(target, name);
  if (typeof target === 'number') return numberMethod(target, name);
  if (target instanceof ScriptDate) return dateMethod(target, name);
  if (target instanceof ScriptPattern && name === 'test') return new Callable(([text]) => target.test(toText(text)));
  if (target instanceof Callable) return functionMethod(target, name);
  return name === 'toString' ? new Callable(() => toText(target)) : undefined;
}

export function setMember(target: Value, key: Value, value: Value): void {
  const name = toText(key);
  if (isObject(target)) {
    target[name] = value;
    return;
  }
  if (!Array.isArray(target)) throw new ScriptError(`${name} of ${toText(target)} can't be set`);
  const index = name === 'length' ? Number(value) : Number(name);
  if (!Number.isSafeInteger(index) || index < 0 || index >= MAX_ITEMS) {
    throw new ScriptError(`${name} of a list can't be set`);
  }
  if (name === 'length') target.length = Math.min(index, target.length);
  else {
    while (target.length < index) target.push(undefined);
    target[index] = value;
  }
}

export function removeMember(target: Value, key: Value): boolean {
  const name = toText(key);
  if (isObject(target)) delete target[name];
  else if (Array.isArray(target) && item(target, name) !== undefined) target[Number(name)] = undefined;
  return true;
}

export function hasMember(target: Value, key: Value): boolean {
  const name = toText(key);
  if (isObject(target)) return Object.hasOwn(target, name);
  if (Array.isArray(target)) return name === 'length' || Number(name) in target;
  throw new ScriptError(`'in' does not work on ${toText(target)}`);
}

function item(list: readonly Value[], name: string): Value {
  return /^\d+$/.test(name) ? list[Number(name)] : undefined;
}

function character(text: string, name: string): Value {
  return /^\d+$/.test(name) ? text[Number(name)] : undefined;
}

function objectMethod(target: Value, name: string): Value {
  if (!isObject(target)) return undefined;
  if (name === 'hasOwnProperty') return new Callable(([key]) => Object.hasOwn(target, toText(key)));
  return name === 'toString' ? new Callable(() => toText(target)) : undefined;
}

function numberMethod(value: number, name: string): Value {
  switch (name) {
    case 'toFixed':
      return new Callable(([digits]) => value.toFixed(Number(digits ?? 0)));
    case 'toString':
      return new Callable(([radix]) => limited(value.toString(Number(radix ?? 10))));
    case 'toPrecision':
      return new Callable(([digits]) => (digits === undefined ? String(value) : value.toPrecision(Number(digits))));
    default:
      return undefined;
  }
}

/** All in UTC: a projection must not depend on where it runs. */
const DATE_PARTS: Readonly<Record<string, (date: Date) => Value>> = {
  getTime: (date) => date.getTime(),
  valueOf: (date: Date) => date.getTime(),
  toISOString: (date) => date.toISOString(),
  toJSON: (date) => date.toJSON(),
  getFullYear: (date) => date.getUTCFullYear(),
  getMonth: (date) => date.getUTCMonth(),
  getDate: (date) => date.getUTCDate(),
  getDay: (date) => date.getUTCDay(),
  getHours: (date) => date.getUTCHours(),
  getMinutes: (date) => date.getUTCMinutes(),
  getSeconds: (date) => date.getUTCSeconds(),
  getMilliseconds: (date) => date.getUTCMilliseconds(),
};

function dateMethod({ time }: ScriptDate, name: string): Value {
  const part = name.replace(/^getUTC/, 'get');
  const of = Object.hasOwn(DATE_PARTS, part) ? DATE_PARTS[part] : undefined;
  return of === undefined ? undefined : new Callable(() => of(new Date(time)));
}

function functionMethod(target: Callable, name: string): Value {
  if (name === 'call') return new Callable((args) => target.call(args.slice(1)));
  if (name === 'apply') return new Callable(([, list]) => target.call(Array.isArray(list) ? list : []));
  return undefined;
}
