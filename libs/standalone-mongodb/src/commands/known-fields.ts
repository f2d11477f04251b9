import type { Doc } from '../bson/document.js';
import { failAt } from '../errors.js';

/** Arguments that any command may carry. */
const GENERIC = new Set([
  ...['$db', 'lsid', '$clusterTime', '$readPreference', 'readConcern', 'writeConcern', 'comment', 'maxTimeMS'],
  ...['maxTimeMSOpOnly', 'txnNumber', 'autocommit', 'startTransaction', 'apiVersion', 'apiStrict'],
  ...['apiDeprecationErrors', 'rawData', '$audit', '$client', '$configServerState', 'databaseVersion'],
]);

const SEARCH = ['collation', 'hint', 'let', 'allowDiskUse'];
const WRITE = ['ordered', 'bypassDocumentValidation', 'let', 'bypassEmptyTsReplacement', 'stmtId', 'stmtIds'];

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  find: [
    ...['filter', 'projection', 'sort', 'skip', 'limit', 'batchSize', 'singleBatch', 'max', 'min', 'returnKey'],
    ...['showRecordId', 'tailable', 'awaitData', 'oplogReplay', 'noCursorTimeout', 'allowPartialResults', ...SEARCH],
  ],
  insert: ['documents', ...WRITE],
  update: ['updates', ...WRITE],
  delete: ['deletes', ...WRITE],
  count: ['query', 'limit', 'skip', 'fields', ...SEARCH],
  distinct: ['key', 'query', ...SEARCH],
  aggregate: ['pipeline', 'explain', 'cursor', 'bypassDocumentValidation', 'isMapReduceCommand', ...SEARCH],
  getMore: ['collection', 'batchSize', 'term'],
  findAndModify: [
    ...['query', 'sort', 'remove', 'update', 'new', 'fields', 'upsert', 'bypassDocumentValidation', 'arrayFilters'],
    ...['collation', 'hint', 'let', 'c', 'stmtId'],
  ],
};

/** mongod refuses an argument that it does not know: so do the commands listed here. */
export function checkFields(name: string, body: Doc): void {
  const known = KNOWN[name];
  if (known === undefined) return;
  body.fields.forEach((field, i) => {
    if (i === 0 || GENERIC.has(field.name) || known.includes(field.name)) return;
    failAt(40415, `BSON field '${name}.${field.name}' is an unknown field.`);
  });
}
