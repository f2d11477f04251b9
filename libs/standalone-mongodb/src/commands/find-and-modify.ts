import { docOf, kept } from '../bson/build.js';
import { variablesOf } from '../aggregate/variables.js';
import { Arr, Doc } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import { fail, inContext } from '../errors.js';
import { compileFilter } from '../query/filter.js';
import { compileFindProjection } from '../query/find-projection.js';
import { isPositional } from '../query/projection.js';
import { parseSort } from '../query/sort.js';
import { compileUpdate } from '../update/update.js';
import { okReply } from '../wire/reply.js';
import type { CommandContext } from './context.js';
import { checkCollation, hintOf } from './find.js';
import type { Command } from './registry.js';
import { findTargets } from './target.js';
import { applyTo, insertNew } from './update.js';

const findAndModify: Command = (context) => {
  checkCollation(context);
  const remove = context.flag('remove');
  const update = context.arg('update');
  if (remove && update !== undefined) {
    fail('FailedToParse', "Cannot specify both an 'update' and 'remove'=true");
  }
  if (!remove && update === undefined) {
    fail('FailedToParse', "Either an 'update' or 'remove'=true must be specified");
  }
  if (remove && context.flag('upsert')) fail('FailedToParse', "Cannot specify both 'upsert'=true and 'remove'=true ");
  if (remove && context.flag('new')) {
    fail(
      'FailedToParse',
      "Cannot specify both 'new'=true and 'remove'=true; 'remove' always returns the deleted document",
    );
  }
  if (context.flag('new') && context.doc('fields')?.fields.some(({ name }) => isPositional(name)) === true) {
    fail('BadValue', 'Cannot use a positional projection and return the new document.');
  }
  if (remove && context.arg('arrayFilters') !== undefined) {
    fail('FailedToParse', "Cannot specify 'arrayFilters' and 'remove'=true");
  }
  return context.env.write(() => (remove ? removeOne(context) : updateOne(context)));
};

async function removeOne(context: CommandContext): Promise<Doc> {
  const { target, project } = await locate(context);
  if (target === undefined) return reply(null, { n: 0 });
  return executing(() => {
    const value = project(target.doc);
    context.collection()?.remove(target.rid, target.doc);
    return reply(value, { n: 1 });
  });
}

async function updateOne(context: CommandContext): Promise<Doc> {
  const given = context.arg('update');
  const variables = given instanceof Arr ? variablesOf(context.doc('let')) : undefined;
  const update = compileUpdate(given, context.arg('arrayFilters'), variables, context.keepsEmptyTimestamps);
  const wantsNew = context.flag('new');
  const { filter, target, project } = await locate(context);
  const collection = context.collection();
  return executing(() => {
    if (target !== undefined && collection !== undefined) {
      const next = applyTo(collection, target, filter, update, context.bypassesValidation);
      return reply(project(wantsNew ? next : target.doc), { n: 1, updatedExisting: true });
    }
    if (!context.flag('upsert')) return reply(null, { n: 0, updatedExisting: false });
    const made = insertNew(context, filter, update);
    return reply(wantsNew ? project(made) : null, {
      n: 1,
      updatedExisting: false,
      upserted: kept(made.get('_id') ?? null),
    });
  });
}

function executing(run: () => Doc): Doc {
  try {
    return run();
  } catch (error) {
    throw inContext('Plan executor error during findAndModify', error);
  }
}

async function locate(context: CommandContext) {
  const filter = compileFilter(context.doc('query') ?? Doc.EMPTY, variablesOf(context.doc('let')));
  const project = compileFindProjection(context.doc('fields') ?? Doc.EMPTY, filter, variablesOf(context.doc('let')));
  const collection = context.collection();
  if (collection === undefined) return { filter, project, target: undefined };
  const sort = parseSort(context.arg('sort'));
  const targets = await findTargets(collection, filter, 1, sort, hintOf(context.arg('hint')));
  return { filter, project, target: targets[0] };
}

function reply(value: Value, lastErrorObject: Parameters<typeof docOf>[0]): Doc {
  return okReply({ lastErrorObject, value });
}

export const findAndModifyCommands: Readonly<Record<string, Command>> = { findAndModify, findandmodify: findAndModify };
