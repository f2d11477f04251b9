import * as crypto from 'node:crypto';
import { DomainError } from './errors.js';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const PLAIN_TEXT = /^[ !#-[\]-~]*$/;
const MAX_DEPTH = 100;

/**
 * RFC 8785 (JCS) text of a value of the stored JSON subset: integers within ±(2^53−1), well-formed strings, plain objects, arrays.
 * Everything else is refused rather than dropped or changed, because a hash is taken over these bytes.
 * @throws DomainError EVENT_NOT_JSON
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/**
 * A value of the stored subset with objects of classes turned into plain ones, and without fields that are undefined: a checked request as
 * the JSON that it came from. What is no JSON stays what it is, for `canonicalJson` to refuse.
 */
export function plainJson(value: object): Json {
  return plain(value, 0) as Json;
}

/** Lower-case hex SHA-256 of the UTF-8 bytes of a text, or of bytes. */
export const sha256Hex: (text: string | Uint8Array) => string = oneShotHash('sha256');

/** Lower-case hex SHA-1: for UUID v5 only. */
export const sha1Hex: (text: string | Uint8Array) => string = oneShotHash('sha1');

function oneShotHash(algorithm: string): (input: string | Uint8Array) => string {
  // `crypto.hash` (Node ≥ 20.12) spares an object per hash; the difference shows in a bulk import.
  if (typeof crypto.hash === 'function') return (input) => crypto.hash(algorithm, input, 'hex');
  return (input) => crypto.createHash(algorithm).update(input).digest('hex');
}

function plain(value: unknown, depth: number): unknown {
  // As JSON.stringify does it: there is one zero.
  if (value === 0) return 0;
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) throw notJson(`more than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const field: unknown = (value as Record<string, unknown>)[key];
    // An assignment would not make a field of it.
    if (key === '__proto__') throw notJson('a field __proto__');
    if (field !== undefined) result[key] = plain(field, depth + 1);
  }
  return result;
}

function write(value: unknown, depth: number): string {
  if (typeof value === 'string') return writeString(value);
  if (typeof value === 'number') return writeNumber(value);
  if (value === null) return 'null';
  if (value === true) return 'true';
  if (value === false) return 'false';
  if (typeof value !== 'object') throw notJson(`a ${typeof value}`);
  if (depth >= MAX_DEPTH) throw notJson(`more than ${MAX_DEPTH} levels`);
  return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
}

function writeString(text: string): string {
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw notJson('a lone surrogate');
  // For well-formed strings JSON.stringify escapes exactly what JCS escapes.
  return JSON.stringify(text);
}

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0))
    throw notJson('a number that is not an integer within ±(2^53-1)');
  return String(value);
}

function writeArray(values: readonly unknown[], depth: number): string {
  let text = '[';
  for (let i = 0; i < values.length; i++) {
    text += i === 0 ? write(values[i], depth) : `,${write(values[i], depth)}`;
  }
  return `${text}]`;
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !isForeignPlain(prototype))
    throw notJson('an object of a class');
  const keys = sortedKeys(value);
  let text = '{';
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i]!;
    const member = `${writeString(key)}:${write((value as Record<string, unknown>)[key], depth)}`;
    text += i === 0 ? member : `,${member}`;
  }
  return `${text}}`;
}

/** Plain objects of another realm (a vm context, as test runners use) have that realm's Object.prototype. */
function isForeignPlain(prototype: unknown): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype as object, 'isPrototypeOf');
}

/** By UTF-16 code units, as JCS asks. Most objects have few keys, often in order already: an insertion sort beats Array.sort there. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  if (keys.length > 24) return keys.sort();
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!;
    let at = i;
    while (at > 0 && keys[at - 1]! > key) {
      keys[at] = keys[at - 1]!;
      at--;
    }
    keys[at] = key;
  }
  return keys;
}

function notJson(what: string): DomainError {
  return new DomainError('EVENT_NOT_JSON', `Not in the stored JSON subset: ${what}`);
}
