import { once } from 'node:events';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import { METHODS, randomCall } from './messages.mjs';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const identity = (bytes) => bytes;

/** Calls with random messages over a proper gRPC client: answered, refused, left alone or cancelled. */
async function calls(port, random) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  const one = async () => {
    const { path, messages } = randomCall(random);
    const call = client.makeBidiStreamRequest(path, identity, identity, { deadline: Date.now() + 1000 });
    const over = new Promise((resolve) => call.on('status', resolve));
    call.on('error', () => undefined);
    if (random.chance(0.9)) call.on('data', () => undefined);
    for (const message of messages) call.write(message);
    if (random.chance(0.8)) call.end();
    await Promise.race([over, delay(random.int(150))]);
    call.cancel();
  };
  for (let left = 20; left > 0; left -= 1) await Promise.all(Array.from({ length: 8 }, one));
  client.close();
}

/** What stands before a message: whether it is compressed, and a length that need not be true. */
function prefixed(message, random) {
  const prefix = Buffer.alloc(5);
  prefix[0] = random.chance(0.1) ? random.int(256) : 0;
  prefix.writeUInt32BE(random.chance(0.5) ? message.length : random.pick([0, 1, 2 ** 25 + 1, 2 ** 31, 2 ** 32 - 1]), 1);
  return Buffer.concat([prefix, message]).subarray(0, random.chance(0.2) ? random.int(5) : undefined);
}

function oddHeaders(path, random) {
  const headers = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers' };
  if (random.chance(0.1)) headers[':method'] = random.pick(['GET', 'PUT', 'OPTIONS']);
  if (random.chance(0.1)) headers['content-type'] = random.pick(['text/plain', 'application/grpc+json', 'x']);
  if (random.chance(0.1)) headers['grpc-timeout'] = random.pick(['', '1n', '99999999H', '-1S', 'soon', '1S']);
  if (random.chance(0.1)) headers['grpc-encoding'] = random.pick(['gzip', 'deflate', 'identity', 'none']);
  if (random.chance(0.1)) headers['authorization'] = random.pick(['Basic', 'Basic !!!!', 'Basic YTpi', '']);
  if (random.chance(0.05)) headers['x-large'] = 'x'.repeat(random.int(60_000));
  return headers;
}

/** HTTP/2 by the book around frames that are cut off, too long, compressed or of no length that fits. */
async function frames(port, random) {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  session.on('error', () => undefined);
  const one = async () => {
    if (session.closed || session.destroyed) return;
    const { path, messages } = randomCall(random);
    const request = session.request(
      oddHeaders(random.chance(0.95) ? path : random.pick(METHODS)[0].slice(0, 9), random),
    );
    request.on('error', () => undefined);
    request.on('data', () => undefined);
    const over = once(request, 'close').catch(() => undefined);
    for (const message of messages) if (!request.destroyed) request.write(prefixed(message, random), () => undefined);
    if (random.chance(0.1) && !request.destroyed) request.write(random.filler(random.int(4_000_000)), () => undefined);
    if (random.chance(0.7)) request.end();
    await Promise.race([over, delay(random.int(150))]);
    request.close(
      random.pick([constants.NGHTTP2_CANCEL, constants.NGHTTP2_REFUSED_STREAM, constants.NGHTTP2_INTERNAL_ERROR]),
    );
  };
  for (let left = 20; left > 0; left -= 1) await Promise.all(Array.from({ length: 4 }, one));
  session.destroy();
}

/** A frame of HTTP/2 with any type, flags, stream and content; its length is now and then not that of the content. */
function randomFrame(random) {
  const content = random.chance(0.1) ? random.filler(random.int(40_000)) : random.bytes(60);
  const head = Buffer.alloc(9);
  head.writeUIntBE(random.chance(0.9) ? content.length : random.int(2 ** 24), 0, 3);
  head[3] = random.int(12);
  head[4] = random.chance(0.5) ? 0 : random.int(256);
  head.writeUInt32BE(random.chance(0.9) ? random.int(9) : random.int(2 ** 32), 5);
  return Buffer.concat([head, content]);
}

function noise(random) {
  switch (random.int(5)) {
    case 0:
      return random.bytes(2000);
    case 1:
      return Buffer.concat([PREFACE, random.bytes(3000)]);
    case 2:
      return Buffer.from(
        `${random.pick(['GET', 'POST', 'PRI', 'P'])} /streams/fuzz-1 HTTP/1.1\r\n${random.bytes(99)}\r\n`,
      );
    case 3:
      return Buffer.from(
        'POST /streams/fuzz-2 HTTP/1.1\r\nhost: x\r\nES-EventType: T\r\ncontent-length: 9999\r\n\r\n{}',
      );
    default:
      return Buffer.concat([
        PREFACE,
        Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
        ...Array.from({ length: 30 }, () => randomFrame(random)),
      ]);
  }
}

/** Connections that say anything at all, in pieces, and then end or are cut. */
async function connections(port, random) {
  const one = async () => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.on('data', () => undefined);
    const bytes = noise(random);
    const cut = random.int(bytes.length + 1);
    socket.write(bytes.subarray(0, cut));
    await delay(random.int(20));
    if (!socket.destroyed) socket.write(bytes.subarray(cut));
    await delay(random.int(60));
    if (random.chance(0.5)) socket.destroy();
    else socket.end();
    await Promise.race([once(socket, 'close').catch(() => undefined), delay(100)]);
    socket.destroy();
  };
  for (let left = 10; left > 0; left -= 1) await Promise.all(Array.from({ length: 8 }, one));
}

export const ATTACKS = { calls, frames, connections };
