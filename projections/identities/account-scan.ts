import type { LocalDate } from '#libs/kernel';
import { pagesOf, type ReadStore } from '#libs/read-store';
import { AgingSums, BucketBounds } from '../arrears-aging/aging-buckets.js';
import {
  ACCOUNT_ORDER_INDEX,
  arrearsAgingProjection,
  type ArrearsMovementDocument,
} from '../arrears-aging/arrears-aging.projection.js';
import { addMovement } from '../arrears-aging/arrears-aging.reader.js';
import { LEDGER_ORDER_INDEX, ledgerProjection, type LedgerLineDocument } from '../ledger/ledger.projection.js';

/** What the movements of one account add up to. */
export interface AccountBooks {
  readonly communityId: string;
  readonly accountId: string;
  readonly sums: AgingSums;
  /** Balance of each item and credit left of each payment, in minor units. */
  readonly items: ReadonlyMap<string, bigint>;
  readonly payments: ReadonlyMap<string, bigint>;
}

export interface AccountBalance {
  readonly communityId: string;
  readonly accountId: string;
  readonly balance: bigint;
}

interface OfAccount {
  readonly communityId: string;
  readonly accountId: string;
}

const BATCH = 5_000;

/** Accounts of all communities in order, one in memory at a time. */
export async function* accountBooks(store: ReadStore, upTo: bigint, asOf: LocalDate): AsyncGenerator<AccountBooks> {
  const bounds = new BucketBounds(asOf);
  const collection = await store.liveCollection<ArrearsMovementDocument & { position: bigint }>(arrearsAgingProjection);
  const cursor = collection.find({ position: { $lte: upTo } }, { batchSize: BATCH }).sort(ACCOUNT_ORDER_INDEX.key);
  const start = ({ communityId, accountId }: OfAccount) => ({
    communityId,
    accountId,
    sums: new AgingSums(),
    items: new Map<string, bigint>(),
    payments: new Map<string, bigint>(),
  });
  yield* reduceAccounts(pagesOf(cursor), start, (books, movement) => {
    addMovement(books.sums, movement, bounds);
    if (movement.itemId !== null) addTo(books.items, movement.itemId, movement.outstandingMinor);
    if (movement.paymentId !== null) addTo(books.payments, movement.paymentId, movement.creditMinor);
  });
}

/** Balances by the ledger, in the same order. */
export async function* ledgerBalances(store: ReadStore, upTo: bigint): AsyncGenerator<AccountBalance> {
  const collection = await store.liveCollection<LedgerLineDocument & { position: bigint }>(ledgerProjection);
  const cursor = collection.find({ position: { $lte: upTo } }, { batchSize: BATCH }).sort(LEDGER_ORDER_INDEX.key);
  const start = ({ communityId, accountId }: OfAccount) => ({ communityId, accountId, balance: 0n });
  yield* reduceAccounts(pagesOf(cursor), start, (account, line) => {
    account.balance += line.debitMinor - line.creditMinor;
  });
}

/** Both walks side by side; one of the two is missing where an account occurs in the other only. */
export async function* joinAccounts(
  books: AsyncGenerator<AccountBooks>,
  balances: AsyncGenerator<AccountBalance>,
): AsyncGenerator<readonly [AccountBooks | undefined, AccountBalance | undefined]> {
  let [a, b] = await Promise.all([books.next(), balances.next()]);
  while (!a.done || !b.done) {
    const order = a.done ? 1 : b.done ? -1 : compareAccounts(a.value, b.value);
    yield [order <= 0 && !a.done ? a.value : undefined, order >= 0 && !b.done ? b.value : undefined];
    if (order <= 0) a = await books.next();
    if (order >= 0) b = await balances.next();
  }
}

async function* reduceAccounts<Doc extends OfAccount, State extends OfAccount>(
  pages: AsyncIterable<Doc[]>,
  start: (of: OfAccount) => State,
  add: (state: State, doc: Doc) => void,
): AsyncGenerator<State> {
  let state: State | undefined;
  for await (const page of pages) {
    for (const doc of page) {
      if (state?.accountId !== doc.accountId || state.communityId !== doc.communityId) {
        if (state) yield state;
        state = start(doc);
      }
      add(state, doc);
    }
  }
  if (state) yield state;
}

function addTo(sums: Map<string, bigint>, key: string, minor: bigint): void {
  sums.set(key, (sums.get(key) ?? 0n) + minor);
}

/** By UTF-8 bytes, as MongoDB orders: JavaScript's own order of strings differs beyond the basic plane. */
function compareAccounts(a: OfAccount, b: OfAccount): number {
  const byCommunity = Buffer.compare(Buffer.from(a.communityId), Buffer.from(b.communityId));
  return byCommunity || Buffer.compare(Buffer.from(a.accountId), Buffer.from(b.accountId));
}
