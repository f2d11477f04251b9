import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { waitForPosition } from '#libs/read-store';
import { caseTimersProjection, CaseTimersReader, projections } from '#projections';
import { TestApi, type Answer } from '../support/api.js';

let api: TestApi;
const ACCOUNT = '/accounts/B1%2F0101';
const CASE = '/cases/complaint/2026%2F000001';

/** Where each of the events has to show up; held against what the projections say that they fold. */
const CONCERNED: Readonly<Record<string, readonly string[]>> = {
  FeeAssessed: ['ledger', 'arrears-aging', 'arrears-accounts', 'arrears-totals', 'audit-trail', 'conservation'],
  PaymentReceived: ['ledger', 'arrears-aging', 'arrears-accounts', 'arrears-totals', 'audit-trail', 'conservation'],
  ReminderSent: ['arrears-aging', 'arrears-accounts', 'arrears-totals', 'audit-trail'],
  ComplaintOpened: ['service-quality', 'case-queue', 'case-timers', 'audit-trail', 'conservation'],
  ComplaintResolved: ['service-quality', 'case-queue', 'case-timers', 'audit-trail', 'conservation'],
};

const after = ({ body }: Answer): string => `after=${String(body['position'])}`;

async function read(
  path: string,
  query: string,
  role: 'auditor' | 'case-manager' = 'auditor',
): Promise<Answer['body']> {
  const answer = await api.get(`${path}?${query}`, { role });
  expect(answer.body).toMatchObject({ behind: false });
  return answer.body;
}

async function auditTypes(answer: Answer): Promise<string[]> {
  const { entries } = await read('/audit-trail', `${after(answer)}&limit=1000`);
  return (entries as { type: string }[]).map(({ type }) => type);
}

beforeAll(async () => {
  api = await TestApi.open();
  await api.prepare();
});
afterAll(() => api.close());

describe('from an HTTP command into every read model', () => {
  it('covers the read models that fold the five events', () => {
    for (const [type, names] of Object.entries(CONCERNED)) {
      const folding = projections.filter(({ eventTypes }) => eventTypes === 'all' || eventTypes.includes(type));
      expect([type, folding.map(({ name }) => name).sort()]).toEqual([type, [...names].sort()]);
    }
  });

  it('FeeAssessed', async () => {
    const answer = await api.post(`${ACCOUNT}/fees`, {
      role: 'billing-clerk',
      body: {
        ...{ item: 'property-fee', amount: { currency: 'CNY', minor: '25040' }, reference: 'F1' },
        ...{ effectiveOn: '2026-01-20', dueOn: '2026-02-05', tariff: { tariffId: 'T1', version: 1 } },
      },
    });
    expect(answer.body).toMatchObject({ events: [{ type: 'FeeAssessed' }], ids: { itemId: '1' } });
    const { lines } = await read(`${ACCOUNT}/ledger`, after(answer));
    expect(lines).toEqual([
      expect.objectContaining({ type: 'FeeAssessed', reference: 'F1', debit: '25040', balance: '25040' }),
    ]);
    const arrears = await read('/arrears', `${after(answer)}&asOf=2026-03-07`);
    expect(arrears).toMatchObject({
      accounts: 1,
      outstanding: '25040',
      credit: '0',
      buckets: { d1to30: '25040', notDue: '0' },
    });
    expect(await auditTypes(answer)).toEqual(['CommunityRegistered', 'AccountOpened', 'FeeAssessed']);
  });

  it('ReminderSent', async () => {
    const before = await read('/arrears', 'asOf=2026-02-06');
    const answer = await api.post(`${ACCOUNT}/reminders`, {
      role: 'collector',
      body: { rung: '+1', channel: 'sms', itemIds: ['1'], reference: 'N1', effectiveOn: '2026-02-06' },
    });
    expect(answer.body).toMatchObject({ events: [{ type: 'ReminderSent' }] });
    const { position: _, ...same } = await read('/arrears', `${after(answer)}&asOf=2026-02-06`);
    expect(before).toMatchObject(same);
    const movements = await api.options.readStore
      .collection('arrears-aging.v1')
      .countDocuments({ accountId: 'B1/0101' });
    expect(movements).toBe(2);
    expect((await auditTypes(answer)).at(-1)).toBe('ReminderSent');
  });

  it('PaymentReceived', async () => {
    const answer = await api.post(`${ACCOUNT}/payments`, {
      role: 'cashier',
      body: {
        amount: { currency: 'CNY', minor: '30000' },
        effectiveOn: '2026-02-25',
        method: 'transfer',
        reference: 'P1',
      },
    });
    expect(answer.body).toMatchObject({
      events: [{ type: 'PaymentReceived' }, { type: 'PaymentAllocated' }],
      ids: { receiptNumber: '2026-000001' },
    });
    const { lines } = await read(`${ACCOUNT}/ledger`, after(answer));
    expect(lines).toHaveLength(2);
    expect(lines).toContainEqual(
      expect.objectContaining({ type: 'PaymentReceived', credit: '30000', balance: '-4960' }),
    );
    expect(await read('/arrears', `${after(answer)}&asOf=2026-03-07`)).toMatchObject({
      outstanding: '0',
      credit: '4960',
    });
    expect(await read('/arrears', `${after(answer)}&asOf=2026-02-24`)).toMatchObject({
      outstanding: '25040',
      credit: '0',
    });
    const { accounts } = await read('/arrears/accounts', `${after(answer)}&asOf=2026-03-07`);
    expect(accounts).toEqual([expect.objectContaining({ account: 'B1/0101', outstanding: '0', credit: '4960' })]);
    expect((await auditTypes(answer)).slice(-2)).toEqual(['PaymentReceived', 'PaymentAllocated']);
  });

  const figures = async (answer: Answer) => {
    const query = `${after(answer)}&from=2026-03-01&to=2026-03-31&asOf=2026-03-20`;
    return (await read('/service-figures', query)).figures;
  };
  const queue = async (answer: Answer) => (await read('/cases', after(answer), 'case-manager'))['cases'];

  /** Milestones whose timers run on, as the service clocks would find them. */
  const timers = async ({ body }: Answer): Promise<string[]> => {
    const { readStore } = api.options;
    await waitForPosition(readStore, [caseTimersProjection], BigInt(body['position'] as string), { limitMs: 5_000 });
    const due = await new CaseTimersReader(readStore).findDue('2027-01-01T00:00:00.000Z', {
      communityId: api.community,
    });
    return due.map(({ milestone }) => milestone).sort();
  };

  it('ComplaintOpened', async () => {
    const answer = await api.post('/cases', {
      role: 'service-agent',
      body: {
        ...{ kind: 'complaint', channel: 'phone', severity: 'normal', openedAt: '2026-03-19T09:00:00+08:00' },
        ...{ customer: '王小明', text: '电梯又坏了' },
      },
    });
    expect(answer.body).toMatchObject({ events: [{ type: 'ComplaintOpened' }], ids: { caseId: '2026/000001' } });
    expect(await figures(answer)).toMatchObject({ opened: 1, open: 1, resolved: 0 });
    expect(await queue(answer)).toEqual([
      expect.objectContaining({ caseId: '2026/000001', kind: 'complaint', state: 'Open', due: expect.any(String) }),
    ]);
    expect(await timers(answer)).toEqual(['accept', 'acknowledge', 'answer', 'complete']);
    expect(await auditTypes(answer)).toContain('ComplaintOpened');
  });

  it('ComplaintResolved', async () => {
    const asking = { role: 'service-agent', body: { at: '2026-03-20T10:00:00+08:00', text: '已修好' } } as const;
    await api.post(`${CASE}/accept`, { role: 'service-agent', body: { at: '2026-03-19T10:00:00+08:00' } });
    const answer = await api.post(`${CASE}/resolve`, asking);
    expect(answer.status).toBe(201);
    expect((answer.body['events'] as { type: string }[]).map(({ type }) => type)).toContain('ComplaintResolved');
    expect(await figures(answer)).toMatchObject({ opened: 1, open: 0, resolved: 1 });
    expect(await queue(answer)).toEqual([
      expect.objectContaining({ caseId: '2026/000001', state: 'Resolved', due: null }),
    ]);
    expect(await timers(answer)).toEqual([]);
    expect(await auditTypes(answer)).toContain('ComplaintResolved');
    const found = await api.get(CASE, { role: 'case-manager' });
    expect(found.body).toMatchObject({ status: 'Resolved', milestones: { complete: { status: 'met' } } });
  });
});
