import { type StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import type { Emission, Handler } from './emission.js';

const LINK = '$>';
const STREAM_REFERENCE = '$@';

function nameOf(record: StoredRecord): string {
  return record.streamName.toString('utf8');
}

/** What stands before the first hyphen; streams of the system have no category. */
function categoryOf(stream: string): string | undefined {
  const end = stream.indexOf('-');
  return end > 0 && !stream.startsWith('$') ? stream.slice(0, end) : undefined;
}

/** The event itself, or, for a link, what it names. */
function linkTarget(record: StoredRecord): string {
  return record.isLink ? record.data.toString('utf8') : `${record.revision}@${nameOf(record)}`;
}

function byCategory(record: StoredRecord): Emission | undefined {
  const category = categoryOf(nameOf(record));
  return category === undefined ? undefined : { stream: `$ce-${category}`, type: LINK, data: linkTarget(record) };
}

function byEventType(record: StoredRecord): Emission | undefined {
  if (record.isLink) return undefined;
  return { stream: `$et-${record.type.toString('utf8')}`, type: LINK, data: linkTarget(record) };
}

function streams(record: StoredRecord): Emission | undefined {
  const name = nameOf(record);
  return record.revision === 0 && name !== '$streams'
    ? { stream: '$streams', type: LINK, data: `0@${name}` }
    : undefined;
}

function streamByCategory(record: StoredRecord): Emission | undefined {
  const name = nameOf(record);
  const category = record.revision === 0 ? categoryOf(name) : undefined;
  return category === undefined ? undefined : { stream: `$category-${category}`, type: STREAM_REFERENCE, data: name };
}

function byCorrelationId(record: StoredRecord): Emission | undefined {
  if (record.isLink || record.metadata.length === 0) return undefined;
  try {
    const metadata = JSON.parse(record.metadata.toString('utf8')) as { $correlationId?: unknown } | null;
    const id = metadata?.$correlationId;
    return typeof id === 'string' ? { stream: `$bc-${id}`, type: LINK, data: linkTarget(record) } : undefined;
  } catch {
    return undefined;
  }
}

const EMITTERS: Readonly<Record<string, (record: StoredRecord) => Emission | undefined>> = {
  $streams: streams,
  $stream_by_category: streamByCategory,
  $by_category: byCategory,
  $by_event_type: byEventType,
  $by_correlation_id: byCorrelationId,
};

/** EventStoreDB's system projections by name. They remember nothing; a tombstone has no revision to link to. */
export const SYSTEM_PROJECTIONS: ReadonlyMap<string, Handler> = new Map(
  Object.entries(EMITTERS).map(([name, emit]) => [
    name,
    {
      handle: (record) => {
        const emission = record.revision === TOMBSTONE_STORED ? undefined : emit(record);
        return emission === undefined ? [] : [emission];
      },
      save: () => [],
      forget: () => undefined,
      clear: () => Promise.resolve(),
    },
  ]),
);
