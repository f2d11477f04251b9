import type { Doc } from '../bson/document.js';
import type { Value } from '../bson/values.js';
import { fail } from '../errors.js';
import type { Collection } from '../storage/collection.js';
import type { Filter } from './filter.js';
import { plan, type Plan } from './planner.js';
import { coversFilter } from './covers.js';
import { scan, scanKeys, type Hit, type ScanStats } from './scan.js';
import type { WorkSpace } from '../storage/work-space.js';
import type { SortSpec } from './sort.js';
import { Sorter } from './sorter.js';

export interface FindOptions {
  readonly filter: Filter;
  readonly sort: SortSpec;
  readonly skip: number;
  /** 0: no limit. */
  readonly limit: number;
  readonly hint?: Value | undefined;
  /** What a sort may hold in memory, and where it goes on. */
  readonly space?: WorkSpace | undefined;
  /** The documents themselves are not asked for: where an index's keys say enough, hits come with an empty one. */
  readonly countOnly?: boolean | undefined;
}

export interface Search {
  readonly plan: Plan;
  /** No document is read. */
  readonly keysOnly: boolean;
  readonly stats: ScanStats;
  readonly hits: Iterable<Hit | null>;
}

/** Plans a search and gives its hits in order; nothing is read before the first is asked for. */
export function search(collection: Collection, options: FindOptions): Search {
  const chosen = plan(collection, options.filter.node, options.sort, options.hint);
  const stats = { keysExamined: 0, docsExamined: 0, matched: 0 };
  const keysOnly = options.countOnly === true && chosen.kind === 'ixscan' && coversFilter(chosen, options.filter.node);
  const found = keysOnly ? scanKeys(collection, chosen, stats) : scan(collection, chosen, options.filter, stats);
  const ordered = chosen.sorted ? found : sorted(found, options);
  const check = livenessOf(collection, chosen);
  return { plan: chosen, keysOnly, stats, hits: window(ordered, options.skip, options.limit, check) };
}

/** A search that was waiting ends as mongod's do when its collection, or an index of its plan, has gone meanwhile. */
function livenessOf(collection: Collection, chosen: Plan): () => void {
  const { db, name, namespace, indexes } = collection;
  const used = chosen.kind === 'collscan' ? [] : chosen.kind === 'or' ? chosen.branches : [chosen];
  return () => {
    if (collection.dropped) fail('QueryPlanKilled', `collection dropped. UUID ${collection.uuidText}`);
    if (collection.name !== name || collection.db !== db) {
      const names = `from '${namespace}' to '${collection.namespace}'`;
      fail('QueryPlanKilled', `collection renamed ${names}. UUID ${collection.uuidText}`);
    }
    if (collection.indexes === indexes) return;
    for (const { index } of used) {
      if (collection.indexes.some(({ table }) => table === index.table)) continue;
      fail('QueryPlanKilled', `index '${index.name}' dropped`);
    }
  };
}

function* sorted(hits: Iterable<Hit | null>, options: FindOptions): Generator<Hit | null> {
  const most = options.limit > 0 ? options.skip + options.limit : undefined;
  const sorter = new Sorter(options.sort, most, options.space);
  try {
    for (const hit of hits) {
      if (hit === null) yield null;
      else sorter.add(hit);
    }
    yield* sorter.sorted();
  } finally {
    sorter.close();
  }
}

/** Skips and limits, letting the pauses through; `check` is asked after each wait. */
export function* window<T>(
  items: Iterable<T | null>,
  skip: number,
  limit: number,
  check: () => void = () => undefined,
): Generator<T | null> {
  let skipped = 0;
  let given = 0;
  for (const item of items) {
    if (item === null) {
      yield null;
      check();
    } else if (skipped < skip) {
      skipped += 1;
    } else {
      yield item;
      given += 1;
      if (limit > 0 && given >= limit) return;
      check();
    }
  }
}

export function* documents(hits: Iterable<Hit | null>): Generator<Doc | null> {
  for (const hit of hits) yield hit === null ? null : hit.doc;
}
