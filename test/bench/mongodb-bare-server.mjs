/**
 * A bare server of MongoDB's wire protocol, in a process of its own: decodes all that it is sent with the driver's own BSON,
 * stores nothing, answers at once. What it costs is what any Node server costs before it has done anything. Prints its port,
 * ends when stdin does.
 *
 *   node mongodb-bare-server.mjs '{"sample": DOCUMENT}'
 *
 * Writes are answered as if each had changed one document; a find by _id gives the sample, every other search an empty cursor.
 */
import { createServer } from 'node:net';
import { BSON } from 'mongodb';

const OP_REPLY = 1;
const OP_QUERY = 2004;
const OP_MSG = 2013;
const HEADER_BYTES = 16;
const { sample } = JSON.parse(process.argv[2] ?? '{}');
const sampleBatch = sample ? [sample] : [];

const HELLO = {
  helloOk: true,
  ismaster: true,
  isWritablePrimary: true,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: 48_000_000,
  maxWriteBatchSize: 100_000,
  logicalSessionTimeoutMinutes: 30,
  minWireVersion: 0,
  maxWireVersion: 25,
  readOnly: false,
};

/** The body with its document sequences in their places. */
function decodeMsg(frame) {
  let body;
  const sequences = {};
  const end = frame.length - (frame.readUInt32LE(HEADER_BYTES) & 1 ? 4 : 0);
  for (let at = HEADER_BYTES + 4; at < end;) {
    const kind = frame[at];
    at += 1;
    const size = frame.readInt32LE(at);
    if (kind === 0) body = BSON.deserialize(frame.subarray(at, at + size));
    else {
      const nameEnd = frame.indexOf(0, at + 4);
      const docs = [];
      for (let doc = nameEnd + 1; doc < at + size; doc += frame.readInt32LE(doc)) {
        docs.push(BSON.deserialize(frame.subarray(doc, doc + frame.readInt32LE(doc))));
      }
      sequences[frame.toString('utf8', at + 4, nameEnd)] = docs;
    }
    at += size;
  }
  return { ...body, ...sequences };
}

function answer(name, command) {
  const ns = `${command.$db}.${command[name]}`;
  switch (name) {
    case 'hello':
    case 'isMaster':
    case 'ismaster':
      return { ...HELLO, localTime: new Date(), ok: 1 };
    case 'insert':
      return { n: command.documents.length, ok: 1 };
    case 'update':
      return { n: command.updates.length, nModified: command.updates.length, ok: 1 };
    case 'delete':
      return { n: command.deletes.length, ok: 1 };
    case 'find':
      return { cursor: { firstBatch: '_id' in (command.filter ?? {}) ? sampleBatch : [], id: 0n, ns }, ok: 1 };
    case 'aggregate':
    case 'listCollections':
    case 'listIndexes':
      return { cursor: { firstBatch: [], id: 0n, ns }, ok: 1 };
    case 'count':
      return { n: 0, ok: 1 };
    case 'distinct':
      return { values: [], ok: 1 };
    default:
      return { ok: 1 };
  }
}

/** A reply in the form in which the request came. */
function encodeReply(opCode, requestId, reply) {
  const body = BSON.serialize(reply);
  const head = Buffer.alloc(opCode === OP_QUERY ? 36 : 21);
  head.writeInt32LE(head.length + body.length, 0);
  head.writeInt32LE(requestId, 8);
  head.writeInt32LE(opCode === OP_QUERY ? OP_REPLY : OP_MSG, 12);
  if (opCode === OP_QUERY) {
    head.writeInt32LE(8, 16);
    head.writeInt32LE(1, 32);
  }
  return Buffer.concat([head, body]);
}

function handle(socket, frame) {
  const opCode = frame.readInt32LE(12);
  const command =
    opCode === OP_QUERY ? BSON.deserialize(frame.subarray(frame.indexOf(0, HEADER_BYTES + 4) + 9)) : decodeMsg(frame);
  const silent = opCode === OP_MSG && (frame.readUInt32LE(HEADER_BYTES) & 2) !== 0;
  const reply = answer(Object.keys(command)[0], command);
  if (!silent) socket.write(encodeReply(opCode, frame.readInt32LE(4), reply));
}

const server = createServer((socket) => {
  let parts = [];
  let bytes = 0;
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    parts.push(chunk);
    bytes += chunk.length;
    for (;;) {
      if (bytes < HEADER_BYTES) return;
      if (parts[0].length < HEADER_BYTES) parts = [Buffer.concat(parts)];
      const length = parts[0].readInt32LE(0);
      if (bytes < length) return;
      const all = parts.length === 1 ? parts[0] : Buffer.concat(parts);
      bytes -= length;
      parts = bytes > 0 ? [all.subarray(length)] : [];
      handle(socket, all.subarray(0, length));
    }
  });
});
server.listen(0, '127.0.0.1', () => process.stdout.write(`${server.address().port}\n`));
process.stdin.on('end', () => process.exit(0)).resume();
