import { MemoryCase } from '../../projections/case-log.fixtures.js';
import { MemoryLog } from '../../projections/account-log.fixtures.js';
import { addParty, addUnit } from '../../projections/portfolio-log.fixtures.js';
import type { Fact } from './stored-log.js';

/** What a log is made of: whole streams by the real decisions. */
export interface Kinds {
  readonly accounts: readonly string[];
  readonly cases: readonly ('complaint' | 'request' | 'dispute')[];
  readonly units: readonly string[];
  readonly parties: readonly string[];
}

/** Accounts on which everything happened that can, cases from opened to closed beside open ones, units and parties. */
export function logOfEveryKind({ accounts, cases, units, parties }: Kinds, communityId?: string): MemoryLog {
  const log = new MemoryLog();
  for (const id of accounts) {
    const account = log.account(id, communityId);
    account.open('2026-01-01');
    account.fee('2026-01-01', '2026-01-05', 25040n, 'January');
    account.pay('2026-01-03', 30000n);
    account.fee('2026-02-01', '2026-02-05', 25040n);
    account.pay('2026-02-10', 10000n);
    account.reversePayment('2026-02-11', '2');
    account.reverseFee('2026-02-12', '3');
    account.remind('2026-02-13');
  }
  for (const kind of cases) {
    new MemoryCase(log, `${kind}-1`, kind, communityId).lines(
      ...['2026-01-05T02:00 registered', '2026-01-05T03:00 accepted', '2026-01-06T02:00 waiting'],
      ...['2026-01-07T02:00 replied', '2026-01-08T02:00 resolved', '2026-01-09T02:00 closed'],
    );
    new MemoryCase(log, `${kind}-2`, kind, communityId).open('2026-01-05T02:00:00.000Z');
  }
  for (const id of units) addUnit(log, id, communityId);
  for (const id of parties) addParty(log, id, communityId);
  return log;
}

/** Every kind of event that the read models fold, and some that none of them can: on the account POISON. */
export function everyKindOfEvent(communityId: string): Fact[] {
  const accounts = ['B1/0101', 'B1/0102'];
  const cases = ['complaint', 'dispute'] as const;
  const log = logOfEveryKind({ accounts, cases, units: ['B1/0101'], parties: ['P-1'] }, communityId);
  const good = log.events.map(({ stream, type, data, metadata: { effectiveOn, occurredAt } }) => ({
    ...{ stream, type, data, effectiveOn, occurredAt },
  }));
  const poison = (n: number): Fact => ({
    stream: `account-${communityId}.POISON`,
    type: 'FeeAssessed',
    data: { itemId: `${n}` },
  });
  return [...good.slice(0, 9), poison(1), ...good.slice(9, 25), poison(2), ...good.slice(25)];
}
