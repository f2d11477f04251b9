import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ArrearsAgingReader, AuditTrailReader, checkIdentities, LedgerReader, projections } from '#projections';
import { MemoryLog } from '../../../projections/account-log.fixtures.js';
import { ReadModels } from './read-models.js';

const COMMUNITY = 'yinghu';
const NONE = { notDue: '0', d1to30: '0', d31to60: '0', d61to90: '0', d91plus: '0' };
const LARGE = 2n ** 63n - 1n;

describe('the readers, on a server', () => {
  let models: ReadModels;
  const log = new MemoryLog();

  beforeAll(async () => {
    log.append(COMMUNITY, `community-${COMMUNITY}.${COMMUNITY}`, [
      { type: 'CommunityRegistered', data: {}, effectiveOn: '2026-01-01', occurredAt: '2026-01-01T00:00:00.000Z' },
    ]);
    const account = log.account('B1/0101');
    log.recordedAt = '2026-02-01T00:00:00.000Z';
    account.open('2026-01-01');
    account.fee('2026-01-10', '2026-02-05', 300n, 'bill 1');
    account.fee('2026-01-10', '2026-03-05', 200n, 'bill 2');
    log.recordedAt = '2026-03-01T00:00:00.000Z';
    account.pay('2026-02-20', 350n, 'receipt 1');
    log.recordedAt = '2026-04-01T00:00:00.000Z';
    account.fee('2026-01-05', '2025-12-31', 40n, 'back-dated');
    account.pay('2026-03-31', 500n);
    for (const id of ['B2', '阳光苑-3', '\u{20000}1', '\u{9FFF}', 'B10', 'a']) {
      const other = log.account(id);
      other.open('2026-01-01');
      other.remind('2026-01-15');
    }
    log.account('only-opened').open('2026-01-01');
    const elsewhere = log.account('B1/0101', 'other');
    elsewhere.open('2026-01-01');
    elsewhere.fee('2026-01-10', '2026-02-05', 7n);
    models = await ReadModels.open();
    await models.fold(log);
  });

  afterAll(() => models?.close());

  describe('aging', () => {
    const report = (asOf: string, knownAt?: string) =>
      new ArrearsAgingReader(models.store).findReport({
        communityId: COMMUNITY,
        asOf,
        currency: 'CNY',
        ...(knownAt === undefined ? {} : { knownAt }),
      });
    const figures = async (asOf: string, knownAt?: string) => {
      const { accounts, buckets, outstanding, credit } = await report(asOf, knownAt);
      return { accounts: accounts.length, buckets, outstanding, credit };
    };

    it('lists every account that has a line, zeros included, in the order of ids by code point', async () => {
      const { accounts, position, asOf, knownAt, currency } = await report('2026-03-31');
      expect(accounts.map(({ account }) => account)).toEqual([
        'B1/0101',
        'B10',
        'B2',
        'a',
        '阳光苑-3',
        '\u{9FFF}',
        '\u{20000}1',
      ]);
      expect(accounts[1]).toEqual({ account: 'B10', buckets: NONE, outstanding: '0', credit: '0' });
      expect({ asOf, knownAt, currency }).toEqual({ asOf: '2026-03-31', knownAt: null, currency: 'CNY' });
      expect(position).toBe(log.events.at(-1)!.position.toString());
    });

    it('sorts what is owed by age as of a day', async () => {
      const owed = { accounts: 7, outstanding: '540', credit: '0' };
      expect(await figures('2026-02-05')).toEqual({ ...owed, buckets: { ...NONE, notDue: '500', d31to60: '40' } });
      expect(await figures('2026-02-06')).toMatchObject({ buckets: { notDue: '200', d1to30: '300', d31to60: '40' } });
    });

    it('leaves out what takes effect later, the day itself included (D16)', async () => {
      expect(await figures('2026-01-09')).toMatchObject({ accounts: 1, outstanding: '40' });
      expect(await figures('2026-01-10')).toMatchObject({ accounts: 1, outstanding: '540' });
      expect(await figures('2026-02-20')).toMatchObject({ outstanding: '190' });
      expect(await figures('2026-03-31')).toMatchObject({ outstanding: '0', credit: '310', buckets: NONE });
    });

    it('leaves out what was recorded later, the instant itself included (D16)', async () => {
      expect(await figures('2026-03-31', '2026-01-31T23:59:59.999Z')).toMatchObject({ accounts: 0, outstanding: '0' });
      expect(await figures('2026-03-31', '2026-02-01T00:00:00.000Z')).toEqual({
        accounts: 1,
        buckets: { ...NONE, d1to30: '200', d31to60: '300' },
        outstanding: '500',
        credit: '0',
      });
      expect(await figures('2026-03-31', '2026-03-15T00:00:00.000Z')).toMatchObject({
        outstanding: '150',
        credit: '0',
      });
    });

    it('knows nothing of an unknown community', async () => {
      const query = { communityId: 'nowhere', asOf: '2026-03-31', currency: 'CNY' };
      expect(await new ArrearsAgingReader(models.store).findReport(query)).toMatchObject({
        accounts: [],
        outstanding: '0',
      });
    });
  });

  describe('the ledger', () => {
    const ledger = (cut: object = {}) =>
      new LedgerReader(models.store).findLedger({ communityId: COMMUNITY, accountId: 'B1/0101', ...cut });
    const shown = async (cut?: object) =>
      (await ledger(cut)).lines.map(({ effectiveOn, debit, credit, balance }) => [effectiveOn, debit, credit, balance]);

    it('runs in ledger order, with a balance worked out for the cut', async () => {
      expect(await shown()).toEqual([
        ['2026-01-05', '40', '0', '40'],
        ['2026-01-10', '300', '0', '340'],
        ['2026-01-10', '200', '0', '540'],
        ['2026-02-20', '0', '350', '190'],
        ['2026-03-31', '0', '500', '-310'],
      ]);
      expect(await shown({ knownAt: '2026-03-01T00:00:00.000Z', asOf: '2026-02-28' })).toEqual([
        ['2026-01-10', '300', '0', '300'],
        ['2026-01-10', '200', '0', '500'],
        ['2026-02-20', '0', '350', '150'],
      ]);
    });

    it('has lines and a balance in strings', async () => {
      const { account, lines, balance } = await ledger();
      expect({ account, balance }).toEqual({ account: 'B1/0101', balance: '-310' });
      expect(lines[1]).toEqual({
        stream: 'account-yinghu.B1/0101',
        revision: '1',
        position: '30',
        effectiveOn: '2026-01-10',
        recordedAt: '2026-02-01T00:00:00.000Z',
        type: 'FeeAssessed',
        reference: 'bill 1',
        debit: '300',
        credit: '0',
        balance: '340',
      });
    });

    it('is empty for an account without lines', async () => {
      expect(await ledger({ accountId: 'B2' })).toEqual({ account: 'B2', lines: [], balance: '0' });
    });
  });

  describe('the audit trail', () => {
    const entries = (query: object = {}) =>
      new AuditTrailReader(models.store).findEntries({ communityId: COMMUNITY, ...query });

    it('has every event of a community in order of position', async () => {
      const positions = log.events.filter((e) => e.metadata.communityId === COMMUNITY).map((e) => `${e.position}`);
      expect((await entries()).map(({ position }) => position)).toEqual(positions);
    });

    it('has every event of an account, with who, when and why', async () => {
      const found = await entries({ accountId: 'B1/0101' });
      expect(found.map(({ type }) => type)).toEqual([
        'AccountOpened',
        'FeeAssessed',
        'FeeAssessed',
        'PaymentReceived',
        'PaymentAllocated',
        'FeeAssessed',
        'PaymentReceived',
        'PaymentAllocated',
      ]);
      expect(found[3]).toEqual({
        position: '50',
        stream: 'account-yinghu.B1/0101',
        revision: '3',
        type: 'PaymentReceived',
        actor: { id: 'ann', role: 'finance-manager' },
        occurredAt: '2026-02-20T00:00:00.000Z',
        effectiveOn: '2026-02-20',
        recordedAt: '2026-03-01T00:00:00.000Z',
        correlationId: 'correlation-50',
        causationId: 'causation-50',
        hash: (50).toString(16).padStart(64, '0'),
      });
    });
  });

  describe('queries', () => {
    const plans: readonly [string, string, () => Promise<object>][] = [
      [
        'aging',
        'account-order',
        () => new ArrearsAgingReader(models.store).explain({ communityId: COMMUNITY, asOf: '2026-03-31' }),
      ],
      [
        'ledger',
        'ledger-order',
        () => new LedgerReader(models.store).explain({ communityId: COMMUNITY, accountId: 'a' }),
      ],
      [
        'audit trail of an account',
        'stream-order',
        () => new AuditTrailReader(models.store).explain({ communityId: COMMUNITY, accountId: 'a' }),
      ],
      [
        'audit trail of a community',
        'community-order',
        () => new AuditTrailReader(models.store).explain({ communityId: COMMUNITY }),
      ],
    ];

    it.each(plans)(
      '%s: served in order by the index %s, nothing is sorted or scanned',
      async (_name, index, explain) => {
        const plan = JSON.stringify(await explain(), (_key, value: unknown) =>
          typeof value === 'bigint' ? `${value}` : value,
        );
        const winning = plan.slice(plan.indexOf('winningPlan'));
        expect(winning).toContain('"IXSCAN"');
        expect(winning).toContain(`"indexName":"${index}"`);
        expect(winning).not.toContain('"COLLSCAN"');
        expect(winning).not.toContain('"SORT"');
      },
    );
  });

  it('keep every identity', async () => {
    const identities = await checkIdentities({ source: log, store: models.store, projections });
    expect(identities.filter(({ holds }) => !holds)).toEqual([]);
    const names = identities.map(({ name }) => name);
    const expected = [
      'cash received = allocated + credit held + refunded',
      'outstanding = open fees and late fees = aging buckets',
      'ledger balance = outstanding - credit held',
      'allocations of a payment <= the payment',
      'no fee below zero',
      'debits = credits',
      'count and sum per event type: store = projections',
    ];
    expect(names.filter((name) => expected.includes(name))).toEqual(expected);
  });
});

describe('sums', () => {
  it('of a community may exceed int64', async () => {
    const models = await ReadModels.open();
    const log = new MemoryLog();
    for (const id of ['A', 'B']) {
      const account = log.account(id);
      account.open('2026-01-01');
      account.fee('2026-01-10', '2026-02-05', LARGE);
    }
    await models.fold(log);
    const query = { communityId: COMMUNITY, asOf: '2026-02-05', currency: 'CNY' };
    expect(await new ArrearsAgingReader(models.store).findReport(query)).toMatchObject({
      outstanding: `${2n * LARGE}`,
      buckets: { notDue: `${2n * LARGE}` },
      accounts: [{ outstanding: `${LARGE}` }, { outstanding: `${LARGE}` }],
    });
    const identities = await checkIdentities({ source: log, store: models.store, projections });
    expect(identities.every(({ holds }) => holds)).toBe(true);
    await models.close();
  });
});
