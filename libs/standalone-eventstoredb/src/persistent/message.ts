import { StoredRecord } from '../wire/record.js';

/** An event on its way to a consumer. */
export interface PendingMessage {
  /** What the consumer acknowledges: the id of the link if there is one, else of the event. */
  readonly id: string;
  /** Place in the source; undefined for a parked message that is replayed, which does not move the checkpoint. */
  readonly sequence: number | undefined;
  readonly event: StoredRecord | undefined;
  readonly link: StoredRecord | undefined;
  readonly retryCount: number;
}

/** Puts a message before those that come later in the source; one that is replayed goes behind all others. */
export function insertRetry(retries: PendingMessage[], message: PendingMessage): void {
  const { sequence } = message;
  const later = sequence === undefined ? -1 : retries.findIndex((other) => (other.sequence ?? -1) > sequence);
  retries.splice(later < 0 ? retries.length : later, 0, message);
}

/** `<revision>@<stream>` of the event itself: what a parked link names. */
export function linkTo(message: PendingMessage): string {
  if (message.event === undefined) return message.link?.data.toString('utf8') ?? '';
  return `${message.event.revision}@${message.event.streamName.toString('utf8')}`;
}

/** Stream by which a pinned strategy chooses. */
export function streamOf(message: PendingMessage): string {
  if (message.event !== undefined) {
    const record = message.event;
    if (!record.isLink) return record.streamName.toString('utf8');
  }
  const target = (message.event ?? message.link)?.data.toString('utf8') ?? '';
  return target.slice(target.indexOf('@') + 1);
}

/** `$correlationId` of the event's metadata, or else its stream. */
export function correlationOf(message: PendingMessage): string {
  const record = message.event ?? message.link;
  try {
    const metadata = JSON.parse(record?.metadata.toString('utf8') ?? '') as { $correlationId?: unknown } | null;
    if (typeof metadata?.$correlationId === 'string') return metadata.$correlationId;
  } catch {
    // Metadata need not be JSON.
  }
  return streamOf(message);
}
