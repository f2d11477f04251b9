import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  ArrearsAgingReader,
  AuditTrailReader,
  CaseQueueReader,
  LedgerReader,
  ServiceQualityReader,
  type QueuedCase,
} from '#projections';
import { MemoryLog } from '../../../projections/account-log.fixtures.js';
import { MemoryCase } from '../../../projections/case-log.fixtures.js';
import { ReadModels } from './read-models.js';

const COMMUNITY = { communityId: 'yinghu' };
const NOW = '2026-04-20T00:00:00.000Z';
const YEAR = { ...COMMUNITY, from: '2026-01-01', to: '2026-12-31', timeZone: 'Asia/Shanghai', asOf: NOW };
const ACTIVITIES = ['accepted', 'waiting', 'answered', 'resolved', 'escalated', 'duplicate', 'note'];

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('fee' as const), on: fc.constantFrom('A', 'B'), minor: fc.bigInt(1n, 900n) }),
  fc.record({ kind: fc.constant('pay' as const), on: fc.constantFrom('A', 'B'), minor: fc.bigInt(1n, 900n) }),
  fc.record({ kind: fc.constant('case' as const), on: fc.constantFrom('1', '2', '3'), activity: fc.nat(6) }),
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** A log that grows step by step, by the real decisions. */
class Growing {
  readonly log = new MemoryLog();
  private readonly accounts = new Map(['A', 'B'].map((id) => [id, this.log.account(id)]));
  private readonly cases = new Map<string, MemoryCase>();
  private day = 1;

  constructor() {
    for (const account of this.accounts.values()) account.open('2026-03-01');
  }

  take(next: Step): void {
    this.day = Math.min(this.day + 1, 28);
    const on = `2026-03-${String(this.day).padStart(2, '0')}`;
    if (next.kind === 'fee') this.accounts.get(next.on)!.fee(on, '2026-03-10', next.minor);
    else if (next.kind === 'pay') this.accounts.get(next.on)!.pay(on, next.minor);
    else this.line(next.on, on, next.activity);
  }

  private line(id: string, on: string, activity: number): void {
    let one = this.cases.get(id);
    if (!one) {
      this.cases.set(id, (one = new MemoryCase(this.log, id)));
      one.lines(`${on}T01:00 opened`);
    } else one.lines(`${on}T0${1 + (activity % 8)}:30 ${ACTIVITIES[activity]!}`);
  }
}

describe('answers at an earlier position, on a server', () => {
  let models: ReadModels;
  beforeAll(async () => {
    models = await ReadModels.open();
  });
  afterAll(() => models?.close());

  async function answers(position: bigint, cases: AsyncIterable<QueuedCase>): Promise<object> {
    const { store } = models;
    const account = { ...COMMUNITY, accountId: 'A', position };
    return {
      ledger: await new LedgerReader(store).findLedger(account),
      arrears: await new ArrearsAgingReader(store).findReport({
        ...{ ...COMMUNITY, asOf: '2026-04-01', currency: 'CNY', position },
      }),
      audit: await new AuditTrailReader(store).findEntries({ ...COMMUNITY, position }),
      service: await new ServiceQualityReader(store).findFigures({ ...YEAR, position }),
      byAgent: await new ServiceQualityReader(store).listFiguresBy({ ...YEAR, position }, 'agent'),
      cases: await all(cases),
    };
  }

  it('are what they were then, whatever has happened since', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        await models.store.dropDatabase();
        const growing = new Growing();
        const queue = new CaseQueueReader(models.store);
        const query = { ...COMMUNITY, now: NOW };
        const then: { position: bigint; seen: object }[] = [];
        for (const next of steps) {
          growing.take(next);
          await models.fold(growing.log);
          const position = await growing.log.headPosition();
          then.push({ position, seen: await answers(position, queue.listCases(query)) });
        }
        for (const { position, seen } of then)
          expect(await answers(position, queue.listCasesAt({ ...query, position }))).toEqual(seen);
      }),
      { numRuns: 8 },
    );
  });

  it('the queue gives the first of many in its order, and what comes behind a place', async () => {
    await models.store.dropDatabase();
    const growing = new Growing();
    for (let n = 0; n < 12; n += 1) {
      const one = new MemoryCase(growing.log, `${n}`, n % 2 === 0 ? 'complaint' : 'request');
      one.lines(`2026-03-${10 + ((n * 5) % 12)}T01:00 opened`);
      if (n % 3 === 0) one.lines('2026-03-25T01:00 resolved');
    }
    await models.fold(growing.log);
    const queue = new CaseQueueReader(models.store);
    const position = await growing.log.headPosition();
    const query = { ...COMMUNITY, now: NOW };
    const whole = await all(queue.listCases(query));
    expect(whole).toHaveLength(12);
    const page = await all(queue.listCasesAt({ ...query, position, limit: 5 }));
    expect(page).toEqual(whole.slice(0, 5));
    const { dueAt, caseId, kind } = page.at(-1)!;
    const rest = queue.listCasesAt({ ...query, position, after: { dueAt, caseId, kind } });
    expect(await all(rest)).toEqual(whole.slice(5));
    const resolved = await all(queue.listCasesAt({ ...query, position, status: 'Resolved' }));
    expect(resolved).toEqual(await all(queue.listCases({ ...query, status: 'Resolved' })));
  });
});
