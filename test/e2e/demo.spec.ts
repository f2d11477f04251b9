import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { estate, estateJson, startApp, temporaryFolder, type Ended, type Running } from '../support/processes.js';

const folder = temporaryFolder();
const kept = join(folder.path, 'kept');
const temporary = join(folder.path, 'tmp');
const SMALL = ['--units', '12'];
/** The program puts its own folder below TMPDIR, so that a test sees whether it is gone. */
const demo = (args: readonly string[], env: Record<string, string> = {}): Running =>
  startApp('demo', [...SMALL, ...args], kept, { env: { TMPDIR: temporary, ...env } });

let serving: Running;
let exited: Promise<Ended>;

beforeAll(() => {
  mkdirSync(temporary);
  serving = demo(['--data', kept]);
  exited = demo(['--exit']).ended;
});
afterAll(async () => {
  serving.child.kill('SIGKILL');
  await serving.ended;
  await exited;
  folder.remove();
});

/** Reports without what differs from run to run: times taken, positions, hashes, and gaps that are as wide as these. */
function figuresOf(stdout: string): string[] {
  const [, reports = ''] = stdout.split('── Aging');
  const [text = ''] = reports.split('── The community goes on');
  const plain = text
    .trim()
    .replaceAll(/position \d+/g, '')
    .replaceAll(/^ *\d+ {2}(?=\S+@)/gm, '')
    .replaceAll(/ {2}[0-9a-f]{12}$/gm, '');
  return plain
    .split('\n')
    .filter((line) => !/─{3}|^ *position/.test(line))
    .map((line) => line.replaceAll(/ +/g, ' ').trim());
}

describe('npm run demo', () => {
  it('lives a year, prints four reports with the same figures for the same seed, and leaves nothing behind', async () => {
    const { status, stdout, stderr } = await exited;
    expect([status, stderr]).toEqual([0, '']);
    expect(readdirSync(temporary)).toEqual([]);
    for (const shown of [
      '2025-12',
      'Aging',
      'Ledger of B1/0302',
      'Audit trail',
      'verified.',
      'Service',
      'PaymentReversed',
    ])
      expect(stdout).toContain(shown);
    await serving.until('stdout', /^ready api=/m);
    expect(figuresOf(stdout).length).toBeGreaterThan(60);
    expect(figuresOf(serving.stdout())).toEqual(figuresOf(stdout));
  }, 300_000);

  it('serves what it has made, with tokens that work and a clock that goes on', async () => {
    const [, url] = await serving.until('stdout', /^ready api=(\S+)$/m);
    const [, token] = /^AUDITOR=(\S+)$/m.exec(serving.stdout())!;
    const answer = await fetch(`${url}/communities/yinghu/arrears?asOf=2025-12-31`, {
      headers: { authorization: `Bearer ${token}` },
    });
    expect(answer.status).toBe(200);
    const report = await estateJson(['report', 'aging', '--community', 'yinghu', '--as-of', '2025-12-31'], kept);
    const { outstanding, credit, buckets } = (await answer.json()) as Record<string, unknown>;
    expect(report).toMatchObject({ outstanding, credit, buckets });
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    const [, cashier] = /^CASHIER=(\S+)$/m.exec(serving.stdout())!;
    const paid = await fetch(`${url}/communities/yinghu/accounts/B1%2F0402/payments`, {
      method: 'POST',
      headers: { authorization: `Bearer ${cashier}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        ...{ amount: { currency: 'CNY', minor: '100' }, effectiveOn: '2026-01-01', method: 'cash' },
      }),
    });
    expect(paid.status).toBe(201);
  }, 300_000);

  it('ends by Ctrl-C, and its data is in order', async () => {
    await serving.until('stdout', /^ready api=/m);
    serving.child.kill('SIGINT');
    expect(await serving.ended).toMatchObject({ status: 0, stderr: '' });
    expect(await estate(['verify'], kept)).toMatchObject({ status: 0, stderr: '' });
    const figures = await estateJson<Record<string, unknown>>(
      [
        'report',
        'service',
        '--community',
        'yinghu',
        '--from',
        '2025-01-01',
        '--to',
        '2025-12-31',
        '--as-of',
        '2025-12-31',
      ],
      kept,
    );
    expect(figures).toMatchObject({ opened: 11 });
  }, 300_000);

  it('stops in the middle of the year when it is told to, and removes its folder', async () => {
    const stopped = demo(['--exit']);
    await stopped.until('stdout', /2025-01/);
    expect(readdirSync(temporary)).toHaveLength(1);
    stopped.child.kill('SIGINT');
    expect(await stopped.ended).toMatchObject({ status: 130, stderr: '' });
    expect(readdirSync(temporary)).toEqual([]);
  }, 120_000);

  it('says at once that its port is in use, and takes no folder that holds something', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as AddressInfo;
    const taken = await demo([], { PORT: String(port) }).ended;
    other.close();
    expect(taken).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^estate: PORT_IN_USE: [^\n]*PORT[^\n]*\n$/),
    });
    expect(taken.stdout).not.toContain('2025-01 ');
    expect(await demo(['--data', folder.path]).ended).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('DATA_FOLDER_NOT_EMPTY'),
    });
    expect(existsSync(join(folder.path, 'format.json'))).toBe(false);
  }, 120_000);
});
