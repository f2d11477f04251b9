import type { Doc } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import { checkWritable } from '../storage/names.js';
import { compileFilter } from '../query/filter.js';
import type { CommandContext } from './context.js';
import { eachTarget, findTargets, pinnedId } from './target.js';
import { variablesIn } from './update.js';

/** Deletes what matches, or the first of it. Returns how many. For writers. */
export async function deleteMatching(
  context: CommandContext,
  filterDoc: Doc,
  one: boolean,
  hint: Value | undefined,
): Promise<number> {
  const filter = compileFilter(filterDoc, variablesIn(filterDoc, context.doc('let')));
  checkWritable(context.namespace, context.collectionName);
  const collection = context.collection();
  if (collection === undefined) return 0;
  if (!one && (hint !== undefined || pinnedId(filter.node) === undefined)) {
    return eachTarget(collection, filter, hint, ({ rid, doc }) => collection.remove(rid, doc));
  }
  const found = findTargets(collection, filter, one ? 1 : 0, undefined, hint);
  const targets = found instanceof Promise ? await found : found;
  for (const { rid, doc } of targets) collection.remove(rid, doc);
  return targets.length;
}
