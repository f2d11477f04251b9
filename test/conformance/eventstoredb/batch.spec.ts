import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import type { ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { BatchAppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import emptyPb from 'google-protobuf/google/protobuf/empty_pb.js';
import { type Target, collect, freshStream, numbered, startTarget } from './target.js';

/** What a batch append is answered with on the wire: clients in other languages make their errors of it themselves. */
let target: Target;
let client: EventStoreDBClient;
let streams: InstanceType<typeof streamsGrpc.StreamsClient>;
let address: string;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
  address = /\/\/(?:[^@]*@)?([^/?]+)/.exec(target.url)![1]!;
  streams = new streamsGrpc.StreamsClient(address, credentials.createInsecure());
});
afterAll(async () => {
  streams.close();
  await target.stop();
});

type Expected = number | 'any' | 'no_stream' | 'stream_exists';

function optionsOf(stream: string, expected: Expected): InstanceType<typeof streamsPb.BatchAppendReq.Options> {
  const identifier = new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream));
  const options = new streamsPb.BatchAppendReq.Options().setStreamIdentifier(identifier);
  if (expected === 'any') return options.setAny(new emptyPb.Empty());
  if (expected === 'no_stream') return options.setNoStream(new emptyPb.Empty());
  if (expected === 'stream_exists') return options.setStreamExists(new emptyPb.Empty());
  return options.setStreamPosition(String(expected));
}

function proposed(id: string, bytes = 2): InstanceType<typeof streamsPb.BatchAppendReq.ProposedMessage> {
  const message = new streamsPb.BatchAppendReq.ProposedMessage().setId(new sharedPb.UUID().setString(id));
  message.getMetadataMap().set('type', 'Batched').set('content-type', 'application/octet-stream');
  return message.setData(Buffer.alloc(bytes));
}
const ids = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

/** The answer to one append, in one message. */
async function append(
  stream: string,
  expected: Expected,
  messages: ReturnType<typeof proposed>[],
): Promise<BatchAppendResp> {
  const correlation = new sharedPb.UUID().setString(randomUUID());
  const request = new streamsPb.BatchAppendReq().setCorrelationId(correlation).setOptions(optionsOf(stream, expected));
  const call = streams.batchAppend();
  call.write(request.setProposedMessagesList(messages).setIsFinal(true));
  const [answer] = await collect(call as AsyncIterable<BatchAppendResp>, 1);
  call.cancel();
  expect(answer!.getCorrelationId()!.getString()).toBe(correlation.getString());
  expect(Buffer.from(answer!.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(stream);
  return answer!;
}

function errorOf(answer: BatchAppendResp): [code: number, message: string, type: string] {
  const error = answer.getError()!;
  return [error.getCode(), error.getMessage(), error.getDetails()!.getTypeName()];
}
const revisionOf = (answer: BatchAppendResp): string | undefined => answer.getSuccess()?.getCurrentRevision();

describe('a batch append', () => {
  it('that succeeds has a revision and a position', async () => {
    const answer = await append(
      freshStream(),
      'no_stream',
      ids(3).map((id) => proposed(id)),
    );
    expect(revisionOf(answer)).toBe('2');
    expect(BigInt(answer.getSuccess()!.getPosition()!.getCommitPosition())).toBeGreaterThan(0n);
  });

  it.each([
    ['no_stream', 'no_stream', 2, 'ExpectedNoStream'],
    [7, '7', 2, 'ExpectedStreamPosition'],
    ['stream_exists', 'stream_exists', undefined, 'ExpectedStreamExists'],
    [0, '0', undefined, 'ExpectedStreamPosition'],
  ] as const)('is refused, expecting %s wrongly, with both revisions', async (expected, _name, current, field) => {
    const stream = freshStream();
    if (current !== undefined) await client.appendToStream(stream, numbered(current + 1));
    const answer = await append(stream, expected, [proposed(randomUUID())]);
    const type = 'event_store.client.WrongExpectedVersion';
    expect(errorOf(answer)).toEqual([status.ALREADY_EXISTS, 'WrongExpectedVersion', type]);
    const details = sharedPb.WrongExpectedVersion.deserializeBinary(answer.getError()!.getDetails()!.getValue_asU8());
    expect(details[`has${field}`]()).toBe(true);
    if (typeof expected === 'number') expect(details.getExpectedStreamPosition()).toBe(String(expected));
    if (current === undefined) expect(details.hasCurrentNoStream()).toBe(true);
    else expect(details.getCurrentStreamRevision()).toBe(String(current));
  });

  it('to a tombstoned stream is refused with its name', async () => {
    const stream = freshStream();
    await client.appendToStream(stream, numbered(1));
    await client.tombstoneStream(stream);
    const answer = await append(stream, 'any', [proposed(randomUUID())]);
    expect(errorOf(answer)).toEqual([status.NOT_FOUND, 'StreamDeleted', 'event_store.client.StreamDeleted']);
    const details = sharedPb.StreamDeleted.deserializeBinary(answer.getError()!.getDetails()!.getValue_asU8());
    expect(Buffer.from(details.getStreamIdentifier()!.getStreamName_asU8()).toString()).toBe(stream);
  });

  it('that is too large is refused with the limit', async () => {
    const answer = await append(freshStream(), 'any', [proposed(randomUUID(), 1_048_577)]);
    const type = 'event_store.client.MaximumAppendSizeExceeded';
    expect(errorOf(answer)).toEqual([status.INVALID_ARGUMENT, 'MaximumAppendSizeExceeded', type]);
    const value = answer.getError()!.getDetails()!.getValue_asU8();
    expect(sharedPb.MaximumAppendSizeExceeded.deserializeBinary(value).getMaxappendsize()).toBe(1_048_576);
  });

  it('of an event without a type is refused as such', async () => {
    const untyped = new streamsPb.BatchAppendReq.ProposedMessage().setId(new sharedPb.UUID().setString(randomUUID()));
    const answer = await append(freshStream(), 'any', [untyped]);
    expect(errorOf(answer)).toEqual([status.INVALID_ARGUMENT, 'BadRequest', 'event_store.client.BadRequest']);
  });

  it('of ids that are there in part is a repetition, or refused, by what it expects', async () => {
    const stream = freshStream();
    const given = ids(4);
    const of = (...chosen: string[]) => chosen.map((id) => proposed(id));
    expect(revisionOf(await append(stream, 'no_stream', of(...given)))).toBe('3');
    // The beginning of what is there, and a part in the middle.
    expect(revisionOf(await append(stream, 'no_stream', of(given[0]!, given[1]!)))).toBe('1');
    expect(revisionOf(await append(stream, 0, of(given[1]!, given[2]!)))).toBe('2');
    expect(revisionOf(await append(stream, 'any', of(given[2]!, given[3]!)))).toBe('3');
    // What is there, and more behind it; what is there in another order; more before what is there.
    for (const messages of [of(given[3]!, ...ids(1)), of(given[1]!, given[0]!)]) {
      expect(errorOf(await append(stream, 2, messages))[1]).toBe('WrongExpectedVersion');
    }
    expect(errorOf(await append(stream, 'any', of(given[3]!, ...ids(1))))[1]).toBe('WrongExpectedVersion');
    expect(await collect(client.readStream(stream))).toHaveLength(4);
  });
});

describe('a deletion that expects that the stream exists', () => {
  /** The status, and what the trailers say. */
  const remove = (stream: string): Promise<readonly unknown[]> => {
    const options = new streamsPb.DeleteReq.Options()
      .setStreamIdentifier(new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream)))
      .setStreamExists(new sharedPb.Empty());
    return new Promise((resolve) =>
      streams.delete(new streamsPb.DeleteReq().setOptions(options), (error) => {
        if (error === null) return resolve([status.OK]);
        const told = ['exception', 'stream-name', 'expected-version', 'actual-version'];
        return resolve([error.code, ...told.map((name) => error.metadata.get(name)[0])]);
      }),
    );
  };

  it('takes metadata for it, and a deletion not', async () => {
    const [stream, described, missing] = [freshStream(), freshStream(), freshStream()];
    await client.appendToStream(stream, numbered(1));
    expect(await remove(stream)).toEqual([status.OK]);
    const deleted = [status.FAILED_PRECONDITION, 'stream-deleted', stream, undefined, undefined];
    expect(await remove(stream)).toEqual(deleted);
    await client.setStreamMetadata(described, { cacheControl: 10 });
    expect(await remove(described)).toEqual([status.OK]);
    const wrong = [status.FAILED_PRECONDITION, 'wrong-expected-version', missing, '-4', '-1'];
    expect(await remove(missing)).toEqual(wrong);
  });
});

describe('gossip', () => {
  it('names one leading node, and the same one each time', async () => {
    const gossip = new gossipGrpc.GossipClient(address, credentials.createInsecure());
    const read = (): Promise<ClusterInfo> =>
      new Promise((resolve, reject) =>
        gossip.read(new sharedPb.Empty(), (error, answer) => (error === null ? resolve(answer) : reject(error))),
      );
    const [first, second] = [await read(), await read()];
    const [member] = first.getMembersList();
    expect(first.getMembersList()).toHaveLength(1);
    expect(member!.getIsAlive()).toBe(true);
    const idOf = (info: ClusterInfo): unknown => info.getMembersList()[0]!.getInstanceId()!.toObject();
    expect(idOf(second)).toEqual(idOf(first));
    const { structured, string } = member!.getInstanceId()!.toObject();
    expect(structured?.mostSignificantBits ?? string).not.toMatch(/^0?$/);
    gossip.close();
  });
});
