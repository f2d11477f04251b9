import { createRequire } from 'node:module';
import * as grpc from '@grpc/grpc-js';
import type streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import type sharedPb from '@eventstore/db-client/generated/shared_pb.js';

const require = createRequire(import.meta.url);
const service = require('@eventstore/db-client/generated/streams_grpc_pb.js') as typeof streamsGrpc;
const streams = require('@eventstore/db-client/generated/streams_pb.js') as typeof streamsPb;
const shared = require('@eventstore/db-client/generated/shared_pb.js') as typeof sharedPb;

export type ReadCallOnServer = grpc.ServerWritableStream<streamsPb.ReadReq, streamsPb.ReadResp>;
export type AppendCallOnServer = grpc.ServerDuplexStream<streamsPb.BatchAppendReq, streamsPb.BatchAppendResp>;

export interface FakeBehaviour {
  read?(call: ReadCallOnServer, nth: number): void;
  batchAppend?(call: AppendCallOnServer, nth: number): void;
}

/** A server that says whatever a test wants to hear, over the real protocol: for behaviour that a good server does not show on demand. */
export class FakeEventStore {
  reads = 0;
  appends = 0;
  /** Calls that the client has not ended. */
  readonly open = new Set<object>();

  private constructor(
    private readonly server: grpc.Server,
    readonly port: number,
  ) {}

  static async start(behaviour: FakeBehaviour): Promise<FakeEventStore> {
    const server = new grpc.Server();
    const calls = { reads: 0, appends: 0, open: new Set<object>() };
    const watch = (call: grpc.ServerWritableStream<never, never> | AppendCallOnServer | ReadCallOnServer) => {
      calls.open.add(call);
      const closed = () => calls.open.delete(call);
      call.on('cancelled', closed);
      call.on('finish', closed);
    };
    server.addService(service.StreamsService as unknown as grpc.ServiceDefinition, {
      read: (call: ReadCallOnServer) => {
        watch(call);
        behaviour.read?.(call, ++calls.reads);
      },
      batchAppend: (call: AppendCallOnServer) => {
        watch(call);
        behaviour.batchAppend?.(call, ++calls.appends);
      },
    });
    const port = await new Promise<number>((resolve, reject) => {
      const insecure = grpc.ServerCredentials.createInsecure();
      server.bindAsync('127.0.0.1:0', insecure, (error, bound) => (error ? reject(error) : resolve(bound)));
    });
    const fake = new FakeEventStore(server, port);
    Object.defineProperties(fake, {
      reads: { get: () => calls.reads },
      appends: { get: () => calls.appends },
      open: { value: calls.open },
    });
    return fake;
  }

  close(): void {
    this.server.forceShutdown();
  }
}

export function confirmation(): streamsPb.ReadResp {
  return new streams.ReadResp().setConfirmation(new streams.ReadResp.SubscriptionConfirmation().setSubscriptionId('s'));
}

export function caughtUp(): streamsPb.ReadResp {
  return new streams.ReadResp().setCaughtUp(new streams.ReadResp.CaughtUp());
}

export function checkpoint(position: number): streamsPb.ReadResp {
  const at = new streams.ReadResp.Checkpoint().setCommitPosition(`${position}`).setPreparePosition(`${position}`);
  return new streams.ReadResp().setCheckpoint(at);
}

export function event(position: number, stream = 'account-fake.1', type = 'SampleHappened'): streamsPb.ReadResp {
  const recorded = new streams.ReadResp.ReadEvent.RecordedEvent()
    .setId(new shared.UUID().setString('00000000-0000-4000-8000-000000000000'))
    .setStreamIdentifier(new shared.StreamIdentifier().setStreamName(Buffer.from(stream).toString('base64')))
    .setStreamRevision('0')
    .setCommitPosition(`${position}`)
    .setPreparePosition(`${position}`)
    .setData(Buffer.from('{}').toString('base64'))
    .setCustomMetadata(Buffer.from('{"hash":"h"}').toString('base64'));
  recorded.getMetadataMap().set('type', type).set('content-type', 'application/json');
  const read = new streams.ReadResp.ReadEvent().setEvent(recorded).setCommitPosition(`${position}`);
  return new streams.ReadResp().setEvent(read);
}

/** A good answer to an append; without a position, as some servers give it. */
export function appended(
  request: streamsPb.BatchAppendReq,
  revision: number,
  position?: number,
): streamsPb.BatchAppendResp {
  const success = new streams.BatchAppendResp.Success().setCurrentRevision(`${revision}`);
  if (position === undefined) success.setNoPosition(emptyOf(success));
  else
    success.setPosition(
      new shared.AllStreamPosition().setCommitPosition(`${position}`).setPreparePosition(`${position}`),
    );
  return new streams.BatchAppendResp().setCorrelationId(request.getCorrelationId()).setSuccess(success);
}

export function failure(code: grpc.status, details: string, metadata: Record<string, string> = {}): grpc.ServiceError {
  const trailers = new grpc.Metadata();
  for (const [key, value] of Object.entries(metadata)) trailers.set(key, value);
  return Object.assign(new Error(details), { code, details, metadata: trailers });
}

function emptyOf(_success: unknown): never {
  const { Empty } = require('google-protobuf/google/protobuf/empty_pb.js') as { Empty: new () => never };
  return new Empty();
}
