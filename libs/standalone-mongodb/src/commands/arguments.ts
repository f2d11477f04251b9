import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, typeName, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';

/** What an argument must be: `flag` takes numbers too, `count` is a number that is not below zero. */
type Kind = 'object' | 'string' | 'array' | 'flag' | 'number' | 'count' | 'hint' | 'any';
type Shape = Readonly<Record<string, Kind>>;

interface Signature {
  /** The name that mongod's messages give it, when it is not the command's. */
  readonly label?: string;
  readonly fields: Shape;
  readonly required?: readonly string[];
}

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

const SEARCH: Shape = { collation: 'object', hint: 'hint', let: 'object' };
const WRITE: Shape = {
  ...{ ordered: 'flag', bypassDocumentValidation: 'flag', let: 'object', bypassEmptyTsReplacement: 'flag' },
  ...{ stmtId: 'any', stmtIds: 'array', isTimeseriesNamespace: 'flag', encryptionInformation: 'object' },
};
const LIST: Shape = { filter: 'object', nameOnly: 'flag' };

const SIGNATURES: Readonly<Record<string, Signature>> = {
  find: {
    label: 'FindCommandRequest',
    fields: {
      ...{ filter: 'object', projection: 'object', sort: 'object', skip: 'count', limit: 'count', batchSize: 'count' },
      ...{ singleBatch: 'flag', max: 'object', min: 'object', returnKey: 'flag', showRecordId: 'flag' },
      ...{ tailable: 'flag', awaitData: 'flag', oplogReplay: 'flag', noCursorTimeout: 'flag', term: 'any' },
      ...{ allowPartialResults: 'flag', allowDiskUse: 'flag', ...SEARCH },
    },
  },
  insert: { fields: { documents: 'array', ...WRITE }, required: ['documents'] },
  update: { fields: { updates: 'array', ...WRITE }, required: ['updates'] },
  delete: { fields: { deletes: 'array', ...WRITE }, required: ['deletes'] },
  bulkWrite: {
    fields: { ops: 'array', nsInfo: 'array', errorsOnly: 'flag', cursor: 'object', ...WRITE },
    required: ['ops', 'nsInfo'],
  },
  count: { fields: { query: 'object', limit: 'number', skip: 'count', fields: 'any', ...SEARCH } },
  distinct: {
    label: 'distinctCommandRequest',
    fields: { key: 'string', query: 'object', ...SEARCH },
    required: ['key'],
  },
  aggregate: {
    fields: {
      ...{ pipeline: 'any', explain: 'flag', cursor: 'any', bypassDocumentValidation: 'flag', allowDiskUse: 'flag' },
      ...{
        isMapReduceCommand: 'flag',
        fromMongos: 'flag',
        needsMerge: 'flag',
        passthroughToShard: 'object',
        ...SEARCH,
      },
    },
  },
  getMore: { fields: { collection: 'string', batchSize: 'count', term: 'any' }, required: ['collection'] },
  killCursors: { fields: { cursors: 'array' }, required: ['cursors'] },
  findAndModify: {
    fields: {
      ...{ query: 'object', sort: 'object', remove: 'flag', update: 'any', new: 'flag', fields: 'object' },
      ...{
        upsert: 'flag',
        bypassDocumentValidation: 'flag',
        arrayFilters: 'array',
        bypassEmptyTsReplacement: 'flag',
        c: 'any',
        stmtId: 'any',
        ...SEARCH,
      },
    },
  },
  create: {
    fields: {
      ...{ capped: 'flag', autoIndexId: 'flag', idIndex: 'object', size: 'number', max: 'number', flags: 'any' },
      ...{ storageEngine: 'object', validator: 'object', validationLevel: 'string', validationAction: 'string' },
      ...{ indexOptionDefaults: 'object', viewOn: 'string', pipeline: 'array', collation: 'object' },
      ...{ timeseries: 'object', clusteredIndex: 'any', expireAfterSeconds: 'any', encryptedFields: 'object' },
      ...{ changeStreamPreAndPostImages: 'object', temp: 'flag', recordIdsReplicated: 'flag' },
    },
  },
  drop: { fields: { collectionUUID: 'any' } },
  dropDatabase: { fields: {} },
  renameCollection: {
    fields: { to: 'string', dropTarget: 'flag', stayTemp: 'flag', collectionUUID: 'any' },
    required: ['to'],
  },
  listCollections: { fields: { ...LIST, cursor: 'object', authorizedCollections: 'flag' } },
  listDatabases: { fields: { ...LIST, authorizedDatabases: 'flag' } },
  listIndexes: { fields: { cursor: 'object', includeBuildUUIDs: 'flag', includeIndexBuildInfo: 'flag' } },
  createIndexes: {
    fields: { indexes: 'array', ignoreUnknownIndexOptions: 'flag', commitQuorum: 'any', v: 'any' },
    required: ['indexes'],
  },
  dropIndexes: { fields: { index: 'any' }, required: ['index'] },
  collMod: {
    fields: {
      ...{
        index: 'object',
        validator: 'object',
        validationLevel: 'string',
        validationAction: 'string',
        dryRun: 'flag',
      },
      ...{ viewOn: 'string', pipeline: 'array', expireAfterSeconds: 'any', timeseries: 'object' },
      ...{ changeStreamPreAndPostImages: 'object', cappedSize: 'number', cappedMax: 'number' },
    },
  },
};

/** The statements inside write commands. */
const STATEMENTS: Readonly<Record<string, Signature>> = {
  'update.updates': {
    fields: {
      ...{ q: 'object', u: 'any', c: 'object', arrayFilters: 'array', multi: 'flag', upsert: 'flag', hint: 'hint' },
      ...{ collation: 'object', sort: 'object', upsertSupplied: 'flag', sampleId: 'any' },
      allowShardKeyUpdatesWithoutFullShardKeyInQuery: 'flag',
    },
    required: ['q', 'u'],
  },
  'delete.deletes': {
    fields: { q: 'object', limit: 'any', hint: 'hint', collation: 'object', sampleId: 'any' },
    required: ['q', 'limit'],
  },
};

/** mongod refuses an argument that it does not know (40415), lacks (40414), or that has the wrong type (14). */
export function checkArguments(name: string, body: Doc, has: (field: string) => boolean): void {
  const signature = SIGNATURES[name];
  if (signature !== undefined) check(signature, signature.label ?? name, body.fields.slice(1), has);
}

export function checkStatement(name: 'update.updates' | 'delete.deletes', statement: Doc): void {
  const collation = statement.get('collation');
  if (collation instanceof Doc && !collation.isEmpty && collation.get('locale') !== 'simple') {
    fail('NotImplemented', `standalone mode has no ${name} option 'collation'`);
  }
  check(STATEMENTS[name] as Signature, name, statement.fields, (field) => statement.has(field));
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
      checkNumber(path, name, kind, value);
  }
}

// The quotes stand as mongod prints them.
const NUMBER_TYPES = "types '[long, int, decimal, double']";
export const FLAG_TYPES = "types '[bool, long, int, decimal, double']";

export function checkNumber(path: string, name: string, kind: 'number' | 'count', value: Value): void {
  if (!isNumber(value)) return wrongType(path, value, NUMBER_TYPES);
  const number = Math.trunc(toDouble(value));
  if (kind === 'count' && number < 0)
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
