import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { ProtobufWriter, fieldLength, varintLength } from '../wire/protobuf.js';
import { StoredRecord } from '../wire/record.js';
import { encodeStructuredUuid } from '../wire/uuid.js';
import type { ReadQuery } from './read-query.js';

const ID_FIELD_LENGTH = 40;

/** Turns a stored record into the answer: as it is stored where possible, else made anew (links, ids in two halves). */
export class EventPresenter {
  private readonly plain: boolean;

  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
    private readonly options: Pick<ReadQuery, 'resolveLinks' | 'structuredIds'>,
  ) {
    this.plain = !options.structuredIds;
  }

  /** An encoded `ReadResp`. */
  present(record: StoredRecord): Buffer {
    const link = this.options.resolveLinks && record.isLink;
    if (this.plain && !link) return record.response;
    return this.encode(link ? this.target(record) : record, link ? record : undefined);
  }

  /** An encoded `ReadResp` of an event, of a link and its event, or of a link whose event is gone. */
  encode(event: StoredRecord | undefined, link: StoredRecord | undefined, retryCount?: number): Buffer {
    return encodeReadResponse(event, link, this.recorded, retryCount);
  }

  /** The event a link names, or undefined when it is gone. Its data is `<revision>@<stream>`. */
  target(link: StoredRecord): StoredRecord | undefined {
    const text = link.data.toString('utf8');
    const at = text.indexOf('@');
    const revision = Number(text.slice(0, at));
    if (at <= 0 || !Number.isSafeInteger(revision)) return undefined;
    const info = this.log.streams.open(text.slice(at + 1));
    const stored = info.tombstoned ? undefined : this.reader.event(info, revision);
    return stored === undefined ? undefined : new StoredRecord(stored);
  }

  private readonly recorded = (record: StoredRecord): Buffer => {
    const body = record.recordedEvent;
    if (this.plain) return body;
    const id = encodeStructuredUuid(record.id);
    return Buffer.concat([Buffer.from([0x0a, id.length]), id, body.subarray(ID_FIELD_LENGTH)]);
  };
}

/** `ReadResp { event: ReadEvent { event, link, commit_position } }`; a link whose event is gone has only the link. */
function encodeReadResponse(
  event: StoredRecord | undefined,
  link: StoredRecord | undefined,
  recorded: (record: StoredRecord) => Buffer,
  retryCount: number | undefined,
): Buffer {
  const eventBody = event === undefined ? undefined : recorded(event);
  const linkBody = link === undefined ? undefined : recorded(link);
  const position = (link ?? event)?.position ?? 0;
  const length =
    (eventBody === undefined ? 0 : fieldLength(eventBody.length)) +
    (linkBody === undefined ? 0 : fieldLength(linkBody.length)) +
    1 +
    varintLength(position) +
    (retryCount === undefined ? 0 : 1 + varintLength(retryCount));
  const writer = new ProtobufWriter(Buffer.allocUnsafe(fieldLength(length)));
  writer.open(0x0a, length);
  if (eventBody !== undefined) writer.bytes(0x0a, eventBody);
  if (linkBody !== undefined) writer.bytes(0x12, linkBody);
  writer.number(0x18, position);
  if (retryCount !== undefined) writer.number(0x28, retryCount);
  return writer.buffer;
}
