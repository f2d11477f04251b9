import type { Doc } from '../bson/document.js';
import { fail } from '../errors.js';
import { aggregateCommands } from './aggregate.js';
import { collectionCommands } from './collections.js';
import type { CommandContext } from './context.js';
import { explainCommands } from './explain.js';
import { findAndModifyCommands } from './find-and-modify.js';
import { findCommands } from './find.js';
import { handshakeCommands } from './handshake.js';
import { checkFields } from './known-fields.js';
import { indexCommands } from './indexes.js';
import { bulkWriteCommands } from './bulk-write.js';
import { statusCommands } from './status.js';
import type { Command } from './registry.js';
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
  ].flatMap((group) => Object.entries(group)),
);

/** Runs the command that the body's first field names. */
export async function dispatch(context: CommandContext): Promise<Doc> {
  const command = COMMANDS.get(context.name);
  if (command === undefined) return fail('CommandNotFound', `no such command: '${context.name}'`);
  if (context.arg('startTransaction') !== undefined || context.arg('autocommit') !== undefined) {
    fail('IllegalOperation', 'Transaction numbers are only allowed on a replica set member or mongos');
  }
  checkFields(context.name, context.body);
  return command(context);
}
