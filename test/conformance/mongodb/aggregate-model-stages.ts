import { Double, Int32, Long, type Document } from 'mongodb';
import {
  add,
  atPath,
  compare,
  evaluate,
  isNumeric,
  isObject,
  Refused,
  truthy,
  type Maybe,
  type Value,
} from './aggregate-model.js';

type Numeric = Int32 | Long | Double;
type Docs = Document[];

/** What accumulators make of the values of a group; missing ones are undefined. */
const ACCUMULATORS: Readonly<Record<string, (values: Maybe[]) => Value>> = {
  $sum: (values) => values.filter(isNumeric).reduce<Numeric>(add, new Int32(0)),
  $avg: (values) => {
    const numbers = values.filter(isNumeric);
    const total = numbers.reduce((sum, one) => sum + Number(one), 0);
    return numbers.length === 0 ? null : new Double(total / numbers.length);
  },
  $min: (values) => extreme(values, -1),
  $max: (values) => extreme(values, 1),
  $first: (values) => values[0] ?? null,
  $last: (values) => values.at(-1) ?? null,
  $push: (values) => values.filter((value) => value !== undefined),
  $addToSet: (values) =>
    values.reduce<Value[]>(
      (set, value) => (value === undefined || set.some((one) => compare(one, value) === 0) ? set : [...set, value]),
      [],
    ),
  $count: (values) => new Int32(values.length),
};

function extreme(values: Maybe[], sign: number): Value {
  const known = values.filter((value) => value !== undefined && value !== null) as Value[];
  return known.reduce<Value>((best, value) => (best === null || compare(value, best) * sign > 0 ? value : best), null);
}

function group(docs: Docs, spec: Document, keyOf: (doc: Document) => Maybe): Docs {
  const groups: { id: Value; docs: Docs }[] = [];
  for (const doc of docs) {
    const id = keyOf(doc) ?? null;
    const known = groups.find((one) => compare(one.id, id) === 0);
    if (known === undefined) groups.push({ id, docs: [doc] });
    else known.docs.push(doc);
  }
  const outputs = Object.entries(spec).filter(([name]) => name !== '_id') as [string, Document][];
  return groups.map(({ id, docs: members }) => {
    const fields = outputs.map(([name, output]) => {
      const [[operator, argument] = ['', null]] = Object.entries(output);
      return [name, ACCUMULATORS[operator]?.(members.map((doc) => evaluate(argument, doc)))];
    });
    return { _id: id, ...(Object.fromEntries(fields) as Document) };
  });
}

function bucket(docs: Docs, spec: Document): Docs {
  const bounds = spec['boundaries'] as Value[];
  const buckets = group(docs, spec['output'] as Document, (doc) => {
    const value = evaluate(spec['groupBy'], doc);
    const at = bounds.findIndex((bound, i) => compare(value, bound) >= 0 && compare(value, bounds[i + 1]) < 0);
    return value !== undefined && at >= 0 && at < bounds.length - 1 ? bounds[at] : (spec['default'] as Value);
  });
  return buckets.sort((a, b) => compare(a['_id'] as Value, b['_id'] as Value));
}

/** The document with a value at the top, in its place when the name is there. */
const withField = (doc: Document, name: string, value: Maybe): Document =>
  value === undefined
    ? Object.fromEntries(Object.entries(doc).filter(([key]) => key !== name))
    : { ...doc, [name]: value };

/** Names kept in the document's order, then what is computed in the specification's. */
function project(doc: Document, spec: Document): Document {
  const isKept = (name: string): boolean => name === '_id' || spec[name] === 1;
  const kept = Object.fromEntries(Object.entries(doc).filter(([name]) => isKept(name) || Object.hasOwn(spec, name)));
  let next = kept;
  for (const [name, expression] of Object.entries(spec)) {
    if (!isKept(name)) next = withField(next, name, evaluate(expression, doc));
  }
  return next;
}

/** By `path` and then by _id, which is unique; of an array the least element counts, or the greatest. */
function sort(docs: Docs, spec: Document): Docs {
  const [[path, direction] = ['', 1]] = Object.entries(spec) as [string, number][];
  const keyOf = (doc: Document): Value => {
    const value = atPath(doc as Value, [path]) ?? null;
    if (!Array.isArray(value)) return value;
    return value.reduce((best, one) => (compare(one, best) * direction < 0 ? one : best), value[0] as Value);
  };
  const emptyFirst = (value: Maybe): number => (value === undefined ? -1 : 0);
  return [...docs].sort((a, b) => {
    const [x, y] = [keyOf(a), keyOf(b)];
    const order = emptyFirst(x) - emptyFirst(y) || (x === undefined ? 0 : compare(x, y));
    return order * direction || compare(a['_id'] as Value, b['_id'] as Value);
  });
}

function unwind(docs: Docs, { path, preserveNullAndEmptyArrays, includeArrayIndex }: Document): Docs {
  const name = (path as string).slice(1);
  const indexed = (doc: Document, index: Value): Document =>
    includeArrayIndex === undefined ? doc : withField(doc, includeArrayIndex as string, index);
  return docs.flatMap((doc) => {
    const value = doc[name] as Maybe;
    if (Array.isArray(value) && value.length > 0) {
      return value.map((item, i) => indexed(withField(doc, name, item), Long.fromNumber(i)));
    }
    const isEmpty = value === undefined || value === null || Array.isArray(value);
    if (isEmpty && preserveNullAndEmptyArrays !== true) return [];
    return [indexed(Array.isArray(value) ? withField(doc, name, undefined) : doc, null)];
  });
}

function lookup(docs: Docs, spec: Document, foreign: Docs): Docs {
  const keysOf = (doc: Document, field: string): Value[] => {
    const value = (doc[field] as Maybe) ?? null;
    return Array.isArray(value) ? value : [value];
  };
  return docs.map((doc) => {
    const given = keysOf(doc, spec['localField'] as string);
    const keys = given.length === 0 ? [null] : given;
    const found = foreign.filter((other) =>
      keysOf(other, spec['foreignField'] as string).some((key) => keys.some((one) => compare(one, key) === 0)),
    );
    return withField(doc, spec['as'] as string, found as Value[]);
  });
}

/** The documents that a pipeline makes of `docs`; `foreign` is what `$lookup` joins with. */
export function runModel(docs: Docs, pipeline: Docs, foreign: Docs): Docs {
  return pipeline.reduce<Docs>((input, stage) => runStage(input, stage, foreign), docs);
}

function runStage(docs: Docs, stage: Document, foreign: Docs): Docs {
  const [[name, spec] = ['', {}]] = Object.entries(stage) as [string, Document][];
  switch (name) {
    case '$match':
      return docs.filter((doc) => truthy(evaluate(spec['$expr'], doc)));
    case '$set':
      return docs.map((doc) =>
        Object.entries(spec).reduce((next, [key, inner]) => withField(next, key, evaluate(inner, doc)), doc),
      );
    case '$project':
      return docs.map((doc) => project(doc, spec));
    case '$group':
      return group(docs, spec, (doc) => evaluate(spec['_id'], doc));
    case '$bucket':
      return bucket(docs, spec);
    case '$sort':
      return sort(docs, spec);
    case '$skip':
      return docs.slice(spec as unknown as number);
    case '$limit':
      return docs.slice(0, spec as unknown as number);
    case '$unwind':
      return unwind(docs, spec);
    case '$facet':
      return [
        Object.fromEntries(Object.entries(spec).map(([key, inner]) => [key, runModel(docs, inner as Docs, foreign)])),
      ];
    case '$lookup':
      return lookup(docs, spec, foreign);
    case '$replaceWith':
      return docs.map((doc) => {
        const root = evaluate(spec, doc);
        if (!isObject(root)) throw new Refused('no document');
        return root;
      });
  }
  throw new Error(`the model has no ${name}`);
}
