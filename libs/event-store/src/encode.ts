import {
  type Actor,
  canonicalJson,
  DomainError,
  type Instant,
  isUuid,
  type NewEvent,
  parseLocalDate,
  PROJECT_NAMESPACE,
  sha256Hex,
  uuidV5,
} from '#libs/kernel';
import type { CommandContext } from './command.js';
import type { EncodedEvent, StoredEvent } from './stored-event.js';
import type { Upcasters } from './upcasters.js';

/** What the next event of a stream builds on. */
export interface StreamHead {
  /** −1 before the first event. */
  readonly revision: bigint;
  readonly hash: string;
  /** Of the last event, '' before the first. */
  readonly recordedAt: Instant;
}

/** `prevHash` at revision 0. */
export const ZERO_HASH = '0'.repeat(64);

export const EMPTY_HEAD: StreamHead = { revision: -1n, hash: ZERO_HASH, recordedAt: '' };

const INSTANT = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const TYPE = /^[A-Z][A-Za-z0-9]{0,63}$/;

/** The hash of a command's input: what makes 'the same command again' differ from 'the id used twice'. */
export function inputHashOf(input: unknown): string {
  return sha256Hex(canonicalJson(input));
}

/** `recordedAt` never decreases within a stream, whatever the clock does (D16). */
export function recordedAtAfter(head: StreamHead, now: Instant): Instant {
  return head.recordedAt > now ? head.recordedAt : now;
}

/**
 * Writes one command's events in the stored form of ADR 0001: final ids, revisions and hashes, on top of a stream's head.
 * The texts are canonical, so the hash is taken over the very bytes that are stored.
 * @throws DomainError EVENT_NOT_JSON, COMMAND_ID_INVALID, EVENT_TYPE_INVALID, INSTANT_INVALID, DATE_INVALID
 */
export function encodeEvents(
  stream: string,
  head: StreamHead,
  command: CommandContext & { readonly inputHash: string },
  now: Instant,
  events: readonly NewEvent[],
  upcasters: Upcasters,
): { readonly events: EncodedEvent[]; readonly head: StreamHead } {
  const streamText = canonicalJson(stream);
  const recordedAt = recordedAtAfter(head, checkInstant(now));
  const opening = commandText(command);
  const encoded: EncodedEvent[] = [];
  let { revision, hash } = head;
  for (let n = 0; n < events.length; n++) {
    const event = events[n]!;
    if (!TYPE.test(event.type))
      throw new DomainError('EVENT_TYPE_INVALID', `Not an event type: ${JSON.stringify(event.type)}`);
    revision += 1n;
    const dataText = canonicalJson(event.data);
    // The members of the metadata in JCS order, with the place of `hash` left open.
    const before = `${opening},"effectiveOn":"${parseLocalDate(event.effectiveOn)}"`;
    const after = closingText(
      command,
      checkInstant(event.occurredAt),
      hash,
      recordedAt,
      upcasters.versionOf(event.type),
    );
    const id = uuidV5(PROJECT_NAMESPACE, `["event","${command.commandId}",${streamText},${n}]`);
    hash = sha256Hex(
      `{"data":${dataText},"id":"${id}","metadata":${before}${after},"revision":"${revision}","stream":${streamText},"type":"${event.type}"}`,
    );
    const metadataText = `${before},"hash":"${hash}"${after}`;
    encoded.push({
      id,
      type: event.type,
      hash,
      dataText,
      metadataText,
      bytes: Buffer.byteLength(dataText) + Buffer.byteLength(metadataText),
    });
  }
  return { events: encoded, head: { revision, hash, recordedAt } };
}

/** The hash that an event must carry, worked out from its stored form. @throws DomainError EVENT_NOT_JSON */
export function hashOfStored(
  event: Pick<StoredEvent, 'stream' | 'revision' | 'id' | 'type' | 'data' | 'metadata'>,
): string {
  const { stream, revision, id, type, data } = event;
  const { hash: _hash, ...metadata } = event.metadata;
  return sha256Hex(canonicalJson({ stream, revision: revision.toString(), id, type, data, metadata }));
}

function commandText(command: CommandContext): string {
  if (!isUuid(command.commandId)) throw new DomainError('COMMAND_ID_INVALID', 'A command id is a UUID in lower case');
  const causation = canonicalJson(command.causationId ?? command.commandId);
  const correlation = canonicalJson(command.correlationId ?? command.commandId);
  return (
    `{"$causationId":${causation},"$correlationId":${correlation},"actor":${actorText(command.actor)},` +
    `"commandId":"${command.commandId}","communityId":${canonicalJson(command.communityId)}`
  );
}

function closingText(
  command: { readonly inputHash: string; readonly traceparent?: string },
  occurredAt: Instant,
  prevHash: string,
  recordedAt: Instant,
  schemaVersion: number,
): string {
  const trace = command.traceparent === undefined ? '' : `,"traceparent":${canonicalJson(command.traceparent)}`;
  return (
    `,"inputHash":"${command.inputHash}","occurredAt":"${occurredAt}","prevHash":"${prevHash}",` +
    `"recordedAt":"${recordedAt}","schemaVersion":${schemaVersion}${trace}}`
  );
}

function actorText(actor: Actor): string {
  return `{"id":${canonicalJson(actor.id)},"role":${canonicalJson(actor.role)}}`;
}

function checkInstant(instant: Instant): Instant {
  if (!INSTANT.test(instant)) throw new DomainError('INSTANT_INVALID', 'An instant is stored in UTC with milliseconds');
  return instant;
}
