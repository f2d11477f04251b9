import persistentPb from '@eventstore/db-client/generated/persistent_pb.js';
import type { SubscriptionInfo } from '@eventstore/db-client/generated/persistent_pb.js';
import type { Consumer } from '../persistent/consumer.js';
import { ALL_STREAM, type GroupConfig } from '../persistent/group-config.js';
import type { Group } from '../persistent/group.js';

/** What GetInfo and List say of a group. Its rates are those since it was last asked for. */
export function infoOf(group: Group): SubscriptionInfo {
  const { config, parts, ahead } = group;
  const info = new persistentPb.SubscriptionInfo();
  const elapsedMs = group.takeMeasuredMs();
  const growth = group.handed.takeGrowth();
  const inFlight = group.consumers.reduce((sum, consumer) => sum + consumer.inFlight.size, 0);
  const atCheckpoint = group.checkpoint === undefined ? '' : parts.source.text(group.checkpoint);
  const lastKnown = ahead.lastKnown === undefined ? '' : parts.source.text(ahead.lastKnown);
  return info
    .setEventSource(config.stream)
    .setGroupName(config.group)
    .setStatus(ahead.behind ? 'Behind' : 'Live')
    .setConnectionsList(group.consumers.map((consumer) => connectionOf(consumer, elapsedMs, config.extraStatistics)))
    .setAveragePerSecond(perSecond(growth, elapsedMs))
    .setTotalItems(String(group.handed.total))
    .setCountSinceLastMeasurement(String(growth))
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
    .setReadBufferCount(ahead.waiting)
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

function connectionOf(consumer: Consumer, elapsedMs: number, measured: boolean): SubscriptionInfo.ConnectionInfo {
  const growth = consumer.sent.takeGrowth();
  const info = new persistentPb.SubscriptionInfo.ConnectionInfo()
    .setFrom(consumer.call.from)
    // Without authentication EventStoreDB runs every call as the system user.
    .setUsername('system')
    .setAverageItemsPerSecond(perSecond(growth, elapsedMs))
    .setTotalItems(String(consumer.sent.total))
    .setCountSinceLastMeasurement(String(growth))
    .setAvailableSlots(consumer.availableSlots)
    .setInFlightMessages(consumer.inFlight.size)
    .setConnectionName(consumer.call.connectionName);
  return measured ? info.setObservedMeasurementsList(measurementsOf(consumer.latenciesMs)) : info;
}

function perSecond(count: number, elapsedMs: number): number {
  return elapsedMs <= 0 ? 0 : Math.floor((count * 1000) / elapsedMs);
}

/** As EventStoreDB names and places them: its first quintile is the lowest value. */
const PERCENTILES = [
  ['Median', 0.5],
  ['Fastest', 0],
  ['Quintile 1', 0],
  ['Quintile 2', 0.2],
  ['Quintile 3', 0.4],
  ['Quintile 4', 0.6],
  ['Quintile 5', 0.8],
  ['90%', 0.9],
  ['95%', 0.95],
  ['99%', 0.99],
  ['99.5%', 0.995],
  ['99.9%', 0.999],
  ['Highest', 1],
] as const;

/** Of the times from sending to the verdict, in ms; none before the first verdict. */
function measurementsOf(latenciesMs: readonly number[]): SubscriptionInfo.Measurement[] {
  if (latenciesMs.length === 0) return [];
  const sorted = [...latenciesMs].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  const mean = Math.floor(sorted.reduce((total, latency) => total + latency, 0) / sorted.length);
  const values: (readonly [string, number])[] = [
    ['Mean', mean],
    ...PERCENTILES.map(([key, share]) => [key, at(share)] as const),
  ];
  return values.map(([key, value]) =>
    new persistentPb.SubscriptionInfo.Measurement().setKey(key).setValue(String(value)),
  );
}
