import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName } from '../bson/values.js';
import { fail, MongoError } from '../errors.js';
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

function checkReadConcern(context: CommandContext): void {
  const concern = context.doc('readConcern');
  const level = concern?.get('level');
  if (level !== undefined && level !== null) {
    if (typeof level !== 'string') {
      fail(
        'TypeMismatch',
        `BSON field 'readConcern.level' is the wrong type '${typeName(level)}', expected type 'string'`,
      );
    }
    if (!READ_LEVELS.includes(level)) {
      fail('BadValue', `Enumeration value '${level}' for field 'readConcern.level' is not a valid value.`);
    }
  }
  if (level === 'snapshot') {
    throw new MongoError(123, 'NotAReplicaSet', 'node needs to be a replica set member to use readConcern: snapshot');
  }
  if (level === 'linearizable' || concern?.has('afterClusterTime') === true) {
    throw new MongoError(123, 'NotAReplicaSet', 'node needs to be a replica set member to use read concern');
  }
}

function checkWriteConcern(context: CommandContext): void {
  const w = context.doc('writeConcern')?.get('w');
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
