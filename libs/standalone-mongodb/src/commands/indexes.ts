import { Arr, Doc } from '../bson/document.js';
import { compareValues } from '../bson/compare.js';
import { toDouble } from '../bson/numbers.js';
import { CODES, fail, MongoError } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import type { Catalog } from '../storage/catalog.js';
import type { Collection } from '../storage/collection.js';
import { buildIndexes } from '../storage/index-build.js';
import { specOf, type IndexInfo } from '../storage/index-info.js';
import { checkedIndex } from '../storage/index-spec.js';
import { typeName } from '../bson/values.js';
import { okReply } from '../wire/reply.js';
import { wrongType } from './arguments.js';
import { listReply } from './collections.js';
import type { CommandContext } from './context.js';
import type { Command } from './registry.js';

const MAX_INDEXES = 64;

const createIndexes: Command = async (context) => {
  const specs = context.documents('indexes');
  if (specs.length === 0) fail('BadValue', 'Must specify at least one index to create');
  const wanted = specs.map((spec) => checkedIndex(spec));
  const { collection, createdCollectionAutomatically } = await context.env.write(() => ({
    createdCollectionAutomatically: context.collection() === undefined,
    collection: context.catalog.ensure(context.db, context.collectionName),
  }));
  return collection.inBuildTurn(async () => {
    const numIndexesBefore = collection.indexes.length;
    await make(context.catalog, collection, missingOf(collection, wanted));
    const numIndexesAfter = collection.indexes.length;
    return okReply({
      numIndexesBefore,
      numIndexesAfter,
      createdCollectionAutomatically,
      note: numIndexesBefore === numIndexesAfter ? 'all indexes already exist' : undefined,
    });
  });
};

function missingOf(collection: Collection, wanted: readonly IndexInfo[]): readonly IndexInfo[] {
  const known = [...collection.indexes];
  for (const index of wanted) if (!isKnown(known, index)) known.push(index);
  if (known.length > MAX_INDEXES) {
    fail('CannotCreateIndex', `add index fails, too many indexes for ${collection.namespace}`);
  }
  return known.slice(collection.indexes.length);
}

/** All of a command's indexes come to be, or none. */
async function make(catalog: Catalog, collection: Collection, missing: readonly IndexInfo[]): Promise<void> {
  if (missing.length === 0) return;
  try {
    await buildIndexes(catalog, collection, missing, (made) => {
      collection.setIndexes([...collection.indexes, ...made]);
    });
  } catch (error) {
    if (!(error instanceof MongoError) || error.code !== CODES.DuplicateKey) throw error;
    const message = `Index build failed: ${collection.namespace}: ${error.message}`;
    throw new MongoError(error.code, error.codeName, message, error.extra);
  }
}

/** Whether the same index is there. Throws 85 and 86 for one that is only partly the same. */
function isKnown(indexes: readonly IndexInfo[], index: IndexInfo): boolean {
  if (isIdKey(index.key)) return true;
  const named = indexes.find((known) => known.name === index.name);
  if (named !== undefined) {
    if (!sameSignature(named, index)) {
      fail(
        'IndexKeySpecsConflict',
        `An existing index has the same name as the requested index. When index names are not specified, they are auto generated and can cause conflicts. Please refer to our documentation. ${bothSpecs(index, named)}`,
      );
    }
    if (named.expireAfterSeconds !== index.expireAfterSeconds) {
      fail(
        'IndexOptionsConflict',
        `An equivalent index already exists with the same name but different options. ${bothSpecs(index, named)}`,
      );
    }
    return true;
  }
  const equivalent = indexes.find((known) => sameSignature(known, index));
  if (equivalent === undefined) return false;
  if (equivalent.expireAfterSeconds === index.expireAfterSeconds) {
    fail('IndexOptionsConflict', `Index already exists with a different name: ${equivalent.name}`);
  }
  return fail(
    'IndexOptionsConflict',
    `An equivalent index already exists with a different name and options. ${bothSpecs(index, equivalent)}`,
  );
}

function bothSpecs(requested: IndexInfo, existing: IndexInfo): string {
  return `Requested index: ${shellText(specOf(requested))}, existing index: ${shellText(specOf(existing))}`;
}

function isIdKey(key: Doc): boolean {
  return key.fields.length === 1 && key.fields[0]?.name === '_id' && toDouble(key.fields[0].value as number) === 1;
}

/** Indexes may share a key pattern when one of these differs. */
function sameSignature(a: IndexInfo, b: IndexInfo): boolean {
  if (compareValues(a.key, b.key) !== 0 || a.unique !== b.unique || a.sparse !== b.sparse) return false;
  if (a.partial === undefined || b.partial === undefined) return a.partial === b.partial;
  return compareValues(a.partial, b.partial) === 0;
}

const listIndexes: Command = async (context) => {
  const collection = context.collection();
  if (collection === undefined) return fail('NamespaceNotFound', `ns does not exist: ${context.namespace}`);
  return listReply(context, context.namespace, collection.indexes.map(specOf));
};

const dropIndexes: Command = (context) =>
  context.env.write(() => {
    const collection = context.collection();
    if (collection === undefined) return fail('NamespaceNotFound', `ns not found ${context.namespace}`);
    const asked = context.arg('index');
    const nIndexesWas = collection.indexes.length;
    if (typeof asked !== 'string' && !(asked instanceof Doc) && !(asked instanceof Arr)) {
      return fail(
        'TypeMismatch',
        `BSON field 'dropIndexes.index' is the wrong type '${typeName(asked)}', expected types '[string, object, array]'`,
      );
    }
    const names = asked === '*' ? collection.indexes.slice(1) : asArray(asked).map((one) => named(collection, one));
    if (names.some((index) => index === collection.idIndex)) fail('InvalidOptions', 'cannot drop _id index');
    collection.setIndexes(collection.indexes.filter((index) => !names.includes(index)));
    context.catalog.dropTables(names.map((index) => index.table));
    const msg = asked === '*' ? 'non-_id indexes dropped for collection' : undefined;
    return okReply({ nIndexesWas, msg });
  });

function asArray(asked: ReturnType<CommandContext['arg']>): readonly unknown[] {
  if (!(asked instanceof Arr)) return [asked];
  asked.items.forEach((name, i) => {
    if (typeof name !== 'string') wrongType(`dropIndexes.index.${i}`, name, "type 'string'");
  });
  return asked.items;
}

function named(collection: Collection, asked: unknown): IndexInfo {
  if (asked instanceof Doc) {
    return (
      collection.indexes.find((index) => compareValues(index.key, asked) === 0) ??
      fail('IndexNotFound', `can't find index with key: ${shellText(asked)}`)
    );
  }
  return (
    collection.indexes.find((index) => index.name === asked) ??
    fail('IndexNotFound', `index not found with name [${String(asked)}]`)
  );
}

export const indexCommands: Readonly<Record<string, Command>> = {
  createIndexes,
  listIndexes,
  dropIndexes,
  deleteIndexes: dropIndexes,
};
