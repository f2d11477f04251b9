import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';

import { SIGNATURES, STATEMENTS, type Kind, type Signature } from './signatures.js';

/** Arguments that any command may carry. */
const GENERIC = new Set([
  ...['$db', 'lsid', '$clusterTime', '$readPreference', 'readConcern', 'writeConcern', 'comment', 'maxTimeMS'],
  ...[
    'maxTimeMSOpOnly',
    'txnNumber',
    'autocommit',
    'startTransaction',
    'apiVersion',
    'apiStrict',
    'clientOperationKey',
  ],
  ...['apiDeprecationErrors', 'rawData', '$audit', '$client', '$configServerState', 'databaseVersion', 'shardVersion'],
  ...['$queryOptions', '$replData', 'mayBypassWriteBlocking', 'expectPrefix', '$tenant', 'help', 'versionContext'],
]);

/** mongod refuses an argument that it does not know (40415), lacks (40414), or that has the wrong type (14). */
export function checkArguments(name: string, body: Doc, has: (field: string) => boolean): void {
  const signature = SIGNATURES[name];
  if (signature !== undefined) check(signature, signature.label ?? name, body.fields.slice(1), has);
}

type StatementKind = 'update.updates' | 'delete.deletes' | 'insert' | 'bulkUpdate' | 'bulkDelete' | 'nsInfo';

export function checkStatement(name: StatementKind, statement: Doc): void {
  const collation = statement.get('collation');
  if (collation instanceof Doc && !collation.isEmpty && collation.get('locale') !== 'simple') {
    fail('NotImplemented', `standalone mode has no ${name} option 'collation'`);
  }
  const signature = STATEMENTS[name] as Signature;
  check(signature, signature.label ?? name, statement.fields, (field) => statement.has(field));
  if (name === 'update.updates') checkUpdate(name, statement.get('u'), statement.get('arrayFilters'));
}

/** What any update must be, whether it is run or not. */
export function checkUpdate(label: string, update: Maybe, arrayFilters: Maybe): void {
  if (update instanceof Arr) {
    if (!update.items.every((stage) => stage instanceof Doc)) {
      fail('TypeMismatch', "Each element of the 'pipeline' array must be an object");
    }
  } else if (!(update instanceof Doc)) {
    fail('FailedToParse', 'Update argument must be either an object or an array');
  }
  if (!(arrayFilters instanceof Arr)) return;
  arrayFilters.items.forEach((item, i) => {
    if (!(item instanceof Doc)) wrongType(`${label}.arrayFilters.${i}`, item, "type 'object'");
  });
}

function check(signature: Signature, label: string, fields: Doc['fields'], has: (field: string) => boolean): void {
  for (const { name, value } of fields) {
    if (GENERIC.has(name)) continue;
    const kind = signature.fields[name];
    if (kind === undefined) failAt(40415, `BSON field '${label}.${name}' is an unknown field.`);
    else checkKind(`${label}.${name}`, name, kind, value);
  }
  for (const name of signature.required ?? []) {
    if (!has(name)) failAt(40414, `BSON field '${label}.${name}' is missing but a required field`);
  }
}

function checkKind(path: string, name: string, kind: Kind, value: Value): void {
  if (value === null || kind === 'any') return;
  switch (kind) {
    case 'object':
      if (!(value instanceof Doc)) wrongType(path, value, "type 'object'");
      return;
    case 'string':
      if (typeof value !== 'string') wrongType(path, value, "type 'string'");
      return;
    case 'array':
      if (!(value instanceof Arr)) wrongType(path, value, "type 'array'");
      return;
    case 'flag':
      if (typeof value !== 'boolean' && !isNumber(value)) wrongType(path, value, FLAG_TYPES);
      return;
    case 'hint':
      if (typeof value !== 'string' && !(value instanceof Doc))
        fail('FailedToParse', 'Hint must be a string or an object');
      return;
    case 'number':
    case 'count':
    case 'index':
      checkNumber(path, name, kind, value);
  }
}

// The quotes stand as mongod prints them.
const NUMBER_TYPES = "types '[long, int, decimal, double']";
export const FLAG_TYPES = "types '[bool, long, int, decimal, double']";

export function checkNumber(path: string, name: string, kind: 'number' | 'count' | 'index', value: Value): void {
  if (!isNumber(value)) return wrongType(path, value, NUMBER_TYPES);
  const number = Math.trunc(toDouble(value));
  if (kind !== 'number' && number < 0)
    failAt(51024, `BSON field '${name}' value must be >= 0, actual value '${number}'`);
}

export function wrongType(
  path: string,
  value: Value,
  expected: string,
  found = `the wrong type '${typeName(value)}'`,
): never {
  return fail('TypeMismatch', `BSON field '${path}' is ${found}, expected ${expected}`);
}

/** The batch size that a command's `cursor` asks for. */
export function batchSizeOf(cursor: Doc | undefined, label: string): number | undefined {
  for (const { name, value } of cursor?.fields ?? []) {
    if (name !== 'batchSize') failAt(40415, `BSON field '${label}.${name}' is an unknown field.`);
    if (value !== null) checkNumber(`${label}.batchSize`, 'batchSize', 'count', value);
  }
  const size = cursor?.get('batchSize');
  return isNumber(size) ? Math.trunc(toDouble(size)) : undefined;
}
