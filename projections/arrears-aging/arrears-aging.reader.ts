import type { Instant, LocalDate } from '#libs/kernel';
import { pagesOf, type ReadStore } from '#libs/read-store';
import { cutFilter } from '../cut.js';
import { AgingSums, BucketBounds, type AgingBuckets } from './aging-buckets.js';
import {
  ACCOUNT_ORDER_INDEX,
  arrearsAgingProjection,
  type ArrearsMovementDocument,
} from './arrears-aging.projection.js';

export interface AgingQuery {
  readonly communityId: string;
  readonly asOf: LocalDate;
  /** Without it: as known now. */
  readonly knownAt?: Instant;
  /** Without it: the position that the read model has reached. */
  readonly position?: bigint;
  /** Only accounts whose ids come after this one. */
  readonly afterAccount?: string;
}

/** Amounts as strings of minor units. */
export interface AgingAccount {
  readonly account: string;
  readonly buckets: AgingBuckets<string>;
  readonly outstanding: string;
  readonly credit: string;
}

export interface AgingReport {
  readonly asOf: LocalDate;
  readonly knownAt: Instant | null;
  /** Decimal string; '-1' before anything was folded. */
  readonly position: string;
  readonly currency: string;
  readonly buckets: AgingBuckets<string>;
  readonly outstanding: string;
  readonly credit: string;
  readonly accounts: readonly AgingAccount[];
}

interface LaterQuery {
  readonly communityId: string;
  readonly account: string;
  readonly asOf: LocalDate;
  readonly position: bigint;
}

type Movement = Pick<ArrearsMovementDocument, 'accountId' | 'dueOn' | 'outstandingMinor' | 'creditMinor'>;

const BATCH = 5_000;
const FIELDS = { _id: 0, accountId: 1, dueOn: 1, outstandingMinor: 1, creditMinor: 1 } as const;

/** Arrears by age as of a day, as known at an instant (D16): sums over movements, made when read. */
export class ArrearsAgingReader {
  constructor(private readonly store: ReadStore) {}

  /** Position that answers reflect when the query names none; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(arrearsAgingProjection);
  }

  /** All accounts with a fact in the cut, zeros included, in the order of their ids by code point (domain.md §7); one account in memory. */
  async *listAccounts(query: AgingQuery): AsyncGenerator<{ readonly account: string; readonly sums: AgingSums }> {
    const bounds = new BucketBounds(query.asOf);
    let account: string | undefined;
    let sums = new AgingSums();
    for await (const page of pagesOf(await this.find(query))) {
      for (const movement of page) {
        if (movement.accountId !== account) {
          if (account !== undefined) yield { account, sums };
          account = movement.accountId;
          sums = new AgingSums();
        }
        addMovement(sums, movement, bounds);
      }
    }
    if (account !== undefined) yield { account, sums };
  }

  /** The whole report; `currency` is the community's. */
  async findReport(query: AgingQuery & { readonly currency: string }): Promise<AgingReport> {
    const position = query.position ?? (await this.position());
    const total = new AgingSums();
    const accounts: AgingAccount[] = [];
    for await (const { account, sums } of this.listAccounts({ ...query, position })) {
      total.add(sums);
      accounts.push({ account, ...sums.toReport() });
    }
    const { asOf, knownAt = null, currency } = query;
    return { asOf, knownAt, position: position.toString(), currency, ...total.toReport(), accounts };
  }

  /** One account's sums in a cut; undefined without a fact in it. */
  async findAccount(query: AgingQuery & { readonly account: string }): Promise<AgingSums | undefined> {
    const bounds = new BucketBounds(query.asOf);
    const movements = await (await this.find(query)).toArray();
    return movements.length === 0 ? undefined : sumsOf(movements, bounds);
  }

  /** What of an account takes effect after the day only; `only`: nothing has by then. */
  async findLater({ communityId, account, asOf, position }: LaterQuery): Promise<{ sums: AgingSums; only: boolean }> {
    const movements = await this.store.liveCollection<ArrearsMovementDocument>(arrearsAgingProjection);
    const filter = { communityId, accountId: account, ...cutFilter({ position }) };
    const found = await movements.find(filter, { projection: { ...FIELDS, effectiveOn: 1 } }).toArray();
    const later = found.filter(({ effectiveOn }) => effectiveOn > asOf);
    return { sums: sumsOf(later, new BucketBounds(asOf)), only: found.length > 0 && later.length === found.length };
  }

  /** How the server would run `listAccounts`. */
  async explain(query: AgingQuery): Promise<object> {
    return (await this.find(query)).explain('queryPlanner');
  }

  private async find({
    communityId,
    asOf,
    knownAt,
    position,
    afterAccount,
    account,
  }: AgingQuery & { readonly account?: string }) {
    const cut = { asOf, position: position ?? (await this.position()), ...(knownAt === undefined ? {} : { knownAt }) };
    const movements = await this.store.liveCollection<ArrearsMovementDocument & { position: bigint }>(
      arrearsAgingProjection,
    );
    const one = account === undefined ? {} : { accountId: account };
    const accounts = afterAccount === undefined ? one : { accountId: { $gt: afterAccount } };
    return movements
      .find({ communityId, ...accounts, ...cutFilter(cut) }, { projection: FIELDS, batchSize: BATCH })
      .sort(ACCOUNT_ORDER_INDEX.key)
      .project<Movement>(FIELDS);
  }
}

function sumsOf(movements: readonly Movement[], bounds: BucketBounds): AgingSums {
  const sums = new AgingSums();
  for (const movement of movements) addMovement(sums, movement, bounds);
  return sums;
}

/** Adds a movement to an account's sums and to the bucket of its item's due date. */
export function addMovement(
  sums: AgingSums,
  { dueOn, outstandingMinor, creditMinor }: Omit<Movement, 'accountId'>,
  bounds: BucketBounds,
): void {
  if (dueOn !== null) sums.buckets[bounds.indexOf(dueOn)]! += outstandingMinor;
  sums.outstanding += outstandingMinor;
  sums.credit += creditMinor;
}
