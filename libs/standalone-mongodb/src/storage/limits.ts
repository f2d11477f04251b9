import type { Doc } from '../bson/document.js';
import { encodeDoc } from '../bson/encode.js';
import { isDeeperThan } from '../bson/validate.js';
import { fail, failAt } from '../errors.js';
import { MAX_DOCUMENT_BYTES } from '../wire/message.js';

/** mongod leaves 20 of the 200 levels that a message may have for what is around a document. */
const MAX_LEVELS = 180;
const LEAST_BYTES_OF_A_LEVEL = 7;

/** Whether the document at `start` is within the limits of what is stored. */
export function isStorable(buf: Buffer, start: number): boolean {
  const length = buf.readInt32LE(start);
  if (length > MAX_DOCUMENT_BYTES) return false;
  return length <= MAX_LEVELS * LEAST_BYTES_OF_A_LEVEL || !isDeeperThan(buf, start, MAX_LEVELS);
}

/** A document's bytes, within the limits of what is stored. */
export function sized(doc: Doc, isNew: boolean): Buffer {
  const bytes = encodeDoc(doc);
  if (bytes.length > MAX_DOCUMENT_BYTES) {
    if (!isNew) failAt(17419, `Resulting document after update is larger than ${MAX_DOCUMENT_BYTES}`);
    const sizes = `size in bytes: ${bytes.length}, max size: ${MAX_DOCUMENT_BYTES}`;
    fail('BadValue', `object to insert too large. ${sizes}`);
  }
  if (bytes.length > MAX_LEVELS * LEAST_BYTES_OF_A_LEVEL && isDeeperThan(bytes, 0, MAX_LEVELS)) {
    fail(
      'Overflow',
      isNew
        ? `cannot insert document because it exceeds ${MAX_LEVELS} levels of nesting`
        : `Document exceeds maximum nesting depth of ${MAX_LEVELS}`,
    );
  }
  return bytes;
}
