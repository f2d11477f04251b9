import monitoringGrpc from '@eventstore/db-client/generated/monitoring_grpc_pb.js';
import gossipGrpc from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import operationsGrpc from '@eventstore/db-client/generated/operations_grpc_pb.js';
import persistentGrpc from '@eventstore/db-client/generated/persistent_grpc_pb.js';
import projectionsGrpc from '@eventstore/db-client/generated/projections_grpc_pb.js';
import featuresGrpc from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import type streamsPb from '@eventstore/db-client/generated/streams_pb.js';
import streamsGrpc from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type {
  Server,
  ServerDuplexStream,
  ServerReadableStream,
  ServerWritableStream,
  ServiceDefinition,
  UntypedServiceImplementation,
  sendUnaryData,
} from '@grpc/grpc-js';
import type { DirectCall } from '../direct-call.js';
import type { DirectMethods } from '../guarded-server.js';
import type { StoreNode } from '../node.js';
import '../wire/guard.js';
import { BatchAppendCall, handleAppend } from './append.js';
import { DeleteService } from './delete.js';
import { type Address, gossip, supportedMethods } from './info.js';
import { monitoringService } from './monitoring.js';
import { operationsService } from './operations.js';
import { persistentSubscriptions } from './persistent.js';
import { projectionsService } from './projections.js';
import { ReadService } from './read.js';
import { unary } from './unary.js';

const bytesIn = { requestDeserialize: (bytes: Buffer): Buffer => bytes };
const bytesOut = { responseSerialize: (bytes: Buffer): Buffer => bytes };

function definition(service: object): ServiceDefinition {
  return service as unknown as ServiceDefinition;
}

/** Streams, with requests and answers as bytes where the hot path goes. */
const streams = streamsGrpc.StreamsService;
const streamsDefinition = definition({
  ...streams,
  read: { ...streams.read, ...bytesOut },
  append: { ...streams.append, ...bytesIn, ...bytesOut },
  batchAppend: { ...streams.batchAppend, ...bytesIn, ...bytesOut },
});

const persistent = persistentGrpc.PersistentSubscriptionsService;
const persistentDefinition = definition({ ...persistent, read: { ...persistent.read, ...bytesOut } });

const monitoring = monitoringGrpc.MonitoringService;
const monitoringDefinition = definition({ ...monitoring, stats: { ...monitoring.stats, ...bytesOut } });

/** Registers what the node serves. What it does not serve, gRPC answers with UNIMPLEMENTED and the method's name. */
export function addServices(server: Server, node: StoreNode, address: Address, shutdown: () => Promise<void>): void {
  server.addService(streamsDefinition, streamsService(node));
  server.addService(persistentDefinition, persistentSubscriptions(node.groups, node.log, node.reader, node.outlets));
  server.addService(definition(projectionsGrpc.ProjectionsService), projectionsService(node.projections));
  server.addService(
    definition(operationsGrpc.OperationsService),
    operationsService(node.scavenges, node.groups, shutdown),
  );
  server.addService(definition(gossipGrpc.GossipService), {
    read: unary(() => gossip(address)),
  } as unknown as UntypedServiceImplementation);
  server.addService(monitoringDefinition, monitoringService(node.log, node.outlets));
  const features = supportedMethods([
    streamsDefinition,
    persistentDefinition,
    definition(projectionsGrpc.ProjectionsService),
    definition(operationsGrpc.OperationsService),
    definition(gossipGrpc.GossipService),
    monitoringDefinition,
    definition(featuresGrpc.ServerFeaturesService),
  ]);
  server.addService(definition(featuresGrpc.ServerFeaturesService), {
    getSupportedMethods: unary(() => features),
  } as unknown as UntypedServiceImplementation);
}

function streamsService(node: StoreNode): UntypedServiceImplementation {
  const reads = new ReadService(node.log, node.reader);
  const deletes = new DeleteService(node.deleter);
  return {
    read: (call: ServerWritableStream<streamsPb.ReadReq, Buffer>) =>
      reads.handle(call.request, node.outlets.outletOf(call)),
    append: (call: ServerReadableStream<Buffer, Buffer>, callback: sendUnaryData<Buffer>) =>
      handleAppend(node.appender, call, callback, node.outlets),
    batchAppend: (call: ServerDuplexStream<Buffer, Buffer>) => {
      const batches = new BatchAppendCall(node.appender, call, node.outlets.outletOf(call));
      call.on('data', (bytes: Buffer) => batches.receive(bytes));
      call.on('end', () => batches.end());
    },
    delete: deletes.delete.bind(deletes),
    tombstone: deletes.tombstone.bind(deletes),
  } as unknown as UntypedServiceImplementation;
}

/** The methods that all events go through, by their path: most calls of them need not pass through grpc-js. */
export function directMethods(node: StoreNode): DirectMethods {
  const reads = new ReadService(node.log, node.reader);
  const { read, batchAppend } = streams;
  return new Map([
    [
      read.path,
      (call: DirectCall) => call.receiveOne(read, (request) => reads.handle(request, node.outlets.outletOf(call))),
    ],
    [
      batchAppend.path,
      (call: DirectCall) => {
        const batches = new BatchAppendCall(node.appender, call, node.outlets.outletOf(call));
        call.receive(
          (bytes) => batches.receive(bytes),
          () => batches.end(),
        );
      },
    ],
  ]);
}
