import { docOf, type PlainObject } from '../bson/build.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Value } from '../bson/values.js';
import { fail } from '../errors.js';

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

const OPTIONS = new Set([
  'v',
  'key',
  'name',
  'ns',
  'unique',
  'sparse',
  'background',
  'hidden',
  'expireAfterSeconds',
  'partialFilterExpression',
]);
const ABSENT = new Set(['collation', 'wildcardProjection', 'weights', 'storageEngine', 'clustered', 'prepareUnique']);

/** Checks an index specification of createIndexes, or one read back from the catalog. */
export function indexFromSpec(spec: Doc, table: number): IndexInfo {
  const key = spec.get('key');
  if (!(key instanceof Doc)) fail('FailedToParse', "The 'key' field is a required property of an index specification");
  const name = spec.get('name');
  if (typeof name !== 'string') {
    fail('FailedToParse', "The 'name' field is a required property of an index specification");
  }
  for (const field of spec.fields) checkOption(field);
  checkKey(key);
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

function checkOption(field: Field): void {
  if (OPTIONS.has(field.name)) return;
  if (ABSENT.has(field.name)) fail('NotImplemented', `standalone mode has no index option '${field.name}'`);
  fail(
    'InvalidIndexSpecificationOption',
    `The field '${field.name}' is not valid for an index specification. Specification: ${field.name}`,
  );
}

function checkKey(key: Doc): void {
  if (key.isEmpty) fail('CannotCreateIndex', 'Index keys cannot be empty.');
  for (const field of key.fields) {
    const value = field.value;
    if (field.name === '') fail('CannotCreateIndex', 'Index keys cannot be an empty field.');
    if (field.name.split('.').includes('')) {
      fail('CannotCreateIndex', 'Index keys cannot contain an empty field.');
    }
    if (field.name.includes('$')) {
      if (field.name === '$**' || field.name.endsWith('.$**')) {
        fail('NotImplemented', 'standalone mode has no wildcard indexes');
      }
      fail('CannotCreateIndex', "Index key contains an illegal field name: field name starts with '$'.");
    }
    if (typeof value === 'string') {
      if (['text', 'hashed', '2d', '2dsphere'].includes(value)) {
        fail('NotImplemented', `standalone mode has no index type '${value}'`);
      }
      fail('CannotCreateIndex', `Unknown index plugin '${value}'`);
    }
    if (!isNumber(value)) {
      fail(
        'CannotCreateIndex',
        `Values in v:2 index key pattern cannot be of type ${typeName(value)}. Only numbers > 0, numbers < 0, and strings are allowed.`,
      );
    }
    if (toDouble(value) === 0 || Number.isNaN(toDouble(value))) {
      fail('CannotCreateIndex', 'Values in the index key pattern cannot be 0.');
    }
  }
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
