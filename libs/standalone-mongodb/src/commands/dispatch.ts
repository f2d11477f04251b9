import type { Doc } from '../bson/document.js';
import type { PlainObject } from '../bson/build.js';
import { fail, failAt } from '../errors.js';
import { OP_MSG } from '../wire/message.js';
import { okReply } from '../wire/reply.js';
import { adminCommands } from './admin.js';
import { aggregateCommands } from './aggregate.js';
import { checkArguments, wrongType } from './arguments.js';
import { collModCommands } from './coll-mod.js';
import { collectionCommands } from './collections.js';
import { checkGeneric } from './concerns.js';
import type { CommandContext } from './context.js';
import { explainCommands } from './explain.js';
import { findAndModifyCommands } from './find-and-modify.js';
import { findCommands } from './find.js';
import { handshakeCommands } from './handshake.js';
import { indexCommands } from './indexes.js';
import { bulkWriteCommands } from './bulk-write.js';
import { parameterCommands } from './parameters.js';
import { sessionCommands } from './sessions.js';
import { statusCommands } from './status.js';
import { commandNames, type Command } from './registry.js';
import { writeCommands } from './writes.js';

const COMMANDS = new Map<string, Command>(
  [
    handshakeCommands,
    collectionCommands,
    indexCommands,
    writeCommands,
    findCommands,
    findAndModifyCommands,
    aggregateCommands,
    explainCommands,
    bulkWriteCommands,
    statusCommands,
    sessionCommands,
    parameterCommands,
    collModCommands,
    adminCommands,
    { listCommands },
  ].flatMap((group) => Object.entries(group)),
);

for (const name of COMMANDS.keys()) commandNames.add(name);

/** The commands by name, as `listCommands` shows them. */
function listCommands(): Doc {
  const described = [...COMMANDS.keys()]
    .sort()
    .map((name) => [
      name,
      { help: '', requiresAuth: false, secondaryOk: true, adminOnly: ADMIN_ONLY.has(name), apiVersions: [] },
    ]);
  return okReply({ commands: Object.fromEntries(described) as PlainObject });
}

const ADMIN_ONLY = new Set([
  ...[
    'bulkWrite',
    'renameCollection',
    'listDatabases',
    'getParameter',
    'setParameter',
    'getLog',
    'getCmdLineOpts',
    'killOp',
  ],
  ...['currentOp', 'replSetGetStatus', 'replSetGetConfig', 'getDefaultRWConcern', 'fsync'],
]);

/** Runs the command that the body's first field names. */
export async function dispatch(context: CommandContext): Promise<Doc> {
  const { name, request } = context;
  if (request.opCode === OP_MSG && typeof context.body.get('$db') !== 'string') missingDatabase(context);
  const command = COMMANDS.get(name);
  if (command === undefined) return fail('CommandNotFound', `no such command: '${name}'`);
  if (ADMIN_ONLY.has(name) && context.db !== 'admin') {
    fail('Unauthorized', `${name} may only be run against the admin database.`);
  }
  checkGeneric(context);
  checkArguments(name, context.body, (field) => request.sequences.has(field) || context.arg(field) !== undefined);
  context.figures.count(name, (statements) => context.documents(statements));
  return command(context);
}

function missingDatabase(context: CommandContext): never {
  const db = context.body.get('$db');
  if (db === undefined) return failAt(40571, 'OP_MSG requests require a $db argument');
  return wrongType('$db', db, "type 'string'");
}
