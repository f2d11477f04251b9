import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ROLES, type Role } from '#libs/access';
import {
  isAllowed,
  PERMISSIONS,
  routesOf,
  USE_CASES,
  type OperationId,
  type Route,
} from '../../../apps/api/src/index.js';
import { TestApi } from '../../support/api.js';

let api: TestApi;
const routes: readonly Route[] = Object.entries(USE_CASES).flatMap(([tag, controllers]) => routesOf(tag, controllers));

const MONEY: readonly OperationId[] = [
  ...(['assessFee', 'assessLateFee', 'receivePayment', 'reverseFee', 'reversePayment'] as const),
  ...(['placeHold', 'liftHold', 'recordLegalReferral', 'openAccount'] as const),
];

beforeAll(async () => {
  api = await TestApi.open();
  await api.prepare();
});
afterAll(() => api.close());

/** An address that leads to an operation; what it names need not exist. */
const addressOf = ({ path }: Route): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    name === 'communityId' ? api.community : name === 'kind' ? 'request' : 'x',
  );

describe('access', () => {
  it('lets every role into exactly the operations that the table gives it', async () => {
    for (const route of routes) {
      const operation = route.operation.operation as OperationId;
      for (const role of ROLES) {
        const asking = {
          role,
          accounts: ['x'],
          ...(route.method === 'post' ? { body: { nothing: 'that is known' } } : {}),
        };
        const answer = await api.send(route.method === 'get' ? 'GET' : 'POST', `/${addressOf(route)}`, asking);
        const refused = answer.status === 403 && answer.body['code'] === 'ROLE_NOT_ALLOWED';
        expect([operation, role, refused]).toEqual([operation, role, !isAllowed(role, operation)]);
        expect(answer.status).toBeLessThan(500);
      }
    }
    // A thousand requests.
  }, 300_000);

  it('lets nobody in without a token that is valid now, and says so before anything else', async () => {
    const other = await TestApi.open();
    const foreign = await other.tokenOf({ role: 'administrator', communities: [api.community] });
    await other.close();
    const expired = await api.tokenOf({ role: 'auditor' });
    const cases: [string | null, string][] = [
      [null, 'TOKEN_MISSING'],
      ['nonsense', 'TOKEN_INVALID'],
      [foreign, 'TOKEN_INVALID'],
    ];
    for (const route of routes) {
      for (const [token, code] of cases) {
        const answer = await api.send(route.method === 'get' ? 'GET' : 'POST', `/${addressOf(route)}`, { token });
        expect([route.path, answer.status, answer.body['code']]).toEqual([route.path, 401, code]);
        expect(answer.headers['www-authenticate']).toBe('Bearer');
      }
    }
    const before = api.clock.now();
    api.clock.advance(3_700_000);
    expect((await api.get('', { token: expired })).body['code']).toBe('TOKEN_EXPIRED');
    api.clock.set(before);
  });

  it('hides communities that the token does not name: as if they were not there', async () => {
    for (const route of routes.filter(({ path }) => path !== '/communities')) {
      const at = `/${addressOf(route)}`;
      const method = route.method === 'get' ? 'GET' : 'POST';
      const role = ROLES.find((one) => isAllowed(one, route.operation.operation as OperationId))!;
      const foreign = await api.send(method, at, {
        role,
        communities: ['elsewhere'],
        body: method === 'POST' ? {} : undefined,
      });
      expect([route.path, foreign.status, foreign.body['code']]).toEqual([route.path, 404, 'COMMUNITY_NOT_FOUND']);
    }
    const named = await api.get('//communities/nowhere', { role: 'auditor', communities: ['nowhere'] });
    expect(named.body).toMatchObject({ status: 404, code: 'COMMUNITY_NOT_FOUND' });
  });

  it('lists the registered ones of those that the token names, page by page, while others are added', async () => {
    const list = async (communities: readonly string[], query = '', role: Role = 'owner') => {
      const { status, body } = await api.get(`//communities${query}`, { role, communities });
      expect([status, body['behind']]).toEqual([200, false]);
      const ids = (body['communities'] as { communityId: string }[]).map(({ communityId }) => communityId);
      return { ids, next: body['nextCursor'] as string | null };
    };
    const names = ['z9', 'm5', 'a1'].map((end) => `${api.community}${end}`);
    const register = (id: string) =>
      api.post(`//communities/${id}`, { role: 'administrator', communities: [id], body: { name: '映湖花园' } });
    for (const id of names) expect((await register(id)).status).toBe(201);
    const [z, m, a] = names as [string, string, string];
    expect(await list(['nowhere'])).toEqual({ ids: [], next: null });
    expect((await list([z, m, a, 'nowhere', z])).ids).toEqual([a, m, z]);
    expect((await list([z, api.community])).ids).toEqual([api.community, z]);
    const first = await list([z, m, a], '?limit=1');
    expect(first.ids).toEqual([a]);
    expect((await register(`${api.community}b2`)).status).toBe(201);
    const rest = await list([z, m, a, `${api.community}b2`], `?limit=3&cursor=${first.next}`, 'dashboard');
    expect(rest).toEqual({ ids: [`${api.community}b2`, m, z], next: null });
    const wrong = await api.get('//communities?cursor=W10', {});
    expect(wrong.body).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
    const one = await api.get('//communities', { communities: [m] });
    expect(one.body['communities']).toEqual([
      { communityId: m, name: '映湖花园', currency: 'CNY', timeZone: 'Asia/Shanghai', today: '2026-03-20' },
    ]);
  });

  it('shows owners and tenants their own accounts only', async () => {
    const path = '/accounts/B1%2F0101';
    expect((await api.get(path, { role: 'owner', accounts: ['B1/0101'] })).status).toBe(200);
    expect((await api.get(`${path}/ledger`, { role: 'tenant', accounts: ['B1/0101'] })).status).toBe(200);
    const other = await api.get(path, { role: 'owner', accounts: ['B1/0102'] });
    expect(other.body).toMatchObject({ status: 404, code: 'ACCOUNT_NOT_FOUND' });
    expect((await api.get(`${path}/ledger`, { role: 'tenant' })).status).toBe(404);
  });

  it('keeps duties apart (D12): by the table, and in decisions', async () => {
    const allowed = (role: Role, operations: readonly OperationId[]) =>
      operations.filter((one) => isAllowed(role, one));
    expect(allowed('administrator', MONEY)).toEqual([]);
    expect(allowed('collector', ['receivePayment', 'reversePayment'])).toEqual([]);
    for (const role of ['auditor', 'dashboard', 'owners-committee'] as const) {
      const commands = routes.filter(({ method }) => method === 'post').map(({ operation }) => operation.operation);
      expect([role, allowed(role, commands as OperationId[])]).toEqual([role, []]);
    }
    for (const [operation, roles] of Object.entries(PERMISSIONS))
      expect([operation, roles.length > 0]).toEqual([operation, true]);
    await api.post('/accounts/B1%2F0101/fees', {
      role: 'billing-clerk',
      body: { item: 'fee', amount: { currency: 'CNY', minor: '100' }, dueOn: '2026-01-05', effectiveOn: '2026-01-02' },
    });
    const referral = { proposedBy: 'boss', itemIds: ['1'], reference: 'L', effectiveOn: '2026-03-10' };
    const own = await api.post('/accounts/B1%2F0101/legal-referrals', {
      role: 'finance-manager',
      id: 'boss',
      body: referral,
    });
    expect(own.body).toMatchObject({ status: 403, code: 'APPROVER_IS_PROPOSER' });
  });

  it('writes refused attempts into the audit trail', async () => {
    const refused = await api.post('/accounts/B1%2F0101/payments', { role: 'collector', id: 'curious', body: {} });
    expect(refused.status).toBe(403);
    const stored = (await api.events()).filter(
      ({ type, metadata }) => type === 'AttemptRefused' && metadata.actor.id === 'curious',
    );
    expect(stored.map(({ data }) => data)).toEqual([{ operation: 'receivePayment', code: 'ROLE_NOT_ALLOWED' }]);
    const trail = await api.get(`/audit-trail?after=${stored[0]!.position}&limit=1000`, { role: 'auditor' });
    const entries = trail.body['entries'] as { type: string; actor: { id: string } }[];
    expect(entries.filter(({ type }) => type === 'AttemptRefused').map(({ actor }) => actor.id)).toContain('boss');
    expect(entries.filter(({ actor }) => actor.id === 'curious')).toHaveLength(1);
  });
});
