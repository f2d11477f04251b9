import { compareValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';
import { fail } from '../errors.js';
import { sortKey, tupleComparator, type SortField } from './sort.js';

/** The order of an array's elements that `$push`'s `$sort` and `$sortArray` ask for: 1, -1, or paths in the elements. */
export function elementOrder(spec: Value): (a: Value, b: Value) => number {
  if (isNumber(spec)) {
    const sign = signOf(spec);
    if (sign === undefined) return fail('BadValue', 'The $sort element value must be either 1 or -1');
    return (a, b) => compareValues(a, b) * sign;
  }
  if (!(spec instanceof Doc)) {
    return fail(
      'BadValue',
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  }
  const fields = sortFields(spec);
  const compare = tupleComparator(fields);
  const paths = fields.map((field) => field.parts);
  const keyOf = (value: Value) => sortKey(value instanceof Doc ? value : Doc.EMPTY, paths, compare);
  return (a, b) => compare(keyOf(a), keyOf(b));
}

function signOf(value: Value): 1 | -1 | undefined {
  const double = isNumber(value) ? toDouble(value) : 0;
  return double === 1 ? 1 : double === -1 ? -1 : undefined;
}

function sortFields(spec: Doc): SortField[] {
  if (spec.isEmpty) fail('BadValue', 'The sort pattern is empty when it should be a set of fields.');
  return spec.fields.map(({ name, value }) => {
    const sign = signOf(value);
    if (sign === undefined) return fail('BadValue', 'The sort element value must be either 1 or -1');
    if (name === '') fail('BadValue', 'The sort field cannot be empty');
    const parts = name.split('.');
    if (parts.includes('')) {
      fail('BadValue', `The sort field is a dotted field but has an empty part: ${name}`);
    }
    return { path: name, parts, descending: sign < 0 };
  });
}
