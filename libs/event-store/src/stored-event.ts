import { type Actor, type Instant, type Json, type LocalDate, parseStreamName } from '#libs/kernel';

/** What every event carries beside its data (ADR 0001). The order of the fields here is not that of the stored text. */
export interface EventMetadata {
  readonly $correlationId: string;
  readonly $causationId: string;
  readonly commandId: string;
  /** SHA-256 of the JCS form of the command's input, lower-case hex. */
  readonly inputHash: string;
  readonly actor: Actor;
  readonly communityId: string;
  readonly occurredAt: Instant;
  readonly effectiveOn: LocalDate;
  readonly recordedAt: Instant;
  readonly schemaVersion: number;
  /** Hash of the event before it in the stream, 64 zeros at revision 0. */
  readonly prevHash: string;
  readonly hash: string;
  readonly traceparent?: string;
}

/** An event as it is stored, never upcast. */
export interface StoredEvent {
  readonly stream: string;
  readonly revision: bigint;
  /** Commit position in $all; `UNKNOWN_POSITION` when an old server does not say it in a read of a stream. */
  readonly position: bigint;
  readonly id: string;
  readonly type: string;
  readonly data: Json;
  readonly metadata: EventMetadata;
}

/** An event ready to be appended: its id, revision and hash are final, its texts are the bytes that will be stored. */
export interface EncodedEvent {
  readonly id: string;
  readonly type: string;
  readonly hash: string;
  /** Canonical JSON of the data. */
  readonly dataText: string;
  /** Canonical JSON of the metadata, hash included. */
  readonly metadataText: string;
  /** Size of both texts in UTF-8 bytes: what counts against the limits of an append. */
  readonly bytes: number;
}

export const UNKNOWN_POSITION = -1n;

/** True for events of this project's streams: not system events, links, or streams of other programs. */
export function isDomainEvent(event: { readonly stream: string; readonly type: string }): boolean {
  return event.type.charCodeAt(0) !== DOLLAR && parseStreamName(event.stream) !== undefined;
}

const DOLLAR = 36;
