import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { estate, estateJson, ROOT, start, startApp, temporaryFolder, type Running } from '../support/processes.js';

/** Two APIs, two projectors and the clocks on servers that only their addresses name: how a cluster is laid out. */
const folder = temporaryFolder();
const running: Running[] = [];
const apis: { readonly server: Running; readonly url: string }[] = [];
const tokens = new Map<string, string>();
let env: Record<string, string>;

function run(app: string, args: readonly string[] = []): Running {
  const started = startApp(app, args, join(folder.path, 'elsewhere'), { env });
  running.push(started);
  return started;
}

beforeAll(async () => {
  const servers = startApp('standalone', ['--data', join(folder.path, 'servers')], join(folder.path, 'unused'));
  running.push(servers);
  const [, eventstore, mongodb] = await servers.until('stdout', /^ready eventstore=(\S+) mongodb=(\S+)$/m);
  env = {
    ...{ EVENTSTORE_URL: eventstore!, MONGODB_URL: mongodb!, ESTATE_MASTER_KEY: randomBytes(32).toString('hex') },
    ESTATE_TOKEN_KEY_FILE: join(folder.path, 'keys', 'token.key'),
  };
  for (const app of ['projector', 'projector', 'scheduler']) run(app);
  for (const server of [run('api'), run('api')]) {
    const [, url] = await server.until('stdout', /^ready api=(\S+)$/m);
    apis.push({ server, url: url! });
  }
  for (const role of ['administrator', 'billing-clerk', 'cashier', 'auditor', 'service-agent']) {
    const asked = ['token', '--role', role, '--community', 'yinghu'];
    tokens.set(role, (await estateJson<{ token: string }>(asked, folder.path, { env })).token);
  }
}, 120_000);

afterAll(async () => {
  for (const { child, ended } of running.reverse()) {
    child.kill('SIGKILL');
    await ended;
  }
  folder.remove();
});

async function ask(api: number, role: string, path: string, body?: object, key?: string) {
  const response = await fetch(`${apis[api]!.url}/communities/yinghu${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      ...{ authorization: `Bearer ${tokens.get(role)}`, 'content-type': 'application/json' },
      ...(key === undefined ? {} : { 'idempotency-key': key }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, never> };
}

const ACCOUNT = '/accounts/B1%2F0101';
const feeOf = (minor: number) => ({
  ...{ item: 'property-fee', amount: { currency: 'CNY', minor: String(minor) } },
  ...{ dueOn: '2026-02-05', effectiveOn: '2026-01-20', tariff: { tariffId: 'T1', version: 1 } },
});

describe('several processes on the same servers', () => {
  it('takes a command at one API and reads it at the other', async () => {
    expect((await ask(0, 'administrator', '', { name: '映湖花园' })).status).toBe(201);
    const opened = await ask(1, 'billing-clerk', '/accounts', { accountId: 'B1/0101', effectiveOn: '2026-01-01' });
    expect(opened.status).toBe(201);
    const fee = await ask(0, 'billing-clerk', `${ACCOUNT}/fees`, feeOf(25_040));
    const ledger = await ask(1, 'auditor', `${ACCOUNT}/ledger?after=${fee.body['position']}&waitMs=10000`);
    expect(ledger.body).toMatchObject({ behind: false, lines: [{ debit: '25040' }] });
  }, 60_000);

  it('gives every command one effect, whichever API is asked, and keeps its numbers without gaps', async () => {
    const asked = Array.from({ length: 30 }, (_, n) =>
      ask(
        n % 2,
        'cashier',
        `${ACCOUNT}/payments`,
        {
          ...{ amount: { currency: 'CNY', minor: String(100 + (n >> 1)) }, effectiveOn: '2026-02-01', method: 'cash' },
        },
        `payment-${n >> 1}`,
      ),
    );
    const answers = await Promise.all(asked);
    expect(answers.filter(({ status }) => status !== 201)).toEqual([]);
    const receipts = answers.map(({ body }) => (body['ids'] as unknown as Record<string, string>)['receiptNumber']!);
    const expected = Array.from({ length: 15 }, (_, n) => `2026-${String(n + 1).padStart(6, '0')}`);
    expect([...new Set(receipts)].sort()).toEqual(expected);
    for (let n = 0; n < 30; n += 2) expect(receipts[n]).toBe(receipts[n + 1]);
  }, 60_000);

  it('loses nothing that was answered when an API dies, and goes on with the other', async () => {
    const commands = Array.from({ length: 60 }, async (_, n) => {
      try {
        return await ask(0, 'billing-clerk', `${ACCOUNT}/fees`, feeOf(1_000 + n), `fee-${n}`);
      } catch {
        return undefined; // The connection broke: the outcome is not known.
      }
    });
    await commands[0];
    apis[0]!.server.child.kill('SIGKILL');
    const answers = await Promise.all(commands);
    const items = new Set<string>();
    for (const [n, answer] of answers.entries()) {
      const again = await ask(1, 'billing-clerk', `${ACCOUNT}/fees`, feeOf(1_000 + n), `fee-${n}`);
      expect(again.status).toBe(201);
      if (answer?.status === 201) expect(again.body).toEqual(answer.body);
      items.add((again.body['ids'] as unknown as Record<string, string>)['itemId']!);
    }
    expect(items.size).toBe(60);
    const verified = await estate(['verify'], folder.path, { env });
    expect([verified.status, verified.stderr.replaceAll(/^waiting for .*\n/gm, '')]).toEqual([0, '']);
  }, 120_000);
});

describe('samples/subscriber.mjs', () => {
  it('shows every event of a community once, and goes on where it stopped', async () => {
    const follow = async (until: RegExp): Promise<string[]> => {
      const script = join(ROOT, 'samples', 'subscriber.mjs');
      const subscriber = start(process.execPath, [script, 'notifications', 'yinghu'], { env });
      running.push(subscriber);
      await subscriber.until('stdout', until);
      subscriber.child.kill('SIGINT');
      const { stdout, stderr, status } = await subscriber.ended;
      expect([status, stderr]).toEqual([0, '']);
      return stdout.trimEnd().split('\n');
    };
    const first = await follow(/"minor":"1059"/);
    const types = new Set(first.map((line) => (JSON.parse(line) as { type: string }).type));
    expect([...types]).toEqual(expect.arrayContaining(['CommunityRegistered', 'FeeAssessed', 'PaymentReceived']));
    const paid = { amount: { currency: 'CNY', minor: '4321' }, effectiveOn: '2026-02-02', method: 'cash' };
    expect((await ask(1, 'cashier', `${ACCOUNT}/payments`, paid)).status).toBe(201);
    const again = await follow(/"minor":"4321"/);
    expect(again.length).toBeLessThan(first.length);
  }, 60_000);
});

describe('Dockerfile and docker-compose.yml', () => {
  it('start programs that there are, on the Node that CI tests', () => {
    const text = ['Dockerfile', 'docker-compose.yml'].map((name) => readFileSync(join(ROOT, name), 'utf8')).join('\n');
    const programs = [...text.matchAll(/dist\/(apps\/[a-z]+\/src\/main)\.js/g)].map(([, path]) => `${path}.ts`);
    expect(new Set(programs).size).toBeGreaterThanOrEqual(4);
    expect(programs.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const tested = /VERSION = '([\d.]+)'/.exec(readFileSync(join(ROOT, 'tools/test/other-node.mjs'), 'utf8'))![1];
    expect(text).toContain(`NODE_IMAGE=node:${tested}-`);
  });
});
