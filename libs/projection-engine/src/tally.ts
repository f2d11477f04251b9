import type { CheckpointDocument } from '#libs/read-store';

type Amounts = Map<string, bigint>;

interface TypeTally {
  count: bigint;
  readonly sums: Amounts;
}

/** What was folded, by event type: how many events, and how much money is named in their data by currency (domain.md §4, last identity). */
export class Tally {
  private readonly types = new Map<string, TypeTally>();

  static fromCheckpoint(checkpoint: Pick<CheckpointDocument, 'counts' | 'sums'> | undefined): Tally {
    const tally = new Tally();
    for (const [type, count] of Object.entries(checkpoint?.counts ?? {})) tally.of(type).count = BigInt(count);
    for (const [type, sums] of Object.entries(checkpoint?.sums ?? {})) {
      for (const [currency, minor] of Object.entries(sums)) tally.of(type).sums.set(currency, BigInt(minor));
    }
    return tally;
  }

  static ofEvents(events: Iterable<{ readonly type: string; readonly data: unknown }>): Tally {
    const tally = new Tally();
    for (const event of events) tally.add(event);
    return tally;
  }

  add(event: { readonly type: string; readonly data: unknown }): void {
    const tally = this.of(event.type);
    tally.count += 1n;
    addMoneyIn(event.data, tally.sums);
  }

  /** Adds another tally's types, all of them or those that `accepts`. */
  merge(other: Tally, accepts: (type: string) => boolean = () => true): void {
    for (const [type, theirs] of other.types) {
      if (!accepts(type)) continue;
      const ours = this.of(type);
      ours.count += theirs.count;
      for (const [currency, minor] of theirs.sums) ours.sums.set(currency, (ours.sums.get(currency) ?? 0n) + minor);
    }
  }

  /** Events of all types. */
  total(): bigint {
    let total = 0n;
    for (const { count } of this.types.values()) total += count;
    return total;
  }

  counts(): Record<string, bigint> {
    return Object.fromEntries(this.sorted().map(([type, { count }]) => [type, count]));
  }

  /** Minor units as decimal strings, by type and currency. */
  sums(): Record<string, Record<string, string>> {
    const ofType = (sums: Amounts): Record<string, string> =>
      Object.fromEntries(
        [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([currency, minor]) => [currency, `${minor}`]),
      );
    return Object.fromEntries(this.sorted().map(([type, { sums }]) => [type, ofType(sums)]));
  }

  /** Equal exactly when counts and sums are: one line of text, for comparing and for showing. */
  toString(): string {
    const counts = this.counts();
    const sums = this.sums();
    const ofType = (type: string): string => {
      const amounts = Object.entries(sums[type] ?? {}).map(([currency, minor]) => ` ${currency} ${minor}`);
      return `${type} ${counts[type]}${amounts.join('')}`;
    };
    return Object.keys(counts).map(ofType).join(', ');
  }

  private of(type: string): TypeTally {
    let tally = this.types.get(type);
    if (!tally) this.types.set(type, (tally = { count: 0n, sums: new Map() }));
    return tally;
  }

  private sorted(): [string, TypeTally][] {
    return [...this.types].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

/** Adds every `{currency, minor}` found in the data, at any depth: no event type can forget to be counted. */
function addMoneyIn(value: unknown, sums: Amounts): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const element of value) addMoneyIn(element, sums);
    return;
  }
  const { currency, minor } = value as { currency?: unknown; minor?: unknown };
  if (typeof currency === 'string' && typeof minor === 'string') {
    sums.set(currency, (sums.get(currency) ?? 0n) + BigInt(minor));
    return;
  }
  for (const key in value) addMoneyIn((value as Record<string, unknown>)[key], sums);
}
