import { docOf } from '../bson/build.js';
import { compareValues } from '../bson/compare.js';
import { Arr, Doc, Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber } from '../bson/values.js';
import { CODES, fail, failAt, MongoError } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { shellText } from '../query/shell-text.js';
import { checkDatabaseName, checkNamespace } from '../storage/names.js';
import type { Collection } from '../storage/collection.js';
import { specOf } from '../storage/index-info.js';
import { checkValidatorOptions } from '../storage/validator.js';
import { okReply } from '../wire/reply.js';
import { batchSizeOf } from './arguments.js';
import type { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import type { Command } from './registry.js';

const REFUSED_OPTIONS = [
  'capped',
  'timeseries',
  'viewOn',
  'pipeline',
  'collation',
  'clusteredIndex',
  'encryptedFields',
];
const KEPT_OPTIONS = ['validator', 'validationLevel', 'validationAction'];

const create: Command = (context) =>
  context.env.write(() => {
    for (const name of REFUSED_OPTIONS) {
      const value = context.arg(name);
      if (value === undefined || value === false) continue;
      if (name === 'collation' && value instanceof Doc && value.get('locale') === 'simple') continue;
      fail('NotImplemented', `standalone mode has no create option '${name}'`);
    }
    for (const name of ['size', 'max']) {
      if (context.arg(name) !== undefined)
        fail('InvalidOptions', `the '${name}' field requires the 'capped' field to be true`);
    }
    checkCreate(context);
    const options = storedOptions(context.body);
    checkValidatorOptions(context.body);
    const existing = context.collection();
    if (existing !== undefined) {
      if (compareValues(options, existing.options) === 0) return okReply();
      const known = shellText(Doc.of([Field.of('uuid', existing.uuid), ...existing.options.fields]));
      fail('NamespaceExists', `namespace ${context.namespace} already exists, but with different options: ${known}`);
    }
    context.catalog.ensure(context.db, context.collectionName, options);
    return okReply();
  });

/** Options that go with other kinds of collections or servers. */
function checkCreate(context: CommandContext): void {
  const key = context.doc('idIndex')?.get('key');
  if (key !== undefined && compareValues(key, docOf({ _id: 1 })) !== 0) {
    fail('BadValue', `The field 'key' for an _id index must be {_id: 1}, but got ${shellText(key)}`);
  }
  if (context.arg('expireAfterSeconds') !== undefined) {
    const where = "time-series collections or when the 'clusteredIndex' option is specified";
    fail('InvalidOptions', `'expireAfterSeconds' is only supported on ${where}`);
  }
  if (context.doc('changeStreamPreAndPostImages')?.get('enabled') === true) {
    fail('InvalidOptions', "BSON field 'changeStreamPreAndPostImages' cannot be set in standalone mode");
  }
}

/** What is kept of create's options; a validator has its level and action spelt out. */
function storedOptions(body: Doc): Doc {
  const kept = body.fields.filter(({ name, value }) => KEPT_OPTIONS.includes(name) && value !== null);
  const validator = kept.find(({ name }) => name === 'validator')?.value;
  if (!(validator instanceof Doc) || validator.isEmpty) return Doc.of(kept.filter(({ name }) => name !== 'validator'));
  const defaults = docOf({ validationLevel: 'strict', validationAction: 'error' }).fields;
  return Doc.of([...kept, ...defaults.filter(({ name }) => !kept.some((field) => field.name === name))]);
}

const drop: Command = (context) =>
  context.env.write(() => {
    const collection = context.collection();
    // Since 7.0 dropping what is not there succeeds.
    if (collection === undefined) return okReply();
    const nIndexesWas = collection.indexes.length;
    context.catalog.drop(collection);
    return okReply({ nIndexesWas, ns: context.namespace });
  });

const dropDatabase: Command = (context) =>
  context.env.write(() => {
    checkDatabaseName(context.db);
    const given = context.body.fields[0]?.value;
    if (!isNumber(given) || toDouble(given) !== 1) failAt(5255100, "Have to pass 1 as 'drop' parameter");
    const collections = context.catalog.list(context.db);
    for (const collection of collections) context.catalog.drop(collection);
    return okReply({ dropped: collections.length > 0 ? context.db : undefined });
  });

const listCollections: Command = async (context) => {
  const nameOnly = context.flag('nameOnly');
  const filter = compileFilter(context.doc('filter') ?? Doc.EMPTY);
  const found = context.catalog
    .list(context.db)
    .map((collection) => describe(collection, false))
    .filter((doc) => filter.matches(doc))
    .map((doc) => (nameOnly ? docOf({ name: doc.get('name'), type: 'collection' }) : doc));
  return listReply(context, `${context.db}.$cmd.listCollections`, found);
};

function describe(collection: Collection, nameOnly: boolean): Doc {
  if (nameOnly) return docOf({ name: collection.name, type: 'collection' });
  return docOf({
    name: collection.name,
    type: 'collection',
    options: collection.options,
    info: { readOnly: false, uuid: collection.uuid },
    idIndex: specOf(collection.idIndex),
  });
}

export async function listReply(context: CommandContext, namespace: string, docs: readonly Doc[]): Promise<Doc> {
  const size = batchSizeOf(context.doc('cursor'), `${context.name}.cursor`);
  const cursor = new Cursor(namespace, docs, docs.length);
  return okReply(await context.cursors.first(cursor, size ?? docs.length + 1, false));
}

const renameCollection: Command = (context) =>
  context.env.write(() => {
    const [fromDb, from] = splitNamespace(context.string(context.name));
    const [toDb, to] = splitNamespace(context.string('to'));
    checkNamespace(toDb, to);
    const source = context.catalog.find(fromDb, from);
    if (source === undefined) return fail('NamespaceNotFound', `Source collection ${fromDb}.${from} does not exist`);
    if (fromDb === toDb && from === to) fail('IllegalOperation', "Can't rename a collection to itself");
    const target = context.catalog.find(toDb, to);
    if (target !== undefined) {
      if (!context.flag('dropTarget')) {
        throw new MongoError(CODES.NamespaceExists, 'NamespaceExists', 'target namespace exists');
      }
      context.catalog.drop(target);
    }
    context.catalog.rename(source, toDb, to);
    return okReply();
  });

function splitNamespace(namespace: string): [string, string] {
  const dot = namespace.indexOf('.');
  if (dot <= 0) fail('InvalidNamespace', `Invalid namespace specified '${namespace}'`);
  return [namespace.slice(0, dot), namespace.slice(dot + 1)];
}

const listDatabases: Command = (context) => {
  const asked = context.doc('filter') ?? Doc.EMPTY;
  const filter = compileFilter(asked);
  const nameOnly = context.flag('nameOnly');
  // What only names let through is not measured, either.
  const byName = asked.fields.every(({ name }) => name === 'name');
  let totalSize = 0;
  const databases: Doc[] = [];
  for (const name of context.catalog.databases()) {
    const collections = context.catalog.list(name);
    const sizeOnDisk = collections.length * 4096;
    const empty = collections.every((collection) => collection.count === 0);
    const doc = docOf({ name, sizeOnDisk: BigInt(sizeOnDisk), empty });
    const wanted = filter.matches(doc);
    if (wanted || !byName) totalSize += sizeOnDisk;
    if (wanted) databases.push(nameOnly ? docOf({ name }) : doc);
  }
  const total = { totalSize: BigInt(totalSize), totalSizeMb: BigInt(Math.floor(totalSize / 1_048_576)) };
  return okReply({ databases: Arr.of(databases), ...(nameOnly ? {} : total) });
};

export const collectionCommands: Readonly<Record<string, Command>> = {
  create,
  drop,
  dropDatabase,
  listCollections,
  renameCollection,
  listDatabases,
};
