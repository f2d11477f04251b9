import type { Json } from '#libs/kernel';
import { isDomainEvent, UNKNOWN_POSITION, type EventMetadata, type StoredEvent } from '../stored-event.js';
import { commitOf, uuidText } from './append-message.js';
import { bytesField, message, ProtoReader, varintField } from './protobuf.js';

/** What the server sends in a read, in its order. */
export type ReadMessage =
  | { readonly kind: 'event'; readonly event: StoredEvent }
  /** An event that is not of this project. */
  | { readonly kind: 'foreign'; readonly position: bigint }
  | { readonly kind: 'checkpoint'; readonly position: bigint }
  | { readonly kind: 'confirmed' | 'caught-up' | 'fell-behind' | 'not-found' | 'other' };

export interface ReadRequest {
  /** undefined: $all. */
  readonly stream?: string;
  /** A revision, or a commit position in $all; inclusive in reads, exclusive in subscriptions. */
  readonly from: bigint | 'start' | 'end';
  readonly backwards?: boolean;
  /** undefined: a subscription. */
  readonly count?: number;
  /** Regular expression that the event type must match. */
  readonly typePattern?: string;
  /** The events' data is sent but not parsed: it is null. */
  readonly withoutData?: boolean;
}

const EMPTY = Buffer.alloc(0);
const MAX_UINT64 = 2n ** 64n - 1n;
const SEARCH_WINDOW = 500;

/** A ReadReq. */
export function readRequest(request: ReadRequest): Buffer {
  const options = [
    request.stream === undefined
      ? bytesField(2, allOptions(request))
      : bytesField(1, streamOptions(request.stream, request)),
    varintField(3, request.backwards ? 1 : 0),
    request.count === undefined ? bytesField(6, EMPTY) : varintField(5, request.count),
    request.typePattern === undefined ? bytesField(8, EMPTY) : bytesField(7, filterOptions(request.typePattern)),
    bytesField(9, bytesField(2, EMPTY)),
  ];
  return bytesField(1, message(...options));
}

/** Decodes a ReadResp. Foreign events are not parsed: their content may be anything. */
export function readMessage(bytes: Buffer, withoutData = false): ReadMessage {
  const reader = new ProtoReader(bytes);
  while (reader.next()) {
    if (reader.field === 1) return readEvent(reader.message(), withoutData);
    if (reader.field === 2) return { kind: 'confirmed' };
    if (reader.field === 3) return { kind: 'checkpoint', position: commitOf(reader.message()) };
    if (reader.field === 4) return { kind: 'not-found' };
    if (reader.field === 8) return { kind: 'caught-up' };
    if (reader.field === 9) return { kind: 'fell-behind' };
    reader.skip();
  }
  return { kind: 'other' };
}

function readEvent(reader: ProtoReader, withoutData: boolean): ReadMessage {
  let recorded: ProtoReader | undefined;
  let link = false;
  let position = UNKNOWN_POSITION;
  while (reader.next()) {
    if (reader.field === 1) recorded = reader.message();
    else if (reader.field === 3) position = known(reader.uint64());
    else {
      link ||= reader.field === 2;
      reader.skip();
    }
  }
  if (!recorded || link) return { kind: 'foreign', position };
  return readRecorded(recorded, position, withoutData);
}

function readRecorded(reader: ProtoReader, outerPosition: bigint, withoutData: boolean): ReadMessage {
  let id = '';
  let stream = '';
  let type = '';
  let revision = 0n;
  let position = outerPosition;
  let metadata: readonly [number, number] = [0, 0];
  let data: readonly [number, number] = [0, 0];
  while (reader.next()) {
    if (reader.field === 1) id = uuidText(reader.message());
    else if (reader.field === 2) stream = streamNameOf(reader.message());
    else if (reader.field === 3) revision = reader.uint64();
    else if (reader.field === 5 && position === UNKNOWN_POSITION) position = known(reader.uint64());
    else if (reader.field === 6) type = typeOf(reader.message()) ?? type;
    else if (reader.field === 7) metadata = reader.range();
    else if (reader.field === 8) data = reader.range();
    else reader.skip();
  }
  if (!isDomainEvent({ stream, type })) return { kind: 'foreign', position };
  const event: StoredEvent = {
    stream,
    revision,
    position,
    id,
    type,
    data: withoutData ? null : (parse(reader.bytes, data) as Json),
    // An event that somebody else wrote into a domain stream may carry anything: verification names it, a read does not fail.
    metadata: (parse(reader.bytes, metadata) ?? {}) as EventMetadata,
  };
  return { kind: 'event', event };
}

function parse(bytes: Buffer, [start, end]: readonly [number, number]): unknown {
  try {
    return JSON.parse(bytes.toString('utf8', start, end));
  } catch {
    return null;
  }
}

function streamNameOf(reader: ProtoReader): string {
  let name = '';
  while (reader.next()) {
    if (reader.field === 3) name = reader.text();
    else reader.skip();
  }
  return name;
}

/** The value of one entry of the header map if its key is `type`. */
function typeOf(entry: ProtoReader): string | undefined {
  let key = '';
  let value = '';
  while (entry.next()) {
    if (entry.field === 1) key = entry.text();
    else if (entry.field === 2) value = entry.text();
    else entry.skip();
  }
  return key === 'type' ? value : undefined;
}

function streamOptions(stream: string, { from }: ReadRequest): Buffer {
  const start = from === 'start' ? bytesField(3, EMPTY) : from === 'end' ? bytesField(4, EMPTY) : varintField(2, from);
  return message(bytesField(1, bytesField(3, stream)), start);
}

function allOptions({ from }: ReadRequest): Buffer {
  if (from === 'start') return bytesField(2, EMPTY);
  if (from === 'end') return bytesField(3, EMPTY);
  return bytesField(1, message(varintField(1, from), varintField(2, from)));
}

function filterOptions(typePattern: string): Buffer {
  return message(bytesField(2, bytesField(1, typePattern)), varintField(3, SEARCH_WINDOW), varintField(5, 1));
}

/** −1 as uint64 is how servers say that they do not know. */
function known(position: bigint): bigint {
  return position === MAX_UINT64 ? UNKNOWN_POSITION : position;
}
