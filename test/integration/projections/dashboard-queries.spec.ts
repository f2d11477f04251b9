import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  AuditTrailReader,
  CaseQueueReader,
  CaseTimersReader,
  CurrentArrearsReader,
  LedgerReader,
  type QueuedCase,
} from '#projections';
import { MemoryLog } from '../../../projections/account-log.fixtures.js';
import { MemoryCase } from '../../../projections/case-log.fixtures.js';
import { explained } from './explained.js';
import { ReadModels } from './read-models.js';

const COMMUNITY = 'yinghu';
const OTHER = 'other';
const ACCOUNTS = 30;
const CASES = 30;
const NOW = '2026-06-01T00:00:00.000Z';
const pageSize = 5;
/** What is looked at may be one document more than what is shown: the one that says that there is more, or that the place has passed. */
const AT_MOST = pageSize + 1;

const two = (n: number): string => String(n).padStart(2, '0');

/** A log in which every page is a small part of what there is. */
function filledLog(): MemoryLog {
  const log = new MemoryLog();
  for (const community of [COMMUNITY, OTHER]) {
    for (let n = 0; n < ACCOUNTS; n += 1) {
      const account = log.account(`B1/${two(n)}`, community);
      account.open('2026-01-01');
      for (let month = 1; month <= (n === 0 ? 12 : 2); month += 1) {
        account.fee(`2026-${two(month)}-02`, `2026-${two(month)}-20`, 100n);
        if (n % 3 > 0) account.pay(`2026-${two(month)}-04`, 120n);
      }
    }
    for (let n = 0; n < CASES; n += 1) {
      const opened = new MemoryCase(log, `C${two(n)}`, 'complaint', community);
      opened.open(`2026-05-${two(1 + n)}T01:00:00.000Z`);
      const lines = [`2026-05-${two(1 + n)}T02:00 accepted`, `2026-05-${two(1 + n)}T03:00 resolved`];
      if (n % 4 === 0) opened.lines(...lines);
    }
  }
  return log;
}

describe('every query of a dashboard, on a server', () => {
  let models: ReadModels;
  let head: bigint;

  beforeAll(async () => {
    const log = filledLog();
    models = await ReadModels.open();
    await models.fold(log);
    head = await log.headPosition();
  });
  afterAll(() => models?.close());

  const ledger = { communityId: COMMUNITY, accountId: 'B1/00', pageSize };
  const arrears = { communityId: COMMUNITY, asOf: '2027-01-01', pageSize };
  const queue = { communityId: COMMUNITY, now: NOW, pageSize };
  const place = { dueAt: null, caseId: 'C04', kind: 'complaint' } as const;
  const of = <Reader>(reader: new (store: ReadModels['store']) => Reader): Reader => new reader(models.store);
  /** Far behind the beginning: a page costs the same wherever it is. */
  const lineAfter = async () => {
    const { lines } = await of(LedgerReader).findLedger(ledger);
    const { effectiveOn, position } = lines.at(-3)!;
    return { effectiveOn, position: BigInt(position), balance: 0n };
  };
  const queuedAfter = async (): Promise<QueuedCase> => {
    let place: QueuedCase | undefined;
    for await (const queued of of(CaseQueueReader).listCases(queue)) if (queued.dueAt !== null) place = queued;
    if (!place) throw new Error('No case waits');
    return place;
  };
  const examine = 'executionStats';

  const queries: readonly [string, string, number, () => Promise<object>][] = [
    ['what a community is owed', '_id_', 13, async () => (await arrearsPlans())[0]],
    ['a page of accounts with what they owe', '_id_', AT_MOST, async () => (await arrearsPlans())[1]],
    ['the next page of accounts', '_id_', AT_MOST, async () => (await arrearsPlans('B1/07'))[1]],
    ['a page of a ledger', 'ledger-order', AT_MOST, () => of(LedgerReader).explain(ledger, examine)],
    [
      'the next page of a ledger',
      'ledger-order',
      AT_MOST,
      async () => of(LedgerReader).explain(ledger, examine, await lineAfter()),
    ],
    ['the queue of cases', 'queue-order', AT_MOST, () => of(CaseQueueReader).explain(queue, examine)],
    [
      'the end of the queue',
      'queue-order',
      AT_MOST,
      async () => of(CaseQueueReader).explain({ ...queue, after: await queuedAfter() }, examine),
    ],
    [
      'cases without a running clock',
      'queue-order',
      AT_MOST,
      () => of(CaseQueueReader).explain({ ...queue, after: place }, examine),
    ],
    [
      'the queue of one state',
      'status-order',
      AT_MOST,
      () => of(CaseQueueReader).explain({ ...queue, status: 'Resolved' }, examine),
    ],
    [
      'the latest entries of the audit trail',
      'community-order',
      AT_MOST,
      () => of(AuditTrailReader).explain({ communityId: COMMUNITY, after: head / 2n, pageSize }, examine),
    ],
    [
      'the audit trail of an account',
      'stream-order',
      AT_MOST,
      () => of(AuditTrailReader).explain({ communityId: COMMUNITY, accountId: 'B1/00', pageSize }, examine),
    ],
    ['timers that are due', 'timer-order', AT_MOST, async () => (await timerPlans())[0]],
    ['deadlines that are provisional', 'provisional', AT_MOST, async () => (await timerPlans())[1]],
  ];

  const arrearsPlans = (afterAccount?: string) =>
    of(CurrentArrearsReader).explain(
      { ...arrears, position: head, ...(afterAccount === undefined ? {} : { afterAccount }) },
      examine,
    );
  const timerPlans = () => new CaseTimersReader(models.store, pageSize).explain(NOW, examine);

  it.each(queries)('%s: by the index %s, at most %d documents looked at', async (_name, index, atMost, explain) => {
    const plan = explained(await explain());
    expect(plan).toMatchObject({ index, scans: false, sorts: false });
    expect(plan.documentsExamined).toBeLessThanOrEqual(atMost);
  });
});
