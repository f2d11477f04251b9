import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { BSON } from 'mongodb';
import { command } from './mongodb-messages.mjs';

const OP_MSG = 2013;
const LENGTHS = [0, 1, 15, 16, 17, 21, 2 ** 31 - 1, -1, -(2 ** 31), 48_000_000, 48_000_001];

function framed(opCode, body, random) {
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + body.length, 0);
  head.writeInt32LE(random.int(2 ** 31), 4);
  head.writeInt32LE(opCode, 12);
  return Buffer.concat([head, body]);
}

function serialize(made) {
  try {
    return BSON.serialize(made, { ignoreUndefined: false, checkKeys: false });
  } catch {
    return BSON.serialize({ ping: 1, $db: 'fuzz' });
  }
}

/** A command as OP_MSG, its documents now and then as a sequence (kind 1). */
function message(random, made = command(random)) {
  const flags = Buffer.alloc(4);
  if (random.chance(0.03)) flags.writeUInt32LE(random.pick([1, 2, 4, 2 ** 16, 2 ** 31]));
  const [name] = ['documents', 'updates', 'deletes', 'ops'].filter((one) => Array.isArray(made[one]));
  if (name === undefined || random.chance(0.5)) {
    return framed(OP_MSG, Buffer.concat([flags, Buffer.from([0]), serialize(made)]), random);
  }
  const { [name]: sequence, ...body } = made;
  const docs = Buffer.concat(sequence.map((doc) => serialize(doc)));
  const label = Buffer.from(`${random.chance(0.95) ? name : 'other'}\0`);
  const size = Buffer.alloc(4);
  size.writeInt32LE(random.chance(0.95) ? 4 + label.length + docs.length : random.pick(LENGTHS));
  const parts = [flags, Buffer.from([0]), serialize(body), Buffer.from([1]), size, label, docs];
  return framed(OP_MSG, Buffer.concat(random.chance(0.97) ? parts : parts.reverse()), random);
}

/** Changes some bytes, or one of the lengths, or cuts off, or adds; the frame's own length mostly stays true. */
function spoilt(bytes, random) {
  let made = Buffer.from(bytes);
  for (let left = random.int(4); left > 0; left -= 1) made[4 + random.int(made.length - 4)] = random.int(256);
  if (random.chance(0.3)) made.writeInt32LE(random.pick(LENGTHS), 16 + random.int(Math.max(1, made.length - 20)));
  if (random.chance(0.2)) made = made.subarray(0, 16 + random.int(made.length - 15));
  if (random.chance(0.1)) made = Buffer.concat([made, random.bytes(40)]);
  made.writeInt32LE(random.chance(0.9) ? made.length : random.pick(LENGTHS), 0);
  return made;
}

/** Documents and arrays in each other, up to some thousand levels: more than any message may have. */
function bomb(random) {
  const levels = random.pick([100, 180, 200, 201, 5000, 100_000]);
  const type = random.pick([3, 4]);
  let size = 5;
  const heads = [];
  for (let level = 0; level < levels; level += 1) {
    size += 7;
    heads.push(size);
  }
  const bytes = Buffer.alloc(size);
  heads.reverse().forEach((length, level) => {
    bytes.writeInt32LE(length, level * 6);
    bytes[level * 6 + 4] = type;
  });
  bytes.writeInt32LE(5, levels * 6);
  const inner = Buffer.concat([Buffer.from([3]), Buffer.from('filter\0'), bytes]);
  const start = BSON.serialize({ find: 'f0', $db: 'fuzz' }).subarray(4, -1);
  const body = Buffer.concat([Buffer.alloc(4), start, inner, Buffer.from([0])]);
  body.writeInt32LE(body.length, 0);
  return framed(OP_MSG, Buffer.concat([Buffer.alloc(5), body]), random);
}

/** Other opcodes: the legacy query, OP_COMPRESSED, and some that there never were. */
function otherOp(random) {
  const query = [Buffer.alloc(4), Buffer.from(`${random.pick(['admin.$cmd', 'fuzz.f0', 'x', ''])}\0`), random.bytes(9)];
  const legacy = Buffer.concat([...query, serialize(random.chance(0.5) ? { isMaster: 1 } : command(random))]);
  const compressed = Buffer.concat([Buffer.from([221, 7, 0, 0]), random.bytes(200)]);
  return random.pick([
    () => framed(2004, legacy, random),
    () => framed(2012, compressed, random),
    () => framed(random.int(2 ** 16), random.bytes(200), random),
    () => random.bytes(3000),
    () => Buffer.concat([message(random).subarray(0, 16), random.bytes(300)]),
  ])();
}

/** Sends bytes in pieces, reads what comes or does not, and ends or cuts the connection. */
async function talk(port, bytes, random) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  if (random.chance(0.9)) socket.on('data', () => undefined);
  const cut = random.chance(0.6) ? bytes.length : random.int(bytes.length + 1);
  socket.write(bytes.subarray(0, cut));
  await delay(random.int(10));
  if (!socket.destroyed && random.chance(0.8)) socket.write(bytes.subarray(cut));
  await delay(random.int(60));
  if (random.chance(0.5)) socket.destroy();
  else socket.end();
  await Promise.race([once(socket, 'close').catch(() => undefined), delay(100)]);
  socket.destroy();
}

const several = (random, make) => Buffer.concat(Array.from({ length: 1 + random.int(12) }, () => make(random)));

async function rounds(port, random, make) {
  for (let left = 10; left > 0; left -= 1) {
    await Promise.all(Array.from({ length: 6 }, () => talk(port, make(random), random)));
  }
}

export const ATTACKS = {
  commands: (port, random) => rounds(port, random, () => several(random, message)),
  frames: (port, random) => rounds(port, random, () => several(random, () => spoilt(message(random), random))),
  noise: (port, random) => rounds(port, random, () => random.pick([bomb, otherOp, otherOp])(random)),
};
