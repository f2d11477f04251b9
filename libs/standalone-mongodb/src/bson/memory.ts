import { Arr, Doc } from './document.js';
import { Binary, type Maybe } from './values.js';

const OBJECT_BYTES = 64;

/** The bytes that a value holds in memory, about. */
export function memoryOf(value: Maybe): number {
  if (typeof value === 'string') return OBJECT_BYTES + value.length;
  if (value instanceof Binary) return OBJECT_BYTES + value.bytes.length;
  if (!(value instanceof Doc || value instanceof Arr)) return OBJECT_BYTES;
  if (value.rawLength > 0) return OBJECT_BYTES + value.rawLength;
  let bytes = OBJECT_BYTES;
  for (const field of value.fields) bytes += OBJECT_BYTES + memoryOf(field.value);
  return bytes;
}
