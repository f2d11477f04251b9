import { compareValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { checkFieldPath } from '../aggregate/expression.js';
import { shellText } from './shell-text.js';
import { extractKeys, type KeyTuple } from '../storage/index-keys.js';

export interface SortField {
  readonly path: string;
  readonly parts: readonly string[];
  readonly descending: boolean;
}
export interface SortSpec {
  readonly fields: readonly SortField[];
  /** The direction of `$natural`. */
  readonly natural: number | undefined;
}

/** Reads `{a: 1, b: -1}`. */
export function parseSort(spec: Maybe): SortSpec {
  if (spec === undefined || spec === null) return { fields: [], natural: undefined };
  if (!(spec instanceof Doc)) return fail('TypeMismatch', "Expected field 'sort' to be of type object");
  const natural = spec.get('$natural');
  if (natural !== undefined) return { fields: [], natural: naturalOf(natural, spec) };
  const fields = spec.fields.map(({ name, value }) => {
    if (value instanceof Doc && value.has('$meta')) fail('NotImplemented', 'standalone mode has no $meta sort');
    if (!isNumber(value)) return failAt(15974, `Illegal key in $sort specification: ${name}: ${shellText(value)}`);
    const direction = toDouble(value);
    if (direction !== 1 && direction !== -1) {
      failAt(15975, '$sort key ordering must be 1 (for ascending) or -1 (for descending)');
    }
    checkFieldPath(name);
    return { path: name, parts: name.split('.'), descending: direction < 0 };
  });
  return { fields, natural: undefined };
}

/** The direction of a `$natural` sort or hint, which stands alone. */
export function naturalOf(natural: Value, spec: Doc, what = 'sort'): number {
  const direction = isNumber(natural) ? toDouble(natural) : 0;
  if (direction !== 1 && direction !== -1) {
    fail('BadValue', `$natural ${what} cannot be set to a value other than -1 or 1.`);
  }
  if (spec.fields.length > 1) fail('BadValue', `Cannot include '$natural' in compound ${what}: ${shellText(spec)}`);
  return direction;
}

/** Compares documents' sort keys. */
export function tupleComparator(fields: readonly SortField[]): (a: KeyTuple, b: KeyTuple) => number {
  const signs = fields.map((field) => (field.descending ? -1 : 1));
  return (a, b) => {
    for (let i = 0; i < signs.length; i += 1) {
      const order = compareValues(a[i] as Value, b[i] as Value);
      if (order !== 0) return order * (signs[i] as number);
    }
    return 0;
  };
}

/** A document's sort key: of an array the element that comes first in the sort's direction. */
export function sortKey(
  doc: Doc,
  paths: readonly (readonly string[])[],
  compare: (a: KeyTuple, b: KeyTuple) => number,
): KeyTuple {
  const { tuples } = extractKeys(doc, paths);
  let best = tuples[0] as KeyTuple;
  for (let i = 1; i < tuples.length; i += 1) {
    const tuple = tuples[i] as KeyTuple;
    if (compare(tuple, best) < 0) best = tuple;
  }
  return best;
}
