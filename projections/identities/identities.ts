import { systemClock, type Clock } from '#libs/kernel';
import { Tally, typeFilter, type EventSource, type Projection, type Upcast } from '#libs/projection-engine';
import type { CheckpointDocument, ReadStore } from '#libs/read-store';
import { arrearsAgingProjection } from '../arrears-aging/arrears-aging.projection.js';
import { ledgerProjection } from '../ledger/ledger.projection.js';
import { accountBooks, joinAccounts, ledgerBalances, type AccountBalance, type AccountBooks } from './account-scan.js';
import { caseIdentities } from './case-checks.js';
import { StoreScan } from './store-scan.js';
import { IDENTITIES } from './names.js';
import { Violations, type IdentityResult } from './violations.js';

export interface IdentityOptions {
  readonly source: Pick<EventSource, 'readAll'>;
  readonly store: ReadStore;
  /** Those whose counts and sums are held against the store. */
  readonly projections: readonly Projection[];
  readonly upcast?: Upcast;
  readonly clock?: Clock;
}

/**
 * The identities of domain.md §4 over the live read models and the store, at positions that the read models have reached (they may go on
 * folding meanwhile). One pass over the events and one over the accounts; memory is that of one account.
 */
export async function checkIdentities(options: IdentityOptions): Promise<IdentityResult[]> {
  const { source, store, projections, upcast, clock = systemClock } = options;
  const checkpoints = await store.liveCheckpoints([ledgerProjection, arrearsAgingProjection, ...projections]);
  const positions = checkpoints.map((checkpoint) => checkpoint?.position ?? -1n);
  const scan = new StoreScan(positions);
  await scan.run(source, upcast);
  const upTo = positions.reduce((a, b) => (a < b ? a : b));
  const accounts = new AccountChecks();
  const books = accountBooks(store, upTo, clock.now().slice(0, 10));
  for await (const [own, balance] of joinAccounts(books, ledgerBalances(store, upTo))) accounts.add(own, balance);
  return [
    cashIdentity(scan, accounts),
    ...accounts.results(),
    scan.entries.result(),
    ...(await caseIdentities(store)),
    tallyIdentity(options, checkpoints, scan),
  ];
}

/** Identities within an account. */
class AccountChecks {
  readonly creditByCommunity = new Map<string, bigint>();
  private readonly outstanding = new Violations(IDENTITIES.outstanding);
  private readonly balance = new Violations(IDENTITIES.balance);
  private readonly payments = new Violations(IDENTITIES.payments);
  private readonly items = new Violations(IDENTITIES.items);

  add(books: AccountBooks | undefined, ledger: AccountBalance | undefined): void {
    const { communityId, accountId } = (books ?? ledger)!;
    const where = `${communityId} ${accountId}`;
    const [outstanding, credit] = [books?.sums.outstanding ?? 0n, books?.sums.credit ?? 0n];
    this.creditByCommunity.set(communityId, (this.creditByCommunity.get(communityId) ?? 0n) + credit);
    const balance = ledger?.balance ?? 0n;
    if (balance !== outstanding - credit) {
      this.balance.add(`${where}: balance ${balance}, outstanding ${outstanding}, credit ${credit}`);
    }
    if (books) this.addBooks(books, where);
  }

  results(): IdentityResult[] {
    return [this.outstanding, this.balance, this.payments, this.items].map((violations) => violations.result());
  }

  private addBooks({ sums, items, payments }: AccountBooks, where: string): void {
    const open = sum(items.values());
    const buckets = sum(sums.buckets);
    if (open !== sums.outstanding || buckets !== sums.outstanding) {
      this.outstanding.add(`${where}: outstanding ${sums.outstanding}, open items ${open}, buckets ${buckets}`);
    }
    for (const [item, left] of items) if (left < 0n) this.items.add(`${where} item ${item}: ${left}`);
    // What is left of a payment is the payment less its allocations.
    for (const [payment, left] of payments)
      if (left < 0n) this.payments.add(`${where} payment ${payment}: ${left} left`);
  }
}

/** Cash and allocations from the events, credit from the read model. Nothing is refunded yet: no event type does. */
function cashIdentity(scan: StoreScan, accounts: AccountChecks): IdentityResult {
  const violations = new Violations(IDENTITIES.cash);
  const money = scan.moneyByCommunity();
  for (const community of new Set([...money.keys(), ...accounts.creditByCommunity.keys()])) {
    const { cash, allocated } = money.get(community) ?? { cash: 0n, allocated: 0n };
    const credit = accounts.creditByCommunity.get(community) ?? 0n;
    if (cash !== allocated + credit)
      violations.add(`${community}: cash ${cash}, allocated ${allocated}, credit ${credit}`);
  }
  return violations.result();
}

function tallyIdentity(
  { projections }: IdentityOptions,
  checkpoints: readonly (CheckpointDocument | undefined)[],
  scan: StoreScan,
): IdentityResult {
  const violations = new Violations(IDENTITIES.tallies);
  const first = checkpoints.length - projections.length;
  projections.forEach((projection, index) => {
    const stored = `${scan.tallyOf(first + index, typeFilter(projection))}`;
    const folded = `${Tally.fromCheckpoint(checkpoints[first + index])}`;
    if (stored !== folded) violations.add(`${projection.name}: store [${stored}], projection [${folded}]`);
  });
  return violations.result();
}

function sum(amounts: Iterable<bigint>): bigint {
  let total = 0n;
  for (const amount of amounts) total += amount;
  return total;
}
