import type { EncodedEvent } from '../stored-event.js';
import { bytesField, delimitedSize, message, ProtoReader, ProtoWriter, varintSize } from './protobuf.js';

const UUID_TEXT_SIZE = 36;
/** UUID {string}: tag, length, 36 characters. */
const UUID_SIZE = 2 + UUID_TEXT_SIZE;
const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);
const headers = new Map<string, Buffer>();

/** What the server says to one append. */
export type AppendReply =
  | {
      readonly kind: 'appended';
      readonly correlationId: string;
      readonly revision: bigint;
      readonly position: bigint | undefined;
    }
  | { readonly kind: 'failed'; readonly correlationId: string; readonly error: string; readonly message: string };

/** One BatchAppendReq that is the whole append: final, with its expected revision (−1: no stream) and the server's deadline. */
export function appendRequest(
  correlationId: string,
  stream: string,
  expectedRevision: bigint,
  deadlineAt: number,
  events: readonly EncodedEvent[],
): Buffer {
  const options = optionsOf(stream, expectedRevision, deadlineAt);
  const sizes = events.map(sizesOf);
  let total = delimitedSize(UUID_SIZE) + delimitedSize(options.size) + 2;
  for (const size of sizes) total += delimitedSize(size.message);
  const writer = new ProtoWriter(Buffer.allocUnsafe(total));
  writeUuid(writer, correlationId);
  writer.delimited(2, options.size);
  writeOptions(writer, options);
  for (let i = 0; i < events.length; i++) writeEvent(writer, events[i]!, sizes[i]!);
  writer.bool(4);
  return writer.bytes;
}

interface Options {
  readonly stream: string;
  readonly streamBytes: number;
  /** undefined: the stream must not exist. */
  readonly revision: number | bigint | undefined;
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly deadlineBytes: number;
  readonly size: number;
}

function optionsOf(stream: string, expectedRevision: bigint, deadlineAt: number): Options {
  const streamBytes = Buffer.byteLength(stream);
  const revision = expectedRevision < 0n ? undefined : numberIfSafe(expectedRevision);
  const [seconds, nanoseconds] = [Math.floor(deadlineAt / 1000), (deadlineAt % 1000) * 1_000_000];
  const deadlineBytes = 2 + varintSize(seconds) + varintSize(nanoseconds);
  const size =
    delimitedSize(delimitedSize(streamBytes)) +
    (revision === undefined ? delimitedSize(0) : 1 + varintSize(revision)) +
    delimitedSize(deadlineBytes);
  return { stream, streamBytes, revision, seconds, nanoseconds, deadlineBytes, size };
}

function writeOptions(writer: ProtoWriter, options: Options): void {
  const { stream, streamBytes, revision, seconds, nanoseconds, deadlineBytes } = options;
  writer.delimited(1, delimitedSize(streamBytes));
  writer.text(3, stream, streamBytes);
  if (revision === undefined) writer.delimited(3, 0);
  else writer.varint(2, revision);
  writer.delimited(6, deadlineBytes);
  writer.varint(1, seconds);
  writer.varint(2, nanoseconds);
}

function numberIfSafe(value: bigint): number | bigint {
  return value <= MAX_SAFE ? Number(value) : value;
}

/** Decodes a BatchAppendResp. */
export function appendReply(bytes: Buffer): AppendReply {
  const reader = new ProtoReader(bytes);
  let correlationId = '';
  let failure: { error: string; message: string } | undefined;
  let revision = -1n;
  let position: bigint | undefined;
  while (reader.next()) {
    if (reader.field === 1) correlationId = uuidText(reader.message());
    else if (reader.field === 2) failure = failureOf(reader.message());
    else if (reader.field === 3) {
      const success = reader.message();
      while (success.next()) {
        if (success.field === 1) revision = success.uint64();
        else if (success.field === 3) position = commitOf(success.message());
        else success.skip();
      }
    } else reader.skip();
  }
  return failure
    ? { kind: 'failed', correlationId, ...failure }
    : { kind: 'appended', correlationId, revision, position };
}

/** The text form of a UUID message; '' when it is in the structured form, which is never asked for. */
export function uuidText(reader: ProtoReader): string {
  let text = '';
  while (reader.next()) {
    if (reader.field === 2) text = reader.text();
    else reader.skip();
  }
  return text;
}

/** First field of a position message: the commit position. */
export function commitOf(reader: ProtoReader): bigint {
  let commit = 0n;
  while (reader.next()) {
    if (reader.field === 1) commit = reader.uint64();
    else reader.skip();
  }
  return commit;
}

interface Sizes {
  readonly header: Buffer;
  readonly data: number;
  readonly metadata: number;
  readonly message: number;
}

function sizesOf(event: EncodedEvent): Sizes {
  const header = headerOf(event.type);
  const data = Buffer.byteLength(event.dataText);
  const metadata = event.bytes - data;
  return {
    header,
    data,
    metadata,
    message: delimitedSize(UUID_SIZE) + header.length + delimitedSize(metadata) + delimitedSize(data),
  };
}

function writeEvent(writer: ProtoWriter, event: EncodedEvent, sizes: Sizes): void {
  writer.delimited(3, sizes.message);
  writeUuid(writer, event.id);
  writer.raw(sizes.header);
  writer.text(3, event.metadataText, sizes.metadata);
  writer.text(4, event.dataText, sizes.data);
}

function writeUuid(writer: ProtoWriter, uuid: string): void {
  writer.delimited(1, UUID_SIZE);
  writer.text(2, uuid, UUID_TEXT_SIZE);
}

/** The entries `type` and `content-type` of an event's header map. */
function headerOf(type: string): Buffer {
  let header = headers.get(type);
  if (!header) {
    const entry = (key: string, value: string) => bytesField(2, message(bytesField(1, key), bytesField(2, value)));
    header = message(entry('type', type), entry('content-type', 'application/json'));
    headers.set(type, header);
  }
  return header;
}

function failureOf(reader: ProtoReader): { error: string; message: string } {
  let error = '';
  let text = '';
  while (reader.next()) {
    if (reader.field === 2) text = reader.text();
    else if (reader.field === 3) error = typeNameOf(reader.message());
    else reader.skip();
  }
  return { error, message: text };
}

/** `type.googleapis.com/event_store.client.WrongExpectedVersion` → `WrongExpectedVersion` */
function typeNameOf(any: ProtoReader): string {
  let url = '';
  while (any.next()) {
    if (any.field === 1) url = any.text();
    else any.skip();
  }
  return url.slice(url.lastIndexOf('.') + 1);
}
