import { docOf } from '../bson/build.js';
import { compareValues } from '../bson/compare.js';
import type { Doc } from '../bson/document.js';
import { toDouble } from '../bson/numbers.js';
import { DateTime, isNumber, type Value } from '../bson/values.js';
import { failAt } from '../errors.js';
import { newObjectId } from '../update/upsert.js';
import type { Request } from '../wire/message.js';
import { okReply } from '../wire/reply.js';
import type { CommandContext } from './context.js';
import type { Command } from './registry.js';

/** The version of mongod whose behaviour this server follows. */
export const VERSION = [8, 0, 0, 0];
const MAX_WIRE_VERSION = 25;

/** Of this process: nothing about a standalone server changes while it runs. */
const TOPOLOGY = docOf({ processId: newObjectId(), counter: 0n });

/** A client that knows the topology may wait for a change of it: there is none, so it waits as long as it asked for. */
async function awaitChange(context: CommandContext): Promise<void> {
  const [known, wait] = [context.doc('topologyVersion'), context.arg('maxAwaitTimeMS')];
  if (known === undefined && wait === undefined) return;
  if (wait === undefined) failAt(31368, "A request with a 'topologyVersion' must include 'maxAwaitTimeMS'");
  if (known === undefined) return failAt(51759, "A request with 'maxAwaitTimeMS' must include a 'topologyVersion'");
  if (!isNumber(wait) || toDouble(wait) < 0) return failAt(31373, 'maxAwaitTimeMS must be a non-negative integer');
  const process = known.get('processId');
  if (process === undefined || compareValues(process, TOPOLOGY.get('processId') as Value) !== 0) return;
  const counter = known.get('counter');
  if (isNumber(counter) && toDouble(counter) > 0) {
    const which = `Received a topology version with counter: ${toDouble(counter)} which is greater than`;
    failAt(31382, `${which} the server topology version counter: 0`);
  }
  await new Promise((resolve) => setTimeout(resolve, toDouble(wait)).unref());
}

const hello: Command = async (context) => {
  await awaitChange(context);
  const legacy = context.name.toLowerCase() === 'ismaster';
  return okReply({
    helloOk: context.flag('helloOk') ? true : undefined,
    ...(legacy ? { ismaster: true } : { isWritablePrimary: true }),
    topologyVersion: TOPOLOGY,
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

/**
 * The hello that follows an answered one by itself, when the client lets it: it waits for a change of the topology for ever, and is told
 * of it each time that it had to wait.
 */
export function nextHello({ exhaustAllowed, body }: Request, reply: Doc): Doc | undefined {
  if (!exhaustAllowed) return undefined; // nearly every request: nothing more is looked at
  const name = body.first?.name;
  const wait = body.get('maxAwaitTimeMS');
  if (wait === undefined || name === undefined || handshakeCommands[name] !== hello) return undefined;
  if (reply.get('topologyVersion') === undefined) return undefined; // an error
  return docOf({
    [name]: 1,
    helloOk: body.get('helloOk'),
    topologyVersion: TOPOLOGY,
    maxAwaitTimeMS: wait,
    $db: body.get('$db'),
  });
}

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
  connectionStatus: () => okReply({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
};
