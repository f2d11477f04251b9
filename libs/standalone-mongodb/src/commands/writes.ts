import type { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe } from '../bson/values.js';
import { fail } from '../errors.js';
import { prepareInsert } from '../update/upsert.js';
import { okReply } from '../wire/reply.js';
import { checkStatement } from './arguments.js';
import type { CommandContext } from './context.js';
import { deleteMatching } from './delete.js';
import type { Command } from './registry.js';
import { PlainDocument, PlainReplacement, partsOf } from './plain-statement.js';
import { updateMatching, type UpdateStatement } from './update.js';
import { UpdateTotals } from './update-totals.js';
import { runStatements } from './write-errors.js';

const MAX_BATCH = 100_000;

function statementsOf(context: CommandContext, name: string): readonly Doc[] {
  const statements = context.documents(name);
  if (statements.length === 0 || statements.length > MAX_BATCH) {
    fail('InvalidLength', `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${statements.length} operations.`);
  }
  return statements;
}

const insert: Command = (context) => {
  const docs = statementsOf(context, 'documents');
  const ordered = context.flag('ordered', true);
  const unchecked = context.bypassesValidation;
  const keepsEmpty = context.keepsEmptyTimestamps;
  return context.env.write(async () => {
    const collection = context.catalog.ensure(context.db, context.collectionName);
    let n = 0;
    const plain = new PlainDocument();
    const writeErrors = await runStatements(docs, ordered, (doc) => {
      if (!plain.read(doc) || !collection.raw.insert(plain))
        collection.insert(prepareInsert(doc, keepsEmpty), unchecked);
      n += 1;
    });
    return okReply({ n, writeErrors: writeErrors.length > 0 ? writeErrors : undefined });
  });
};

const update: Command = (context) => {
  const statements = statementsOf(context, 'updates');
  for (const statement of statements) {
    if (partsOf(statement) === undefined) checkStatement('update.updates', statement);
    if (statement.has('sort') && isTrue(statement.get('multi'))) {
      fail('FailedToParse', 'Cannot specify sort with multi=true');
    }
  }
  const ordered = context.flag('ordered', true);
  return context.env.write(async () => {
    const totals = new UpdateTotals();
    const plain = new PlainReplacement();
    const writeErrors = await runStatements(statements, ordered, (statement, index) => {
      const raw = plain.readStatement(statement) ? context.collection()?.raw : undefined;
      const outcome = raw?.replace(plain) ?? 'general';
      if (outcome !== 'general') return totals.addOutcome(outcome, index, plain);
      const result = updateMatching(context, statementOf(context, statement));
      if (result instanceof Promise) return result.then((later) => totals.addResult(later, index));
      return totals.addResult(result, index);
    });
    return okReply({ ...totals.fields(), writeErrors: writeErrors.length > 0 ? writeErrors : undefined });
  });
};

function statementOf(context: CommandContext, statement: Doc): UpdateStatement {
  return {
    filter: statement.get('q') as Doc,
    update: statement.get('u'),
    arrayFilters: statement.get('arrayFilters'),
    multi: isTrue(statement.get('multi')),
    upsert: isTrue(statement.get('upsert')),
    hint: statement.get('hint') ?? undefined,
    sort: statement.get('sort') ?? undefined,
    supplied: isTrue(statement.get('upsertSupplied')),
    constants: statement.get('c') ?? undefined,
    variables: context.doc('let'),
  };
}

const remove: Command = (context) => {
  const statements = statementsOf(context, 'deletes');
  for (const statement of statements) {
    checkStatement('delete.deletes', statement);
    limitOf(statement);
  }
  const ordered = context.flag('ordered', true);
  return context.env.write(async () => {
    let n = 0;
    const writeErrors = await runStatements(statements, ordered, async (statement) => {
      const one = limitOf(statement) === 1;
      n += await deleteMatching(context, statement.get('q') as Doc, one, statement.get('hint') ?? undefined);
    });
    return okReply({ n, writeErrors: writeErrors.length > 0 ? writeErrors : undefined });
  });
};

/** A delete's limit; whatever is no number counts as 0, as with mongod. */
function limitOf(statement: Doc): number {
  const value = statement.get('limit');
  const limit = isNumber(value) ? toDouble(value) : 0;
  if (limit === 0 || limit === 1) return limit;
  return fail('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${limit}`);
}

export function isTrue(value: Maybe): boolean {
  return value === true || (isNumber(value) && toDouble(value) !== 0);
}

export const writeCommands: Readonly<Record<string, Command>> = { insert, update, delete: remove };
