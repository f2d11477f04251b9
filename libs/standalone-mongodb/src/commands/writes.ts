import { docOf } from '../bson/build.js';
import { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Maybe, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { prepareInsert } from '../update/upsert.js';
import { okReply } from '../wire/reply.js';
import type { CommandContext } from './context.js';
import { deleteMatching } from './delete.js';
import type { Command } from './registry.js';
import { updateMatching } from './update.js';
import { runStatements } from './write-errors.js';

const MAX_BATCH = 100_000;

/** Refuses what a standalone mongod refuses of a write: transactions and retries. */
export function checkWrite(context: CommandContext): void {
  if (context.arg('txnNumber') !== undefined) {
    fail('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
  }
}

function statementsOf(context: CommandContext, name: string): readonly Doc[] {
  checkWrite(context);
  const statements = context.documents(name);
  if (statements.length === 0 || statements.length > MAX_BATCH) {
    fail('InvalidLength', `Write batch sizes must be between 1 and ${MAX_BATCH}. Got ${statements.length} operations.`);
  }
  return statements;
}

const insert: Command = (context) => {
  const docs = statementsOf(context, 'documents');
  const ordered = context.flag('ordered', true);
  return context.env.write(async () => {
    const collection = context.catalog.ensure(context.db, context.collectionName);
    let n = 0;
    const writeErrors = await runStatements(docs, ordered, (doc) => {
      collection.insert(prepareInsert(doc));
      n += 1;
    });
    return okReply({ n, writeErrors: writeErrors.length > 0 ? writeErrors : undefined });
  });
};

const update: Command = (context) => {
  const statements = statementsOf(context, 'updates');
  const ordered = context.flag('ordered', true);
  return context.env.write(async () => {
    let n = 0;
    let nModified = 0;
    const upserted: Doc[] = [];
    const writeErrors = await runStatements(statements, ordered, async (statement, index) => {
      const result = await updateMatching(context, {
        filter: required(statement, 'q'),
        update: statement.get('u'),
        arrayFilters: statement.get('arrayFilters'),
        multi: isTrue(statement.get('multi')),
        upsert: isTrue(statement.get('upsert')),
        hint: statement.get('hint') ?? undefined,
        sort: statement.get('sort') ?? undefined,
        constants: statement.get('c') ?? undefined,
        variables: context.doc('let'),
      });
      n += result.matched;
      nModified += result.modified;
      if (result.upsertedId !== undefined) {
        n += 1;
        upserted.push(docOf({ index, _id: result.upsertedId }));
      }
    });
    return okReply({
      n,
      upserted: upserted.length > 0 ? upserted : undefined,
      nModified,
      writeErrors: writeErrors.length > 0 ? writeErrors : undefined,
    });
  });
};

const remove: Command = (context) => {
  const statements = statementsOf(context, 'deletes');
  const ordered = context.flag('ordered', true);
  return context.env.write(async () => {
    let n = 0;
    const writeErrors = await runStatements(statements, ordered, async (statement) => {
      const limit = statement.get('limit');
      if (!isNumber(limit)) failAt(40414, "BSON field 'delete.deletes.limit' is missing but a required field");
      if (toDouble(limit) !== 0 && toDouble(limit) !== 1) {
        fail('FailedToParse', `The limit field in delete objects must be 0 or 1. Got ${toDouble(limit)}`);
      }
      const filter = required(statement, 'q');
      n += await deleteMatching(context, filter, toDouble(limit) === 1, statement.get('hint') ?? undefined);
    });
    return okReply({ n, writeErrors: writeErrors.length > 0 ? writeErrors : undefined });
  });
};

function required(statement: Doc, name: string): Doc {
  const value = statement.get(name);
  if (value instanceof Doc) return value;
  if (value === undefined) failAt(40414, `BSON field '${name}' is missing but a required field`);
  return fail('TypeMismatch', `BSON field '${name}' is the wrong type, expected type 'object'`);
}

export function isTrue(value: Maybe): boolean {
  return value === true || (isNumber(value) && toDouble(value as Value as number) !== 0);
}

export const writeCommands: Readonly<Record<string, Command>> = { insert, update, delete: remove };
