import { parseAsOfInstant, parseLocalDate, streamName } from '#libs/kernel';
import { LedgerReader, ledgerProjection, type LedgerLine } from '#projections';
import { findAccount, findCommunity } from '../books.js';
import { onCut, staleLine } from '../catch-up.js';
import { addJsonWithList } from '../io/output.js';
import { formatMinor, tableLines, type Column } from '../io/table.js';
import type { CommandRun, Session } from '../session.js';

export interface LedgerOptions {
  readonly community: string;
  readonly account: string;
  readonly asOf?: string;
  readonly knownAt?: string;
  readonly at?: string;
}

/** `estate report ledger`: an account's lines in ledger order with the balance (outstanding − credit) after each (D16). */
export const run: CommandRun<LedgerOptions> = async (session, _args, options) => {
  const asOf = options.asOf === undefined ? {} : { asOf: parseLocalDate(options.asOf) };
  await session.withRuntime(async (runtime) => {
    const { communityId, currency, timeZone } = await findCommunity(runtime.eventStore, options.community);
    const knownAt = options.knownAt === undefined ? {} : { knownAt: parseAsOfInstant(options.knownAt, timeZone) };
    const accountId = await findAccount(runtime.eventStore, communityId, options.account);
    await onCut(session, runtime, options.at, async ({ position, stale }) => {
      const query = { communityId, accountId, position, ...asOf, ...knownAt };
      const lines = new LedgerReader(runtime.readStore).listLines(query);
      const staleSince = await stale([ledgerProjection], { stream: streamName('account', communityId, accountId) });
      if (session.json) return addJson(session, { account: accountId, position, ...staleSince }, lines);
      const title = `Ledger of ${communityId} ${accountId} in ${currency} (position ${position})`;
      return addTable(session, [title, ...staleLine(staleSince)], currency, lines);
    });
  });
};

async function addJson(
  session: Session,
  { account, position, ...stale }: { account: string; position: bigint; staleSince?: string },
  lines: AsyncIterable<LedgerLine>,
): Promise<void> {
  let balance = '0';
  const items = (async function* () {
    for await (const line of lines) {
      balance = line.balance;
      yield line;
    }
  })();
  await addJsonWithList(session.answer, { account }, { name: 'lines', items }, () => ({
    balance,
    position: String(position),
    ...stale,
  }));
}

async function addTable(
  session: Session,
  titles: readonly string[],
  currency: string,
  lines: AsyncIterable<LedgerLine>,
): Promise<void> {
  const amount = (minor: string): string => (minor === '0' ? '' : formatMinor(BigInt(minor), currency));
  const columns: Column<LedgerLine>[] = [
    { title: 'effective', value: (line) => line.effectiveOn },
    { title: 'type', value: (line) => line.type },
    { title: 'reference', value: (line) => line.reference },
    { title: 'debit', value: (line) => amount(line.debit), alignRight: true },
    { title: 'credit', value: (line) => amount(line.credit), alignRight: true },
    { title: 'balance', value: (line) => formatMinor(BigInt(line.balance), currency), alignRight: true },
    { title: 'recorded', value: (line) => line.recordedAt },
    { title: 'event', value: (line) => `${line.stream}@${line.revision}` },
  ];
  const rows: LedgerLine[] = [];
  for await (const line of lines) rows.push(line);
  for (const title of titles) await session.answer.line(title);
  for (const text of tableLines(columns, rows)) await session.answer.line(text);
  await session.answer.line(`balance ${formatMinor(BigInt(rows.at(-1)?.balance ?? '0'), currency)} ${currency}`);
}
