import { Arr, Doc } from '../bson/document.js';
import { compareValues } from '../bson/compare.js';
import { toDouble } from '../bson/numbers.js';
import { CODES, fail, MongoError } from '../errors.js';
import { shellText } from '../query/shell-text.js';
import type { Collection } from '../storage/collection.js';
import { RID_BYTES } from '../storage/environment.js';
import { specOf, type IndexInfo } from '../storage/index-info.js';
import { checkedIndex } from '../storage/index-spec.js';
import { typeName } from '../bson/values.js';
import { okReply } from '../wire/reply.js';
import { listReply } from './collections.js';
import type { CommandContext } from './context.js';
import type { Command } from './registry.js';

const MAX_INDEXES = 64;
const BUILD_CHUNK = 2000;
const BUILD_BYTES = 8 * 1024 * 1024;

const createIndexes: Command = (context) => {
  const specs = context.documents('indexes');
  if (specs.length === 0) fail('BadValue', 'Must specify at least one index to create');
  return context.env.write(async () => {
    const createdCollectionAutomatically = context.collection() === undefined;
    const wanted = specs.map((spec) => checkedIndex(spec));
    const collection = context.catalog.ensure(context.db, context.collectionName);
    const before = collection.indexes;
    const numIndexesBefore = before.length;
    const missing = wanted.filter((index) => !isKnown(collection, index));
    if (numIndexesBefore + missing.length > MAX_INDEXES) {
      fail('CannotCreateIndex', `add index fails, too many indexes for ${collection.namespace}`);
    }
    try {
      for (const index of missing) {
        if (!isKnown(collection, index)) {
          await build(context, collection, { ...index, table: context.catalog.nextTable() });
        }
      }
    } catch (error) {
      // All of a command's indexes come to be, or none.
      const made = collection.indexes.filter((index) => !before.includes(index));
      collection.setIndexes(before);
      context.catalog.dropTables(made.map((index) => index.table));
      throw error;
    }
    const numIndexesAfter = collection.indexes.length;
    return okReply({
      numIndexesBefore,
      numIndexesAfter,
      createdCollectionAutomatically,
      note: numIndexesBefore === numIndexesAfter ? 'all indexes already exist' : undefined,
    });
  });
};

/** Whether the same index is there. Throws 85 and 86 for one that is only partly the same. */
function isKnown(collection: Collection, index: IndexInfo): boolean {
  if (isIdKey(index.key)) return true;
  const named = collection.indexes.find((known) => known.name === index.name);
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
  const equivalent = collection.indexes.find((known) => sameSignature(known, index));
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

/** Fills a new index from the documents; other writers wait. A duplicate leaves nothing behind. */
async function build(context: CommandContext, collection: Collection, index: IndexInfo): Promise<void> {
  const { env } = context;
  await env.settle();
  let start = collection.recordKey(0);
  const end = collection.recordKey(2 ** 48 - 1);
  try {
    for (;;) {
      const range = { start, end, limit: BUILD_CHUNK, exclusiveStart: true };
      const { items, more } = env.records.entries(range, BUILD_BYTES);
      for (const { key, value } of items) {
        collection.addToIndex(index, Doc.raw(value), key.readUIntBE(4, RID_BYTES));
      }
      await env.settle();
      const last = items[items.length - 1];
      if (!more || last === undefined) break;
      start = last.key;
    }
  } catch (error) {
    context.catalog.dropTables([index.table]);
    if (!(error instanceof MongoError)) throw error;
    const prefix = error.code === CODES.DuplicateKey ? `Index build failed: ${collection.namespace}: ` : '';
    throw new MongoError(error.code, error.codeName, `${prefix}${error.message}`, error.extra);
  }
  collection.setIndexes([...collection.indexes, index]);
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
  return asked instanceof Arr ? asked.items : [asked];
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
