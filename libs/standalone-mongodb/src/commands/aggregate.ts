import { runPipeline } from '../aggregate/index.js';
import { variablesOf } from '../aggregate/variables.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';
import { fail, failAt } from '../errors.js';
import { okReply } from '../wire/reply.js';
import { outputOf, writeOutput } from './aggregate-output.js';
import type { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import { explainAggregate } from './explain.js';
import { deadlineOf, hintOf } from './find.js';
import type { Command } from './registry.js';

const aggregate: Command = async (context) => {
  const pipeline = pipelineOf(context);
  if (context.flag('explain')) return explainAggregate(context);
  const options = context.doc('cursor');
  if (options === undefined) {
    return fail('FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument");
  }
  const collation = context.doc('collation');
  if (collation !== undefined && !collation.isEmpty && collation.get('locale') !== 'simple') {
    fail('NotImplemented', "standalone mode has no aggregate option 'collation'");
  }
  const batchSize = options.get('batchSize');
  const variables = variablesOf(context.doc('let'));
  if (typeof context.body.fields[0]?.value !== 'string') return withoutCollection(pipeline);
  const source = context.collection();
  const output = outputOf(pipeline[pipeline.length - 1]);
  const stages = output === undefined ? pipeline : pipeline.slice(0, -1);
  const stageContext = { catalog: context.catalog, db: context.db, variables };
  const stream = runPipeline(source, stages, stageContext, hintOf(context.arg('hint')));
  if (output !== undefined) await writeOutput(context, output, stream);
  const cursor = new Cursor(context.namespace, output === undefined ? stream : [], 0, deadlineOf(context));
  const size = isNumber(batchSize) ? toDouble(batchSize) : undefined;
  return okReply(await context.cursors.first(cursor, size, false));
};

function pipelineOf(context: CommandContext): readonly Value[] {
  const pipeline = context.arg('pipeline');
  if (!(pipeline instanceof Arr)) return fail('TypeMismatch', "'pipeline' option must be specified as an array");
  return pipeline.items;
}

/** `aggregate: 1` is for stages that make their own documents; this server has none. */
function withoutCollection(pipeline: readonly Value[]): never {
  const first = pipeline[0];
  const name = first instanceof Doc ? (first.fields[0]?.name ?? '') : '';
  if (name === '$changeStream') failAt(40573, 'The $changeStream stage is only supported on replica sets');
  return fail('InvalidNamespace', `{aggregate: 1} is not valid for '${name}'; a collection is required.`);
}

export const aggregateCommands: Readonly<Record<string, Command>> = { aggregate };
