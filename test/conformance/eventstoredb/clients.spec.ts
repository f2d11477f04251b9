import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type EventStoreDBClient,
  START,
  persistentSubscriptionToStreamSettingsFromDefaults as settings,
} from '@eventstore/db-client';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import persistentPb from '@eventstore/db-client/generated/persistent_pb.js';
import type { ReadResp } from '@eventstore/db-client/generated/persistent_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type { AppendResp } from '@eventstore/db-client/generated/streams_pb.js';
import { type CallOptions, Metadata, type ServiceError, credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Target, collect, freshStream, numbered, numbersOf, startTarget } from './target.js';

/** How clients in other languages, and older ones, use the protocol. */
let target: Target;
let client: EventStoreDBClient;
let streams: InstanceType<typeof streamsGrpc.StreamsClient>;
let groups: InstanceType<typeof persistentGrpc.PersistentSubscriptionsClient>;
beforeAll(async () => {
  target = await startTarget();
  client = target.client;
  const address = /\/\/(?:[^@]*@)?([^/?]+)/.exec(target.url)![1]!;
  streams = new streamsGrpc.StreamsClient(address, credentials.createInsecure());
  groups = new persistentGrpc.PersistentSubscriptionsClient(address, credentials.createInsecure());
});
afterAll(async () => {
  streams.close();
  groups.close();
  await target.stop();
});

const empty = () => new sharedPb.Empty();
const identifierOf = (stream: string) => new sharedPb.StreamIdentifier().setStreamName(Buffer.from(stream));
type AppendOptions = InstanceType<typeof streamsPb.AppendReq.Options>;

/** One event, appended by itself. */
function append(stream: string, expecting: (options: AppendOptions) => AppendOptions): Promise<AppendResp> {
  const message = new streamsPb.AppendReq.ProposedMessage().setId(new sharedPb.UUID().setString(randomUUID()));
  message.getMetadataMap().set('type', 'Plain').set('content-type', 'application/octet-stream');
  const options = expecting(new streamsPb.AppendReq.Options().setStreamIdentifier(identifierOf(stream)));
  const headers = new Metadata();
  headers.set('requires-leader', 'true');
  headers.set('authorization', `Basic ${Buffer.from('nobody:wrong').toString('base64')}`);
  return new Promise((resolve, reject) => {
    const call = streams.append(headers, (error: ServiceError | null, answer: AppendResp) =>
      error === null ? resolve(answer) : reject(error),
    );
    call.write(new streamsPb.AppendReq().setOptions(options));
    call.write(new streamsPb.AppendReq().setProposedMessage(message));
    call.end();
  });
}

/** Only without authentication a wrong password is of no interest. */
const insecure = (): boolean => /tls=false/.test(target.url);

describe('an append by itself', () => {
  it('is answered with the revision and the position, whoever asks', async () => {
    if (!insecure()) return;
    const stream = freshStream();
    await append(stream, (options) => options.setNoStream(empty()));
    const success = (await append(stream, (options) => options.setRevision('0'))).getSuccess()!;
    const [, { event }] = (await collect(client.readStream(stream))) as [unknown, { event: { position: unknown } }];
    expect(success.getCurrentRevision()).toBe('1');
    const position = success.getPosition()!;
    expect(event.position).toEqual({
      commit: BigInt(position.getCommitPosition()),
      prepare: BigInt(position.getPreparePosition()),
    });
  });

  it.each<[string, (options: AppendOptions) => AppendOptions, number, object]>([
    [
      'no stream',
      (options) => options.setNoStream(empty()),
      3,
      { expectedNoStream: {}, expectedStreamExists: undefined, currentRevision: '2', currentRevision2060: 2 },
    ],
    [
      'a revision',
      (options) => options.setRevision('7'),
      3,
      { expectedRevision: '7', expectedRevision2060: 7, currentRevision: '2', currentRevision2060: 2 },
    ],
    [
      'a revision of nothing',
      (options) => options.setRevision('0'),
      0,
      { expectedRevision: '0', expectedRevision2060: 0, currentNoStream: {}, noStream2060: {} },
    ],
    [
      'that the stream exists',
      (options) => options.setStreamExists(empty()),
      0,
      { expectedStreamExists: {}, streamExists2060: {}, currentNoStream: {}, noStream2060: {} },
    ],
  ])('that expects %s wrongly is told so in the words of clients old and new', async (_name, expecting, has, told) => {
    if (!insecure()) return;
    const stream = freshStream();
    if (has > 0) await client.appendToStream(stream, numbered(has));
    const wrong = (await append(stream, expecting)).getWrongExpectedVersion()!;
    expect(wrong.toObject()).toMatchObject(told);
    const notSaid = 0;
    expect([wrong.getExpectedRevisionOption2060Case(), wrong.getCurrentRevisionOption2060Case()]).not.toContain(
      notSaid,
    );
  });
});

describe('a consumer of a persistent subscription', () => {
  async function groupWith(events: number): Promise<[stream: string, group: string]> {
    const [stream, group] = [freshStream(), `group-${randomUUID()}`];
    await client.createPersistentSubscriptionToStream(stream, group, settings({ startFrom: START }));
    await client.appendToStream(stream, numbered(events));
    return [stream, group];
  }

  function connect(stream: string, group: string, options: CallOptions = {}): ReturnType<typeof groups.read> {
    const call = groups.read(options);
    const uuids = new persistentPb.ReadReq.Options.UUIDOption().setStructured(empty());
    const read = new persistentPb.ReadReq.Options().setStreamIdentifier(identifierOf(stream)).setGroupName(group);
    call.write(new persistentPb.ReadReq().setOptions(read.setBufferSize(10).setUuidOption(uuids)));
    return call;
  }

  it('takes and acknowledges by ids in two halves', async () => {
    const [stream, group] = await groupWith(2);
    const call = connect(stream, group);
    const seen: (ReadResp.ReadEvent.RecordedEvent | undefined)[] = [];
    for await (const response of call as AsyncIterable<ReadResp>) {
      if (response.hasSubscriptionConfirmation()) {
        expect(response.getSubscriptionConfirmation()!.getSubscriptionId()).toBe(`${stream}::${group}`);
        continue;
      }
      const event = response.getEvent()!.getEvent()!;
      expect(event.getId()!.hasStructured()).toBe(true);
      seen.push(event);
      const ack = new persistentPb.ReadReq.Ack().setIdsList([event.getId()!]);
      call.write(new persistentPb.ReadReq().setAck(ack));
      if (seen.length === 2) break;
    }
    expect(seen.map((event) => event!.getStreamRevision())).toEqual(['0', '1']);
    call.cancel();
    await client.deletePersistentSubscriptionToStream(stream, group);
  });

  it('is let go at its deadline, and what it had goes to another', async () => {
    const [stream, group] = await groupWith(3);
    const call = connect(stream, group, { deadline: Date.now() + 500 });
    const taken: ReadResp[] = [];
    call.on('data', (response: ReadResp) => taken.push(response));
    const error = await new Promise<ServiceError>((resolve) => call.on('error', resolve));
    expect(error.code).toBe(status.DEADLINE_EXCEEDED);
    expect(taken.filter((response) => response.hasEvent())).toHaveLength(3);
    const connections = async (): Promise<number> =>
      (await client.getPersistentSubscriptionToStreamInfo(stream, group)).connections.length;
    for (let tries = 0; (await connections()) > 0 && tries < 100; tries++) await delay(20);
    expect(await connections()).toBe(0);
    const another = client.subscribeToPersistentSubscriptionToStream(stream, group);
    expect(numbersOf(await collect(another, 3))).toEqual([0, 1, 2]);
    await another.unsubscribe();
    await client.deletePersistentSubscriptionToStream(stream, group);
  });
});
