import { runPipeline } from '../aggregate/index.js';
import { variablesOf } from '../aggregate/variables.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber, type Value } from '../bson/values.js';
import { fail, failAt, inContext } from '../errors.js';
import { okReply } from '../wire/reply.js';
import { outputOf, writeOutput } from './aggregate-output.js';
import { batchSizeOf } from './arguments.js';
import type { CommandContext } from './context.js';
import { Cursor } from './cursors.js';
import { explainAggregate } from './explain.js';
import { checkCollation, deadlineOf, hintOf } from './find.js';
import type { Command } from './registry.js';

const aggregate: Command = async (context) => {
  const pipeline = pipelineOf(context);
  const options = context.arg('cursor');
  if (options !== undefined && !(options instanceof Doc)) {
    fail('TypeMismatch', 'cursor field must be missing or an object');
  }
  const batchSize = batchSizeOf(options, 'cursor');
  if (context.flag('explain')) return explainAggregate(context);
  if (options === undefined) {
    return fail('FailedToParse', "The 'cursor' option is required, except for aggregate with the explain argument");
  }
  checkCollation(context);
  const variables = variablesOf(context.doc('let'));
  const named = typeof context.body.fields[0]?.value === 'string';
  checkSource(context, pipeline, named);
  const source = named ? context.collection() : undefined;
  const output = outputOf(pipeline[pipeline.length - 1], context.db);
  const stages = output === undefined ? pipeline : pipeline.slice(0, -1);
  const stageContext = { catalog: context.catalog, db: context.db, variables, space: context.space };
  const stream = runPipeline(source, stages, stageContext, hintOf(context.arg('hint')));
  const namespace = named ? context.namespace : `${context.db}.$cmd.aggregate`;
  const during = `Executor error during aggregate command on namespace: ${namespace}`;
  if (output !== undefined) {
    await writeOutput(context, output, stream).catch((error: unknown) => {
      throw inContext(during, error);
    });
  }
  const cursor = new Cursor(namespace, output === undefined ? stream : [], 0, deadlineOf(context), during);
  return okReply(await context.cursors.first(cursor, batchSize, false));
};

function pipelineOf(context: CommandContext): readonly Value[] {
  const pipeline = context.arg('pipeline');
  if (pipeline === undefined) return failAt(40414, "BSON field 'aggregate.pipeline' is missing but a required field");
  if (!(pipeline instanceof Arr)) return fail('TypeMismatch', 'A pipeline must be an array of objects');
  for (const stage of pipeline.items) {
    if (!(stage instanceof Doc)) fail('TypeMismatch', "Each element of the 'pipeline' array must be an object");
  }
  return pipeline.items;
}

/** `aggregate: 1` is for stages that make their own documents, and they are for it. */
function checkSource(context: CommandContext, pipeline: readonly Value[], named: boolean): void {
  const first = pipeline[0];
  const name = first instanceof Doc ? (first.fields[0]?.name ?? '') : '';
  if (name === '$changeStream') failAt(40573, 'The $changeStream stage is only supported on replica sets');
  if (named) {
    if (name === '$documents') fail('InvalidNamespace', "'$documents' can only be run with {aggregate: 1}");
    return;
  }
  const value = context.body.fields[0]?.value;
  if (!isNumber(value) || toDouble(value) !== 1) {
    fail('FailedToParse', `Invalid command format: the 'aggregate' field must specify a collection name or 1`);
  }
  if (name === '$currentOp') fail('NotImplemented', "standalone mode has no stage '$currentOp'");
  if (name === '$documents') return;
  fail('InvalidNamespace', `{aggregate: 1} is not valid for '${name}'; a collection is required.`);
}

export const aggregateCommands: Readonly<Record<string, Command>> = { aggregate };
