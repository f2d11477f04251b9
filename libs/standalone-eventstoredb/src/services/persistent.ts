import type { ServerDuplexStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type {
  CreateReq,
  DeleteReq,
  GetInfoReq,
  ListReq,
  ReadReq,
  ReplayParkedReq,
  UpdateReq,
} from '@eventstore/db-client/generated/persistent_pb.js';
import persistentPb from '@eventstore/db-client/generated/persistent_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import { groupFailed, groupNotFound, invalidArgument } from '../errors.js';
import type { Groups } from '../persistent/groups.js';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { unary } from './unary.js';
import type { Outlets } from './outlet.js';
import { infoOf } from './persistent-info.js';
import { PersistentReadCall } from './persistent-read.js';
import { createConfigOf, refuseAllByName, sourceNameOf, updateConfigOf } from './persistent-requests.js';

/** The methods of PersistentSubscriptions. */
export function persistentSubscriptions(
  groups: Groups,
  log: EventLog,
  reader: LogReader,
  outlets: Outlets,
): UntypedServiceImplementation {
  return {
    read: (call: ServerDuplexStream<ReadReq, Buffer>) =>
      void new PersistentReadCall(groups, log, reader, call, outlets),
    create: unary(async (request: CreateReq) => {
      await groups.create(createConfigOf(request));
      return new persistentPb.CreateResp();
    }),
    update: unary(async (request: UpdateReq) => {
      await groups.update(updateConfigOf(request));
      return new persistentPb.UpdateResp();
    }),
    delete: unary(async (request: DeleteReq) => {
      const options = request.getOptions();
      const { stream, group } = named(options);
      refuseAllByName(stream, group, options?.hasAll() === true);
      await groups.delete(stream, group);
      return new persistentPb.DeleteResp();
    }),
    getInfo: unary((request: GetInfoReq) => {
      const { stream, group } = named(request.getOptions());
      return new persistentPb.GetInfoResp().setSubscriptionInfo(infoOf(groups.get(stream, group)));
    }),
    list: unary((request: ListReq) => list(groups, request)),
    replayParked: unary(async (request: ReplayParkedReq) => {
      const options = request.getOptions();
      const { stream, group } = named(options);
      const stopAt = options?.hasStopAt() === true ? Number(options.getStopAt()) : undefined;
      if (stopAt !== undefined && stopAt < 0) throw groupFailed(stream, group, 'stopAt must not be negative');
      await groups.get(stream, group).replayParked(stopAt);
      return new persistentPb.ReplayParkedResp();
    }),
    restartSubsystem: unary(() => {
      groups.restart();
      return new sharedPb.Empty();
    }),
  } as unknown as UntypedServiceImplementation;
}

type Naming = DeleteReq.Options | GetInfoReq.Options | ReplayParkedReq.Options;

function named(options: Naming | undefined): { stream: string; group: string } {
  if (options === undefined) throw invalidArgument('the options of the request are missing');
  return {
    stream: sourceNameOf(options.getStreamIdentifier(), options.hasAll()),
    group: options.getGroupName(),
  };
}

function list(groups: Groups, request: ListReq): InstanceType<typeof persistentPb.ListResp> {
  const forStream = request.getOptions()?.getListForStream();
  const stream = forStream === undefined ? undefined : sourceNameOf(forStream.getStream(), forStream.hasAll());
  const found = groups.list(stream);
  if (stream !== undefined && found.length === 0) throw groupNotFound(stream, '');
  return new persistentPb.ListResp().setSubscriptionsList(found.map(infoOf));
}
