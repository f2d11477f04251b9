import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type AppendResult,
  DeadlineExceededError,
  type EventData,
  EventStoreDBClient,
  MaxAppendSizeExceededError,
  WrongExpectedVersionError,
  binaryEvent,
  jsonEvent,
} from '@eventstore/db-client';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { credentials } from '@grpc/grpc-js';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { type Target, collect, freshStream, numbered, numbersOf, startTarget } from './target.js';

let target: Target;
let client: EventStoreDBClient;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
});
afterAll(() => target.stop());

/** Per-call credentials make the client leave the batch-append path for the plain one. */
const plainPath = { credentials: { username: 'admin', password: 'changeit' } };

describe.each([
  ['batch append', {}],
  ['append', plainPath],
])('%s', (_name, path) => {
  it('answers with the revision and position of the last event', async () => {
    const stream = freshStream();
    const first = await client.appendToStream(stream, numbered(3), { ...path, expectedRevision: 'no_stream' });
    expect(first).toMatchObject({ success: true, nextExpectedRevision: 2n });
    const second = await client.appendToStream(stream, numbered(2), { ...path, expectedRevision: 2n });
    expect(second.nextExpectedRevision).toBe(4n);
    expect(second.position!.commit > first.position!.commit).toBe(true);
  });

  it('takes any, stream_exists and no_stream', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(1), { ...path, expectedRevision: 'any' });
    const result = await client.appendToStream(stream, numbered(1), { ...path, expectedRevision: 'stream_exists' });
    expect(result.nextExpectedRevision).toBe(1n);
    expect((await client.appendToStream(stream, numbered(1), path)).nextExpectedRevision).toBe(2n);
  });

  it.each([
    ['no_stream on a stream that exists', 'no_stream' as const, 1n],
    ['a revision behind', 0n, 1n],
    ['a revision ahead', 9n, 1n],
  ])('refuses %s and says which revision it has', async (_case, expectedRevision, actual) => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(2));
    const append = client.appendToStream(stream, numbered(1), { ...path, expectedRevision });
    const error = (await append.catch((caught: unknown) => caught)) as WrongExpectedVersionError;
    expect(error).toBeInstanceOf(WrongExpectedVersionError);
    expect(error).toMatchObject({ streamName: stream, actualVersion: actual, expectedVersion: expectedRevision });
    expect(await collect(client.readStream(stream))).toHaveLength(2);
  });

  it.each([['stream_exists' as const], [0n]])(
    'refuses %s on a stream that does not exist',
    async (expectedRevision) => {
      const append = client.appendToStream(freshStream(), numbered(1), { ...path, expectedRevision });
      const error = (await append.catch((caught: unknown) => caught)) as WrongExpectedVersionError;
      expect(error).toBeInstanceOf(WrongExpectedVersionError);
      expect(error.actualVersion).toBe('no_stream');
    },
  );

  it('answers the same append with the first result', async () => {
    const stream = freshStream();
    const events = numbered(3);
    for (const expectedRevision of ['no_stream', 'any'] as const) {
      const first = await client.appendToStream(stream, events, { ...path, expectedRevision });
      const again = await client.appendToStream(stream, events, { ...path, expectedRevision });
      expect(again).toMatchObject({ success: true, nextExpectedRevision: first.nextExpectedRevision });
    }
    await client.appendToStream(stream, numbered(2), { ...path, expectedRevision: 2n });
    const later = await client.appendToStream(stream, events, { ...path, expectedRevision: 'no_stream' });
    expect(later.nextExpectedRevision).toBe(2n);
    expect(await collect(client.readStream(stream))).toHaveLength(5);
  });

  it('answers a part of an earlier append that is the same', async () => {
    const stream = freshStream();
    const events = numbered(4);
    await client.appendToStream(stream, events, { ...path, expectedRevision: 'no_stream' });
    const part = await client.appendToStream(stream, events.slice(1, 3), { ...path, expectedRevision: 0n });
    expect(part.nextExpectedRevision).toBe(2n);
    expect(await collect(client.readStream(stream))).toHaveLength(4);
  });

  it('refuses a repetition that differs in part', async () => {
    const stream = freshStream();
    const events = numbered(2);
    await client.appendToStream(stream, events, { ...path, expectedRevision: 'no_stream' });
    const mixed = [events[0]!, ...numbered(1)];
    for (const expectedRevision of ['no_stream', 'any'] as const) {
      const append = client.appendToStream(stream, mixed, { ...path, expectedRevision });
      await expect(append).rejects.toBeInstanceOf(WrongExpectedVersionError);
    }
  });

  it('writes the same ids again when the expected revision is the last', async () => {
    const stream = freshStream();
    const events = numbered(2);
    await client.appendToStream(stream, events, { ...path, expectedRevision: 'no_stream' });
    const again = await client.appendToStream(stream, events, { ...path, expectedRevision: 1n });
    expect(again.nextExpectedRevision).toBe(3n);
  });

  it('stores the same ids in another stream', async () => {
    const events = numbered(1);
    await client.appendToStream(freshStream(), events, path);
    const other = freshStream();
    expect((await client.appendToStream(other, events, path)).nextExpectedRevision).toBe(0n);
    expect(await collect(client.readStream(other))).toHaveLength(1);
  });

  it('keeps JSON, binary data, metadata, ids and times', async () => {
    const stream = freshStream();
    const ids = [randomUUID(), randomUUID()] as const;
    const bytes = Uint8Array.from([0, 1, 254, 255]);
    const before = Date.now();
    await client.appendToStream(
      stream,
      [
        jsonEvent({ id: ids[0], type: '类型', data: { text: '中文 ✓' }, metadata: { $correlationId: 'c' } }),
        binaryEvent({ id: ids[1], type: 'binary', data: bytes, metadata: bytes }),
      ],
      path,
    );
    const [json, binary] = await collect(client.readStream(stream));
    expect(json!.event).toMatchObject({ id: ids[0], type: '类型', isJson: true, data: { text: '中文 ✓' } });
    expect(json!.event!.metadata).toEqual({ $correlationId: 'c' });
    expect(json!.event!.created.getTime()).toBeGreaterThanOrEqual(before - 60_000);
    expect(binary!.event).toMatchObject({ id: ids[1], isJson: false, revision: 1n, streamId: stream });
    expect(Buffer.from(binary!.event!.data as Uint8Array)).toEqual(Buffer.from(bytes));
    expect(Buffer.from(binary!.event!.metadata as Uint8Array)).toEqual(Buffer.from(bytes));
  });

  it('takes an append of 1 MiB, of which metadata and types are no part, and refuses a larger one', async () => {
    const stream = freshStream();
    const ofData = (...bytes: number[]): EventData[] =>
      bytes.map((length) =>
        binaryEvent({ type: 'large', data: new Uint8Array(length), metadata: new Uint8Array(100_000) }),
      );
    const error = await client
      .appendToStream(stream, ofData(1_000_000, 48_577), path)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MaxAppendSizeExceededError);
    expect((error as MaxAppendSizeExceededError).maxAppendSize).toBe(1_048_576);
    await client.appendToStream(stream, ofData(1_000_000, 48_576), { ...path, expectedRevision: 'no_stream' });
  });
});

describe('the deadline of a batch append', () => {
  it('that has passed is an error, whatever else is wrong with it', async () => {
    const append = client.appendToStream(freshStream(), numbered(5000), { deadline: 1 });
    await expect(append).rejects.toBeInstanceOf(DeadlineExceededError);
  });

  it('that passes while parts of it are missing, is an error', async () => {
    const address = /\/\/(?:[^@]*@)?([^/?]+)/.exec(target.url)![1]!;
    const streams = new streamsGrpc.StreamsClient(address, credentials.createInsecure());
    const options = new streamsPb.BatchAppendReq.Options()
      .setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Buffer.from(freshStream())))
      .setAny(new emptyPb.Empty())
      .setDeadline(timestampPb.Timestamp.fromDate(new Date(Date.now() + 300)));
    const correlation = new sharedPb.UUID().setString(randomUUID());
    const call = streams.batchAppend();
    call.write(new streamsPb.BatchAppendReq().setCorrelationId(correlation).setOptions(options));
    const [answer] = await collect(call as AsyncIterable<BatchAppendResp>, 1);
    expect(answer!.getCorrelationId()!.toObject()).toEqual(correlation.toObject());
    expect(answer!.getError()!.getDetails()!.getTypeName()).toBe('event_store.client.Timeout');
    streams.close();
  });
});

describe('appends side by side', () => {
  it('lets one of many writers at the same revision win', async () => {
    const stream = freshStream();
    const attempts = Array.from({ length: 20 }, (_, n) =>
      client.appendToStream(stream, numbered(1, n), { expectedRevision: 'no_stream' }),
    );
    const outcomes = await Promise.allSettled(attempts);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await collect(client.readStream(stream))).toHaveLength(1);
  });

  it('repeated while the first is under way, is stored once', async () => {
    const stream = freshStream();
    const events = numbered(5);
    const append = (): Promise<AppendResult> =>
      client.appendToStream(stream, events, { expectedRevision: 'no_stream' });
    // A node may let a repetition time out that comes before the first is replicated: the client then asks again.
    const outcomes = await Promise.allSettled([append(), append(), append()]);
    const revisions = outcomes.flatMap((outcome) =>
      outcome.status === 'fulfilled' ? [outcome.value.nextExpectedRevision] : [],
    );
    expect(revisions.length).toBeGreaterThanOrEqual(1);
    expect(new Set(revisions)).toEqual(new Set([4n]));
    expect((await append()).nextExpectedRevision).toBe(4n);
    expect(numbersOf(await collect(client.readStream(stream)))).toEqual([0, 1, 2, 3, 4]);
  });

  it('keeps every append of many in flight', async () => {
    const streams = Array.from({ length: 40 }, () => freshStream());
    await Promise.all(streams.flatMap((stream) => [0, 1, 2].map((n) => client.appendToStream(stream, numbered(2, n)))));
    for (const stream of streams) expect(await collect(client.readStream(stream))).toHaveLength(6);
  });

  it('takes a stream name of 3,000 characters', async () => {
    const stream = `${freshStream()}${'长'.repeat(1500)}${'x'.repeat(1500)}`;
    await client.appendToStream(stream, numbered(2));
    expect(await collect(client.readStream(stream))).toHaveLength(2);
  });
});
