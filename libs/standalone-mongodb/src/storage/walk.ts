import { RID_BYTES, type Environment } from './environment.js';

/** What it needs of a collection. */
interface Walked {
  readonly env: Environment;
  recordKey(rid: number): Buffer;
}

export interface StoredDocument {
  readonly rid: number;
  readonly bytes: Buffer;
}

const PART = 1000;
const PART_BYTES = 1024 * 1024;
const LAST_RID = 2 ** 48 - 1;

/**
 * A collection's documents on disk, in the order of their records' numbers, part by part: one part is in memory, and others may write
 * between two.
 */
export function* documentParts(collection: Walked, limit = PART): Generator<readonly StoredDocument[]> {
  const { env } = collection;
  const end = collection.recordKey(LAST_RID);
  for (let start = collection.recordKey(0), more = true; more;) {
    const part = env.records.entries({ start, end, limit, exclusiveStart: true }, PART_BYTES);
    start = part.items[part.items.length - 1]?.key ?? end;
    more = part.more;
    yield part.items.map(({ key, value }) => ({ rid: key.readUIntBE(4, RID_BYTES), bytes: value }));
  }
}
