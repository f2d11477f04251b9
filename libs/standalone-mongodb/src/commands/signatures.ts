/** What an argument must be: `flag` takes numbers too, `count` is a number that is not below zero. */
export type Kind = 'object' | 'string' | 'array' | 'flag' | 'number' | 'count' | 'index' | 'hint' | 'any';
type Shape = Readonly<Record<string, Kind>>;

export interface Signature {
  /** The name that mongod's messages give it, when it is not the command's. */
  readonly label?: string;
  readonly fields: Shape;
  readonly required?: readonly string[];
}

const SEARCH: Shape = { collation: 'object', hint: 'hint', let: 'object' };
const WRITE: Shape = {
  ...{ ordered: 'flag', bypassDocumentValidation: 'flag', let: 'object', bypassEmptyTsReplacement: 'flag' },
  ...{ stmtId: 'any', stmtIds: 'array', isTimeseriesNamespace: 'flag', encryptionInformation: 'object' },
};
const LIST: Shape = { filter: 'object', nameOnly: 'flag' };

/** The arguments of commands. */
export const SIGNATURES: Readonly<Record<string, Signature>> = {
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
  explain: { fields: { verbosity: 'any' } },
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
export const STATEMENTS: Readonly<Record<string, Signature>> = {
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
  insert: { label: 'bulkWrite.ops', fields: { insert: 'index', document: 'object' }, required: ['document'] },
  bulkUpdate: {
    label: 'bulkWrite.ops',
    fields: {
      ...{ update: 'index', filter: 'object', updateMods: 'any', multi: 'flag', upsert: 'flag', hint: 'hint' },
      ...{ upsertSupplied: 'flag', arrayFilters: 'array', constants: 'object', collation: 'object', sort: 'object' },
      ...{ sampleId: 'any', allowShardKeyUpdatesWithoutFullShardKeyInQuery: 'flag' },
    },
    required: ['filter', 'updateMods'],
  },
  bulkDelete: {
    label: 'bulkWrite.ops',
    fields: {
      ...{ delete: 'index', filter: 'object', multi: 'flag', hint: 'hint', collation: 'object' },
      sampleId: 'any',
    },
    required: ['filter'],
  },
  nsInfo: {
    label: 'bulkWrite.nsInfo',
    fields: {
      ...{ ns: 'string', collectionUUID: 'any', encryptionInformation: 'object', isTimeseriesNamespace: 'flag' },
    },
    required: ['ns'],
  },
};
