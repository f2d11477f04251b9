import { ProtobufReader } from './protobuf.js';
import type { ProposedEvent } from './record.js';
import { readUuid } from './uuid.js';

/** What an append expects of its stream. */
export type ExpectedRevision = number | 'any' | 'no_stream' | 'stream_exists';

export interface AppendOptions {
  readonly stream: Buffer;
  readonly expected: ExpectedRevision;
  /** Instant after which the client no longer waits (ms since the epoch), or undefined. */
  readonly deadlineMs: number | undefined;
}

/** An event whose required metadata (`type`, `content-type`) is missing: the server names them in its error. */
export class MissingMetadataError extends Error {
  constructor(readonly property: string) {
    super(`Required Metadata Property '${property}' is missing`);
  }
}

export interface AppendMessage {
  options?: AppendOptions;
  event?: ProposedEvent;
}

/** Decodes an `AppendReq`: either the options (first message) or one event. */
export function decodeAppend(buffer: Buffer): AppendMessage {
  const reader = new ProtobufReader(buffer);
  const message: AppendMessage = {};
  while (reader.next()) {
    if (reader.field === 1) message.options = readOptions(reader.message());
    else if (reader.field === 2) message.event = readProposed(reader.message());
    else reader.skip();
  }
  return message;
}

export interface BatchAppendMessage {
  correlationId: string;
  /** The `UUID` message as it came, to be sent back. */
  correlation: Buffer;
  options?: AppendOptions;
  events: ProposedEvent[];
  isFinal: boolean;
  /** Why the events can't be taken, if so. */
  fault?: string;
}

/** Decodes a `BatchAppendReq`. An event or options that can't be read become `fault`: only this append fails, not the call. */
export function decodeBatchAppend(buffer: Buffer): BatchAppendMessage {
  const reader = new ProtobufReader(buffer);
  const message: BatchAppendMessage = { correlationId: '', correlation: Buffer.alloc(0), events: [], isFinal: false };
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        message.correlation = reader.bytes();
        message.correlationId = readUuid(new ProtobufReader(message.correlation));
        break;
      case 2:
        attempt(message, reader.message(), (inner) => (message.options = readOptions(inner)));
        break;
      case 3:
        attempt(message, reader.message(), (inner) => message.events.push(readProposed(inner)));
        break;
      case 4:
        message.isFinal = reader.varint() !== 0;
        break;
      default:
        reader.skip();
    }
  }
  return message;
}

function attempt(message: BatchAppendMessage, reader: ProtobufReader, read: (reader: ProtobufReader) => void): void {
  try {
    read(reader);
  } catch (error) {
    message.fault = (error as Error).message;
  }
}

/** Options of `AppendReq` and `BatchAppendReq` have the same fields 1–5. */
function readOptions(reader: ProtobufReader): AppendOptions {
  let stream: Buffer = Buffer.alloc(0);
  let expected: ExpectedRevision | undefined;
  let deadlineMs: number | undefined;
  while (reader.next()) {
    if (reader.field === 1) stream = readStreamIdentifier(reader.message());
    else if (reader.field === 2) expected = reader.varint();
    else if (reader.field === 6) deadlineMs = readTimestampMs(reader.message());
    else if (reader.field === 7) deadlineMs = Date.now() + readTimestampMs(reader.message());
    else {
      if (reader.field === 3) expected = 'no_stream';
      else if (reader.field === 4) expected = 'any';
      else if (reader.field === 5) expected = 'stream_exists';
      reader.skip();
    }
  }
  if (expected === undefined) throw new RangeError('the expected revision is not set');
  if (stream.length === 0) throw new RangeError('Required field StreamIdentifier not set.');
  return { stream: Buffer.from(stream), expected, deadlineMs };
}

export function readStreamIdentifier(reader: ProtobufReader): Buffer {
  let name: Buffer = Buffer.alloc(0);
  while (reader.next()) {
    if (reader.field === 3) name = reader.bytes();
    else reader.skip();
  }
  return name;
}

function readTimestampMs(reader: ProtobufReader): number {
  let ms = 0;
  while (reader.next()) {
    if (reader.field === 1) ms += Number(BigInt.asIntN(64, reader.bigVarint())) * 1000;
    else if (reader.field === 2) ms += reader.varint() / 1e6;
    else reader.skip();
  }
  return ms;
}

const EMPTY = Buffer.alloc(0);
const JSON_CONTENT = Buffer.from('application/json');

function readProposed(reader: ProtobufReader): ProposedEvent {
  let id: string | undefined;
  let type: Buffer | undefined;
  let contentType: Buffer | undefined;
  let data: Buffer = EMPTY;
  let metadata: Buffer = EMPTY;
  while (reader.next()) {
    switch (reader.field) {
      case 1:
        id = readUuid(reader.message());
        break;
      case 2: {
        const [key, value] = readEntry(reader.message());
        if (key === 'type') type = value;
        else if (key === 'content-type') contentType = value;
        break;
      }
      case 3:
        metadata = reader.bytes();
        break;
      case 4:
        data = reader.bytes();
        break;
      default:
        reader.skip();
    }
  }
  if (id === undefined) throw new RangeError('an event has no id');
  if (type === undefined) throw new MissingMetadataError('type');
  if (contentType === undefined) throw new MissingMetadataError('content-type');
  return { id, type, isJson: JSON_CONTENT.equals(contentType), data, metadata };
}

function readEntry(reader: ProtobufReader): [key: string, value: Buffer] {
  let key = '';
  let value: Buffer = EMPTY;
  while (reader.next()) {
    if (reader.field === 1) key = reader.ascii();
    else if (reader.field === 2) value = reader.bytes();
    else reader.skip();
  }
  return [key, value];
}
