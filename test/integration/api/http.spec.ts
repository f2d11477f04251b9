import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseStreamName } from '#libs/kernel';
import { PROBLEMS } from '../../../apps/api/src/index.js';
import { TestApi, type Answer } from '../../support/api.js';

let api: TestApi;
const ACCOUNT = '/accounts/B1%2F0101';
const fee = (minor: string, more: object = {}) => ({
  item: 'fee',
  amount: { currency: 'CNY', minor },
  dueOn: '2026-02-05',
  effectiveOn: '2026-01-20',
  ...more,
});
const assess = (body: unknown, headers: Record<string, string> = {}, account = ACCOUNT): Promise<Answer> =>
  api.post(`${account}/fees`, { role: 'billing-clerk', body, headers });

beforeAll(async () => {
  api = await TestApi.open();
  await api.prepare();
  await api.post('/accounts', { role: 'billing-clerk', body: { accountId: 'B1/0102', effectiveOn: '2026-01-01' } });
});
afterAll(() => api.close());

describe('commands', () => {
  it('answer with where the events are and with the ids they gave; reading goes on from there', async () => {
    const answer = await assess(fee('25040'));
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      stream: `account-${api.community}.B1/0101`,
      ids: { itemId: expect.any(String) },
    });
    expect(answer.headers).toMatchObject({
      'x-position': answer.body['position'],
      etag: `"${answer.body['revision']}"`,
    });
    const ledger = await api.get(`${ACCOUNT}/ledger?after=${answer.body['position']}`, { role: 'cashier' });
    expect(ledger.body).toMatchObject({
      behind: false,
      lines: [{ type: 'FeeAssessed', debit: '25040', balance: '25040' }],
    });
    expect(BigInt(ledger.headers['x-position']!)).toBeGreaterThanOrEqual(BigInt(answer.body['position'] as string));
  });

  it('refuse unknown, missing and null fields and values of another type, and store nothing then', async () => {
    const before = (await api.events()).length;
    const bodies: [unknown, string][] = [
      [fee('1', { surprise: 1 }), 'surprise'],
      [fee('1', { accountId: 'B1/0102' }), 'accountId'],
      [fee('1', { period: { from: '2026-01-01', to: '2026-01-31', extra: 1 } }), 'period.extra'],
      [fee('1', { reference: null }), 'reference'],
      [fee('1', { amount: [] }), 'amount'],
      [fee('1', { amount: { currency: 'CNY', minor: 1 } }), 'amount.minor'],
      [fee('1.5'), 'amount.minor'],
      [fee('-1'), 'amount.minor'],
      [fee('1', { tariff: { tariffId: 'T', version: 1.5 } }), 'tariff.version'],
      [fee('1', { reference: '\ud800' }), 'reference'],
      [{ ...fee('1'), amount: undefined }, 'amount'],
      [[], ''],
      ['"text"', ''],
    ];
    for (const [body, field] of bodies) {
      const answer = await assess(body);
      expect(answer.body).toMatchObject({ status: 400, code: 'REQUEST_INVALID', details: { errors: [{ field }] } });
      expect(answer.headers['content-type']).toContain('application/problem+json');
    }
    for (const body of ['{', '{"__proto__": {"a": 1}}'])
      expect((await assess(body)).body).toMatchObject({ status: 400, code: 'BODY_INVALID' });
    expect((await assess('x=1', { 'content-type': 'text/plain' })).body).toMatchObject({ status: 415 });
    expect((await assess(JSON.stringify({ item: 'x'.repeat(1_100_000) }))).body).toMatchObject({ status: 413 });
    expect((await assess(fee('0'))).body).toMatchObject({ status: 422, code: 'AMOUNT_NOT_POSITIVE' });
    expect((await assess(fee('1', { dueOn: '2026-02-30' }))).body).toMatchObject({ status: 400, code: 'DATE_INVALID' });
    expect(await api.events()).toHaveLength(before);
  });

  it('with an idempotency key have effect once, answered the same again; with another body or elsewhere they are refused', async () => {
    const key = { 'idempotency-key': 'K-1' };
    const first = await assess(fee('111'), key);
    const [again, ...others] = await Promise.all([
      assess(fee('111'), key),
      assess(fee('111'), key),
      assess(fee('111'), key),
    ]);
    for (const one of [again!, ...others]) {
      expect(one.status).toBe(201);
      expect(one.body).toEqual(first.body);
      expect(one.headers).toMatchObject({ 'idempotency-replayed': 'true', etag: first.headers['etag'] });
    }
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    const reused = { status: 422, code: 'COMMAND_ID_REUSED' };
    expect((await assess(fee('112'), key)).body).toMatchObject(reused);
    expect((await assess(fee('111'), key, '/accounts/B1%2F0102')).body).toMatchObject(reused);
    const hold = await api.post(`${ACCOUNT}/holds`, { role: 'finance-manager', body: { reason: 'r' }, headers: key });
    expect(hold.body).toMatchObject(reused);
    expect((await api.events()).filter(({ data }) => JSON.stringify(data).includes('"111"'))).toHaveLength(1);
  });

  it('do not remember refusals: a key may be used for the corrected request', async () => {
    const key = { 'idempotency-key': 'K-2' };
    expect((await assess(fee('0'), key)).status).toBe(422);
    expect((await assess(fee('5'), key, '/accounts/nowhere')).body).toMatchObject({
      status: 404,
      code: 'ACCOUNT_NOT_OPEN',
    });
    expect((await assess(fee('5'), key)).status).toBe(201);
    for (const bad of ['with space', 'x'.repeat(129)]) {
      expect((await assess(fee('5'), { 'idempotency-key': bad })).body).toMatchObject({
        code: 'IDEMPOTENCY_KEY_INVALID',
      });
    }
  });

  it('draw numbers once for a key', async () => {
    const payment = { amount: { currency: 'CNY', minor: '10' }, effectiveOn: '2026-02-25', method: 'cash' };
    const pay = (key: string) =>
      api.post(`${ACCOUNT}/payments`, { role: 'cashier', body: payment, headers: { 'idempotency-key': key } });
    const [a, b, again] = [await pay('P-1'), await pay('P-2'), await pay('P-1')];
    expect([a, b, again].map(({ body }) => (body['ids'] as Record<string, string>)['receiptNumber'])).toEqual([
      '2026-000001',
      '2026-000002',
      '2026-000001',
    ]);
    const complaint = { kind: 'complaint', channel: 'phone', severity: 'minor', text: '噪音' };
    const open = () =>
      api.post('/cases', { role: 'service-agent', body: complaint, headers: { 'idempotency-key': 'C-1' } });
    const opened = await Promise.all([open(), open(), open()]);
    expect(new Set(opened.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect(opened[0]!.body['ids']).toEqual({ caseId: '2026/000001' });
  });

  it('with If-Match have effect only on what has not changed since it was read', async () => {
    const read = await api.get(ACCOUNT, { role: 'billing-clerk' });
    const tag = read.headers['etag']!;
    const both = await Promise.all([assess(fee('7'), { 'if-match': tag }), assess(fee('8'), { 'if-match': tag })]);
    expect(both.map(({ status }) => status).sort()).toEqual([201, 412]);
    expect(both.find(({ status }) => status === 412)!.body['code']).toBe('REVISION_CHANGED');
    const winner = both.find(({ status }) => status === 201)!;
    expect((await assess(fee('9'), { 'if-match': winner.headers['etag']! })).status).toBe(201);
    const path = '/cases/complaint/2026%2F000001';
    const found = await api.get(path, { role: 'service-agent' });
    const act = (name: string, match: string) =>
      api.post(`${path}/${name}`, { role: 'service-agent', body: {}, headers: { 'if-match': match } });
    expect((await act('acknowledge', found.headers['etag']!)).status).toBe(201);
    expect((await act('accept', found.headers['etag']!)).status).toBe(412);
    for (const bad of ['*', '"x"', 'W/"1"', '1'])
      expect((await act('accept', bad)).body['code']).toBe('PRECONDITION_INVALID');
  });
});

describe('lists by cursor', () => {
  it('show every line once, as of the first page, while lines are added', async () => {
    const account = '/accounts/B1%2F0103';
    await api.post('/accounts', { role: 'billing-clerk', body: { accountId: 'B1/0103', effectiveOn: '2026-01-01' } });
    let last: Answer | undefined;
    for (let n = 1; n <= 9; n += 1)
      last = await assess(fee(String(n), { effectiveOn: `2026-01-${n % 2 ? '10' : '20'}` }), {}, account);
    const whole = await api.get(`${account}/ledger?after=${last!.body['position']}`, { role: 'auditor' });
    const seen: unknown[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page: Answer = await api.get(`${account}/ledger?limit=2${cursor && `&cursor=${cursor}`}`, {
        role: 'auditor',
      });
      expect(page.status).toBe(200);
      seen.push(...(page.body['lines'] as unknown[]));
      cursor = page.body['nextCursor'] as string | null;
      const added = await assess(fee('1000', { effectiveOn: '2026-01-05' }), {}, account);
      await api.get(`${account}/ledger?after=${added.body['position']}&limit=1`, { role: 'auditor' });
    }
    expect(seen).toEqual(whole.body['lines']);
    expect(seen).toHaveLength(9);
  });

  it('work for accounts, the audit trail and cases; a cursor of another list is refused', async () => {
    await assess(fee('1'), {}, '/accounts/B1%2F0102');
    let head = 0n;
    const pages = async (
      path: string,
      field: string,
      limit: number,
    ): Promise<{ items: unknown[]; cursors: string[] }> => {
      const [items, cursors]: [unknown[], string[]] = [[], []];
      for (let cursor: string | null = ''; cursor !== null;) {
        const page: Answer = await api.get(`${path}?after=${head}&limit=${limit}${cursor && `&cursor=${cursor}`}`, {
          role: path === '/cases' ? 'case-manager' : 'auditor',
        });
        expect(page.status).toBe(200);
        items.push(...(page.body[field] as unknown[]));
        if ((cursor = page.body['nextCursor'] as string | null) !== null) cursors.push(cursor);
      }
      return { items, cursors };
    };
    for (const kind of ['request', 'complaint']) {
      const body = { kind, channel: 'online', severity: 'normal' };
      for (let n = 0; n < 2; n += 1) await api.post('/cases', { role: 'service-agent', body });
    }
    head = (await api.events()).at(-1)!.position;
    const lists: [string, string][] = [
      ['/arrears/accounts', 'accounts'],
      ['/audit-trail', 'entries'],
      ['/cases', 'cases'],
    ];
    for (const [path, field] of lists) {
      const [small, large] = [await pages(path, field, 2), await pages(path, field, 1000)];
      expect(small.items).toEqual(large.items);
      expect(small.items.length).toBeGreaterThan(2);
      expect(large.cursors).toEqual([]);
      const wrong = await api.get(`${ACCOUNT}/ledger?cursor=${small.cursors[0]}`, { role: 'auditor' });
      expect(wrong.body).toMatchObject({ status: 400, code: 'CURSOR_INVALID' });
    }
  });

  it('say when they are behind a token', async () => {
    const answer = await api.get(`${ACCOUNT}/ledger?after=9000000000000000000&waitMs=20`, { role: 'auditor' });
    expect(answer.body).toMatchObject({ behind: true });
    expect(answer.headers).toMatchObject({ 'x-behind': 'true', 'x-position': answer.body['position'] });
    for (const query of [
      'after=x',
      'after=1&after=2',
      'waitMs=99999',
      'limit=0',
      'limit=1001',
      'cursor=%%%',
      'surprise=1',
      'asOf=2026-02-30',
    ]) {
      expect((await api.get(`${ACCOUNT}/ledger?${query}`, { role: 'auditor' })).status).toBe(400);
    }
  });
});

describe('the edge', () => {
  it('gives every refusal of the contexts a status of its own', () => {
    const root = join(import.meta.dirname, '..', '..', '..', 'libs');
    const contexts = ['kernel', 'portfolio', 'receivables', 'collections', 'service-desk', 'calendar'];
    const files = contexts.flatMap((name) =>
      readdirSync(join(root, name, 'src'), { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.ts') && !file.endsWith('.spec.ts'))
        .map((file) => readFileSync(join(root, name, 'src', file), 'utf8')),
    );
    const codes = files.flatMap((text) =>
      [...text.matchAll(/(?:refused?|DomainError)\(\s*'([A-Z_]+)'/g)].map(([, code]) => code!),
    );
    expect(new Set(codes).size).toBeGreaterThan(60);
    expect(codes.filter((code) => !PROBLEMS.has(code))).toEqual([]);
  });

  it('answers what is not there, and everything else, with headers and an id', async () => {
    const answer = await api.get('//nowhere', { token: null, headers: { 'x-request-id': 'my-request-1' } });
    expect(answer.body).toMatchObject({ status: 404, code: 'ROUTE_NOT_FOUND', requestId: 'my-request-1' });
    expect(answer.headers).toMatchObject({
      'x-request-id': 'my-request-1',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    });
    const long = await api.get(`/cases?status=${'x'.repeat(70_000)}`, { role: 'auditor' });
    expect(long.body).toMatchObject({ status: 431, code: 'HEADERS_TOO_LARGE' });
    expect((await api.get('/units/%', { role: 'auditor' })).body).toMatchObject({
      status: 400,
      code: 'ADDRESS_INVALID',
    });
    const stored = await assess(fee('3'), { 'x-request-id': 'my-request-2' });
    const event = (await api.events()).find(({ position }) => position === BigInt(stored.body['position'] as string))!;
    expect(event.metadata.$correlationId).toBe('my-request-2');
  });

  it('tells how it is: live, ready with the lag of each read model, figures', async () => {
    expect((await api.get('//health/live', { token: null })).body).toEqual({ status: 'live' });
    const ready = await api.get('//health/ready', { token: null });
    expect(ready.body).toMatchObject({ ready: true, eventStore: 'up', readStore: 'up' });
    expect((ready.body['projections'] as unknown[]).length).toBeGreaterThanOrEqual(5);
    const { text } = await api.get('//metrics', { token: null });
    expect(text).toMatch(
      /http_requests_total\{method="POST",route="\/communities\/:communityId\/accounts\/:accountId\/fees",status="201"\} \d+/,
    );
    expect(text).toMatch(/projection_lag_events\{projection="ledger"\} \d+/);
  });

  it('logs a line per request, without ids, names, texts or tokens', async () => {
    const secret = '张三丰的电话13812345678';
    const token = await api.tokenOf({ role: 'service-agent', id: 'agent-secret' });
    const body = { kind: 'complaint', channel: 'phone', severity: 'minor', text: secret, customer: secret };
    expect((await api.post('/cases', { token, body })).status).toBe(201);
    await api.post('/cases', { token, body: { ...body, severity: secret, [secret]: 1 } });
    await api.post('/parties', { token, body: { partyId: 'P-9', kind: 'person', details: { name: secret } } });
    const details = await api.get('/parties/P-9/details?purpose=test', { token });
    expect(details.body['details']).toEqual({ name: secret });
    const lines = JSON.stringify(api.log);
    expect(api.log.length).toBeGreaterThan(4);
    for (const hidden of [secret, '13812345678', token, 'agent-secret', 'P-9', 'B1/0101', api.community])
      expect(lines).not.toContain(hidden);
    const stored = JSON.stringify((await api.events()).map(({ data, metadata }) => [data, metadata]));
    expect(stored).not.toContain('13812345678');
  });

  it('leaves no stream half done: every number is used or void', async () => {
    const events = await api.events();
    const drawn = events
      .filter(({ type }) => type === 'NumberDrawn')
      .map(({ data }) => (data as { forCommandId: string }).forCommandId);
    const used = new Set(
      events
        .filter(({ stream }) => parseStreamName(stream)?.category !== 'numbering')
        .map(({ metadata }) => metadata.commandId),
    );
    const voided = new Set(
      events
        .filter(({ type }) => type === 'NumberVoided')
        .map(({ data }) => (data as { forCommandId: string }).forCommandId),
    );
    expect(drawn.filter((id) => !used.has(id) && !voided.has(id))).toEqual([]);
  });
});

describe('limits', () => {
  it('hold back a subject that asks too much, not the others', async () => {
    const limited = await TestApi.open(undefined, { requestsPerSecond: 5 });
    await limited.prepare();
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => limited.get('', { role: 'auditor', id: 'busy' })),
    );
    const held = answers.filter(({ status }) => status === 429);
    expect(held.length).toBeGreaterThan(10);
    expect(held[0]!.headers['retry-after']).toBe('1');
    expect((await limited.get('', { role: 'auditor', id: 'calm' })).status).toBe(200);
    await limited.close();
  });
});
