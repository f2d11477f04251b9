import { type StoredRecord, TOMBSTONE_STORED } from '../wire/record.js';
import type { Definition } from './definition.js';
import { type ScriptObject, type Value, fromJson, objectOf } from './script/values.js';

/** An event as a query sees it: a link's event stands in for the link. */
export class ProjectedEvent {
  constructor(
    private readonly record: StoredRecord,
    /** Where the query takes it to be from: of what a link brought, the stream that it came by. */
    readonly stream: string,
    private readonly link: StoredRecord | undefined,
    /** Its place in that stream. */
    private readonly revision: number,
  ) {}

  get type(): string {
    return this.record.type.toString('utf8');
  }

  asValue(): ScriptObject {
    const { record, link } = this;
    const data = record.isJson ? json(record.data) : undefined;
    const category = this.stream.indexOf('-');
    return objectOf({
      data,
      body: data,
      bodyRaw: record.data.toString('utf8'),
      metadata: json(record.metadata),
      metadataRaw: record.metadata.toString('utf8'),
      linkMetadata: link === undefined ? undefined : json(link.metadata),
      linkMetadataRaw: link?.metadata.toString('utf8'),
      isJson: record.isJson,
      streamId: this.stream,
      eventType: this.type,
      eventId: record.id,
      sequenceNumber: this.revision,
      category: category > 0 ? this.stream.slice(0, category) : '',
    });
  }
}

/**
 * The event that a record of $all is to a query, or undefined if it is not from its source. Links are followed where streams
 * are named; everything (`fromAll`) has their events anyway.
 */
export function projected(
  { source, names, includeLinks }: Definition,
  record: StoredRecord,
  target: (link: StoredRecord) => StoredRecord | undefined,
): ProjectedEvent | undefined {
  if (record.revision === TOMBSTONE_STORED) return undefined;
  const stream = record.streamName.toString('utf8');
  const { isLink } = record;
  const itself = (): ProjectedEvent => new ProjectedEvent(record, stream, undefined, record.revision);
  if (source === 'all') return isLink && !includeLinks ? undefined : itself();
  if (source === 'streams' && !names.has(stream)) return undefined;
  if (source === 'category' && !names.has(categoryOf(stream))) return undefined;
  if (!isLink) return itself();
  const event = target(record);
  if (event === undefined) return undefined;
  if (source === 'category') return new ProjectedEvent(event, stream, record, record.revision);
  return new ProjectedEvent(event, originOf(record, event), record, event.revision);
}

function categoryOf(stream: string): string {
  const end = stream.indexOf('-');
  return end > 0 ? stream.slice(0, end) : '';
}

/** A link of a category stream says which stream it came by. */
function originOf(link: StoredRecord, event: StoredRecord): string {
  const metadata = json(link.metadata) as { $o?: unknown } | null | undefined;
  return typeof metadata?.$o === 'string' ? metadata.$o : event.streamName.toString('utf8');
}

function json(bytes: Buffer): Value {
  try {
    return fromJson(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
