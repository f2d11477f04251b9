import { docOf } from '../bson/build.js';
import { DateTime } from '../bson/values.js';
import { compileFilter } from '../query/filter.js';
import { search } from '../query/find.js';
import type { Catalog } from './catalog.js';

const PERIOD_MS = 60_000;
const CHUNK = 1000;

/** Removes expired documents once a minute, as mongod's TTL monitor does. Returns how to stop it. */
export function startTtlMonitor(catalog: Catalog): () => void {
  const timer = setInterval(() => void expireAll(catalog).catch(() => undefined), PERIOD_MS);
  timer.unref();
  return () => clearInterval(timer);
}

/** One pass over all TTL indexes, as of `now` in milliseconds. */
export async function expireAll(catalog: Catalog, now = Date.now()): Promise<void> {
  for (const db of catalog.databases()) {
    for (const collection of catalog.list(db)) {
      for (const index of collection.indexes) {
        if (index.expireAfterSeconds === undefined || index.fields.length !== 1) continue;
        const before = new DateTime(BigInt(Math.floor(now - index.expireAfterSeconds * 1000)));
        const filter = compileFilter(docOf({ [index.fields[0] as string]: { $lt: before } }));
        let removed = CHUNK;
        while (removed === CHUNK) {
          removed = await catalog.env.write(async () => {
            await catalog.env.settle();
            const sort = { fields: [], natural: undefined };
            const found = [...search(collection, { filter, sort, skip: 0, limit: CHUNK }).hits].filter(
              (hit) => hit !== null,
            );
            for (const { rid, doc } of found) collection.remove(rid, doc);
            return found.length;
          });
        }
      }
    }
  }
}
