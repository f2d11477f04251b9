import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { TestApi, type Answer } from '../../support/api.js';

let api: TestApi;

beforeAll(async () => {
  api = await TestApi.open();
  await api.prepare();
});
afterAll(() => api.close());

async function done(
  path: string,
  body: object,
  role: 'billing-clerk' | 'service-agent' | 'privacy-officer',
): Promise<Answer> {
  const answer = await api.post(path, { role, body });
  expect([path, answer.status]).toEqual([path, 201]);
  return answer;
}

const registerUnit = (unitId: string) =>
  done('/units', { unitId, use: 'residential', areaCentiM2: 8943 }, 'billing-clerk');

describe('lists of the portfolio', () => {
  it('show units by their ids, none twice and none left out, while units are added', async () => {
    let last: Answer | undefined;
    for (const n of [5, 3, 1, 9, 7]) last = await registerUnit(`B1/0${n}01`);
    let cursor: string | null = '';
    let added = 0;
    const seen: string[] = [];
    while (cursor !== null) {
      const page: Answer = await api.get(
        `/units?limit=2&after=${last!.body['position']}${cursor && `&cursor=${cursor}`}`,
        {
          role: 'auditor',
        },
      );
      expect([page.status, page.body['behind']]).toEqual([200, false]);
      seen.push(...(page.body['units'] as { unitId: string }[]).map(({ unitId }) => unitId));
      cursor = page.body['nextCursor'] as string | null;
      // Before the place and behind it.
      if (added++ === 0) last = await registerUnit('B1/0001').then(() => registerUnit('B1/0901/a'));
    }
    expect(seen).toEqual(['B1/0101', 'B1/0301', 'B1/0501', 'B1/0701', 'B1/0901', 'B1/0901/a']);
  });

  it('show who is in a unit, and of a party nothing personal', async () => {
    const party = { partyId: 'P-1', kind: 'person', details: { name: '王小明', phones: ['13800000001'] } };
    await done('/parties', party, 'billing-clerk');
    await done('/parties', { ...party, partyId: 'P-2' }, 'billing-clerk');
    const occupancy = { partyId: 'P-1', accountId: 'B1/0101', role: 'owner', startsOn: '2026-01-01' };
    await done('/units/B1%2F0101/occupancies', occupancy, 'billing-clerk');
    await done('/units/B1%2F0101/occupancies/1/end', { endsOn: '2026-02-28' }, 'billing-clerk');
    const erased = await done('/parties/P-2/erasure', {}, 'privacy-officer');
    const after = `after=${erased.body['position']}`;
    const units = await api.get(`/units?${after}&limit=2`, { role: 'cashier' });
    expect((units.body['units'] as unknown[])[1]).toEqual({
      ...{ unitId: 'B1/0101', use: 'residential', areaCentiM2: 8943 },
      occupancies: [{ occupancyId: '1', ...occupancy, endsOn: '2026-02-28' }],
    });
    const parties = await api.get(`/parties?${after}`, { role: 'cashier' });
    expect(parties.body['parties']).toEqual([
      { partyId: 'P-1', kind: 'person', erased: false },
      { partyId: 'P-2', kind: 'person', erased: true },
    ]);
    expect(parties.text).not.toContain('王小明');
    const wrong = await api.get(
      `/parties?cursor=${(await api.get('/units?limit=1', { role: 'auditor' })).body['nextCursor']}`,
      { role: 'auditor' },
    );
    expect(wrong.body).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
  });
});

describe('what was written on a case', () => {
  it('is read for a purpose, by those who handle it; each look is logged', async () => {
    const opening = { kind: 'complaint', channel: 'phone', severity: 'normal', customer: '李伟', text: '电梯又坏了' };
    const opened = await done('/cases', opening, 'service-agent');
    const { caseId } = opened.body['ids'] as { caseId: string };
    const path = `/cases/complaint/${encodeURIComponent(caseId)}`;
    await done(`${path}/accept`, { handler: 'service-agent-1' }, 'service-agent');
    await done(`${path}/resolve`, { text: '已修好' }, 'service-agent');
    const answer = await api.get(`${path}/texts?purpose=calling%20back`, { role: 'case-manager' });
    expect(answer.status).toBe(200);
    expect(answer.body['texts']).toEqual([
      expect.objectContaining({ revision: '0', type: 'ComplaintOpened', customer: '李伟', text: '电梯又坏了' }),
      expect.objectContaining({ type: 'ComplaintResolved', actor: 'service-agent-1', customer: null, text: '已修好' }),
    ]);
    expect(answer.body['nextAfter']).toBeNull();
    const rest = await api.get(`${path}/texts?purpose=calling%20back&afterRevision=0`, { role: 'case-manager' });
    expect(rest.body['texts']).toHaveLength(1);
    const subject = { communityId: api.community, subject: `complaint/${caseId}` };
    const accesses = await api.options.vault.listAccesses(subject);
    expect(accesses).toHaveLength(4);
    expect(accesses[0]).toMatchObject({
      purpose: 'calling back',
      actor: { id: 'case-manager-1', role: 'case-manager' },
    });
    for (const role of ['auditor', 'cashier', 'owner'] as const)
      expect((await api.get(`${path}/texts?purpose=x`, { role })).body).toMatchObject({ code: 'ROLE_NOT_ALLOWED' });
    expect((await api.get(`${path}/texts`, { role: 'case-manager' })).status).toBe(400);
    expect((await api.get('/cases/complaint/nothing/texts?purpose=x', { role: 'case-manager' })).status).toBe(404);
    await api.options.vault.destroy(subject, {
      actor: { id: 'privacy-officer-1', role: 'privacy-officer' },
      purpose: 'erasure',
    });
    const gone = await api.get(`${path}/texts?purpose=x`, { role: 'case-manager' });
    expect(gone.body).toMatchObject({ code: 'SUBJECT_ERASED' });
  });
});
