import type { Machine } from './machine.js';
import {
  Callable,
  MAX_ITEMS,
  MAX_TEXT,
  ScriptError,
  ScriptPattern,
  type Value,
  limited,
  toNumber,
  toText,
} from './values.js';

type Method = (text: string, args: readonly Value[]) => Value;

const optional = (value: Value): number | undefined => (value === undefined ? undefined : toNumber(value));

/** Patterns are tested only: a text is replaced or split by a text. */
function plain(value: Value): string {
  if (value instanceof ScriptPattern) throw new ScriptError('of a regular expression only test(…) is understood');
  return toText(value);
}

function padding([length, filler]: readonly Value[]): [number, string] {
  const target = toNumber(length);
  if (target > MAX_TEXT) throw new ScriptError('a text has become too long');
  return [target, filler === undefined ? ' ' : toText(filler)];
}

function repeat(text: string, [times]: readonly Value[]): string {
  const count = Math.floor(toNumber(times)) || 0;
  if (count < 0 || text.length * count > MAX_TEXT) throw new ScriptError(`a text can't be repeated ${count} times`);
  return text.repeat(count);
}

function split(text: string, [separator, limit]: readonly Value[]): Value[] {
  if (separator === undefined) return [text];
  const most = Math.min(optional(limit) ?? MAX_ITEMS + 1, MAX_ITEMS + 1);
  const parts = text.split(plain(separator), most);
  if (parts.length > MAX_ITEMS) throw new ScriptError('a list has become too long');
  return parts;
}

function replaceAll(text: string, [what, by]: readonly Value[]): string {
  const parts = split(text, [plain(what)]);
  const filler = toText(by);
  if (text.length + filler.length * parts.length > MAX_TEXT) throw new ScriptError('a text has become too long');
  return parts.join(filler);
}

const METHODS: Readonly<Record<string, Method>> = {
  charAt: (text, [at]) => text.charAt(optional(at) ?? 0),
  charCodeAt: (text, [at]) => text.charCodeAt(optional(at) ?? 0),
  concat: (text, args) => args.reduce<string>((all, part) => limited(all + toText(part)), text),
  endsWith: (text, [part]) => text.endsWith(toText(part)),
  includes: (text, [part]) => text.includes(toText(part)),
  indexOf: (text, [part, from]) => text.indexOf(toText(part), optional(from)),
  lastIndexOf: (text, [part]) => text.lastIndexOf(toText(part)),
  localeCompare: (text, [other]) => (text < toText(other) ? -1 : text > toText(other) ? 1 : 0),
  padEnd: (text, args) => text.padEnd(...padding(args)),
  padStart: (text, args) => text.padStart(...padding(args)),
  repeat,
  replace: (text, [what, by]) => limited(text.replace(plain(what), () => toText(by))),
  replaceAll,
  slice: (text, [from, to]) => text.slice(optional(from), optional(to)),
  split,
  startsWith: (text, [part]) => text.startsWith(toText(part)),
  substr: (text, [from, length]) => {
    const start = optional(from) ?? 0;
    const first = start < 0 ? Math.max(0, text.length + start) : start;
    return text.slice(first, length === undefined ? undefined : first + toNumber(length));
  },
  substring: (text, [from, to]) => text.substring(optional(from) ?? 0, optional(to)),
  toLowerCase: (text) => text.toLowerCase(),
  toString: (text: string) => text,
  toUpperCase: (text) => text.toUpperCase(),
  trim: (text) => text.trim(),
  trimEnd: (text) => text.trimEnd(),
  trimStart: (text) => text.trimStart(),
};

export function textMethod(machine: Machine, text: string, name: string): Value {
  const method = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (method === undefined) return undefined;
  return new Callable((args) => {
    machine.spend(1 + Math.floor(text.length / 1024));
    return method(text, args);
  });
}
