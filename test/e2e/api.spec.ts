import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { estate, estateJson, startApp, temporaryFolder, type Running } from '../support/processes.js';

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const running: Running[] = [];
let server: Running;
let url: string;

const tokens = new Map<string, string>();

beforeAll(async () => {
  ({ server, url } = await serve());
  for (const role of [
    'administrator',
    'billing-clerk',
    'cashier',
    'collector',
    'service-agent',
    'case-manager',
    'auditor',
  ]) {
    const { token } = await estateJson<{ token: string }>(['token', '--role', role, '--community', 'yinghu'], dataDir);
    tokens.set(role, token);
  }
}, 120_000);

afterAll(async () => {
  for (const { child, ended } of running) {
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

async function serve(env: Record<string, string> = {}): Promise<{ server: Running; url: string }> {
  const started = startApp('standalone', ['--serve'], dataDir, { env });
  running.push(started);
  const [, address] = await started.until('stdout', /^ready .* api=(\S+)$/m);
  return { server: started, url: address! };
}

async function ask(role: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${url}/communities/yinghu${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${tokens.get(role)}`, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const ACCOUNT = '/accounts/B1%2F0101';
const feeOf = (minor: string) => ({
  ...{ item: 'property-fee', amount: { currency: 'CNY', minor }, dueOn: '2026-02-05', effectiveOn: '2026-01-20' },
  tariff: { tariffId: 'T1', version: 1 },
});

describe('npm start', () => {
  it('serves commands and read models in one process', async () => {
    expect((await ask('administrator', '', { name: '映湖花园' })).status).toBe(201);
    expect((await ask('billing-clerk', '/accounts', { accountId: 'B1/0101', effectiveOn: '2026-01-01' })).status).toBe(
      201,
    );
    const fee = await ask('billing-clerk', `${ACCOUNT}/fees`, feeOf('25040'), { 'idempotency-key': 'F1' });
    expect(fee).toMatchObject({ status: 201, body: { ids: { itemId: '1' } } });
    const ledger = await ask('auditor', `${ACCOUNT}/ledger?after=${fee.body['position']}`);
    expect(ledger.body).toMatchObject({ behind: false, lines: [{ debit: '25040' }] });
    expect(await ask('cashier', `${ACCOUNT}/fees`, feeOf('1'))).toMatchObject({
      status: 403,
      body: { code: 'ROLE_NOT_ALLOWED' },
    });
  }, 60_000);

  it('answers what is under way when it is told to stop, and has lost nothing of it', async () => {
    const commands = Array.from({ length: 40 }, async (_, n) => {
      try {
        return await ask('billing-clerk', `${ACCOUNT}/fees`, feeOf(String(1000 + n)), { 'idempotency-key': `S${n}` });
      } catch {
        return undefined; // The connection was not taken any more: nothing was promised.
      }
    });
    await commands[0];
    server.child.kill('SIGTERM');
    const toldAt = performance.now();
    const answers = await Promise.all(commands);
    expect(await server.ended).toMatchObject({ status: 0 });
    // Connections that clients keep for later do not hold it up (they do so for 72 s).
    expect(performance.now() - toldAt).toBeLessThan(20_000);
    const stored = answers.filter((answer) => answer?.status === 201);
    expect(stored.length).toBeGreaterThan(0);
    expect(answers.filter((answer) => answer && ![201, 503].includes(answer.status))).toEqual([]);
    ({ server, url } = await serve());
    const items = new Set<string>();
    for (let n = 0; n < 40; n += 1) {
      const again = await ask('billing-clerk', `${ACCOUNT}/fees`, feeOf(String(1000 + n)), {
        'idempotency-key': `S${n}`,
      });
      expect(again.status).toBe(201);
      if (answers[n]?.status === 201) expect(again.body).toEqual(answers[n]!.body);
      items.add((again.body['ids'] as unknown as Record<string, string>)['itemId']!);
    }
    expect(items.size).toBe(40);
    const verified = await estate(['verify'], dataDir);
    expect([verified.status, verified.stderr]).toEqual([0, '']);
  }, 120_000);

  it('serves beside other API processes that have joined', async () => {
    const joined = startApp('api', [], dataDir);
    running.push(joined);
    const [, other] = await joined.until('stdout', /^ready api=(\S+)$/m);
    const own = url;
    const paid = await ask('cashier', `${ACCOUNT}/payments`, {
      ...{ amount: { currency: 'CNY', minor: '5' }, effectiveOn: '2026-02-01', method: 'cash' },
    });
    url = other!;
    const ledger = await ask('auditor', `${ACCOUNT}/ledger?after=${paid.body['position']}&limit=1000`);
    expect(ledger.body['behind']).toBe(false);
    const both = [0, 1, 2, 3].map((n) => {
      url = n % 2 ? own : other!;
      return ask('billing-clerk', `${ACCOUNT}/fees`, feeOf('77'), { 'idempotency-key': 'both' });
    });
    const answers = await Promise.all(both);
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    url = own;
    joined.child.kill('SIGTERM');
    expect(await joined.ended).toMatchObject({ status: 0 });
  }, 60_000);

  it('says what is wrong: a port in use, a setting that is none, a role that is not known', async () => {
    const port = new URL(url).port;
    const taken = await startApp('api', [], dataDir, { env: { PORT: port } }).ended;
    expect(taken).toMatchObject({ status: 1, stderr: expect.stringContaining('PORT_IN_USE') });
    const wrong = await startApp('api', [], dataDir, { env: { PORT: 'x' } }).ended;
    expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('CONFIG_INVALID') });
    const emperor = await estate(['token', '--role', 'emperor', '--community', 'yinghu'], dataDir);
    expect(emperor).toMatchObject({ status: 2, stderr: expect.stringContaining('ROLE_INVALID') });
  }, 60_000);
});
