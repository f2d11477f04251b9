/**
 * lmdb 3 may keep its list of free pages from one transaction to the next, and then writes only the parts that it changed. When the
 * list's place in the file has moved meanwhile, as it does beside a reader, parts are missing or there twice: the commit is refused,
 * or the process ends. With nothing kept, each transaction writes what it read, as a whole (ADR 0011).
 */
const FREE_PAGES = { maxFreeSpaceToRetain: 0 } as const;
/** Takes no second record of the list while there is one in hand: reading them while the list is saved is what may fail yet. */
const FREE_PAGES_OF_ONE_RECORD = { ...FREE_PAGES, maxFreeSpaceToLoad: 1 } as const;

/** lmdb's options for its list of free pages. `again`: for a commit that was refused because of it. */
export function freePageOptions(again: boolean): {
  readonly maxFreeSpaceToRetain: number;
  readonly maxFreeSpaceToLoad?: number;
} {
  return again ? FREE_PAGES_OF_ONE_RECORD : FREE_PAGES;
}

/** MDB_BAD_TXN, MDB_NOTFOUND, MDB_PROBLEM, MDB_CORRUPTED: of a commit they mean the list of free pages, nothing of it is stored. */
const REFUSALS: readonly unknown[] = [-30782, -30798, -30779, -30796];

export function isOfFreePages(error: unknown): boolean {
  return REFUSALS.includes((error as { readonly code?: unknown }).code);
}
