import { setTimeout as sleep } from 'node:timers/promises';
import type { LocalDate } from '#libs/kernel';
import type { ReadStore, StoredDocument } from '#libs/read-store';
import {
  accountIdsOf,
  arrearsAccountsProjection,
  type AccountArrearsDocument,
} from '../arrears-accounts/arrears-accounts.projection.js';
import { AgingSums, BucketBounds } from '../arrears-aging/aging-buckets.js';
import { arrearsAgingProjection } from '../arrears-aging/arrears-aging.projection.js';
import { addMovement, ArrearsAgingReader } from '../arrears-aging/arrears-aging.reader.js';
import {
  arrearsTotalsProjection,
  communityKey,
  totalsIdsOf,
  type CommunityArrearsDocument,
  type DueMonthDocument,
} from './arrears-totals.projection.js';

export interface CurrentArrearsQuery {
  readonly communityId: string;
  readonly asOf: LocalDate;
}

export interface AccountPageQuery extends CurrentArrearsQuery {
  /** The list is that of this position, whatever was folded since. */
  readonly position: bigint;
  readonly afterAccount?: string;
  /** How many accounts are asked of the server at a time. */
  readonly pageSize?: number;
}

export interface CurrentArrears {
  readonly position: bigint;
  readonly sums: AgingSums;
  readonly accounts: number;
}

type Stored<Doc> = Doc & Pick<StoredDocument, '_id' | 'position' | 'parked'>;
type Totals = Stored<CommunityArrearsDocument | DueMonthDocument>;

const PAGE_ACCOUNTS = 1_000;
/** A batch is written in a few milliseconds. */
const PAUSES_MS = [0, 2, 5, 10, 20, 40];

/**
 * Arrears by age from totals that are kept, for a day by which all facts are in force. The same figures as `ArrearsAgingReader` gives as
 * of that day at the same position; what is dated later, or has moved since, is worked out from movements, account by account.
 */
export class CurrentArrearsReader {
  private readonly movements: ArrearsAgingReader;

  constructor(private readonly store: ReadStore) {
    this.movements = new ArrearsAgingReader(store);
  }

  /** undefined when no moment could be seen between two batches: ask the movements. */
  async findTotals(query: CurrentArrearsQuery): Promise<CurrentArrears | undefined> {
    for (const pauseMs of PAUSES_MS) {
      if (pauseMs > 0) await sleep(pauseMs);
      const reached = await this.store.livePosition(arrearsTotalsProjection);
      const seen = momentOf(await (await this.findDocuments(query)).toArray(), query.communityId, reached);
      if (!seen) continue;
      const found = await this.asOf(query, seen);
      if (found) return found;
    }
    return undefined;
  }

  /** Accounts in the order of their ids, as `ArrearsAgingReader.listAccounts` lists them at the position. */
  async *listAccounts(query: AccountPageQuery): AsyncGenerator<{ readonly account: string; readonly sums: AgingSums }> {
    const { communityId, asOf, position } = query;
    const bounds = new BucketBounds(asOf);
    for await (const document of await this.findAccounts(query)) {
      const account = document._id.slice(accountIdsOf(communityId).$gt.length);
      // A parked one stands still; the movements may have gone on.
      const stands = !document.parked && document.position <= position && document.lastEffectiveOn <= asOf;
      if (stands) yield { account, sums: sumsOf(document, bounds) };
      else {
        const sums = await this.movements.findAccount({ communityId, asOf, position, account });
        if (sums) yield { account, sums };
      }
    }
  }

  /** How the server would run `findTotals` and `listAccounts`; with their execution: the first page of the list. */
  async explain(
    query: AccountPageQuery,
    verbosity: 'queryPlanner' | 'executionStats' = 'queryPlanner',
  ): Promise<readonly [object, object]> {
    const [totals, accounts] = [await this.findDocuments(query), await this.findAccounts(query)];
    return [await totals.explain(verbosity), await accounts.limit(query.pageSize ?? PAGE_ACCOUNTS).explain(verbosity)];
  }

  /** Takes out what is dated after the day; undefined while the other read models are behind the totals. */
  private async asOf({ communityId, asOf }: CurrentArrearsQuery, seen: Moment): Promise<CurrentArrears | undefined> {
    const { position, community, months } = seen;
    const bounds = new BucketBounds(asOf);
    const sums = new AgingSums();
    for (const { outstandingByDueOn } of months) {
      for (const [dueOn, minor] of Object.entries(outstandingByDueOn)) {
        addMovement(sums, { dueOn, outstandingMinor: BigInt(minor), creditMinor: 0n }, bounds);
      }
    }
    sums.credit = BigInt(community?.credit ?? 0);
    let accounts = community?.accounts ?? 0;
    if (community && community.lastEffectiveOn > asOf) {
      const others = await this.store.liveCheckpoints([arrearsAccountsProjection, arrearsAgingProjection]);
      if (others.some((checkpoint) => (checkpoint?.position ?? -1n) < position)) return undefined;
      for await (const { accountId: account } of await this.findDatedLater(communityId, asOf)) {
        const later = await this.movements.findLater({ communityId, account, asOf, position });
        sums.subtract(later.sums);
        if (later.only) accounts -= 1;
      }
    }
    return { position, sums, accounts };
  }

  private async findDocuments({ communityId }: CurrentArrearsQuery) {
    const totals = await this.store.liveCollection<Totals>(arrearsTotalsProjection);
    return totals.find({ _id: totalsIdsOf(communityId) }).sort({ _id: 1 });
  }

  private async findAccounts({ communityId, afterAccount, pageSize = PAGE_ACCOUNTS }: AccountPageQuery) {
    const accounts = await this.store.liveCollection<Stored<AccountArrearsDocument>>(arrearsAccountsProjection);
    return accounts.find({ _id: accountIdsOf(communityId, afterAccount) }, { batchSize: pageSize }).sort({ _id: 1 });
  }

  private async findDatedLater(communityId: string, asOf: LocalDate) {
    const accounts = await this.store.liveCollection<Stored<AccountArrearsDocument>>(arrearsAccountsProjection);
    return accounts.find({ _id: accountIdsOf(communityId), lastEffectiveOn: { $gt: asOf } });
  }
}

interface Moment {
  readonly position: bigint;
  readonly community: CommunityArrearsDocument | undefined;
  readonly months: readonly DueMonthDocument[];
}

/**
 * The documents as they stood at one position, or undefined if a batch was being written: they are one moment's when none has moved since the
 * checkpoint that was read before them, or when they add up and none is beyond the community's own, which every fact moves. Where one is
 * parked, the totals stand still at different positions.
 */
function momentOf(documents: readonly Totals[], communityId: string, reached: bigint): Moment | undefined {
  const community = documents.find(({ _id }) => _id === communityKey(communityId)) as
    Stored<CommunityArrearsDocument> | undefined;
  const months = documents.filter((document) => document !== community) as Stored<DueMonthDocument>[];
  if (documents.some(({ parked }) => parked)) return undefined;
  if (documents.every(({ position }) => position <= reached)) return { position: reached, community, months };
  if (!community || months.some(({ position }) => position > community.position)) return undefined;
  let sum = 0n;
  for (const month of months) for (const minor of Object.values(month.outstandingByDueOn)) sum += BigInt(minor);
  return sum === BigInt(community.outstanding) ? { position: community.position, community, months } : undefined;
}

function sumsOf(document: AccountArrearsDocument, bounds: BucketBounds): AgingSums {
  const sums = new AgingSums();
  for (const [dueOn, outstandingMinor] of Object.entries(document.outstandingByDueOn)) {
    addMovement(sums, { dueOn, outstandingMinor, creditMinor: 0n }, bounds);
  }
  sums.credit = document.creditMinor;
  return sums;
}
