import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import {
  estate,
  estateJson,
  ROOT,
  start,
  startApp,
  temporaryFolder,
  type Running,
  type StartOptions,
} from '../support/processes.js';
import { uniqueCommunity } from '../support/stores.js';

const JOURNAL = `occurredOn,account,entry,amountMinor,dueOn,reference
2026-01-05,B1/0101,fee,25040,2026-01-20,F1
2026-02-05,B1/0101,fee,25040,2026-02-20,F2
2026-02-10,B1/0101,payment,30000,,P1
2026-03-01,B1/0101,reminder,,,R1
2026-03-05,B1/0102,payment,5000,,P2
2026-03-10,B1/0102,late-fee,100,2026-03-10,L1
2026-03-12,甲-2,dispute-opened,,,D1
`;

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const community = uniqueCommunity();
const ofCommunity = ['--community', community];
const ofAccount = [...ofCommunity, '--account', 'B1/0101'];
/** The same contract holds on real servers, when the environment names them. */
const { EVENTSTORE_URL, MONGODB_URL } = process.env;
const stores: StartOptions =
  EVENTSTORE_URL && MONGODB_URL ? { env: { EVENTSTORE_URL, MONGODB_URL, ESTATE_DB_PREFIX: community } } : {};

const run = (...args: string[]) => estate(args, dataDir, stores);
const json = <T>(...args: string[]) => estateJson<T>(args, dataDir, stores);

interface Aging {
  position: string;
  accounts: unknown[];
}
interface Ledger {
  account: string;
  lines: Record<string, string>[];
  balance: string;
}
interface Audit {
  events: Record<string, unknown>[];
  verified: boolean;
  note: string;
}

/** Served, so that each call only joins. */
let server: Running | undefined;
let mongodbUrl = MONGODB_URL ?? '';

afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.ended;
  folder.remove();
});

beforeAll(async () => {
  writeFileSync(join(folder.path, 'journal.csv'), JOURNAL);
  if (!stores.env) {
    server = startApp('standalone', ['--serve'], dataDir);
    mongodbUrl = (await server.until('stdout', /^ready .*mongodb=(\S+)/))[1]!;
  }
  const imported = await json('import', 'history', join(folder.path, 'journal.csv'), ...ofCommunity);
  expect(imported).toEqual({ lines: 7, imported: 7, unchanged: 0, skipped: 0, rejected: [] });
}, 120_000);

describe('estate report aging', () => {
  const none = { notDue: '0', d1to30: '0', d31to60: '0', d61to90: '0', d91plus: '0' };

  it('has buckets, totals and every account with a line, in the order of ids', async () => {
    const report = await json<Aging>('report', 'aging', ...ofCommunity, '--as-of', '2026-03-31');
    const open = { buckets: { ...none, d31to60: '20080' }, outstanding: '20080', credit: '0' };
    expect(report).toEqual({
      asOf: '2026-03-31',
      knownAt: null,
      position: expect.stringMatching(/^\d+$/),
      currency: 'CNY',
      ...open,
      credit: '4900',
      accounts: [
        { account: 'B1/0101', ...open },
        { account: 'B1/0102', buckets: none, outstanding: '0', credit: '4900' },
        { account: '甲-2', buckets: none, outstanding: '0', credit: '0' },
      ],
    });
  });

  it('cuts by the day, and by the instant of recording', async () => {
    const early = await json<Aging>('report', 'aging', ...ofCommunity, '--as-of', '2026-02-09');
    expect(early.accounts).toEqual([
      { account: 'B1/0101', buckets: { ...none, notDue: '25040', d1to30: '25040' }, outstanding: '50080', credit: '0' },
    ]);
    const before = await json<Aging>(
      'report',
      'aging',
      ...ofCommunity,
      '--as-of',
      '2026-03-31',
      '--known-at',
      '2020-01-01',
    );
    expect(before).toMatchObject({ knownAt: '2020-01-01T15:59:59.999Z', accounts: [], outstanding: '0' });
  });

  it('is a table for people', async () => {
    const { status, stdout, stderr } = await run('report', 'aging', ...ofCommunity, '--as-of', '2026-03-31');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^B1\/0101 +0\.00 +0\.00 +200\.80 +0\.00 +0\.00 +200\.80 +0\.00$/m);
    expect(stdout).toMatch(/^total of 3 /m);
  });
});

describe('estate report ledger', () => {
  it('has a line for each fact that changes the balance', async () => {
    const ledger = await json<Ledger>('report', 'ledger', ...ofAccount);
    const figures = ledger.lines.map(({ type, reference, effectiveOn, debit, credit, balance }) => [
      type,
      reference,
      effectiveOn,
      debit,
      credit,
      balance,
    ]);
    expect(figures).toEqual([
      ['FeeAssessed', 'F1', '2026-01-05', '25040', '0', '25040'],
      ['FeeAssessed', 'F2', '2026-02-05', '25040', '0', '50080'],
      ['PaymentReceived', 'P1', '2026-02-10', '0', '30000', '20080'],
    ]);
    expect(Object.keys(ledger.lines[0]!).sort()).toEqual(
      [
        'stream',
        'revision',
        'position',
        'effectiveOn',
        'recordedAt',
        'type',
        'reference',
        'debit',
        'credit',
        'balance',
      ].sort(),
    );
    expect(ledger).toMatchObject({ account: 'B1/0101', balance: '20080' });
  });

  it('cuts, and an account without lines has a balance of 0', async () => {
    expect(await json<Ledger>('report', 'ledger', ...ofAccount, '--as-of', '2026-02-09')).toMatchObject({
      balance: '50080',
    });
    const known = await json<Ledger>('report', 'ledger', ...ofAccount, '--known-at', '2020-01-01T00:00:00+08:00');
    expect(known).toMatchObject({ lines: [], balance: '0' });
  });

  it('is a table for people', async () => {
    const { stdout } = await run('report', 'ledger', ...ofAccount);
    expect(stdout).toMatch(/^2026-02-10 +PaymentReceived +P1 +300\.00 +200\.80 /m);
    expect(stdout).toContain('balance 200.80 CNY');
  });
});

describe('estate report audit', () => {
  it('lists every event with actor, both dates and hash, after the chains were recomputed', async () => {
    const audit = await json<Audit>('report', 'audit', ...ofCommunity);
    expect(audit).toMatchObject({ verified: true, note: expect.stringContaining('lost tail') });
    const types = audit.events.map(({ type }) => type);
    expect(types).toEqual(
      expect.arrayContaining(['CommunityRegistered', 'ReminderSent', 'CreditApplied', 'DisputeOpened', 'HoldPlaced']),
    );
    expect(Object.keys(audit.events[0]!)).toEqual(
      'position stream revision type actor occurredAt effectiveOn recordedAt correlationId causationId hash'.split(' '),
    );
    const reminder = audit.events.find(({ type }) => type === 'ReminderSent');
    expect(reminder).toMatchObject({
      actor: { id: 'import' },
      effectiveOn: '2026-03-01',
      occurredAt: '2026-02-28T16:00:00.000Z',
    });
    const positions = audit.events.map(({ position }) => BigInt(position as string));
    expect(positions).toEqual([...positions].sort((a, b) => (a < b ? -1 : 1)));
  });

  it("is about one account's stream when asked", async () => {
    const audit = await json<Audit>('report', 'audit', ...ofAccount);
    expect(new Set(audit.events.map(({ stream }) => stream))).toEqual(new Set([`account-${community}.B1/0101`]));
    expect(audit.events.map(({ revision }) => revision)).toEqual(audit.events.map((_, index) => String(index)));
    expect((await run('report', 'audit', ...ofAccount)).stdout).toContain(`${audit.events.length} events, verified. `);
  });
});

describe('estate replay', () => {
  interface Replay {
    account: string;
    states: { position: string; type: string; state: Record<string, unknown> }[];
  }

  it('shows the state after each event, up to a position', async () => {
    const { account, states } = await json<Replay>('replay', ...ofAccount);
    expect([account, states[0]!.type]).toEqual(['B1/0101', 'AccountOpened']);
    expect(states.at(-1)!.state).toMatchObject({ outstanding: '20080', credit: '0' });
    const until = states[2]!.position;
    const part = await json<Replay>('replay', ...ofAccount, '--until', until);
    expect(part.states).toEqual(states.slice(0, 3));
    expect((await run('replay', ...ofAccount, '--until', until)).stdout).toContain(
      '@2 FeeAssessed, effective 2026-02-05',
    );
  });
});

describe('estate export events', () => {
  const verifier = join(ROOT, 'tools', 'verify-export.mjs');

  it('is accepted by the verifier, to stdout and to a file relative to the caller', async () => {
    const { status, stdout, stderr } = await run('export', 'events', ...ofCommunity);
    expect([status, stderr]).toEqual([0, '']);
    mkdirSync(join(folder.path, 'sub'));
    const here = { ...stores, env: { ...stores.env, INIT_CWD: join(folder.path, 'sub') } };
    const told = await estateJson(['export', 'events', ...ofCommunity, '--out', '../export.ndjson'], dataDir, here);
    expect(told).toMatchObject({ file: join(folder.path, 'export.ndjson'), streams: 4 });
    expect(readFileSync(join(folder.path, 'export.ndjson'), 'utf8')).toBe(stdout);
    const verified = await start(process.execPath, [verifier, join(folder.path, 'export.ndjson')]).ended;
    expect(verified).toMatchObject({ status: 0, stdout: expect.stringMatching(/^verified: \d+ events of 4 streams/) });
    const last = JSON.parse(stdout.trimEnd().split('\n').at(-1)!) as { events: number; heads: object };
    expect(last.events).toBe(stdout.trimEnd().split('\n').length - 1);
    expect(Object.keys(last.heads).sort()).toEqual(
      [
        `community-${community}.${community}`,
        ...['B1/0101', 'B1/0102', '甲-2'].map((id) => `account-${community}.${id}`),
      ]
        .sort()
        .reverse()
        .reverse(),
    );
  });
});

describe('estate verify', () => {
  it('rebuilds, recomputes and checks', async () => {
    const verified = await json<{
      projections: { name: string; events: number; documents: number; differences: number }[];
      chains: { streams: number; events: number; broken: number };
      identities: { name: string; holds: boolean }[];
    }>('verify');
    expect(verified.projections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['ledger', 'arrears-aging', 'audit-trail']),
    );
    for (const { differences } of verified.projections) expect(differences).toBe(0);
    expect(verified.chains).toMatchObject({ broken: 0 });
    expect(verified.identities.length).toBeGreaterThan(3);
    expect(verified.identities.every(({ holds }) => holds)).toBe(true);
    expect((await run('verify')).stdout).toMatch(/^verified up to position \d+$/m);
  });
});

describe('a read model that was changed by hand', () => {
  it('is found by the audit and by verify, which end with 1 and still say all they found', async () => {
    const client = await MongoClient.connect(mongodbUrl);
    const entries = client.db(stores.env ? community : 'estate').collection<{ _id: string }>('audit-trail.v1');
    const _id = `account-${community}.B1/0101@2/0`;
    expect(await entries.updateOne({ _id }, { $set: { 'actor.id': 'nobody' } })).toMatchObject({ modifiedCount: 1 });
    const audit = await run('report', 'audit', ...ofAccount, '--json');
    const { verified, note, events } = JSON.parse(audit.stdout) as Audit;
    expect([audit.status, verified, events.length > 3]).toEqual([1, false, true]);
    expect(note).toContain('the audit trail and the store disagree');
    const check = await run('verify', '--json');
    expect(check.status).toBe(1);
    expect(JSON.parse(check.stdout)).toMatchObject({
      projections: expect.arrayContaining([expect.objectContaining({ name: 'audit-trail', differences: 1 })]),
      faults: [expect.stringContaining('nobody')],
    });
    await entries.updateOne({ _id }, { $set: { 'actor.id': 'import' } });
    await client.close();
    expect(await run('verify')).toMatchObject({ status: 0 });
  }, 120_000);
});

describe('bad input', () => {
  it.each<[string, string[]]>([
    ['COMMUNITY_NOT_FOUND', ['report', 'aging', '--community', 'nowhere', '--as-of', '2026-03-31']],
    ['ID_INVALID', ['report', 'aging', '--community', 'no-where', '--as-of', '2026-03-31']],
    ['DATE_INVALID', ['report', 'aging', ...ofCommunity, '--as-of', '2026-02-30']],
    [
      'INSTANT_INVALID',
      ['report', 'aging', ...ofCommunity, '--as-of', '2026-03-31', '--known-at', '2026-03-31T10:00:00'],
    ],
    ['ACCOUNT_NOT_FOUND', ['report', 'ledger', ...ofCommunity, '--account', 'B9']],
    ['ACCOUNT_NOT_FOUND', ['report', 'audit', ...ofCommunity, '--account', 'B9']],
    ['ACCOUNT_NOT_FOUND', ['replay', ...ofCommunity, '--account', 'B9']],
    ['POSITION_INVALID', ['replay', ...ofAccount, '--until', '-1']],
    ['COMMUNITY_NOT_FOUND', ['export', 'events', '--community', 'nowhere']],
    ['OUT_INVALID', ['export', 'events', ...ofCommunity, '--out', '/nowhere/at/all']],
    ['FILE_NOT_FOUND', ['import', 'history', '/nowhere.csv', ...ofCommunity]],
    ['USAGE_INVALID', ['report', 'aging', ...ofCommunity]],
    ['USAGE_INVALID', ['report', 'aging', ...ofCommunity, '--as-of', '2026-03-31', '--frobnicate']],
    ['USAGE_INVALID', ['frobnicate']],
  ])('%s: one line on stderr, nothing on stdout, status 2: %j', async (code, args) => {
    const { status, stdout, stderr } = await run(...args, '--json');
    expect(stderr).toMatch(new RegExp(`^estate: ${code}: [^\\n]+\\n$`));
    expect([status, stdout]).toEqual([2, '']);
  });

  it('shows the help of a group, on stderr, and the version', async () => {
    expect(await run('report')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining('Usage: estate report'),
    });
    expect(await run('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' });
    expect(await run('report', 'aging', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('--as-of'),
    });
  });
});
