import { Arr, Doc, Field } from './document.js';
import { Int32, type Value } from './values.js';

/** A number that is to be a double even when it is integral (`ok: 1.0`). */
export class DoubleOf {
  constructor(readonly value: number) {}
}

export type Plain = Value | undefined | DoubleOf | readonly Plain[] | PlainObject;
export interface PlainObject {
  readonly [name: string]: Plain;
}

/** A value of somebody else's for `docOf`, which leaves it as it is: their doubles are not made integers. */
export function kept(value: Value): Value | DoubleOf {
  return typeof value === 'number' ? new DoubleOf(value) : value;
}

/** A document from a plain object: integral numbers become int32, or int64 beyond its range; undefined is left out. */
export function docOf(object: PlainObject): Doc {
  const fields: Field[] = [];
  for (const name of Object.keys(object)) {
    const value = valueOf(object[name]);
    if (value !== undefined) fields.push(Field.of(name, value));
  }
  return Doc.of(fields);
}

/** The BSON value of a plain JavaScript value, by the rule of `docOf`. */
export function valueOf(plain: Plain): Value | undefined {
  if (plain === undefined) return undefined;
  if (typeof plain === 'number') return integral(plain);
  if (plain instanceof DoubleOf) return plain.value;
  if (Array.isArray(plain)) {
    return Arr.of((plain as readonly Plain[]).map((item) => valueOf(item) ?? null));
  }
  if (typeof plain === 'object' && plain !== null && Object.getPrototypeOf(plain) === Object.prototype) {
    return docOf(plain as PlainObject);
  }
  return plain as Value;
}

function integral(value: number): Value {
  if (Number.isInteger(value) && !Object.is(value, -0)) {
    if (value >= -0x80000000 && value <= 0x7fffffff) return new Int32(value);
    if (Number.isSafeInteger(value)) return BigInt(value);
  }
  return value;
}
