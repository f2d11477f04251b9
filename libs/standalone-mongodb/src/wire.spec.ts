import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { BSON, MongoClient, type Document } from 'mongodb';
import { startMongoServer, type MongoServer } from './index.js';

let dataDir: string;
let server: MongoServer;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'standalone-mongodb-wire-'));
  server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(dataDir, { recursive: true });
});

function header(opCode: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + body.length, 0);
  head.writeInt32LE(7, 4);
  head.writeInt32LE(opCode, 12);
  return Buffer.concat([head, body]);
}

const message = (doc: Document, flags = 0): Buffer => {
  const head = Buffer.alloc(5);
  head.writeUInt32LE(flags, 0);
  return header(2013, Buffer.concat([head, BSON.serialize(doc)]));
};

/** A ping with the checksum of the protocol's documentation, CRC-32C, and something added to it. */
function checksummed(wrongBy: number): Buffer {
  const ping = message({ ping: 1, $db: 'admin' }, 1);
  const bytes = Buffer.concat([ping, Buffer.alloc(4)]);
  bytes.writeInt32LE(bytes.length, 0);
  let crc = 0xffffffff;
  for (const byte of bytes.subarray(0, ping.length)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  bytes.writeUInt32LE(((crc ^ 0xffffffff) >>> 0) + wrongBy, ping.length);
  return bytes;
}

/** Sends bytes and gives what comes back until `replies` whole messages are there or the server hangs up. */
async function exchange(bytes: Buffer, replies = 1, patienceMs = 10_000): Promise<Buffer[]> {
  const socket: Socket = connect(server.port, '127.0.0.1');
  let seen = Buffer.alloc(0);
  const messages: Buffer[] = [];
  return new Promise((resolve) => {
    const finish = (): void => {
      socket.destroy();
      resolve(messages);
    };
    socket.on('error', finish);
    socket.on('close', finish);
    socket.on('data', (chunk) => {
      seen = Buffer.concat([seen, chunk]);
      while (seen.length >= 4 && seen.length >= seen.readInt32LE(0)) {
        messages.push(seen.subarray(0, seen.readInt32LE(0)));
        seen = seen.subarray(seen.readInt32LE(0));
        if (messages.length >= replies) finish();
      }
    });
    socket.setTimeout(patienceMs, finish);
    socket.write(bytes);
  });
}

const bodyOf = (reply: Buffer | undefined): Document => BSON.deserialize((reply as Buffer).subarray(21));

describe('frames', () => {
  it('answers the legacy hello with OP_REPLY', async () => {
    const query = Buffer.concat([
      Buffer.alloc(4),
      Buffer.from('admin.$cmd\0'),
      Buffer.alloc(4),
      Buffer.from([255, 255, 255, 255]),
      BSON.serialize({ isMaster: 1, helloOk: true }),
    ]);
    const [reply] = await exchange(header(2004, query));
    expect(reply?.readInt32LE(12)).toBe(1);
    expect(BSON.deserialize((reply as Buffer).subarray(36))).toMatchObject({ ok: 1, ismaster: true, helloOk: true });
  });

  it('answers messages that come in pieces or together', async () => {
    const ping = message({ ping: 1, $db: 'admin' });
    const replies = await exchange(Buffer.concat([ping, ping, ping]), 3);
    expect(replies.map(bodyOf)).toEqual([{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
    expect(replies[0]?.readInt32LE(8)).toBe(7);
  });

  it('stays silent when no reply is wanted', async () => {
    const quiet = message({ ping: 1, $db: 'admin' }, 2);
    const replies = await exchange(Buffer.concat([quiet, message({ buildInfo: 1, $db: 'admin' })]), 1);
    expect(bodyOf(replies[0])).toHaveProperty('version');
  });

  it('answers a message with a checksum that is right', async () => {
    expect(bodyOf((await exchange(checksummed(0)))[0])).toEqual({ ok: 1 });
  });

  it('answers bytes that come one by one', async () => {
    const ping = message({ ping: 1, $db: 'admin' });
    const socket = connect(server.port, '127.0.0.1');
    const reply = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    for (const byte of ping) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(bodyOf(await reply)).toEqual({ ok: 1 });
    socket.destroy();
  });

  it('refuses documents nested beyond 180 levels, and messages beyond 200', async () => {
    const nested = (levels: number): Document => (levels === 0 ? {} : { a: nested(levels - 1) });
    const insert = (levels: number): Buffer =>
      message({ insert: 'deep', documents: [nested(levels - 1)], $db: 'wire', writeConcern: { w: 1 } });
    expect(bodyOf((await exchange(insert(180)))[0])).toMatchObject({ ok: 1, n: 1 });
    expect(bodyOf((await exchange(insert(181)))[0])).toMatchObject({ ok: 1, n: 0, writeErrors: [{ code: 15 }] });
    expect(bodyOf((await exchange(insert(250)))[0])).toMatchObject({ ok: 0, code: 15 });
  });

  it('reads no further from a client that takes no answers', async () => {
    const coll = 'backpressure';
    const filler = 'x'.repeat(1_000_000);
    await exchange(message({ insert: coll, documents: [{ filler }], $db: 'wire' }));
    const find = message({ find: coll, $db: 'wire' });
    const socket = connect(server.port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => undefined);
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 200; i += 1) socket.write(find);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60_000_000);
    socket.destroy();
  });

  it('answers a broken document with InvalidBSON', async () => {
    const broken = message({ ping: 1, $db: 'admin', s: 'abc' });
    broken[broken.length - 2] = 7;
    expect(bodyOf((await exchange(broken))[0])).toMatchObject({ ok: 0, code: 22 });
  });

  it.each([
    ['a length of zero', Buffer.alloc(16)],
    ['a length past 48 MB', header(2013, Buffer.alloc(4)).fill(0x7f, 0, 4)],
    ['an unknown opcode', header(9999, Buffer.alloc(20))],
    ['an unknown required flag', message({ ping: 1 }, 1 << 5)],
    ['a checksum that is wrong', checksummed(1)],
    ['OP_COMPRESSED, which was not agreed on', header(2012, Buffer.alloc(20))],
    ['no body', header(2013, Buffer.alloc(4))],
  ])('hangs up on %s', async (_name, bytes) => {
    expect(await exchange(bytes)).toEqual([]);
  });

  it('outlives arbitrary bytes', async () => {
    const seed = message({ insert: 'c', documents: [{ _id: 1, a: [1, 'x', { b: null }] }], $db: 'fuzz' });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 4, max: seed.length - 1 }), fc.integer({ min: 0, max: 255 })), {
          maxLength: 4,
        }),
        fc.uint8Array({ maxLength: 40 }),
        async (changes, tail) => {
          const bytes = Buffer.concat([seed, header(2013, Buffer.from(tail))]);
          for (const [at, value] of changes) bytes[at] = value;
          await exchange(bytes, 2, 300);
        },
      ),
      { numRuns: 60 },
    );
    expect(bodyOf((await exchange(message({ ping: 1, $db: 'admin' })))[0])).toEqual({ ok: 1 });
  });
});

describe('sizes', () => {
  it('takes 16 MB documents and 40 MB messages, and refuses more by code', async () => {
    const client = new MongoClient(`mongodb://127.0.0.1:${server.port}/?directConnection=true`);
    const coll = client.db('sizes').collection('c');
    const big = 'x'.repeat(15_900_000);
    await coll.insertMany([{ big }, { big }]);
    expect((await coll.find().toArray()).map((doc) => doc['big'].length)).toEqual([15_900_000, 15_900_000]);
    await expect(coll.updateOne({}, { $set: { more: big } })).rejects.toMatchObject({ code: 17419 });
    await client.close();
  });
});
