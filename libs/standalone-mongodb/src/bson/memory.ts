import { fail } from '../errors.js';
import { Arr, Doc } from './document.js';
import type { Maybe } from './values.js';

/** What a sort or a group may hold: mongod's limit, beyond which it spills to disk; this server does not. */
const LIMIT_BYTES = 100 * 1024 * 1024;
const OBJECT_BYTES = 64;

/** The bytes that a value holds in memory, about. */
export function memoryOf(value: Maybe): number {
  if (typeof value === 'string') return OBJECT_BYTES + value.length;
  if (!(value instanceof Doc || value instanceof Arr)) return OBJECT_BYTES;
  if (value.rawLength > 0) return OBJECT_BYTES + value.rawLength;
  let bytes = OBJECT_BYTES;
  for (const field of value.fields) bytes += OBJECT_BYTES + memoryOf(field.value);
  return bytes;
}

/** Counts what is held. Throws 292 when it is too much. */
export class MemoryLimit {
  #bytes = 0;

  constructor(private readonly message: string) {}

  add(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > LIMIT_BYTES) fail('QueryExceededMemoryLimitNoDiskUseAllowed', this.message);
  }

  get bytes(): number {
    return this.#bytes;
  }

  set bytes(bytes: number) {
    this.#bytes = bytes;
  }
}
