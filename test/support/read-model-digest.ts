import { createHash } from 'node:crypto';
import { BSON } from 'mongodb';
import type { ReadStore } from '#libs/read-store';

/** What tells when and by whom something was written, and not what was folded. */
const CIRCUMSTANCES = { updatedAt: 0, fence: 0, parkedAt: 0, stack: 0 };

/** Bytes of everything that is folded, by collection: documents, checkpoints, parked events. */
export async function readModelDigests(store: ReadStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await store.listCollections()) {
    if (name === 'leases') continue;
    const hash = createHash('sha256');
    const cursor = store.collection(name).find({}, { projection: CIRCUMSTANCES }).sort({ _id: 1 });
    for await (const document of cursor) hash.update(BSON.serialize(document));
    found[name] = hash.digest('hex');
  }
  return found;
}
