import { createHash } from 'node:crypto';
import { BSON } from 'mongodb';
import type { ReadStore } from '#libs/read-store';

/** What tells when, how often and by whom something was written, and not what was folded or decided. */
const CIRCUMSTANCES = {
  ...{ updatedAt: 0, fence: 0, parkedAt: 0, stack: 0, 'parked.fence': 0, at: 0, 'builds.at': 0, requestedAt: 0 },
  ...{ runner: 0, begun: 0, progress: 0, result: 0, 'last.result': 0 },
};
/** Of a registry of builds: how often it was written. */
const CHANGES = { revision: 0 };

/** Bytes of everything that is folded or decided, by collection: documents, checkpoints, parked events, builds, requests. */
export async function readModelDigests(store: ReadStore): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of await store.listCollections()) {
    if (name === 'leases') continue;
    const hash = createHash('sha256');
    const projection = name === 'read_models' ? { ...CIRCUMSTANCES, ...CHANGES } : CIRCUMSTANCES;
    const cursor = store.collection(name).find({}, { projection }).sort({ _id: 1 });
    for await (const document of cursor) hash.update(BSON.serialize(document));
    found[name] = hash.digest('hex');
  }
  return found;
}
