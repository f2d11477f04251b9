import { Writable } from 'node:stream';
import { ArrearsAgingReader } from '#projections';
import { catchUp } from '../../cli/src/catch-up.js';
import { agingLines } from '../../cli/src/commands/report-aging.js';
import { run as reportAudit } from '../../cli/src/commands/report-audit.js';
import { run as reportLedger } from '../../cli/src/commands/report-ledger.js';
import { run as reportService } from '../../cli/src/commands/report-service.js';
import { Answer } from '../../cli/src/io/output.js';
import type { Session } from '../../cli/src/session.js';
import type { DemoCommunity } from './demo-community.js';
import { CURRENCY } from './year/acts.js';
import type { Habit } from './year/households.js';

type Print = (line?: string) => void;

const DEBTORS = 10;
const HEAD_LINES = 20;
const TAIL_LINES = 8;

/** The four reports, by the code of the command line: each with what it shows and how to ask for it. */
export async function printReports(community: DemoCommunity, print: Print): Promise<void> {
  const { communityId, year } = community.plan;
  const [from, to] = [`${year}-01-01`, `${year}-12-31`];
  const account = accountOf(community, 'bounced');
  const ledger = { community: communityId, account };
  print('\nThe read models fold what has been recorded …');
  await aging(community, to, print);
  const told = async (shows: string, command: string, run: (session: Session) => Promise<number | void>) => {
    print(`\n── ${shows}\n   $ npm run -s estate -- report ${command} --community ${communityId}\n`);
    for (const line of elided(await linesOf(community, run))) print(line);
  };
  await told(
    `Ledger of ${account}, whose cheques bounce: every fact that changed its balance, and the running balance.`,
    `ledger --account ${account}`,
    (session) => reportLedger(session, [], ledger),
  );
  await told(
    'Audit trail of the same account: who recorded what and when; its hash chain is recomputed from the store.',
    `audit --account ${account}`,
    (session) => reportAudit(session, [], ledger),
  );
  await told(
    'Service: what became of the cases opened in the year, and whether the promised times were kept.',
    `service --from ${from} --to ${to} --as-of ${to} --by kind`,
    (session) => reportService(session, [], { community: communityId, from, to, asOf: to, by: 'kind' }),
  );
}

/** The whole table has a line per account: here those who owe most. */
async function aging(community: DemoCommunity, asOf: string, print: Print): Promise<void> {
  const { communityId } = community.plan;
  print(
    `\n── Aging: what was owed at the end of the year, by how long it had been due; here the ${DEBTORS} who owe most. Amounts are in yuan.`,
  );
  print(`   $ npm run -s estate -- report aging --as-of ${asOf} --community ${communityId}\n`);
  const session = sessionOf(community);
  const report = await session.withRuntime(async (runtime) => {
    const position = await catchUp(session, runtime);
    return new ArrearsAgingReader(runtime.readStore).findReport({ communityId, asOf, currency: CURRENCY, position });
  });
  const most = [...report.accounts]
    .sort((a, b) => Number(BigInt(b.outstanding) - BigInt(a.outstanding)))
    .slice(0, DEBTORS);
  for (const line of agingLines(communityId, report, most)) print(line);
}

/** The account of the first household of a habit. */
export function accountOf({ plan }: Pick<DemoCommunity, 'plan'>, habit: Habit): string {
  return plan.households.find((household) => household.habit === habit)!.accountId;
}

/** What a command of the command line prints, on the stores that this program has open and keeps folding. */
async function linesOf(community: DemoCommunity, run: (session: Session) => Promise<number | void>): Promise<string[]> {
  const session = sessionOf(community);
  const parts: string[] = [];
  const out = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      parts.push(chunk.toString());
      done();
    },
  });
  await run(session);
  await session.answer.deliver(out);
  return parts.join('').trimEnd().split('\n');
}

function sessionOf({ runtime, signal }: DemoCommunity): Session {
  return {
    ...{ env: {}, json: false, signal, dataDir: undefined, answer: new Answer() },
    // That it waits for the read models has been said.
    say: () => undefined,
    path: (path) => path,
    withRuntime: (work) => work({ ...runtime, projecting: true }),
  };
}

function elided(lines: readonly string[]): string[] {
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  if (left <= 1) return [...lines];
  return [...lines.slice(0, HEAD_LINES), `   … ${left} more lines …`, ...lines.slice(-TAIL_LINES)];
}
