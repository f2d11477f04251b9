/** What a script computes with. Objects have no prototype, so that nothing but their own fields can be reached. */
export type Value =
  undefined | null | boolean | number | string | ScriptObject | Value[] | Callable | ScriptDate | ScriptPattern;

export interface ScriptObject {
  [name: string]: Value;
}

/** A function of the script, or one that the server offers to it. */
export class Callable {
  constructor(readonly call: (args: readonly Value[]) => Value) {}
}

export class ScriptDate {
  constructor(readonly time: number) {}
}

/** A regular expression: it can test, and nothing else. */
export class ScriptPattern {
  constructor(
    readonly source: string,
    readonly test: (text: string) => boolean,
  ) {}
}

/** What a script did wrong, or what is beyond this server: its projection faults with this message. */
export class ScriptError extends Error {}

/** A value that the script throws, and may catch. */
export class ThrownValue extends ScriptError {
  constructor(readonly value: Value) {
    super(isObject(value) && typeof value['message'] === 'string' ? value['message'] : toText(value));
  }
}

/** The longest text, and the most values that one operation may make. */
export const MAX_TEXT = 32 * 1024 * 1024;
export const MAX_ITEMS = 1_000_000;
const MAX_DEPTH = 200;

export function isObject(value: Value): value is ScriptObject {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === null;
}

export function emptyObject(): ScriptObject {
  return Object.create(null) as ScriptObject;
}

export function objectOf(fields: Readonly<Record<string, Value>>): ScriptObject {
  return Object.assign(emptyObject(), fields);
}

/** JSON as a value. Throws SyntaxError. */
export function fromJson(text: string): Value {
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.assign(Object.create(null) as object, value)
      : value,
  ) as Value;
}

/** The value as JSON, or undefined if there is none of it. Throws {@link ScriptError} when it is too large or has no end. */
export function toJson(value: Value): string | undefined {
  const budget = { left: MAX_ITEMS };
  const plain = plainOf(value, budget, 0);
  const text = JSON.stringify(plain);
  if (text !== undefined && text.length > MAX_TEXT) throw new ScriptError('a value has become too large');
  return text;
}

/** Values as JSON has them: a tree, as a value that is used twice is in there twice. */
function plainOf(value: Value, budget: { left: number }, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  budget.left--;
  if (depth > MAX_DEPTH || budget.left < 0) throw new ScriptError('a value has become too large');
  if (value instanceof ScriptDate) return new Date(value.time).toJSON();
  if (value instanceof Callable) return undefined;
  if (value instanceof ScriptPattern) return {};
  if (Array.isArray(value)) return value.map((item) => sized(plainOf(item, budget, depth + 1), budget));
  const copy = Object.create(null) as Record<string, unknown>;
  for (const [name, field] of Object.entries(value)) copy[name] = sized(plainOf(field, budget, depth + 1), budget);
  return copy;
}

/** A long text counts as many values. */
function sized(value: unknown, budget: { left: number }): unknown {
  budget.left -= typeof value === 'string' ? 1 + Math.floor(value.length / 64) : 1;
  return value;
}

export function isTrue(value: Value): boolean {
  return Boolean(value);
}

export function toText(value: Value, depth = 0): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof ScriptDate)
    return Number.isNaN(value.time) ? 'Invalid Date' : new Date(value.time).toISOString();
  if (value instanceof ScriptPattern) return `/${value.source}/`;
  if (value instanceof Callable) return 'function () { … }';
  if (!Array.isArray(value)) return '[object Object]';
  if (depth > MAX_DEPTH) throw new ScriptError('a list has no end');
  return joined(value, ',', depth + 1);
}

export function joined(list: readonly Value[], separator: string, depth = 0): string {
  let text = '';
  for (const [index, item] of list.entries()) {
    if (index > 0) text += separator;
    if (item !== null && item !== undefined) text += toText(item, depth);
    limited(text);
  }
  return text;
}

export function limited(text: string): string {
  if (text.length > MAX_TEXT) throw new ScriptError('a text has become too long');
  return text;
}

export function toNumber(value: Value): number {
  if (value instanceof ScriptDate) return value.time;
  return typeof value === 'object' && value !== null ? Number(toText(value)) : Number(value);
}

/** The primitive value that operators work with. */
export function primitive(value: Value): undefined | null | boolean | number | string {
  return typeof value === 'object' && value !== null ? toText(value) : value;
}

export function typeName(value: Value): string {
  return value instanceof Callable ? 'function' : typeof value;
}
