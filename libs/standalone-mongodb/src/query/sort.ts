import { compareValues } from '../bson/compare.js';
import { Doc } from '../bson/document.js';
import { memoryOf, MemoryLimit } from '../bson/memory.js';
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
  if (isNumber(natural)) return { fields: [], natural: toDouble(natural) };
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

/** A sort with a limit lets go of what it will not need when it holds so much. */
const TRIM_BYTES = 16 * 1024 * 1024;

interface Sortable<T> {
  readonly key: KeyTuple;
  readonly item: T;
  /** Its place among what was added: equal keys keep their order. */
  readonly at: number;
  readonly bytes: number;
}

/** Collects and sorts; with a limit it keeps only what can still be among the first. */
export class Sorter<T> {
  readonly #items: Sortable<T>[] = [];
  readonly #memory = new MemoryLimit(
    'Sort exceeded memory limit of 104857600 bytes; standalone mode does not sort on disk. An index gives the order.',
  );
  readonly #compare: (a: KeyTuple, b: KeyTuple) => number;
  readonly #paths: readonly (readonly string[])[];
  #count = 0;

  constructor(
    spec: SortSpec,
    private readonly limit: number | undefined,
  ) {
    this.#compare = tupleComparator(spec.fields);
    this.#paths = spec.fields.map((field) => field.parts);
  }

  add(doc: Doc, item: T): void {
    const bytes = memoryOf(doc);
    this.#items.push({ key: sortKey(doc, this.#paths, this.#compare), item, at: this.#count, bytes });
    this.#count += 1;
    this.#memory.add(bytes);
    if (this.limit === undefined || this.#items.length < 2 * this.limit) return;
    if (this.#items.length >= 2 * this.limit + 1000 || this.#memory.bytes > TRIM_BYTES) this.#trim(this.limit);
  }

  #trim(length: number): void {
    this.#items.sort((a, b) => this.#compare(a.key, b.key) || a.at - b.at);
    if (this.#items.length <= length) return;
    this.#items.length = length;
    this.#memory.bytes = this.#items.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  *sorted(): Iterable<T> {
    this.#trim(this.limit ?? Infinity);
    for (const { item } of this.#items) yield item;
  }
}
