import { docOf, DoubleOf } from '../bson/build.js';
import { Arr, Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { isNumber } from '../bson/values.js';
import { compileFilter } from '../query/filter.js';
import type { Collection } from '../storage/collection.js';
import { verify, type Verification } from '../storage/verify.js';
import { failAt, fail, MongoError } from '../errors.js';
import { okReply } from '../wire/reply.js';
import type { Command } from './registry.js';

const LOGS = ['global', 'startupWarnings'];

const getLog: Command = (context) => {
  const name = context.body.fields[0]?.value;
  if (typeof name !== 'string') return fail('TypeMismatch', 'Argument to getLog must be of type String');
  if (name === '*') return okReply({ names: LOGS });
  if (!LOGS.includes(name)) return fail('OperationFailed', `No log named '${name}'`);
  return okReply({ totalLinesWritten: 0, log: [] });
};

/** A standalone mongod's answer to what only members of a replica set have. */
const notReplicated: Command = () => {
  throw new MongoError(76, 'NoReplicationEnabled', 'not running with --replSet');
};

/** Reached only without a transaction number: with one, the command is refused before. */
const noTransaction: Command = (context) =>
  fail('InvalidOptions', `'${context.name}' requires a transaction number and 'autocommit' to be specified`);

const currentOp: Command = (context) =>
  okReply({
    inprog: [
      docOf({
        type: 'op',
        host: 'localhost',
        desc: `conn${context.connectionId}`,
        connectionId: context.connectionId,
        client: context.remote,
        active: true,
        opid: context.request.requestId,
        op: 'command',
        ns: 'admin.$cmd.aggregate',
        command: Doc.of(context.body.fields),
      }),
    ],
  });

const killOp: Command = (context) => {
  const op = context.arg('op');
  if (op === undefined) return fail('NoSuchKey', 'Missing expected field "op"');
  if (!isNumber(op)) return fail('TypeMismatch', 'Expected field "op" to have numeric type');
  return okReply({ info: 'attempting to kill op' });
};

const profile: Command = (context) => {
  const level = context.body.fields[0]?.value;
  if (!isNumber(level)) return context.wrongType('profile', 'int');
  if (toDouble(level) > 0) fail('NotImplemented', "standalone mode has no profiler ('profile')");
  return okReply({ was: 0, slowms: 100, sampleRate: new DoubleOf(1) });
};

/** Compares every document with every index, writers waiting, as mongod does. */
const validate: Command = (context) =>
  context.env.write(async () => {
    const collection = context.collection();
    if (collection === undefined) {
      return fail('NamespaceNotFound', `Collection '${context.namespace}' does not exist to validate.`);
    }
    await context.env.settle();
    const validator = collection.options.get('validator');
    const filter = compileFilter(validator instanceof Doc ? validator : Doc.EMPTY);
    let nNonCompliantDocuments = 0;
    const found = await verify(collection, (doc) => (nNonCompliantDocuments += filter.matches(doc) ? 0 : 1));
    const errors = faultsOf(collection, found);
    const faulty = new Set([...found.lacking, ...found.excessive]);
    return okReply({
      ns: context.namespace,
      uuid: collection.uuid,
      nInvalidDocuments: 0,
      nNonCompliantDocuments,
      nrecords: found.records,
      nIndexes: collection.indexes.length,
      keysPerIndex: Object.fromEntries([...found.keysPerIndex].map(([index, count]) => [index.name, count])),
      indexDetails: Object.fromEntries(
        collection.indexes.map(({ name }) => [name, docOf({ valid: !faulty.has(name) })]),
      ),
      valid: errors.length === 0,
      repaired: false,
      ...{ warnings: [], errors, extraIndexEntries: [], missingIndexEntries: [], corruptRecords: [] },
    });
  });

function faultsOf(collection: Collection, found: Verification): string[] {
  const { count, bytes } = collection.size;
  const errors = found.lacking.map((name) => `index '${name}' lacks entries of documents`);
  errors.push(...found.excessive.map((name) => `index '${name}' has entries of no document`));
  if (count !== found.records || bytes !== found.bytes) {
    errors.push(`${found.records} records of ${found.bytes} bytes are there, not ${count} of ${bytes}`);
  }
  return errors;
}

const dataSize: Command = (context) => {
  const namespace = context.body.fields[0]?.value;
  const dot = typeof namespace === 'string' ? namespace.indexOf('.') : -1;
  if (typeof namespace !== 'string' || dot <= 0) return fail('InvalidNamespace', 'Invalid namespace specified');
  const collection = context.catalog.find(namespace.slice(0, dot), namespace.slice(dot + 1));
  return okReply({
    estimate: false,
    size: BigInt(collection?.size.bytes ?? 0),
    numObjects: BigInt(collection?.count ?? 0),
    millis: 0,
  });
};

export const adminCommands: Readonly<Record<string, Command>> = {
  getLog,
  currentOp,
  killOp,
  profile,
  validate,
  dataSize,
  datasize: dataSize,
  whatsmyuri: (context) => okReply({ you: context.remote }),
  usersInfo: () => okReply({ users: Arr.of([]) }),
  rolesInfo: () => okReply({ roles: Arr.of([]) }),
  replSetGetStatus: notReplicated,
  replSetGetConfig: notReplicated,
  getDefaultRWConcern: () => failAt(51300, "'getDefaultRWConcern' is not supported on standalone nodes."),
  commitTransaction: noTransaction,
  abortTransaction: noTransaction,
  fsync: (context) =>
    context.flag('lock')
      ? fail('NotImplemented', "standalone mode has no fsync option 'lock'")
      : okReply({ numFiles: 1 }),
};
