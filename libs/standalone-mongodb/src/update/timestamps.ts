import { Doc, Field } from '../bson/document.js';
import { Timestamp } from '../bson/values.js';

let last = 0n;

/** The server's next timestamp: the second, and a number that tells those of a second apart. */
function nextTimestamp(): Timestamp {
  const second = BigInt(Math.floor(Date.now() / 1000)) << 32n;
  last = last >= second ? last + 1n : second + 1n;
  return new Timestamp(last);
}

/** A document with the server's time in place of empty timestamps at its top; the same object when it has none. */
export function withTimestamps(doc: Doc): Doc {
  const isEmpty = ({ name, value }: Field): boolean =>
    value instanceof Timestamp && value.value === 0n && name !== '_id';
  if (!doc.fields.some(isEmpty)) return doc;
  return Doc.of(doc.fields.map((field) => (isEmpty(field) ? Field.of(field.name, nextTimestamp()) : field)));
}
