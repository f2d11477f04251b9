import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, type IncomingHttpHeaders, connect, constants } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import { status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type EventStoreServer, startEventStoreServer } from './server.js';
import { MessageReader } from './wire/grpc-messages.js';

const READ = '/event_store.client.streams.Streams/Read';

let dataDir: string;
let server: EventStoreServer;
let session: ClientHttp2Session;
let client: EventStoreDBClient;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-direct-'));
  server = await startEventStoreServer({ dataDir, host: '127.0.0.1', port: 0 });
  session = connect(`http://127.0.0.1:${server.port}`);
  client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${server.port}?tls=false`);
  for (let n = 0; n < 3; n++) {
    const events = Array.from({ length: 400 }, () => jsonEvent({ type: 'T', data: { text: 'x'.repeat(500) } }));
    await client.appendToStream('direct', events);
  }
});
afterAll(async () => {
  session.destroy();
  await client.dispose();
  await server.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function framed(message: Uint8Array, compressed = false): Buffer {
  const head = Buffer.from([compressed ? 1 : 0, 0, 0, 0, 0]);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function readRequest(count?: number): Uint8Array {
  const stream = new streamsPb.ReadReq.Options.StreamOptions();
  stream.setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Buffer.from('direct')));
  stream.setStart(new sharedPb.Empty());
  const options = new streamsPb.ReadReq.Options().setStream(stream).setNoFilter(new sharedPb.Empty());
  options.setUuidOption(new streamsPb.ReadReq.Options.UUIDOption().setString(new sharedPb.Empty()));
  if (count === undefined) options.setSubscription(new streamsPb.ReadReq.Options.SubscriptionOptions());
  else options.setCount(String(count));
  return new streamsPb.ReadReq().setOptions(options).serializeBinary();
}

interface Answer {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly Buffer[];
  readonly headers: IncomingHttpHeaders;
}

/** A call of Read with these bytes, cut in two, and an empty frame between. */
async function call(body: Buffer, headers: IncomingHttpHeaders = {}, over = session): Promise<Answer> {
  const stream = over.request({
    ':method': 'POST',
    ':path': READ,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
  const ended: IncomingHttpHeaders = {};
  stream.on('response', (first) => Object.assign(ended, first));
  stream.on('trailers', (trailers) => Object.assign(ended, trailers));
  const reader = new MessageReader(2 ** 20);
  const messages: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => messages.push(...reader.take(chunk)));
  stream.write(body.subarray(0, 3));
  stream.write(Buffer.alloc(0));
  stream.end(body.subarray(3));
  await once(stream, 'close');
  const details = decodeURI(String(ended['grpc-message'] ?? ''));
  return { code: Number(ended['grpc-status']), details, messages, headers: ended };
}

describe('a read', () => {
  it('is answered with the events and a status', async () => {
    const { code, messages } = await call(framed(readRequest(1100)));
    expect([code, messages.length]).toEqual([status.OK, 1100]);
    const revisions = messages.map((bytes) => streamsPb.ReadResp.deserializeBinary(bytes).getEvent()?.getEvent());
    expect(revisions.map((event) => Number(event?.getStreamRevision()))).toEqual([...Array(1100).keys()]);
  });

  it('without a request, or with two, or with one that can not be read, ends as grpc-js ends it', async () => {
    expect(await call(Buffer.alloc(0))).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: `Received no request message for server streaming method ${READ}`,
    });
    const twice = Buffer.concat([framed(readRequest(1)), framed(readRequest(1))]);
    expect(await call(twice)).toMatchObject({
      code: status.UNIMPLEMENTED,
      details: `Received a second request message for server streaming method ${READ}`,
    });
    expect(await call(framed(Buffer.from([0x0a, 0x7f, 1])))).toMatchObject({
      code: status.INTERNAL,
      details: 'Error deserializing request',
    });
  });

  it('with a request that says it is too large ends with RESOURCE_EXHAUSTED', async () => {
    const { code, details } = await call(Buffer.from([0, 0x7f, 0, 0, 0, 1, 2, 3]));
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
    expect(details).toMatch(/^Received message larger than max/);
  });

  it('that is compressed, or has a deadline, is served as well', async () => {
    const compressed = framed(gzipSync(readRequest(5)), true);
    const { code, messages } = await call(compressed, { 'grpc-encoding': 'gzip' });
    expect([code, messages.length]).toEqual([status.OK, 5]);
    expect((await call(framed(readRequest()), { 'grpc-timeout': '300m' })).code).toBe(status.DEADLINE_EXCEEDED);
  }, 20_000);

  it('with a request that ends too early, or with bytes behind it, is refused', async () => {
    const message = framed(readRequest(1));
    for (const body of [
      message.subarray(0, -1),
      message.subarray(0, 3),
      Buffer.concat([message, Buffer.from([0, 0])]),
    ]) {
      expect(await call(body)).toMatchObject({ code: status.INTERNAL, details: 'The request ended within a message' });
    }
  });

  it.each([['3000000S'], ['99999999H']])('with a deadline of %s, which no timer takes, has none', async (timeout) => {
    const { code, messages } = await call(framed(readRequest(3)), { 'grpc-timeout': timeout });
    expect([code, messages.length]).toEqual([status.OK, 3]);
  });

  it.each(['1n', '999u', '20m'])('with a deadline of %s ends by it', async (timeout) => {
    const { code } = await call(framed(readRequest()), { 'grpc-timeout': timeout });
    expect(code).toBe(status.DEADLINE_EXCEEDED);
  });

  it('goes through the smallest windows, also when they change under way', async () => {
    const small = connect(`http://127.0.0.1:${server.port}`, { settings: { initialWindowSize: 1000 } });
    await once(small, 'connect');
    const reading = call(framed(readRequest(1100)), {}, small);
    small.settings({ initialWindowSize: 3 });
    small.settings({ initialWindowSize: 70_000, maxFrameSize: 16_384 });
    const { code, messages } = await reading;
    expect([code, messages.length]).toEqual([status.OK, 1100]);
    small.destroy();
  });

  it('that the client resets at any moment leaves the others alone', async () => {
    const headers = { ':method': 'POST', ':path': READ, 'content-type': 'application/grpc', te: 'trailers' };
    const resets = Array.from({ length: 30 }, async (_, n) => {
      const stream = session.request(headers);
      stream.on('error', () => undefined);
      const closed = once(stream, 'close');
      stream.write(framed(readRequest()).subarray(0, n % 3 === 0 ? 4 : undefined));
      if (n % 3 === 2) stream.end();
      setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), n);
      await closed;
    });
    const [{ messages }] = await Promise.all([call(framed(readRequest(1100))), ...resets]);
    expect(messages).toHaveLength(1100);
  });
});

describe('compression', () => {
  const DELETE = '/event_store.client.streams.Streams/Delete';

  it.each([
    [READ, {}],
    [READ, { 'grpc-encoding': 'identity' }],
    [DELETE, {}],
    [DELETE, { 'grpc-encoding': 'identity' }],
  ])('of a message without a word of it is refused: %s %j', async (path, headers) => {
    const compressed = framed(gzipSync(readRequest(5)), true);
    expect(await call(compressed, { ':path': path, ...headers })).toMatchObject({
      code: status.INTERNAL,
      details: 'Received a compressed message, but no encoding of messages was announced',
    });
  });

  it('that is not known is refused with those that are', async () => {
    const { code, headers } = await call(framed(readRequest(5), true), { 'grpc-encoding': 'brotli' });
    expect([code, headers['grpc-accept-encoding']]).toEqual([status.UNIMPLEMENTED, 'identity,deflate,gzip']);
  });

  it('that is announced, and is not what it says, is refused', async () => {
    const { code } = await call(framed(readRequest(5), true), { 'grpc-encoding': 'gzip' });
    expect(code).toBe(status.INTERNAL);
  });

  it('by a byte that means nothing is refused', async () => {
    const body = framed(readRequest(5));
    body[0] = 2;
    expect((await call(body)).code).toBe(status.INTERNAL);
  });
});
