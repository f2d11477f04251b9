import { crc32 } from 'node:zlib';
import { ProtobufWriter, fieldLength, varintLength } from './protobuf.js';

/** Revision of a tombstone: the largest int64, which no other event can have. It is stored as {@link TOMBSTONE_STORED}. */
export const TOMBSTONE_REVISION = 9223372036854775807n;
export const TOMBSTONE_STORED = 2 ** 48 - 1;

const JSON_CONTENT = Buffer.from('application/json');
const BINARY_CONTENT = Buffer.from('application/octet-stream');
export const LINK_TYPE = '$>';

/** An event as a client proposes it. The buffers may be views of the request. */
export interface ProposedEvent {
  /** Lower-case UUID with hyphens. */
  readonly id: string;
  readonly type: Buffer;
  readonly isJson: boolean;
  readonly data: Buffer;
  readonly metadata: Buffer;
}

/** Where an event goes: decided by the writer. */
export interface Placement {
  readonly streamName: Buffer;
  readonly revision: number;
  readonly position: number;
  readonly createdAtMs: number;
}

/**
 * A stored record is a fixed header followed by the `ReadResp` that a reader is sent: encoded once, when it is appended.
 * The header says where in it the parts are that filters, links and other forms of the answer need.
 *
 *  0 u16 flags · 2 u48 revision · 8 f64 created (ms) · 16 u48 position · 22 u16 checksum (0: written before there was one)
 * 24 u32 offset of the RecordedEvent · 28 its length · 32/36 stream name · 40/44 type · 48/52 metadata · 56/60 data
 * 64 u32 offset of the id (36 characters)
 */
export const HEADER_LENGTH = 68;
const FLAG_JSON = 1;
const FLAG_LINK = 2;

/** What an event takes when it is encoded, in bytes: {@link RecordSizes.length} in all. */
export interface RecordSizes {
  readonly length: number;
  readonly revisionLength: number;
  readonly content: Buffer;
  readonly typeEntry: number;
  readonly contentEntry: number;
  readonly createdEntry: number;
  readonly recorded: number;
  readonly readEvent: number;
}

const ID_FIELD_LENGTH = 2 + 2 + 36;
const KEY_TYPE = 6;
const KEY_CREATED = 9;
const KEY_CONTENT = 14;

export function sizesOf(event: ProposedEvent, at: Placement): RecordSizes {
  const revisionLength = at.revision === TOMBSTONE_STORED ? 9 : varintLength(at.revision);
  const content = event.isJson ? JSON_CONTENT : BINARY_CONTENT;
  const positionLength = varintLength(at.position);
  const typeEntry = KEY_TYPE + fieldLength(event.type.length);
  const contentEntry = KEY_CONTENT + fieldLength(content.length);
  const createdEntry = KEY_CREATED + fieldLength(String(at.createdAtMs).length + 4);
  const recorded =
    ID_FIELD_LENGTH +
    fieldLength(fieldLength(at.streamName.length)) +
    (1 + revisionLength) +
    2 * (1 + positionLength) +
    fieldLength(typeEntry) +
    fieldLength(contentEntry) +
    fieldLength(createdEntry) +
    fieldLength(event.metadata.length) +
    fieldLength(event.data.length);
  const readEvent = fieldLength(recorded) + 1 + positionLength;
  const length = HEADER_LENGTH + fieldLength(readEvent);
  return { length, revisionLength, content, typeEntry, contentEntry, createdEntry, recorded, readEvent };
}

/** Encodes an event as a stored record (see {@link HEADER_LENGTH} for the layout). */
export function encodeRecord(event: ProposedEvent, at: Placement): Buffer {
  const sizes = sizesOf(event, at);
  const record = Buffer.allocUnsafe(sizes.length);
  encodeRecordInto(record, event, at, sizes);
  return record;
}

/** The same into a buffer that has the length which {@link sizesOf} gives. */
export function encodeRecordInto(buffer: Buffer, event: ProposedEvent, at: Placement, sizes: RecordSizes): void {
  const writer = new ProtobufWriter(buffer, HEADER_LENGTH);
  const link = event.type.length === 2 && event.type.toString('latin1', 0, 2) === LINK_TYPE;
  buffer.writeUInt16LE((event.isJson ? FLAG_JSON : 0) | (link ? FLAG_LINK : 0), 0);
  buffer.writeUIntLE(at.revision, 2, 6);
  buffer.writeDoubleLE(at.createdAtMs, 8);
  buffer.writeUIntLE(at.position, 16, 6);

  writer.open(0x0a, sizes.readEvent);
  writer.open(0x0a, sizes.recorded);
  buffer.writeUInt32LE(writer.position, 24);
  buffer.writeUInt32LE(sizes.recorded, 28);
  writer.open(0x0a, 38);
  writer.ascii(0x12, event.id);
  buffer.writeUInt32LE(writer.position - 36, 64);
  writer.open(0x12, fieldLength(at.streamName.length));
  writer.bytes(0x1a, at.streamName);
  markPart(writer, 32, at.streamName.length);
  if (at.revision === TOMBSTONE_STORED) writeTombstoneRevision(writer);
  else writer.number(0x18, at.revision);
  writer.number(0x20, at.position);
  writer.number(0x28, at.position);
  writeMetadataMap(writer, event, at, sizes);
  writer.bytes(0x3a, event.metadata);
  markPart(writer, 48, event.metadata.length);
  writer.bytes(0x42, event.data);
  markPart(writer, 56, event.data.length);
  writer.number(0x18, at.position);
  buffer.writeUInt16LE(checksumOf(buffer), 22);
}

/** Of what stands before and behind the checksum; never 0. */
function checksumOf(record: Buffer): number {
  const sum = crc32(record.subarray(24), crc32OfStart(record));
  return (sum ^ (sum >>> 16)) & 0xffff || 1;
}

/** CRC-32 of each byte, by the polynomial that zlib has. */
const CRC_TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte;
  for (let bit = 0; bit < 8; bit++) sum = (sum & 1) === 0 ? sum >>> 1 : (sum >>> 1) ^ 0xedb88320;
  return sum;
});

/** Of the bytes before the checksum: so few that a call of zlib costs more. */
function crc32OfStart(record: Buffer): number {
  let sum = -1;
  for (let at = 0; at < 22; at++) sum = CRC_TABLE[(sum ^ record[at]!) & 0xff]! ^ (sum >>> 8);
  return ~sum >>> 0;
}

/** Whether a stored record is what was written: its length, its place in the log and its checksum. */
export function isIntact(record: Buffer, position: number): boolean {
  if (record.length < HEADER_LENGTH || record.readUIntLE(16, 6) !== position) return false;
  const stored = record.readUInt16LE(22);
  return stored === 0 || stored === checksumOf(record);
}

function writeMetadataMap(writer: ProtobufWriter, event: ProposedEvent, at: Placement, sizes: RecordSizes): void {
  writer.open(0x32, sizes.typeEntry);
  writer.ascii(0x0a, 'type');
  writer.bytes(0x12, event.type);
  markPart(writer, 40, event.type.length);
  writer.open(0x32, sizes.contentEntry);
  writer.ascii(0x0a, 'content-type');
  writer.bytes(0x12, sizes.content);
  writer.open(0x32, sizes.createdEntry);
  writer.ascii(0x0a, 'created');
  writer.ascii(0x12, `${at.createdAtMs}0000`);
}

/** Notes offset and length of the part that has just been written. */
function markPart(writer: ProtobufWriter, headerOffset: number, length: number): void {
  writer.buffer.writeUInt32LE(writer.position - length, headerOffset);
  writer.buffer.writeUInt32LE(length, headerOffset + 4);
}

function writeTombstoneRevision(writer: ProtobufWriter): void {
  writer.byte(0x18);
  for (let index = 0; index < 8; index++) writer.byte(0xff);
  writer.byte(0x7f);
}

/** When a stored record was appended. */
export function createdAtMs(record: Buffer): number {
  return record.readDoubleLE(8);
}

/** A view of one stored record. */
export class StoredRecord {
  constructor(readonly buffer: Buffer) {}

  /** The `ReadResp` as it was encoded when the event was appended (ids as strings, links not resolved). */
  get response(): Buffer {
    return this.buffer.subarray(HEADER_LENGTH);
  }
  get isJson(): boolean {
    return (this.buffer.readUInt16LE(0) & FLAG_JSON) !== 0;
  }
  get isLink(): boolean {
    return (this.buffer.readUInt16LE(0) & FLAG_LINK) !== 0;
  }
  /** {@link TOMBSTONE_STORED} for a tombstone. */
  get revision(): number {
    return this.buffer.readUIntLE(2, 6);
  }
  get createdAtMs(): number {
    return createdAtMs(this.buffer);
  }
  get position(): number {
    return this.buffer.readUIntLE(16, 6);
  }
  /** The `RecordedEvent` message inside the answer. */
  get recordedEvent(): Buffer {
    return this.part(24);
  }
  get streamName(): Buffer {
    return this.part(32);
  }
  get type(): Buffer {
    return this.part(40);
  }
  get metadata(): Buffer {
    return this.part(48);
  }
  get data(): Buffer {
    return this.part(56);
  }
  get id(): string {
    const start = this.buffer.readUInt32LE(64);
    return this.buffer.toString('latin1', start, start + 36);
  }

  private part(headerOffset: number): Buffer {
    const start = this.buffer.readUInt32LE(headerOffset);
    return this.buffer.subarray(start, start + this.buffer.readUInt32LE(headerOffset + 4));
  }
}
