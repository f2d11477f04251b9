/**
 * The figures of a journal worked out from domain.md alone, with none of the project's code: small, slow, and easy to check by
 * eye. Tests hold the project's reports against it.
 */

export const BUCKETS = ['notDue', 'd1to30', 'd31to60', 'd61to90', 'd91plus'] as const;
export type NaiveBuckets = Record<(typeof BUCKETS)[number], string>;

export interface NaiveAging {
  buckets: NaiveBuckets;
  outstanding: string;
  credit: string;
  accounts: { account: string; buckets: NaiveBuckets; outstanding: string; credit: string }[];
}

/** `occurredOn, account, entry, amountMinor, dueOn, reference`, all of them good. */
export type NaiveRow = readonly [string, string, string, string, string, string];

interface Item {
  order: number;
  isLateFee: boolean;
  on: string;
  due: string;
  amount: bigint;
  open: bigint;
}
interface Payment {
  order: number;
  on: string;
  amount: bigint;
  left: bigint;
}
interface Use {
  item: Item;
  payment: Payment;
  amount: bigint;
  on: string;
}
interface Line {
  on: string;
  order: number;
  reference: string;
  debit: bigint;
  credit: bigint;
}

class NaiveAccount {
  order = 0;
  dates: string[] = [];
  items: Item[] = [];
  payments: Payment[] = [];
  uses: Use[] = [];
  lines: Line[] = [];

  post([on, , entry, amountText, due, reference]: NaiveRow): void {
    this.dates.push(on);
    this.order += 1;
    const amount = BigInt(amountText || '0');
    if (entry === 'fee' || entry === 'expense' || entry === 'late-fee') {
      this.items.push({ order: this.order, isLateFee: entry === 'late-fee', on, due, amount, open: amount });
      this.lines.push({ on, order: this.order, reference, debit: amount, credit: 0n });
    } else if (entry === 'payment') {
      this.payments.push({ order: this.order, on, amount, left: amount });
      this.lines.push({ on, order: this.order, reference, debit: 0n, credit: amount });
    }
    this.settle();
  }

  /** D7; every posting leaves either no credit or nothing open, so that settling after each is enough. */
  settle(): void {
    const items = this.items.toSorted(
      (a, b) => Number(a.isLateFee) - Number(b.isLateFee) || compare(a.due, b.due) || a.order - b.order,
    );
    const payments = this.payments.toSorted((a, b) => compare(a.on, b.on) || a.order - b.order);
    for (const payment of payments) {
      for (const item of items) {
        const amount = payment.left < item.open ? payment.left : item.open;
        if (amount === 0n) continue;
        payment.left -= amount;
        item.open -= amount;
        this.uses.push({ item, payment, amount, on: payment.on > item.on ? payment.on : item.on });
      }
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The books of one community after some journals, each imported whole before the next. */
export class NaiveBooks {
  readonly accounts = new Map<string, NaiveAccount>();
  readonly #known = new Set<string>();

  importFile(rows: readonly NaiveRow[]): { imported: number; unchanged: number; skipped: number } {
    const counts = { imported: 0, unchanged: 0, skipped: 0 };
    const copies = new Map<string, number>();
    const fresh: NaiveRow[] = [];
    for (const row of rows) {
      if (row[3] !== '' && BigInt(row[3]) === 0n) {
        counts.skipped += 1;
        continue;
      }
      const text = JSON.stringify(row);
      const copy = (copies.get(text) ?? 0) + 1;
      copies.set(text, copy);
      if (this.#known.has(`${copy} ${text}`)) {
        counts.unchanged += 1;
        continue;
      }
      this.#known.add(`${copy} ${text}`);
      counts.imported += 1;
      fresh.push(row);
    }
    for (const row of fresh.toSorted((a, b) => compare(a[0], b[0]))) {
      const account = this.accounts.get(row[1]) ?? new NaiveAccount();
      this.accounts.set(row[1], account);
      account.post(row);
    }
    return counts;
  }

  aging(asOf: string): NaiveAging {
    const listed = [...this.accounts].filter(([, account]) => account.dates.some((on) => on <= asOf));
    const accounts = listed
      .toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      .map(([account, books]) => ({ account, ...figures([books], asOf) }));
    return { ...figures([...this.accounts.values()], asOf), accounts };
  }

  /** Lines in ledger order with the running balance (D16). */
  ledger(
    account: string,
    asOf = '9999-12-31',
  ): { effectiveOn: string; reference: string; debit: string; credit: string; balance: string }[] {
    const lines = (this.accounts.get(account)?.lines ?? []).filter(({ on }) => on <= asOf);
    let balance = 0n;
    return lines
      .toSorted((a, b) => compare(a.on, b.on) || a.order - b.order)
      .map(({ on, reference, debit, credit }) => {
        balance += debit - credit;
        return { effectiveOn: on, reference, debit: `${debit}`, credit: `${credit}`, balance: `${balance}` };
      });
  }
}

function figures(accounts: NaiveAccount[], asOf: string): Omit<NaiveAging, 'accounts'> {
  const sums = BUCKETS.map(() => 0n);
  let credit = 0n;
  for (const { items, payments, uses } of accounts) {
    const used = uses.filter(({ on }) => on <= asOf);
    for (const item of items) {
      if (item.on > asOf) continue;
      const open = used.reduce((rest, use) => (use.item === item ? rest - use.amount : rest), item.amount);
      const days = (Date.parse(asOf) - Date.parse(item.due)) / 86_400_000;
      sums[days <= 0 ? 0 : days <= 30 ? 1 : days <= 60 ? 2 : days <= 90 ? 3 : 4]! += open;
    }
    for (const { on, amount } of payments) if (on <= asOf) credit += amount;
    for (const { amount } of used) credit -= amount;
  }
  const buckets = Object.fromEntries(BUCKETS.map((name, n) => [name, `${sums[n]}`])) as NaiveBuckets;
  return { buckets, outstanding: `${sums.reduce((a, b) => a + b)}`, credit: `${credit}` };
}

/** Rows of a simple CSV text (nothing quoted), without its header. */
export function naiveRows(csv: string): NaiveRow[] {
  return csv
    .split(/\r?\n/)
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => line.split(',') as unknown as NaiveRow);
}
