import { stringAt } from '../bson/decode.js';
import { Doc } from '../bson/document.js';
import { Writer } from '../bson/encode.js';
import { cstringEnd, Place } from '../bson/locate.js';
import { isPlain } from '../bson/raw-key.js';
import { BsonType } from '../bson/scalars.js';
import { valueEnd } from '../bson/skip.js';
import type { Catalog } from '../storage/catalog.js';
import type { Stretch } from '../storage/stretch.js';
import { OP_MSG, type Request } from '../wire/message.js';

/** `find`, which is the first argument, with the zero behind it. */
const FIND = Buffer.from('find\0');

/**
 * Answers what most finds are, `{find, filter: {_id: X}, limit?, singleBatch?, lsid?, $db}`, from bytes to bytes. What has another argument,
 * or finds no collection, is left to the general way, which answers the same.
 */
export class FindById {
  #collection = '';
  #db = '';
  readonly #id = new Place();

  constructor(private readonly catalog: Catalog) {}

  /** The answer; undefined when it is not such a find. */
  answer({ opCode, body: { buf, start }, sequences }: Request): Doc | undefined {
    if (opCode !== OP_MSG || buf === undefined || sequences.size > 0 || !this.#read(buf, start)) return undefined;
    const collection = this.catalog.find(this.#db, this.#collection);
    if (collection === undefined) return undefined;
    const found = collection.raw.find(buf, this.#id);
    return found === 'general' ? undefined : Doc.raw(replyOf(`${this.#db}.${this.#collection}`, found));
  }

  #read(buf: Buffer, start: number): boolean {
    for (let i = 0; i < FIND.length; i += 1) if (buf[start + 5 + i] !== FIND[i]) return false;
    const end = start + buf.readInt32LE(start) - 1;
    this.#db = '';
    this.#id.type = BsonType.Undefined;
    for (let at = start + 4; at < end;) {
      const type = buf[at] as BsonType;
      const nameEnd = cstringEnd(buf, at + 1);
      if (!this.#take(buf.toString('latin1', at + 1, nameEnd), type, buf, nameEnd + 1)) return false;
      at = valueEnd(buf, type, nameEnd + 1);
    }
    return this.#db !== '' && isPlain(this.#id.type);
  }

  #take(name: string, type: BsonType, buf: Buffer, at: number): boolean {
    switch (name) {
      case 'find':
        this.#collection = type === BsonType.String ? stringAt(buf, at) : '';
        return this.#collection !== '';
      case 'filter':
        return type === BsonType.Object && this.#id.type === BsonType.Undefined && this.#takeFilter(buf, at);
      case 'limit':
        return type === BsonType.Int32 && buf.readInt32LE(at) >= 0;
      case 'singleBatch':
        return type === BsonType.Boolean;
      case 'lsid':
        return type === BsonType.Object && isSession(buf, at);
      case '$db':
        if (this.#db !== '' || type !== BsonType.String) return false;
        this.#db = stringAt(buf, at);
        return true;
      default:
        return false;
    }
  }

  /** One field, `_id`, and no operator. */
  #takeFilter(buf: Buffer, start: number): boolean {
    if (buf.toString('latin1', start + 5, start + 9) !== '_id\0') return false;
    this.#id.type = buf[start + 4] as BsonType;
    this.#id.at = start + 9;
    return isPlain(this.#id.type) && valueEnd(buf, this.#id.type, start + 9) === start + buf.readInt32LE(start) - 1;
  }
}

/** `{id: UUID}` */
function isSession(buf: Buffer, start: number): boolean {
  return (buf[start + 4] as BsonType) === BsonType.Binary && buf.toString('latin1', start + 5, start + 8) === 'id\0';
}

/** `{cursor: {firstBatch: […], id: 0, ns}, ok: 1}` */
function replyOf(namespace: string, found: Stretch | 'none'): Buffer {
  const writer = new Writer(128 + namespace.length * 3 + (found === 'none' ? 0 : found.end - found.start));
  writer.int32(0);
  writer.byte(BsonType.Object);
  writer.cstring('cursor');
  const cursor = writer.length;
  writer.int32(0);
  writer.byte(BsonType.Array);
  writer.cstring('firstBatch');
  const batch = writer.length;
  writer.int32(0);
  if (found !== 'none') {
    writer.byte(BsonType.Object);
    writer.cstring('0');
    writer.bytes(found.buf as Buffer, found.start, found.end);
  }
  endDocument(writer, batch);
  writer.byte(BsonType.Int64);
  writer.cstring('id');
  writer.int64(0n);
  writer.byte(BsonType.String);
  writer.cstring('ns');
  writer.text(namespace);
  endDocument(writer, cursor);
  writer.byte(BsonType.Double);
  writer.cstring('ok');
  writer.double(1);
  endDocument(writer, 0);
  return writer.finish();
}

function endDocument(writer: Writer, start: number): void {
  writer.byte(0);
  writer.patchInt32(start, writer.length - start);
}
