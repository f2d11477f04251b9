import { DomainError, systemClock } from '#libs/kernel';
import { CASE_STATUSES, type CaseStatus } from '#libs/service-desk';
import {
  CaseQueueReader,
  caseQueueProjection,
  serviceQualityProjection,
  type QueuedCase,
  type QueueQuery,
} from '#projections';
import { findCommunity } from '../books.js';
import { onCut, staleLine } from '../catch-up.js';
import { addJsonWithList } from '../io/output.js';
import { tableLines, type Column } from '../io/table.js';
import type { CommandRun, Session } from '../session.js';

export interface CasesOptions {
  readonly community: string;
  readonly state?: string;
  readonly breached?: boolean;
  readonly at?: string;
}

/** A table is laid out over so many lines at a time. */
const TABLE_PAGE = 1_000;

/** `estate report cases`: the queue, those whose next clock ends first at its head (R3.2, R3.3). */
export const run: CommandRun<CasesOptions> = async (session, _args, options) => {
  const status = options.state === undefined ? {} : { status: parseState(options.state) };
  await session.withRuntime(async (runtime) => {
    const { communityId } = await findCommunity(runtime.eventStore, options.community);
    await onCut(session, runtime, options.at, async ({ position, stale }) => {
      const query: QueueQuery = { communityId, ...status, breached: options.breached === true, now: systemClock.now() };
      const reader = new CaseQueueReader(runtime.readStore);
      const isPast = options.at !== undefined;
      const cases = isPast ? reader.listCasesAt({ ...query, position }) : reader.listCases(query);
      const staleSince = await stale([isPast ? serviceQualityProjection : caseQueueProjection], { communityId });
      if (session.json) {
        const head = { asOf: query.now, position: position.toString(), ...staleSince };
        await addJsonWithList(session.answer, head, { name: 'cases', items: inJson(cases) }, () => ({}));
      } else {
        await session.answer.line(`Cases of ${communityId} as of ${query.now} (position ${position})`);
        for (const line of staleLine(staleSince)) await session.answer.line(line);
        await printTables(session, cases);
      }
    });
  });
};

function parseState(text: string): CaseStatus {
  const status = CASE_STATUSES.find((name) => name.toLowerCase() === text.toLowerCase());
  if (!status) throw new DomainError('STATE_INVALID', `--state is one of ${CASE_STATUSES.join(', ').toLowerCase()}`);
  return status;
}

async function* inJson(cases: AsyncIterable<QueuedCase>): AsyncGenerator<object> {
  for await (const { caseId, state, ...rest } of cases) yield { case: caseId, state: state.toLowerCase(), ...rest };
}

const COLUMNS: readonly Column<QueuedCase>[] = [
  { title: 'case', value: (row) => row.caseId },
  { title: 'kind', value: (row) => row.kind },
  { title: 'state', value: (row) => (row.paused ? 'waiting' : row.state.toLowerCase()) },
  { title: 'severity', value: (row) => row.severity ?? '' },
  { title: 'team', value: (row) => row.team ?? '' },
  { title: 'handler', value: (row) => row.handler ?? '' },
  { title: 'opened', value: (row) => row.openedAt.slice(0, 16) },
  { title: 'next', value: (row) => row.due ?? '' },
  {
    title: 'by',
    value: (row) => `${row.dueAt?.slice(0, 16) ?? ''}${row.due === 'complete' && row.provisional ? '?' : ''}`,
  },
  { title: 'hours left', value: (row) => hoursLeft(row), alignRight: true },
];

function hoursLeft({ minutesLeft }: QueuedCase): string {
  return minutesLeft === null ? '' : (minutesLeft / 60).toFixed(1);
}

async function printTables({ answer }: Session, cases: AsyncIterable<QueuedCase>): Promise<void> {
  let rows: QueuedCase[] = [];
  for await (const row of cases) {
    rows.push(row);
    if (rows.length < TABLE_PAGE) continue;
    for (const line of tableLines(COLUMNS, rows)) await answer.line(line);
    rows = [];
  }
  for (const line of tableLines(COLUMNS, rows)) await answer.line(line);
}
