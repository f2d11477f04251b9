import { docOf, DoubleOf, kept, type PlainObject } from '../bson/build.js';
import { Doc, type Field } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { Int32, isNumber, type NumberValue } from '../bson/values.js';
import { fail, failAt, MongoError } from '../errors.js';
import type { Request } from '../wire/message.js';
import { okReply } from '../wire/reply.js';
import { shellText } from '../query/shell-text.js';
import { prepareInsert } from '../update/upsert.js';
import { batchSizeOf, checkStatement, checkUpdate } from './arguments.js';
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
  const batchSize = batchSizeOf(context.doc('cursor'), 'bulkWrite.cursor');
  if (ops.length === 0 || ops.length > 100_000) {
    fail('InvalidLength', `Write batch sizes must be between 1 and 100000. Got ${ops.length} operations.`);
  }
  for (const op of ops) checkOperation(op, spaces.length);
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
        const none = op.first?.name === 'update' ? { n: 0, nModified: 0 } : { n: 0 };
        results.push(docOf({ ok: ZERO, idx, code: error.code, errmsg: error.message, ...error.extra, ...none }));
        if (ordered) break;
      }
    }
  });
  const cursor = new Cursor('admin.$cmd.bulkWrite', results, results.length);
  const first = await context.cursors.first(cursor, batchSize ?? results.length + 1, false);
  return okReply({ ...first, ...totals });
};

const ONE = new DoubleOf(1);
const ZERO = new DoubleOf(0);

interface Space {
  readonly db: string;
  readonly coll: string;
}

function namespaceOf(info: Doc): Space {
  checkStatement('nsInfo', info);
  const ns = info.get('ns') as string;
  const dot = ns.indexOf('.');
  if (dot <= 0 || dot === ns.length - 1) {
    return fail('InvalidNamespace', `Invalid namespace specified for bulkWrite: '${ns}'`);
  }
  return { db: ns.slice(0, dot), coll: ns.slice(dot + 1) };
}

const KINDS = new Map<string, 'insert' | 'bulkUpdate' | 'bulkDelete'>([
  ['insert', 'insert'],
  ['update', 'bulkUpdate'],
  ['delete', 'bulkDelete'],
]);

/** All operations are looked at before any is done. */
function checkOperation(op: Doc, spaces: number): void {
  const first = op.first;
  const kind = KINDS.get(first?.name ?? '');
  if (first === undefined || kind === undefined) {
    return failAt(40415, `BSON field 'bulkWrite.ops.${first?.name ?? ''}' is an unknown field.`);
  }
  checkStatement(kind, op);
  if (kind === 'bulkUpdate') checkUpdate('bulkWrite.ops', op.get('updateMods'), op.get('arrayFilters'));
  if (!isNumber(first.value) || toDouble(first.value) >= spaces) {
    fail('BadValue', `BulkWrite ops entry ${shellText(op)} has an invalid nsInfo index.`);
  }
  if (op.has('sort') && isTrue(op.get('multi'))) fail('FailedToParse', 'Cannot specify sort with multi=true');
}

/** The statement's command as if it had come alone. */
async function runOne(
  context: CommandContext,
  op: Doc,
  spaces: readonly Space[],
  totals: Totals,
): Promise<PlainObject> {
  const { name, value } = op.first as Field;
  const space = spaces[Math.trunc(toDouble(value as NumberValue))] as Space;
  const bypassDocumentValidation = context.bypassesValidation;
  const flags = { bypassDocumentValidation, bypassEmptyTsReplacement: context.keepsEmptyTimestamps };
  const body = docOf({ [name]: space.coll, $db: space.db, let: context.doc('let'), ...flags });
  const request: Request = { ...context.request, body, sequences: new Map() };
  const nested = new CommandContext(context.catalog, context.cursors, request, context.connectionId);
  if (name === 'insert') {
    const made = prepareInsert(op.get('document') as Doc, context.keepsEmptyTimestamps);
    context.catalog.ensure(space.db, space.coll).insert(made, bypassDocumentValidation);
    totals.nInserted += 1;
    return { n: 1 };
  }
  if (name === 'update') return runUpdate(nested, op, totals);
  const one = !isTrue(op.get('multi'));
  const n = await deleteMatching(nested, op.get('filter') as Doc, one, op.get('hint') ?? undefined);
  totals.nDeleted += n;
  return { n };
}

async function runUpdate(context: CommandContext, op: Doc, totals: Totals): Promise<PlainObject> {
  const result = await updateMatching(context, {
    filter: op.get('filter') as Doc,
    update: op.get('updateMods'),
    arrayFilters: op.get('arrayFilters'),
    multi: isTrue(op.get('multi')),
    upsert: isTrue(op.get('upsert')),
    hint: op.get('hint') ?? undefined,
    sort: op.get('sort') ?? undefined,
    supplied: isTrue(op.get('upsertSupplied')),
    constants: op.get('constants') ?? undefined,
    variables: context.doc('let'),
  });
  totals.nMatched += result.matched;
  totals.nModified += result.modified;
  if (result.upsertedId === undefined) return { n: result.matched, nModified: result.modified };
  totals.nUpserted += 1;
  return { n: 1, nModified: new Int32(0), upserted: docOf({ _id: kept(result.upsertedId) }) };
}

export const bulkWriteCommands: Readonly<Record<string, Command>> = { bulkWrite };
