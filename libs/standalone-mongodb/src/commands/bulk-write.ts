import { docOf, DoubleOf, kept, type PlainObject } from '../bson/build.js';
import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber } from '../bson/values.js';
import { fail, failAt, MongoError } from '../errors.js';
import type { Request } from '../wire/message.js';
import { okReply } from '../wire/reply.js';
import { prepareInsert } from '../update/upsert.js';
import { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import { deleteMatching } from './delete.js';
import type { Command } from './registry.js';
import { updateMatching } from './update.js';
import { isTrue } from './writes.js';

interface Totals {
  nErrors: number;
  nInserted: number;
  nMatched: number;
  nModified: number;
  nUpserted: number;
  nDeleted: number;
}

/** The 8.0 command: inserts, updates and deletes in several collections; what each did comes as a cursor. */
const bulkWrite: Command = async (context) => {
  const ops = context.documents('ops');
  const spaces = context.documents('nsInfo').map(namespaceOf);
  if (ops.length === 0 || ops.length > 100_000) {
    fail('InvalidLength', `Write batch sizes must be between 1 and 100000. Got ${ops.length} operations.`);
  }
  const ordered = context.flag('ordered', true);
  const errorsOnly = context.flag('errorsOnly');
  const totals: Totals = { nErrors: 0, nInserted: 0, nMatched: 0, nModified: 0, nUpserted: 0, nDeleted: 0 };
  const results: Doc[] = [];
  await context.env.write(async () => {
    for (const [idx, op] of ops.entries()) {
      try {
        const result = await runOne(context, op, spaces, totals);
        if (!errorsOnly) results.push(docOf({ ok: ONE, idx, ...result }));
      } catch (error) {
        if (!(error instanceof MongoError)) throw error;
        totals.nErrors += 1;
        results.push(docOf({ ok: ZERO, idx, code: error.code, errmsg: error.message, ...error.extra, n: 0 }));
        if (ordered) break;
      }
    }
  });
  const first = await context.cursors.first(new Cursor('admin.$cmd.bulkWrite', results), results.length + 1, false);
  return okReply({ ...first, ...totals });
};

const ONE = new DoubleOf(1);
const ZERO = new DoubleOf(0);

function namespaceOf(info: Doc): { db: string; coll: string } {
  const ns = info.get('ns');
  const dot = typeof ns === 'string' ? ns.indexOf('.') : -1;
  if (typeof ns !== 'string' || dot <= 0)
    return fail('InvalidNamespace', `Invalid namespace specified for bulkWrite: '${String(ns)}'`);
  return { db: ns.slice(0, dot), coll: ns.slice(dot + 1) };
}

/** The statement's command as if it had come alone. */
async function runOne(
  context: CommandContext,
  op: Doc,
  spaces: readonly { db: string; coll: string }[],
  totals: Totals,
): Promise<PlainObject> {
  const first = op.fields[0];
  const space = isNumber(first?.value) ? spaces[toDouble(first.value)] : undefined;
  if (first === undefined || space === undefined) {
    return fail('BadValue', `BulkWrite ops entry ${first?.name ?? ''} has an invalid nsInfo index.`);
  }
  const bypassDocumentValidation = context.bypassesValidation;
  const body = docOf({ [first.name]: space.coll, $db: space.db, let: context.doc('let'), bypassDocumentValidation });
  const request: Request = { ...context.request, body, sequences: new Map() };
  const nested = new CommandContext(context.catalog, context.cursors, request, context.connectionId);
  switch (first.name) {
    case 'insert':
      context.catalog
        .ensure(space.db, space.coll)
        .insert(prepareInsert(documentOf(op, 'document')), bypassDocumentValidation);
      totals.nInserted += 1;
      return { n: 1 };
    case 'update':
      return runUpdate(nested, op, totals);
    case 'delete': {
      const one = !isTrue(op.get('multi'));
      const n = await deleteMatching(nested, documentOf(op, 'filter'), one, op.get('hint') ?? undefined);
      totals.nDeleted += n;
      return { n };
    }
  }
  return failAt(40415, `BSON field 'bulkWrite.ops.${first.name}' is an unknown field.`);
}

async function runUpdate(context: CommandContext, op: Doc, totals: Totals): Promise<PlainObject> {
  const result = await updateMatching(context, {
    filter: documentOf(op, 'filter'),
    update: op.get('updateMods'),
    arrayFilters: op.get('arrayFilters'),
    multi: isTrue(op.get('multi')),
    upsert: isTrue(op.get('upsert')),
    hint: op.get('hint') ?? undefined,
    sort: op.get('sort') ?? undefined,
    constants: op.get('constants') ?? undefined,
    variables: context.doc('let'),
  });
  totals.nMatched += result.matched;
  totals.nModified += result.modified;
  if (result.upsertedId === undefined) return { n: result.matched, nModified: result.modified };
  totals.nUpserted += 1;
  return { n: 1, nModified: new Int32(0), upserted: docOf({ _id: kept(result.upsertedId) }) };
}

function documentOf(op: Doc, name: string): Doc {
  const value = op.get(name);
  return value instanceof Doc
    ? value
    : failAt(40414, `BSON field 'bulkWrite.ops.${name}' is missing but a required field`);
}

export const bulkWriteCommands: Readonly<Record<string, Command>> = { bulkWrite };
