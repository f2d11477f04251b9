import { Arr, Doc, type Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Value } from '../bson/values.js';
import { fail, MongoError } from '../errors.js';
import { parseFilter } from '../query/parse-filter.js';
import { shellText } from '../query/shell-text.js';
import { indexFromSpec, type IndexInfo } from './index-info.js';

const FLAGS = ['unique', 'sparse', 'background', 'hidden'];
const OPTIONS = new Set(['v', 'key', 'name', 'ns', ...FLAGS, 'expireAfterSeconds', 'partialFilterExpression']);
/** Options that mongod has and this server has not. */
const ABSENT = new Set([
  ...['collation', 'wildcardProjection', 'weights', 'default_language', 'language_override', 'textIndexVersion'],
  ...['2dsphereIndexVersion', 'bits', 'min', 'max', 'bucketSize', 'storageEngine', 'clustered', 'prepareUnique'],
]);
const MAX_FIELDS = 32;
const MAX_EXPIRE_SECONDS = 2 ** 31 - 1;

/** Checks an index specification of createIndexes. Throws mongod's errors with the specification in front. */
export function checkedIndex(spec: Doc): IndexInfo {
  try {
    checkSpec(spec);
  } catch (error) {
    if (!(error instanceof MongoError)) throw error;
    const message = `Error in specification ${shellText(spec)} :: caused by :: ${error.message}`;
    throw new MongoError(error.code, error.codeName, message, error.extra);
  }
  checkTimeToLive(spec);
  return indexFromSpec(spec, 0);
}

function checkSpec(spec: Doc): void {
  for (const field of spec.fields) checkOption(field, spec);
  const key = spec.get('key');
  if (key === undefined)
    return fail('FailedToParse', "The 'key' field is a required property of an index specification");
  if (!(key instanceof Doc)) {
    return fail('TypeMismatch', `The field 'key' must be an object, but got ${typeName(key)}`);
  }
  const name = spec.get('name');
  if (name === undefined) fail('FailedToParse', "The 'name' field is a required property of an index specification");
  if (typeof name !== 'string') fail('TypeMismatch', `The field 'name' must be a string, but got ${typeName(name)}`);
  if (name === '*') fail('BadValue', "The index name '*' is not valid.");
  if (name === '') fail('CannotCreateIndex', 'index name cannot be empty');
  checkKey(key);
  checkPartial(spec);
  if (key.fields.length === 1 && key.fields[0]?.name === '_id') checkIdIndex(spec);
}

function checkOption(field: Field, spec: Doc): void {
  const { name, value } = field;
  if (FLAGS.includes(name) && typeof value !== 'boolean' && !isNumber(value)) {
    // The quote stands open in mongod's message, too.
    fail('TypeMismatch', `The field '${name} has value ${name}: ${shellText(value)}, which is not convertible to bool`);
  }
  if (name === 'v' && !(isNumber(value) && toDouble(value) === 2)) {
    if (isNumber(value) && toDouble(value) === 1) fail('NotImplemented', 'standalone mode has no indexes of version 1');
    fail(
      'CannotCreateIndex',
      `Invalid index specification ${shellText(spec)}; cannot create an index with v=${shellText(value)}`,
    );
  }
  if (OPTIONS.has(name)) return;
  if (name === 'collation' && value instanceof Doc && value.get('locale') === 'simple') return;
  if (ABSENT.has(name)) fail('NotImplemented', `standalone mode has no index option '${name}'`);
  fail(
    'InvalidIndexSpecificationOption',
    `The field '${name}' is not valid for an index specification. Specification: ${shellText(spec)}`,
  );
}

function checkIdIndex(spec: Doc): void {
  for (const { name, value } of spec.fields) {
    if (['v', 'key', 'name', 'ns', 'collation'].includes(name)) continue;
    if (name === 'hidden' && value === true) fail('BadValue', "can't hide _id index");
    if (name === 'unique' && value !== false) continue;
    fail(
      'InvalidIndexSpecificationOption',
      `The field '${name}' is not valid for an _id index specification. Specification: ${shellText(spec)}`,
    );
  }
}

/** What a partial index may ask: mongod takes only what it can tell queries to imply. */
const PARTIAL = new Set(['$eq', '$gt', '$gte', '$lt', '$lte', '$exists', '$type', '$in']);

function checkPartial(spec: Doc): void {
  const partial = spec.get('partialFilterExpression');
  if (partial === undefined) return;
  if (!(partial instanceof Doc)) {
    return fail('TypeMismatch', `The field 'partialFilterExpression' must be an object, but got ${typeName(partial)}`);
  }
  const sparse = spec.get('sparse');
  if (sparse === true || (isNumber(sparse) && toDouble(sparse) !== 0)) {
    fail('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  }
  parseFilter(partial);
  checkPartialFilter(partial);
}

function checkPartialFilter(filter: Doc): void {
  for (const { name, value } of filter.fields) {
    if ((name === '$and' || name === '$or') && value instanceof Arr) {
      for (const inner of value.items) checkPartialFilter(inner as Doc);
    } else if (name.startsWith('$')) {
      unsupported(name, value);
    } else if (value instanceof Doc && value.first?.name.startsWith('$') === true) {
      for (const operator of value.fields) {
        const negative = operator.name === '$exists' && operator.value === false;
        if (!PARTIAL.has(operator.name) || negative) unsupported(`${name} ${operator.name}`, operator.value);
      }
    }
  }
}

function unsupported(what: string, value: Value): never {
  return fail('CannotCreateIndex', `Expression not supported in partial index: ${what} ${shellText(value)}`);
}

function checkTimeToLive(spec: Doc): void {
  const expire = spec.get('expireAfterSeconds');
  if (expire === undefined) return;
  const tail = `. Index spec: ${shellText(spec)}`;
  if (!isNumber(expire)) return fail('CannotCreateIndex', tail);
  const problem = expireProblem(toDouble(expire));
  if (problem !== undefined) fail('CannotCreateIndex', `${problem}${tail}`);
  if ((spec.get('key') as Doc).fields.length > 1) {
    fail('CannotCreateIndex', `TTL indexes are single-field indexes, compound indexes do not support TTL${tail}`);
  }
}

function expireProblem(seconds: number): string | undefined {
  if (seconds < 0) return "TTL index 'expireAfterSeconds' option cannot be less than 0";
  if (seconds <= MAX_EXPIRE_SECONDS) return undefined;
  return `TTL index 'expireAfterSeconds' option must be within an acceptable range, try a lower number. Maximum allowed value is ${MAX_EXPIRE_SECONDS}`;
}

/** Refuses an `expireAfterSeconds` of collMod that is no count of seconds. */
export function checkExpire(value: Value): void {
  if (!isNumber(value)) {
    const types = "types '[string, int, decimal, double, long]'";
    fail(
      'TypeMismatch',
      `BSON field 'collMod.index.expireAfterSeconds' is the wrong type '${typeName(value)}', expected ${types}`,
    );
  }
  const problem = expireProblem(toDouble(value));
  if (problem !== undefined) fail('InvalidOptions', problem);
}

function checkKey(key: Doc): void {
  if (key.isEmpty) fail('CannotCreateIndex', 'Index keys cannot be empty.');
  if (key.fields.length > MAX_FIELDS) {
    throw new MongoError(13103, 'Location13103', 'too many compound keys');
  }
  for (const { name, value } of key.fields) {
    if (name === '') fail('CannotCreateIndex', 'Index keys cannot be an empty field.');
    if (name.split('.').includes('')) fail('CannotCreateIndex', 'Index keys cannot contain an empty field.');
    if (name === '$**' || name.endsWith('.$**')) fail('NotImplemented', 'standalone mode has no wildcard indexes');
    if (name.split('.').some((part) => part.startsWith('$') && !['$id', '$ref', '$db'].includes(part))) {
      fail('CannotCreateIndex', "Index key contains an illegal field name: field name starts with '$'.");
    }
    checkDirection(value);
  }
}

function checkDirection(value: Value): void {
  if (typeof value === 'string') {
    if (['text', 'hashed', '2d', '2dsphere', 'columnstore'].includes(value)) {
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
