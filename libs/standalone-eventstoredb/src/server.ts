import { randomUUID } from 'node:crypto';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import {
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { BatchAppendCall, handleAppend } from './services/append.js';
import { DeleteService } from './services/delete.js';
import { gossip, supportedMethods } from './services/info.js';
import { persistentSubscriptions } from './services/persistent.js';
import { Groups } from './persistent/groups.js';
import { ReadService } from './services/read.js';
import { Appender } from './store/appender.js';
import { Deleter } from './store/deleter.js';
import { EventLog } from './store/event-log.js';
import { LogReader } from './store/log-reader.js';

export interface EventStoreServerOptions {
  /** Folder of the files; created if missing. One server at a time. */
  readonly dataDir: string;
  /** Address to listen on. There is no authentication: keep it a loopback address. */
  readonly host: string;
  /** 0 for a free port. */
  readonly port: number;
}

export interface EventStoreServer {
  readonly port: number;
  /** Cancels running calls, finishes appends under way and closes the files. */
  close(): Promise<void>;
}

const bytesIn = { requestDeserialize: (bytes: Buffer): Buffer => bytes };
const bytesOut = { responseSerialize: (bytes: Buffer): Buffer => bytes };

type StreamsDefinition = typeof streamsGrpc.StreamsService;

/** The definition of Streams, with requests and answers as bytes where the hot path goes. */
function streamsDefinition(): ServiceDefinition {
  const service: StreamsDefinition = streamsGrpc.StreamsService;
  return {
    read: { ...service.read, ...bytesOut },
    append: { ...service.append, ...bytesIn },
    delete: service.delete,
    tombstone: service.tombstone,
    batchAppend: { ...service.batchAppend, ...bytesIn, ...bytesOut },
  } as unknown as ServiceDefinition;
}

const persistentReadDefinition = { ...persistentGrpc.PersistentSubscriptionsService.read, ...bytesOut };

function addStreams(server: Server, log: EventLog, reader: LogReader): void {
  const appender = new Appender(log, reader);
  const reads = new ReadService(log, reader);
  const deletes = new DeleteService(new Deleter(log));
  server.addService(streamsDefinition(), {
    read: (call: ServerWritableStream<streamsPb.ReadReq, Buffer>) => reads.handle(call),
    append: (call: ServerReadableStream<Buffer, streamsPb.AppendResp>, callback: sendUnaryData<streamsPb.AppendResp>) =>
      handleAppend(appender, call, callback),
    batchAppend: (call: ServerDuplexStream<Buffer, Buffer>) => void new BatchAppendCall(appender, call),
    delete: deletes.delete.bind(deletes),
    tombstone: deletes.tombstone.bind(deletes),
  } as never);
}

/** Starts a server over a data folder. Rejects when the folder or the address can't be used. */
export async function startEventStoreServer(options: EventStoreServerOptions): Promise<EventStoreServer> {
  const log = new EventLog(options.dataDir);
  const server = new Server({
    'grpc.max_receive_message_length': 32 * 1024 * 1024,
    'grpc.max_send_message_length': -1,
  });
  const instanceId = randomUUID();
  let port = options.port;
  const reader = new LogReader(log);
  const groups = new Groups(log, reader);
  addStreams(server, log, reader);
  server.addService(
    {
      ...persistentGrpc.PersistentSubscriptionsService,
      read: persistentReadDefinition,
    } as unknown as ServiceDefinition,
    persistentSubscriptions(groups, log, reader),
  );
  const services = [
    streamsGrpc.StreamsService,
    persistentGrpc.PersistentSubscriptionsService,
    gossipGrpc.GossipService,
    featuresGrpc.ServerFeaturesService,
  ];
  const features = supportedMethods(services as unknown as ServiceDefinition[]);
  server.addService(
    featuresGrpc.ServerFeaturesService as unknown as ServiceDefinition,
    {
      getSupportedMethods: (_call: unknown, callback: sendUnaryData<unknown>) => callback(null, features),
    } as never,
  );
  server.addService(
    gossipGrpc.GossipService as unknown as ServiceDefinition,
    {
      read: (_call: unknown, callback: sendUnaryData<unknown>) =>
        callback(null, gossip(instanceId, options.host, port)),
    } as never,
  );
  try {
    port = await bind(server, options.host, options.port);
  } catch (error) {
    await log.close();
    throw error;
  }
  let closing: Promise<void> | undefined;
  return { port, close: () => (closing ??= stop(server, log, groups)) };
}

function bind(server: Server, host: string, port: number): Promise<number> {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  return new Promise((resolve, reject) => {
    server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

async function stop(server: Server, log: EventLog, groups: Groups): Promise<void> {
  groups.stop();
  server.forceShutdown();
  await log.close();
}
