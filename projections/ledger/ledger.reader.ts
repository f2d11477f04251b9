import type { ReadStore } from '#libs/read-store';
import { cutFilter, type Cut } from '../cut.js';
import { LEDGER_ORDER_INDEX, ledgerProjection, type LedgerLineDocument } from './ledger.projection.js';

export interface LedgerQuery extends Cut {
  readonly communityId: string;
  readonly accountId: string;
  /** How many lines are asked of the server at a time; a page of a list needs no more than it shows. */
  readonly pageSize?: number;
}

/** A place between two lines: the line before it, and the balance after that line. */
export interface LedgerPlace {
  readonly effectiveOn: string;
  readonly position: bigint;
  readonly balance: bigint;
}

/** Amounts as strings of minor units, positions and revisions as decimal strings; `balance` runs over the cut asked for. */
export interface LedgerLine {
  readonly stream: string;
  readonly revision: string;
  readonly position: string;
  readonly effectiveOn: string;
  readonly recordedAt: string;
  readonly type: string;
  readonly reference: string;
  readonly debit: string;
  readonly credit: string;
  readonly balance: string;
}

export interface LedgerReport {
  readonly account: string;
  readonly lines: readonly LedgerLine[];
  /** Outstanding − credit, in minor units. */
  readonly balance: string;
}

const BATCH = 2_000;

/** Queries on ledger lines, in ledger order: (effectiveOn, order of posting) (D16). */
export class LedgerReader {
  constructor(private readonly store: ReadStore) {}

  /** Position that answers reflect when the query names none; -1n before anything was folded. */
  position(): Promise<bigint> {
    return this.store.livePosition(ledgerProjection);
  }

  /** One by one, for ledgers of any length. An account without lines has none. */
  async *listLines(query: LedgerQuery, after?: LedgerPlace): AsyncGenerator<LedgerLine> {
    let balance = after?.balance ?? 0n;
    for await (const line of await this.find(query, after)) {
      balance += line.debitMinor - line.creditMinor;
      yield {
        stream: line.stream,
        revision: line.revision.toString(),
        position: line.position.toString(),
        effectiveOn: line.effectiveOn,
        recordedAt: line.recordedAt,
        type: line.type,
        reference: line.reference,
        debit: line.debitMinor.toString(),
        credit: line.creditMinor.toString(),
        balance: balance.toString(),
      };
    }
  }

  async findLedger(query: LedgerQuery): Promise<LedgerReport> {
    const lines: LedgerLine[] = [];
    for await (const line of this.listLines(query)) lines.push(line);
    return { account: query.accountId, lines, balance: lines.at(-1)?.balance ?? '0' };
  }

  /** How the server would run `listLines`; with its execution: the first page of it. */
  async explain(
    query: LedgerQuery,
    verbosity: 'queryPlanner' | 'executionStats' = 'queryPlanner',
    after?: LedgerPlace,
  ): Promise<object> {
    return (await this.find(query, after)).limit(query.pageSize ?? BATCH).explain(verbosity);
  }

  private async find({ communityId, accountId, pageSize = BATCH, ...cut }: LedgerQuery, after?: LedgerPlace) {
    const position = cut.position ?? (await this.position());
    const filter = { communityId, accountId, ...cutFilter({ ...cut, position }), ...beyond(after) };
    const lines = await this.store.liveCollection<LedgerLineDocument & { position: bigint }>(ledgerProjection);
    return lines.find(filter, { batchSize: pageSize }).sort(LEDGER_ORDER_INDEX.key);
  }
}

/** Lines after a place in ledger order. */
function beyond(place: LedgerPlace | undefined): object {
  if (place === undefined) return {};
  const { effectiveOn, position } = place;
  const later = [{ effectiveOn: { $gt: effectiveOn } }, { effectiveOn, position: { $gt: position } }];
  // The bound beside the alternatives is what lets the index start there.
  return { $and: [{ effectiveOn: { $gte: effectiveOn } }, { $or: later }] };
}
