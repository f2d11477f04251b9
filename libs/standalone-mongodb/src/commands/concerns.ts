import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe } from '../bson/values.js';
import { fail, failAt, MongoError } from '../errors.js';
import { isTruthy } from '../aggregate/values.js';
import { FLAG_TYPES, wrongType } from './arguments.js';
import type { CommandContext } from './context.js';
import { checkSessionId } from './sessions.js';

const READ_LEVELS = ['local', 'available', 'majority', 'linearizable', 'snapshot'];
const MAX_NODES = 50;
const MAX_TIME_MS = 2 ** 31 - 1;

/** Checks what any command may carry, as a standalone mongod does. */
export function checkGeneric(context: CommandContext): void {
  const { body } = context;
  const lsid = context.arg('lsid');
  if (lsid !== undefined) checkSessionId('OperationSessionInfo.lsid', lsid);
  if (body.has('txnNumber') || body.has('autocommit') || body.has('startTransaction')) checkTransaction(context);
  if (body.has('readConcern')) checkReadConcern(context);
  if (body.has('writeConcern')) checkWriteConcern(context);
  if (body.has('$readPreference')) checkReadPreference(context);
  if (body.has('maxTimeMS')) checkMaxTime(context);
  if (body.has('apiVersion') || body.has('apiStrict') || body.has('apiDeprecationErrors')) checkApi(context);
}

function checkTransaction(context: CommandContext): void {
  if (!context.body.has('txnNumber')) {
    const field = context.body.has('autocommit') ? 'autocommit' : 'startTransaction';
    fail('InvalidOptions', `'${field}' field requires a transaction number to also be specified`);
  }
  if (!context.body.has('lsid')) fail('InvalidOptions', 'Transaction number requires a session ID to be specified');
  fail('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
}

/** The commands that take any read concern; others only that of `local`. */
const READS = new Set(['find', 'aggregate', 'count', 'distinct', 'explain', 'getMore']);
const READ_FIELDS = new Set([
  ...['level', 'afterOpTime', 'afterClusterTime', 'atClusterTime', 'provenance'],
  ...['allowTransactionTableSnapshot', '$waitLastStableRecoveryTimestamp'],
]);

function checkReadConcern(context: CommandContext): void {
  const concern = context.doc('readConcern') ?? Doc.EMPTY;
  checkFields('readConcern', concern, READ_FIELDS);
  const level = concern.get('level') ?? 'local';
  if (typeof level !== 'string') return wrongType('readConcern.level', level, "type 'string'");
  if (!READ_LEVELS.includes(level)) {
    fail('BadValue', `Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`);
  }
  if (level !== 'local' && !READS.has(context.name)) {
    const asked = `{ readConcern: { level: "${level}", provenance: "clientSupplied" } }`;
    const why = 'read concern not supported';
    fail('InvalidOptions', `Command ${context.name} does not support ${asked} :: caused by :: ${why}`);
  }
  if (level === 'snapshot') {
    throw new MongoError(123, 'NotAReplicaSet', 'node needs to be a replica set member to use readConcern: snapshot');
  }
  if (level === 'linearizable' || concern.has('afterClusterTime')) {
    throw new MongoError(123, 'NotAReplicaSet', 'node needs to be a replica set member to use read concern');
  }
}

function checkFields(label: string, doc: Doc, known: ReadonlySet<string>): void {
  for (const { name } of doc.fields) {
    if (!known.has(name)) failAt(40415, `BSON field '${label}.${name}' is an unknown field.`);
  }
}

/** The commands that write, and so may say how it is to be acknowledged. */
const WRITES = new Set([
  ...['insert', 'update', 'delete', 'findAndModify', 'findandmodify', 'bulkWrite', 'aggregate', 'create', 'drop'],
  ...['createIndexes', 'dropIndexes', 'deleteIndexes', 'dropDatabase', 'renameCollection', 'collMod'],
]);
const WRITE_FIELDS = new Set(['w', 'j', 'wtimeout', 'fsync', 'wElectionId', 'wOpTime', 'getLastError', 'provenance']);

function checkWriteConcern(context: CommandContext): void {
  if (!WRITES.has(context.name)) fail('InvalidOptions', 'Command does not support writeConcern');
  const concern = context.doc('writeConcern') ?? Doc.EMPTY;
  checkFields('writeConcern', concern, WRITE_FIELDS);
  for (const name of ['j', 'fsync']) {
    const flag = concern.get(name) ?? null;
    if (flag !== null && typeof flag !== 'boolean' && !isNumber(flag)) {
      wrongType(`writeConcern.${name}`, flag, FLAG_TYPES);
    }
  }
  if (isTruthy(concern.get('j') ?? null) && isTruthy(concern.get('fsync') ?? null)) {
    fail('FailedToParse', 'fsync and j options cannot be used together');
  }
  checkNodes(concern.get('w'));
}

function checkNodes(w: Maybe): void {
  if (isNumber(w)) {
    const nodes = Math.trunc(toDouble(w));
    if (nodes < 0 || nodes > MAX_NODES) {
      fail('FailedToParse', `w has to be a non-negative number and not greater than ${MAX_NODES}; found: ${nodes}`);
    }
    if (nodes > 1) fail('BadValue', "cannot use 'w' > 1 when a host is not replicated");
  } else if (typeof w === 'string' && w !== 'majority') {
    fail('BadValue', `cannot use non-majority 'w' mode "${w}" when a host is not a member of a replica set`);
  } else if (w !== undefined && w !== null && !(w instanceof Doc) && typeof w !== 'string') {
    fail('FailedToParse', `w has to be a number, string, or object; found: ${typeName(w)}`);
  }
}

const READ_MODES = ['primary', 'primaryPreferred', 'secondary', 'secondaryPreferred', 'nearest'];

/** Whoever reads is served here; but what is no preference is refused. */
function checkReadPreference(context: CommandContext): void {
  const preference = context.arg('$readPreference');
  if (!(preference instanceof Doc)) {
    const found = `found ${typeName(preference)}`;
    return fail('TypeMismatch', `"$readPreference" had the wrong type. Expected object, ${found}`);
  }
  const mode = preference.get('mode');
  if (mode === undefined) return failAt(40414, "BSON field 'readPreference.mode' is missing but a required field");
  if (typeof mode !== 'string') return wrongType('readPreference.mode', mode, "type 'string'");
  if (!READ_MODES.includes(mode)) {
    fail('BadValue', `Enumeration value '${mode}' for field 'readPreference.mode' is not a valid value.`);
  }
}

function checkMaxTime(context: CommandContext): void {
  const value = context.arg('maxTimeMS');
  if (value === undefined) return;
  if (!isNumber(value)) fail('BadValue', 'maxTimeMS must be a number');
  const limit = toDouble(value);
  if (!Number.isInteger(limit)) fail('BadValue', 'maxTimeMS has non-integral value');
  if (limit < 0 || limit > MAX_TIME_MS) {
    fail('BadValue', `${limit} value for maxTimeMS is out of range [0, ${MAX_TIME_MS}]`);
  }
}

/** The commands of the Stable API, version 1. */
const STABLE = new Set([
  ...['abortTransaction', 'aggregate', 'bulkWrite', 'collMod', 'commitTransaction', 'count', 'create'],
  ...['createIndexes', 'delete', 'drop', 'dropDatabase', 'dropIndexes', 'endSessions', 'explain', 'find'],
  ...['findAndModify', 'getMore', 'hello', 'insert', 'killCursors', 'listCollections', 'listDatabases'],
  ...['listIndexes', 'ping', 'refreshSessions', 'update'],
]);

function checkApi(context: CommandContext): void {
  const version = context.arg('apiVersion');
  if (version === undefined) {
    throw new MongoError(
      322,
      'APIVersionError',
      "Provided apiStrict and/or apiDeprecationErrors without passing 'apiVersion'",
    );
  }
  if (version !== '1') throw new MongoError(322, 'APIVersionError', 'API version must be "1"');
  if (context.arg('apiStrict') === true && !STABLE.has(context.name)) {
    throw new MongoError(
      323,
      'APIStrictError',
      `Provided apiStrict:true, but the command ${context.name} is not in API Version 1. Information on supported commands and migrations in API Version 1 can be found at https://dochub.mongodb.org/core/manual-versioned-api`,
    );
  }
}
