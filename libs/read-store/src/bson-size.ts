import { BSON } from 'mongodb';
import { ReadStoreError } from './errors.js';

/** What servers of all versions take is 16 MiB; below it there is room for the mark of a document that stands still. */
export const LARGEST_DOCUMENT_BYTES = 16 * 1024 * 1024 - 64 * 1024;

const LEAST_INT64 = -(2n ** 63n);
const GREATEST_INT64 = 2n ** 63n - 1n;
/** Size and closing zero of a document or list. */
const FRAME = 5;
/** Type, and closing zero of the name. */
const ELEMENT = 2;
const SHORT_TEXT = 64;

/** Sizes of the parts of earlier documents: the next state of one shares most of them. */
export type KnownSizes = WeakMap<object, number>;

/**
 * Bytes of a document as BSON; what is no plain value is measured by the driver. @throws ReadStoreError DOCUMENT_UNSTORABLE when no server could
 * take it, or would give it back changed: too large, or with an integer beyond 64 bits
 */
export function storedBytes(document: object, known?: KnownSizes): number {
  const bytes = sizeOfObject(document, known);
  checkSize(bytes);
  return bytes;
}

/** @throws ReadStoreError DOCUMENT_UNSTORABLE */
export function checkSize(bytes: number): void {
  if (bytes <= LARGEST_DOCUMENT_BYTES) return;
  throw new ReadStoreError(
    'DOCUMENT_UNSTORABLE',
    `a document of ${bytes} bytes of BSON is larger than ${LARGEST_DOCUMENT_BYTES}`,
  );
}

/** @throws ReadStoreError DOCUMENT_UNSTORABLE: written as 64 bits it would be another number */
export function checkInt64(value: bigint): void {
  if (value > GREATEST_INT64 || value < LEAST_INT64)
    throw new ReadStoreError('DOCUMENT_UNSTORABLE', `the integer ${value} is beyond 64 bits`);
}

function sizeOfObject(value: object, known: KnownSizes | undefined): number {
  const before = known?.get(value);
  if (before !== undefined) return before;
  const bytes = measured(value, known);
  known?.set(value, bytes);
  return bytes;
}

function measured(value: object, known: KnownSizes | undefined): number {
  let bytes = FRAME;
  if (Array.isArray(value)) {
    for (let n = 0; n < value.length; n += 1) bytes += ELEMENT + digits(n) + sizeOf(value[n], known);
    return bytes;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Wrapped as a field, and the wrapping taken off again: the driver measures whole documents.
  if (prototype !== Object.prototype && prototype !== null)
    return BSON.calculateObjectSize({ v: value }) - FRAME - ELEMENT - 1;
  for (const key in value) bytes += ELEMENT + utf8Length(key) + sizeOf((value as Record<string, unknown>)[key], known);
  return bytes;
}

function sizeOf(value: unknown, known: KnownSizes | undefined): number {
  switch (typeof value) {
    case 'string':
      return 5 + utf8Length(value);
    case 'bigint':
      checkInt64(value);
      return 8;
    case 'number':
      return (value | 0) === value && !Object.is(value, -0) ? 4 : 8;
    case 'boolean':
      return 1;
    case 'object':
      return value === null ? 0 : sizeOfObject(value, known);
    case 'undefined':
    case 'function':
    case 'symbol':
      return 0;
  }
}

function digits(n: number): number {
  return n < 10 ? 1 : `${n}`.length;
}

function utf8Length(text: string): number {
  const { length } = text;
  if (length > SHORT_TEXT) return Buffer.byteLength(text);
  for (let n = 0; n < length; n += 1) if (text.charCodeAt(n) > 0x7f) return Buffer.byteLength(text);
  return length;
}
