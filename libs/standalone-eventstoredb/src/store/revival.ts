import { type ProposedEvent, StoredRecord } from '../wire/record.js';
import type { EventLog, Written } from './event-log.js';
import type { LogReader } from './log-reader.js';
import type { StreamInfo } from './stream-info.js';
import { isMetastream, isSoftDeleted, metastreamOf, originalOf, restored } from './stream-metadata.js';

/**
 * Appends to a stream that is not tombstoned: a deleted stream comes back, and metadata set on it brings it back, too. What it
 * had stays hidden. All of it is one commit.
 */
export function appendReviving(
  log: EventLog,
  reader: LogReader,
  info: StreamInfo,
  events: readonly ProposedEvent[],
): Promise<Written> {
  const original = isMetastream(info.name) ? log.streams.open(originalOf(info.name)) : undefined;
  const metadataOfDeleted = original !== undefined && isSoftDeleted(original);
  const fromRevision = isSoftDeleted(info) ? info.last + 1 : undefined;
  const written = log.append(info, events);
  if (fromRevision !== undefined) restore(log, info, latestMetadata(log, reader, info), fromRevision);
  if (metadataOfDeleted) restore(log, original, events.at(-1)?.data, original.last + 1);
  return written;
}

function restore(log: EventLog, info: StreamInfo, metadata: Buffer | undefined, fromRevision: number): void {
  const metastream = log.streams.open(metastreamOf(info.name));
  // Its failure is that of the append it goes with: both are in one commit, or none.
  log.append(metastream, [restored(metadata, fromRevision)]).catch(() => undefined);
}

function latestMetadata(log: EventLog, reader: LogReader, info: StreamInfo): Buffer | undefined {
  const metastream = log.streams.open(metastreamOf(info.name));
  const latest = reader.event(metastream, metastream.committed);
  return latest === undefined ? undefined : new StoredRecord(latest).data;
}
