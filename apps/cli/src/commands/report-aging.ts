import { parseAsOfInstant, parseLocalDate } from '#libs/kernel';
import { ArrearsAgingReader, arrearsAgingProjection, type AgingReport } from '#projections';
import { findCommunity } from '../books.js';
import { onCut, staleLine } from '../catch-up.js';
import { formatMinor, tableLines, type Column } from '../io/table.js';
import type { CommandRun } from '../session.js';

export interface AgingOptions {
  readonly community: string;
  readonly asOf: string;
  readonly knownAt?: string;
  readonly at?: string;
}

type Row = Pick<AgingReport, 'buckets' | 'outstanding' | 'credit'> & { readonly account: string };

/** `estate report aging`: what is open on a day, by age, as known at an instant (D16). */
export const run: CommandRun<AgingOptions> = async (session, _args, options) => {
  const asOf = parseLocalDate(options.asOf);
  const report = await session.withRuntime(async (runtime) => {
    const { communityId, currency, timeZone } = await findCommunity(runtime.eventStore, options.community);
    const knownAt = options.knownAt === undefined ? {} : { knownAt: parseAsOfInstant(options.knownAt, timeZone) };
    return onCut(session, runtime, options.at, async ({ position, stale }) => {
      const query = { communityId, asOf, currency, position, ...knownAt };
      const found = await new ArrearsAgingReader(runtime.readStore).findReport(query);
      return { ...found, ...(await stale([arrearsAgingProjection], { communityId })) };
    });
  });
  if (session.json) return session.answer.line(JSON.stringify(report));
  for (const line of [...agingLines(options.community, report), ...staleLine(report)]) await session.answer.line(line);
};

/** The report as a table: a line for each of `accounts`, by default all, and the total of all. */
export function* agingLines(
  community: string,
  report: AgingReport,
  accounts: AgingReport['accounts'] = report.accounts,
): Generator<string> {
  const amount = (minor: string): string => formatMinor(BigInt(minor), report.currency);
  const column = (title: string, value: (row: Row) => string): Column<Row> => ({
    title,
    value: (row) => amount(value(row)),
    alignRight: true,
  });
  const columns: Column<Row>[] = [
    { title: 'account', value: (row) => row.account },
    column('not due', (row) => row.buckets.notDue),
    column('1-30 days', (row) => row.buckets.d1to30),
    column('31-60', (row) => row.buckets.d31to60),
    column('61-90', (row) => row.buckets.d61to90),
    column('91+', (row) => row.buckets.d91plus),
    column('outstanding', (row) => row.outstanding),
    column('credit', (row) => row.credit),
  ];
  const known = report.knownAt === null ? '' : `, as known at ${report.knownAt}`;
  yield `Arrears of ${community} in ${report.currency} as of ${report.asOf}${known} (position ${report.position})`;
  const total: Row = { ...report, account: `total of ${report.accounts.length}` };
  yield* tableLines(columns, [...accounts, total]);
}
