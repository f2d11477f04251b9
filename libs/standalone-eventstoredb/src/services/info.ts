import gossipPb from '@eventstore/db-client/generated/gossip_pb.js';
import featuresPb from '@eventstore/db-client/generated/serverfeatures_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import type { ServiceDefinition } from '@grpc/grpc-js';
import { encodeStructuredUuid } from '../wire/uuid.js';

/** The version that this server stands for. */
export const SERVER_VERSION = '24.2.0';

/** Who the node is, and the address at which it is reached, known once it listens. */
export interface Address {
  readonly instanceId: string;
  readonly host: string;
  port: number;
}

/** ServerFeatures.GetSupportedMethods: what is served, by service and method. */
export function supportedMethods(
  services: readonly ServiceDefinition[],
): InstanceType<typeof featuresPb.SupportedMethods> {
  const answer = new featuresPb.SupportedMethods().setEventStoreServerVersion(SERVER_VERSION);
  for (const service of services) {
    for (const { path } of Object.values(service)) {
      const [, serviceName = '', methodName = ''] = path.toLowerCase().split('/');
      const method = new featuresPb.SupportedMethod().setServiceName(serviceName).setMethodName(methodName);
      answer.addMethods(method.setFeaturesList(featuresOf(serviceName, methodName)));
    }
  }
  return answer;
}

/** What clients look for before they use a part of a method. */
function featuresOf(service: string, method: string): string[] {
  if (service.endsWith('.persistentsubscriptions')) return ['stream', 'all'];
  if (service.endsWith('.streams') && method === 'read') return ['position', 'events'];
  if (service.endsWith('.streams') && method === 'batchappend') return ['deadline_duration'];
  if (service.endsWith('.projections') && method === 'create') return ['track_emitted_streams'];
  return [];
}

/** Gossip.Read: one node, which leads. */
export function gossip({ instanceId, host, port }: Address): InstanceType<typeof gossipPb.ClusterInfo> {
  const member = new gossipPb.MemberInfo();
  member.setInstanceId(sharedPb.UUID.deserializeBinary(encodeStructuredUuid(instanceId)));
  member.setTimeStamp(`${Date.now()}0000`);
  member.setState(gossipPb.MemberInfo.VNodeState.LEADER);
  member.setIsAlive(true);
  member.setHttpEndPoint(new gossipPb.EndPoint().setAddress(host).setPort(port));
  return new gossipPb.ClusterInfo().setMembersList([member]);
}
