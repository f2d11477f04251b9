import persistentPb from '@eventstore/db-client/generated/persistent_pb.js';
import type { SubscriptionInfo } from '@eventstore/db-client/generated/persistent_pb.js';
import type { Consumer } from '../persistent/consumer.js';
import { ALL_STREAM, type GroupConfig } from '../persistent/group-config.js';
import type { Group } from '../persistent/group.js';

/** What GetInfo and List say of a group. */
export function infoOf(group: Group): SubscriptionInfo {
  const { config, parts } = group;
  const info = new persistentPb.SubscriptionInfo();
  const inFlight = group.consumers.reduce((sum, consumer) => sum + consumer.inFlight.size, 0);
  const atCheckpoint = group.checkpoint === undefined ? '' : parts.source.text(group.checkpoint);
  const lastKnown = group.lastKnown === undefined ? '' : parts.source.text(group.lastKnown);
  return info
    .setEventSource(config.stream)
    .setGroupName(config.group)
    .setStatus(group.buffer.length > 0 ? 'Behind' : 'Live')
    .setConnectionsList(group.consumers.map((consumer) => connectionOf(consumer, config.extraStatistics)))
    .setAveragePerSecond(Math.round(sum(group.consumers, perSecond)))
    .setTotalItems(String(group.totalItems))
    .setCountSinceLastMeasurement('0')
    .setLastCheckpointedEventPosition(atCheckpoint)
    .setLastKnownEventPosition(lastKnown)
    .setResolveLinkTos(config.resolveLinks)
    .setStartFrom(startText(config))
    .setMessageTimeoutMilliseconds(config.messageTimeoutMs)
    .setExtraStatistics(config.extraStatistics)
    .setMaxRetryCount(config.maxRetryCount)
    .setLiveBufferSize(config.liveBufferSize)
    .setBufferSize(config.historyBufferSize)
    .setReadBatchSize(config.readBatchSize)
    .setCheckPointAfterMilliseconds(config.checkpointAfterMs)
    .setMinCheckPointCount(config.minCheckpointCount)
    .setMaxCheckPointCount(config.maxCheckpointCount)
    .setReadBufferCount(group.buffer.length)
    .setLiveBufferCount('0')
    .setRetryBufferCount(group.retries.length)
    .setTotalInFlightMessages(inFlight)
    .setOutstandingMessagesCount(group.outstanding.size)
    .setNamedConsumerStrategy(config.strategy)
    .setMaxSubscriberCount(config.maxSubscriberCount)
    .setParkedMessageCount(String(parts.parking.count));
}

function startText({ stream, startFrom }: GroupConfig): string {
  return stream === ALL_STREAM ? `C:${startFrom}/P:${startFrom}` : String(startFrom);
}

function connectionOf(consumer: Consumer, measured: boolean): SubscriptionInfo.ConnectionInfo {
  const info = new persistentPb.SubscriptionInfo.ConnectionInfo()
    .setFrom(consumer.call.from)
    // Without authentication EventStoreDB runs every call as the system user.
    .setUsername('system')
    .setAverageItemsPerSecond(Math.round(perSecond(consumer)))
    .setTotalItems(String(consumer.totalItems))
    .setCountSinceLastMeasurement('0')
    .setAvailableSlots(consumer.availableSlots)
    .setInFlightMessages(consumer.inFlight.size)
    .setConnectionName(consumer.call.connectionName);
  return measured ? info.setObservedMeasurementsList(measurementsOf(consumer.latenciesMs)) : info;
}

function perSecond(consumer: Consumer): number {
  return consumer.totalItems / Math.max(1, (Date.now() - consumer.since) / 1000);
}

const PERCENTILES = [
  ['Median', 0.5],
  ['Fastest', 0],
  ['Quintile 1', 0.2],
  ['Quintile 2', 0.4],
  ['Quintile 3', 0.6],
  ['Quintile 4', 0.8],
  ['Quintile 5', 1],
  ['90%', 0.9],
  ['95%', 0.95],
  ['99%', 0.99],
  ['99.5%', 0.995],
  ['99.9%', 0.999],
  ['Highest', 1],
] as const;

function measurementsOf(latenciesMs: readonly number[]): SubscriptionInfo.Measurement[] {
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
  const mean = sorted.length === 0 ? 0 : sum(sorted, (latency) => latency) / sorted.length;
  const values: (readonly [string, number])[] = [
    ['Mean', mean],
    ...PERCENTILES.map(([key, p]) => [key, at(p)] as const),
  ];
  return values.map(([key, value]) =>
    new persistentPb.SubscriptionInfo.Measurement().setKey(key).setValue(String(Math.round(value))),
  );
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}
