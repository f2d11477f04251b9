import { randomUUID } from 'node:crypto';
import type { EventLog } from '../store/event-log.js';
import { metadataEvent, metastreamOf } from '../store/stream-metadata.js';
import { type GroupConfig, keyOf } from './group-config.js';

/** Where EventStoreDB keeps its groups: each change of one is an event of $all. */
const STREAM = '$persistentSubscriptionConfig';
const KEPT = 2;

/** The event that tells of a change of a group, for those who follow $all; the groups themselves are in a table. */
export function tellOfChange(
  log: EventLog,
  change: 'created' | 'updated' | 'deleted',
  config: GroupConfig,
): Promise<unknown> {
  const info = log.streams.open(STREAM);
  const data = {
    version: '2',
    updated: new Date().toISOString(),
    change,
    group: keyOf(config.stream, config.group),
    config,
  };
  const event = {
    id: randomUUID(),
    type: Buffer.from('$PersistentConfig'),
    isJson: true,
    data: Buffer.from(JSON.stringify(data)),
    metadata: Buffer.alloc(0),
  };
  const first = info.last < 0;
  const written: Promise<unknown>[] = [log.append(info, [event])];
  if (first) {
    const metastream = log.streams.open(metastreamOf(STREAM));
    written.push(log.append(metastream, [metadataEvent(JSON.stringify({ $maxCount: KEPT }))]));
  }
  return Promise.all(written);
}
