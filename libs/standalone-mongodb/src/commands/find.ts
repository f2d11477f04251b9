import { Arr, Doc, Field } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import { fail, failAt, inContext } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { compileFindProjection } from '../query/find-projection.js';
import { documents, search, type FindOptions, type Search } from '../query/find.js';
import { visitPath } from '../query/path.js';
import type { Hit } from '../query/scan.js';
import { parseSort } from '../query/sort.js';
import { keyText } from '../query/tests.js';
import { okReply } from '../wire/reply.js';
import { checkFieldPath } from '../aggregate/expression.js';
import { variablesOf } from '../aggregate/variables.js';
import { wrongType } from './arguments.js';
import type { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import type { Command } from './registry.js';

const UNSUPPORTED = ['min', 'max', 'returnKey'];

function refuseUnsupported(context: CommandContext): void {
  checkCollation(context);
  for (const name of UNSUPPORTED) {
    const value = context.arg(name);
    if (value === undefined || value === false || (value instanceof Doc && value.isEmpty)) continue;
    fail('NotImplemented', `standalone mode has no ${context.name} option '${name}'`);
  }
}

/** Strings compare by their bytes here: only the simple collation is taken. */
export function checkCollation(context: CommandContext): void {
  const collation = context.doc('collation');
  if (collation === undefined || collation.isEmpty || collation.get('locale') === 'simple') return;
  if (!collation.has('locale')) {
    failAt(40414, "BSON field 'collation.locale' is missing but a required field");
  }
  fail('NotImplemented', `standalone mode has no ${context.name} option 'collation'`);
}

/** The parts of a find; also what explain explains. */
export function findOptions(context: CommandContext): FindOptions & { readonly singleBatch: boolean } {
  refuseUnsupported(context);
  const limit = context.number('limit') ?? 0;
  const skip = context.number('skip') ?? 0;
  return {
    filter: compileFilter(context.doc('filter') ?? Doc.EMPTY, variablesOf(context.doc('let'))),
    sort: parseSort(context.arg('sort')),
    skip,
    limit,
    hint: hintOf(context.arg('hint')),
    singleBatch: context.flag('singleBatch'),
    space: context.space,
  };
}

export function hintOf(value: Value | undefined): Value | undefined {
  return value instanceof Doc && value.isEmpty ? undefined : value;
}

export function deadlineOf(context: CommandContext): number | undefined {
  const limit = context.number('maxTimeMS') ?? 0;
  return limit > 0 ? Date.now() + limit : undefined;
}

const find: Command = async (context) => {
  const options = findOptions(context);
  const batchSize = context.number('batchSize');
  const project = compileFindProjection(
    context.doc('projection') ?? Doc.EMPTY,
    options.filter,
    variablesOf(context.doc('let')),
  );
  const collection = context.collection();
  checkTailable(context, collection !== undefined);
  const hits = collection === undefined ? [] : search(collection, options).hits;
  const found = context.flag('showRecordId') ? numbered(hits, project) : projected(documents(hits), project);
  const during = `Executor error during find command: ${context.namespace}`;
  const cursor = new Cursor(context.namespace, found, options.limit, deadlineOf(context), during);
  cursor.staysOpen = context.flag('noCursorTimeout');
  return okReply(await context.cursors.first(cursor, batchSize, options.singleBatch));
};

/** No collection is capped here. */
function checkTailable(context: CommandContext, exists: boolean): void {
  const tailable = context.flag('tailable');
  if (context.flag('awaitData') && !tailable) {
    fail('FailedToParse', "Cannot set 'awaitData' without also setting 'tailable'");
  }
  if (tailable && exists)
    fail('BadValue', 'error processing query: tailable cursor requested on non capped collection');
}

function* projected(docs: Iterable<Doc | null>, project: (doc: Doc) => Doc): Generator<Doc | null> {
  for (const doc of docs) yield doc === null ? null : project(doc);
}

/** Documents with the number under which each is stored. */
function* numbered(hits: Iterable<Hit | null>, project: (doc: Doc) => Doc): Generator<Doc | null> {
  for (const hit of hits) {
    if (hit === null) yield null;
    else yield Doc.of([...project(hit.doc).fields, Field.of('$recordId', BigInt(hit.rid))]);
  }
}

const getMore: Command = async (context) => {
  const id = context.body.fields[0]?.value;
  if (typeof id !== 'bigint') return context.wrongType('getMore', 'long');
  const batchSize = context.number('batchSize');
  const name = context.string('collection');
  if (name === '') fail('InvalidNamespace', 'Collection names cannot be empty');
  if (context.arg('maxTimeMS') !== undefined && context.cursors.has(id)) {
    fail('BadValue', 'cannot set maxTimeMS on getMore command for a non-awaitData cursor');
  }
  return okReply(await context.cursors.more(id, `${context.db}.${name}`, batchSize));
};

const killCursors: Command = (context) => {
  const asked = context.arg('cursors');
  if (!(asked instanceof Arr)) return context.wrongType('cursors', 'array');
  for (const [i, id] of asked.items.entries()) {
    if (typeof id !== 'bigint') wrongType(`killCursors.cursors.${i}`, id, "type 'long'");
  }
  const killed = asked.items.filter((id) => context.cursors.kill(id as bigint));
  const notFound = asked.items.filter((id) => !killed.includes(id));
  return okReply({ cursorsKilled: killed, cursorsNotFound: notFound, cursorsAlive: [], cursorsUnknown: [] });
};

/** A count's limit, whose sign does not count. */
export function countLimit(context: CommandContext): number {
  if (context.arg('limit') === -(2n ** 63n)) fail('BadValue', 'limit value for count cannot be min long');
  return Math.abs(context.number('limit') ?? 0);
}

const count: Command = async (context) => {
  refuseUnsupported(context);
  const collection = context.collection();
  const filterDoc = context.doc('query') ?? Doc.EMPTY;
  const limit = countLimit(context);
  const skip = context.number('skip') ?? 0;
  const filter = compileFilter(filterDoc, variablesOf(context.doc('let')));
  if (collection === undefined) return okReply({ n: 0 });
  const hint = hintOf(context.arg('hint'));
  if (filterDoc.isEmpty && hint === undefined) {
    const rest = Math.max(0, collection.count - skip);
    return okReply({ n: limit > 0 ? Math.min(limit, rest) : rest });
  }
  const sort = parseSort(undefined);
  let n = 0;
  const found = search(collection, { filter, sort, skip, limit, hint, countOnly: true });
  await drain(found, during(context), () => (n += 1));
  return okReply({ n });
};

/** Runs a search to its end, letting others run in between; errors on the way come in a context. */
export async function drain(found: Search, context: string, each: (doc: Doc) => void): Promise<void> {
  let since = performance.now();
  try {
    for (const hit of found.hits) {
      if (hit !== null) {
        each(hit.doc);
      } else if (performance.now() - since > 8) {
        await new Promise((resolve) => setImmediate(resolve));
        since = performance.now();
      }
    }
  } catch (error) {
    throw inContext(context, error);
  }
}

function during(context: CommandContext): string {
  return `Executor error during ${context.name} command on namespace: ${context.namespace}`;
}

const distinct: Command = async (context) => {
  refuseUnsupported(context);
  const key = context.string('key');
  if (key.includes('\0')) failAt(31032, 'Key field cannot contain an embedded null byte');
  checkFieldPath(key);
  const parts = key.split('.');
  const collection = context.collection();
  const filter = compileFilter(context.doc('query') ?? Doc.EMPTY, variablesOf(context.doc('let')));
  if (collection === undefined) return okReply({ values: [] });
  const values = new Map<string, Value>();
  const options = { filter, sort: parseSort(undefined), skip: 0, limit: 0, hint: hintOf(context.arg('hint')) };
  await drain(search(collection, options), during(context), (doc) => {
    visitPath(doc, parts, false, (value) => {
      if (value instanceof Arr) for (const item of value.items) values.set(keyText(item), item);
      else if (value !== undefined && !values.has(keyText(value))) values.set(keyText(value), value);
      return false;
    });
  });
  return okReply({ values: Arr.of([...values.values()]) });
};

export const findCommands: Readonly<Record<string, Command>> = { find, getMore, killCursors, count, distinct };
