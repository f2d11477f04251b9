import { BSON, type Collection, type Document } from 'mongodb';
import { pagesOf } from './pages.js';

/** A stored document as bytes: equal bytes are equal documents, without decoding either. */
export interface RawDocument {
  /** UTF-8 bytes of `_id`. */
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
}

const BATCH = 2_000;
const STRING = 0x02;
const ID_LENGTH_AT = 9;
const ID_AT = 13;

/** All documents of a collection in the order of their ids' bytes, or those at or before a position. */
export async function* rawDocuments(collection: Collection<Document>, upTo?: bigint): AsyncGenerator<RawDocument[]> {
  const filter = upTo === undefined ? {} : { position: { $lte: upTo } };
  const cursor = collection.find<Uint8Array>(filter, { raw: true, batchSize: BATCH }).sort({ _id: 1 });
  for await (const page of pagesOf(cursor)) yield page.map((bytes) => ({ id: idOf(bytes), bytes }));
}

export function decodeDocument({ bytes }: RawDocument): Document {
  return BSON.deserialize(bytes, { useBigInt64: true });
}

/** Servers keep `_id` first: int32 size, type, `_id\0`, int32 length of the text with its closing zero, the text. */
function idOf(bytes: Uint8Array): Uint8Array {
  if (bytes[4] !== STRING) throw new TypeError('A read model has a document whose _id is not a text');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.subarray(ID_AT, ID_AT + view.getInt32(ID_LENGTH_AT, true) - 1);
}
