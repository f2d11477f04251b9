import { DateTime } from '../bson/values.js';
import { okReply } from '../wire/reply.js';
import type { Command } from './registry.js';

/** The version of mongod whose behaviour this server follows. */
export const VERSION = [8, 0, 0, 0];
const MAX_WIRE_VERSION = 25;

const hello: Command = (context) => {
  const legacy = context.name.toLowerCase() === 'ismaster';
  return okReply({
    helloOk: context.flag('helloOk') ? true : undefined,
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    maxBsonObjectSize: 16 * 1024 * 1024,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: 100_000,
    localTime: new DateTime(BigInt(Date.now())),
    logicalSessionTimeoutMinutes: 30,
    connectionId: context.connectionId,
    minWireVersion: 0,
    maxWireVersion: MAX_WIRE_VERSION,
    readOnly: false,
  });
};

export const handshakeCommands: Readonly<Record<string, Command>> = {
  hello,
  isMaster: hello,
  ismaster: hello,
  ping: () => okReply(),
  buildInfo: () =>
    okReply({
      version: VERSION.slice(0, 3).join('.'),
      gitVersion: 'none',
      modules: [],
      allocator: 'system',
      javascriptEngine: 'none',
      versionArray: VERSION,
      bits: 64,
      debug: false,
      maxBsonObjectSize: 16 * 1024 * 1024,
      storageEngines: ['lmdb'],
    }),
  endSessions: () => okReply(),
  startSession: () => okReply({ timeoutMinutes: 30 }),
  refreshSessions: () => okReply(),
  killSessions: () => okReply(),
  connectionStatus: () => okReply({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
};
