import { docOf, type PlainObject } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';

/** What the catalog knows of an index. */
export interface IndexInfo {
  readonly name: string;
  readonly table: number;
  readonly key: Doc;
  readonly paths: readonly (readonly string[])[];
  readonly fields: readonly string[];
  readonly descending: readonly boolean[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  readonly partial: Doc | undefined;
  readonly expireAfterSeconds: number | undefined;
  /** Fields of the pattern that met an array once. */
  multikey: readonly boolean[];
  /** A key was too long and ends in a hash: order is not the values' any more. */
  hashed: boolean;
}

/** The index of a specification that was checked before. */
export function indexFromSpec(spec: Doc, table: number): IndexInfo {
  const key = spec.get('key') as Doc;
  const name = spec.get('name') as string;
  const partial = spec.get('partialFilterExpression');
  const expire = spec.get('expireAfterSeconds');
  const fields = key.fields.map((field) => field.name);
  return {
    name,
    table,
    key,
    fields,
    paths: fields.map((field) => field.split('.')),
    descending: key.fields.map((field) => toDouble(field.value as number) < 0),
    unique: truthy(spec.get('unique')),
    sparse: truthy(spec.get('sparse')),
    hidden: truthy(spec.get('hidden')),
    partial: partial instanceof Doc ? partial : undefined,
    expireAfterSeconds: isNumber(expire) ? toDouble(expire) : undefined,
    multikey: fields.map(() => false),
    hashed: false,
  };
}

function truthy(value: Value | undefined): boolean {
  return value === true || (isNumber(value) && toDouble(value) !== 0);
}

/** The specification as listIndexes shows it. */
export function specOf(index: IndexInfo): Doc {
  const options: PlainObject = {
    v: 2,
    key: index.key,
    name: index.name,
    unique: index.unique && index.name !== '_id_' ? true : undefined,
    sparse: index.sparse ? true : undefined,
    hidden: index.hidden ? true : undefined,
    partialFilterExpression: index.partial,
    expireAfterSeconds: index.expireAfterSeconds,
  };
  return docOf(options);
}

/** The catalog's form: the specification and what was learnt of the entries. */
export function storedIndex(index: IndexInfo): Doc {
  return docOf({ spec: specOf(index), table: index.table, multikey: index.multikey, hashed: index.hashed });
}

export function indexFromStored(stored: Doc): IndexInfo {
  const spec = stored.get('spec') as Doc;
  const index = indexFromSpec(spec, toDouble(stored.get('table') as number));
  index.multikey = (stored.get('multikey') as Arr).items.map((flag) => flag === true);
  index.hashed = stored.get('hashed') === true;
  return index.name === '_id_' ? { ...index, unique: true } : index;
}
