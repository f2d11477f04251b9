import { randomUUID } from 'node:crypto';
import type { ProposedEvent } from '../wire/record.js';
import type { StreamInfo } from './stream-info.js';

/** $tb of a stream that was (softly) deleted: it comes back with the next append, its revisions go on. */
export const SOFT_DELETED = Number.MAX_SAFE_INTEGER;
/** The same as the protocol has it: the largest int64. */
const SOFT_DELETED_JSON = '9223372036854775807';

export function isMetastream(stream: string): boolean {
  return stream.startsWith('$$');
}
export function metastreamOf(stream: string): string {
  return `$$${stream}`;
}
export function originalOf(metastream: string): string {
  return metastream.slice(2);
}
export function isSoftDeleted(info: StreamInfo): boolean {
  return info.truncateBefore === SOFT_DELETED;
}

/** First revision that a reader sees: what lies before is cut off by $tb or $maxCount. */
export function firstVisibleRevision(info: StreamInfo): number {
  const byCount = info.maxCount === null ? 0 : info.committed - info.maxCount + 1;
  return Math.max(0, info.truncateBefore, byCount);
}

/** Instant (ms) before which events have expired, or −Infinity. */
export function expiryMs(info: StreamInfo): number {
  return info.maxAgeSeconds === null ? -Infinity : Date.now() - info.maxAgeSeconds * 1000;
}

/** Takes over what a `$metadata` event says of a stream. What is not there, or not a number, does not restrict. */
export function applyMetadata(info: StreamInfo, data: Buffer): void {
  const metadata = parse(data);
  const before = positive(metadata['$tb']) ?? 0;
  info.truncateBefore = Math.min(before, SOFT_DELETED);
  info.maxCount = positive(metadata['$maxCount']);
  info.maxAgeSeconds = positive(metadata['$maxAge']);
}

/** The `$metadata` event of a soft delete. */
export function softDeletion(): ProposedEvent {
  return metadataEvent(`{"$tb":${SOFT_DELETED_JSON}}`);
}

/** The `$metadata` event that cuts off what lies before a revision. */
export function truncation(before: number): ProposedEvent {
  return metadataEvent(JSON.stringify({ $tb: before }));
}

/** The metadata as it was, but with the stream there again from a revision on. */
export function restored(data: Buffer | undefined, fromRevision: number): ProposedEvent {
  const metadata = data === undefined ? {} : parse(data);
  return metadataEvent(JSON.stringify({ ...metadata, $tb: fromRevision }));
}

/** The event that sets a stream's metadata. */
export function metadataEvent(json: string): ProposedEvent {
  return {
    id: randomUUID(),
    type: Buffer.from('$metadata'),
    isJson: true,
    data: Buffer.from(json),
    metadata: Buffer.alloc(0),
  };
}

function parse(data: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(data.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function positive(value: unknown): number | null {
  return typeof value === 'number' && value > 0 ? Math.floor(value) : null;
}
