import {
  causeOf,
  EventReader,
  Tally,
  type EventSource,
  type ProjectedEvent,
  type Upcast,
} from '#libs/projection-engine';
import type { AccountFact } from '#libs/receivables';
import { accountFactOf, entryOf } from '../account-facts.js';
import { IDENTITIES } from './names.js';
import { Violations } from './violations.js';

/** Money of one community over the whole log, in minor units. */
export interface CommunityMoney {
  cash: bigint;
  /** Put to fees and late fees, less what reversals took back. */
  allocated: bigint;
}

/** One pass over the stored events: what the read models must agree with, worked out without them. Memory does not grow with the log. */
export class StoreScan {
  readonly entries = new Violations(IDENTITIES.entries);
  private readonly money = new Map<string, CommunityMoney>();
  private readonly common = new Tally();
  private readonly tallies: readonly Tally[];
  private debits = 0n;
  private credits = 0n;

  /** `positions`: how far each read model says it is; money is summed up to the lowest. */
  constructor(private readonly positions: readonly bigint[]) {
    this.tallies = positions.map(() => new Tally());
  }

  async run(source: Pick<EventSource, 'readAll'>, upcast?: Upcast): Promise<void> {
    const reader = new EventReader(upcast);
    const lowest = this.positions.reduce((a, b) => (a < b ? a : b));
    const highest = this.positions.reduce((a, b) => (a > b ? a : b));
    for await (const page of source.readAll({ pageSize: 1_000 })) {
      for (const event of reader.read(page)) {
        if (event.position > highest) break;
        if (event.position <= lowest) this.addCommon(event);
        else this.addBeyond(event);
      }
      if ((page.at(-1)?.position ?? 0n) >= highest) break;
    }
    if (this.debits !== this.credits) this.entries.add(`whole ledger: debits ${this.debits}, credits ${this.credits}`);
  }

  /** What the store holds up to the position of the n-th read model, of the types that it folds. */
  tallyOf(n: number, accepts: (type: string) => boolean): Tally {
    const tally = new Tally();
    tally.merge(this.common, accepts);
    tally.merge(this.tallies[n]!, accepts);
    return tally;
  }

  moneyByCommunity(): ReadonlyMap<string, Readonly<CommunityMoney>> {
    return this.money;
  }

  private addCommon(event: ProjectedEvent): void {
    this.common.add(event);
    if (event.category !== 'account') return;
    try {
      this.addEntry(event);
    } catch (error) {
      // Parked by the read models, too. The other identities are checked all the same.
      this.entries.add(`${event.stream}@${event.revision} cannot be read: ${causeOf(event.unreadable ?? error)}`);
    }
  }

  private addEntry(event: ProjectedEvent): void {
    let [debits, credits, cash] = [0n, 0n, 0n];
    for (const posting of entryOf(event)) {
      debits += posting.debitMinor;
      credits += posting.creditMinor;
      if (posting.ledgerAccount === 'cash') cash += posting.debitMinor - posting.creditMinor;
    }
    if (debits !== credits) this.entries.add(`${event.stream}@${event.revision}: debits ${debits}, credits ${credits}`);
    this.debits += debits;
    this.credits += credits;
    this.addMoney(event.communityId, cash, allocatedBy(event));
  }

  private addBeyond(event: ProjectedEvent): void {
    this.positions.forEach((position, n) => {
      if (event.position <= position) this.tallies[n]!.add(event);
    });
  }

  private addMoney(communityId: string, cash: bigint, allocated: bigint): void {
    let money = this.money.get(communityId);
    if (!money) this.money.set(communityId, (money = { cash: 0n, allocated: 0n }));
    money.cash += cash;
    money.allocated += allocated;
  }
}

/** From the facts themselves and not from their postings: the identity compares the two. */
function allocatedBy(event: ProjectedEvent): bigint {
  const fact: AccountFact | undefined = accountFactOf(event);
  if (fact?.type === 'PaymentAllocated' || fact?.type === 'CreditApplied') return sumOf(fact.data.items);
  if (fact?.type === 'FeeReversed') return -sumOf(fact.data.released);
  if (fact?.type === 'PaymentReversed') return -sumOf(fact.data.reopened);
  return 0n;
}

function sumOf(parts: readonly { readonly amount: { readonly minor: string } }[]): bigint {
  return parts.reduce((sum, { amount }) => sum + BigInt(amount.minor), 0n);
}
