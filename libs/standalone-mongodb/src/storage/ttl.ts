import { docOf } from '../bson/build.js';
import { Doc } from '../bson/document.js';
import { DateTime } from '../bson/values.js';
import { compileFilter } from '../query/filter.js';
import { search } from '../query/find.js';
import type { Catalog } from './catalog.js';
import type { Collection } from './collection.js';
import type { IndexInfo } from './index-info.js';

const CHUNK = 1000;

/** Removes expired documents every so many seconds as the server's parameters say. Returns how to stop it. */
export function startTtlMonitor(catalog: Catalog): () => void {
  const { parameters } = catalog;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const sleep = (): void => {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => void pass(), parameters.ttlMonitorSleepSecs * 1000);
    timer.unref();
  };
  const pass = async (): Promise<void> => {
    if (parameters.ttlMonitorEnabled) await expireAll(catalog).catch(() => undefined);
    sleep();
  };
  parameters.changed = sleep;
  sleep();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}

/** One pass over all TTL indexes, as of `now` in milliseconds. */
export async function expireAll(catalog: Catalog, now = Date.now()): Promise<void> {
  for (const db of catalog.databases()) {
    for (const collection of catalog.list(db)) {
      for (const index of collection.indexes) {
        if (index.expireAfterSeconds === undefined || index.fields.length !== 1) continue;
        const until = Math.floor(now - index.expireAfterSeconds * 1000);
        for (let removed = CHUNK; removed === CHUNK;) removed = await expireSome(catalog, collection, index, until);
      }
    }
  }
}

/** Removes up to a chunk of what expired: of several dates in an array the earliest counts; what is no date stays. */
function expireSome(catalog: Catalog, collection: Collection, index: IndexInfo, until: number): Promise<number> {
  const expired = docOf({ [index.fields[0] as string]: { $lte: new DateTime(BigInt(until)) } });
  const filter = compileFilter(docOf({ $and: [expired, index.partial ?? Doc.EMPTY] }));
  const sort = { fields: [], natural: undefined };
  return catalog.env.write(async () => {
    await catalog.env.settle();
    const { hits } = search(collection, { filter, sort, skip: 0, limit: CHUNK });
    const found = [...hits].filter((hit) => hit !== null);
    for (const { rid, doc } of found) collection.remove(rid, doc);
    return found.length;
  });
}
