import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parsePublishedDays } from '#libs/calendar';
import { naiveFigures, type LogLine } from '../support/naive-service-figures.js';
import {
  estate,
  estateJson,
  ROOT,
  startApp,
  temporaryFolder,
  type Running,
  type StartOptions,
} from '../support/processes.js';
import { uniqueCommunity } from '../support/stores.js';

const REAL_LOG = resolve('../shared/data/service/cases.csv'); // beside the project, where it is present
const HEADER = 'case,at,activity,severity,agent,team,customer';
const DAYS = join(ROOT, 'libs/calendar/src/cn-published-days.csv');
const special = new Map(parsePublishedDays(readFileSync(DAYS, 'utf8')).map(({ date, day }) => [date, day] as const));

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const community = uniqueCommunity();
/** The same contract holds on real servers, when the environment names them. */
const { EVENTSTORE_URL, MONGODB_URL } = process.env;
const stores: StartOptions =
  EVENTSTORE_URL && MONGODB_URL ? { env: { EVENTSTORE_URL, MONGODB_URL, ESTATE_DB_PREFIX: community } } : {};

const run = (...args: string[]) => estate(args, dataDir, stores);
const json = <T>(...args: string[]) => estateJson<T>(args, dataDir, stores);

/** Served, so that each call only joins. */
let server: Running | undefined;

beforeAll(async () => {
  if (stores.env) return;
  server = startApp('standalone', ['--serve'], dataDir);
  await server.until('stdout', /^ready /);
}, 120_000);

afterAll(async () => {
  server?.child.kill('SIGTERM');
  await server?.ended;
  folder.remove();
});

/** A log of 60 cases around the Spring Festival, the same in every run. */
function sampleLog(): string[] {
  const words = [
    'accepted',
    'accepted',
    'waiting',
    'waiting',
    'resolved',
    'resolved',
    'closed',
    'noted',
    'escalated',
    'rejected',
    'duplicate',
  ];
  let seed = 7;
  const random = (below: number) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % below;
  const rows: string[] = [];
  for (let number = 0; number < 60; number += 1) {
    let at = Date.parse('2026-01-26T00:00:00Z') + random(20 * 86_400) * 1000;
    for (let left = 1 + random(9); left > 0; left -= 1) {
      const activity = rows.length % 5 === 0 ? 'opened' : words[random(words.length)]!;
      rows.push(
        `C-${number},${new Date(at).toISOString()},${activity},1,agent-${random(3)},team-${number % 2},customer-${number}`,
      );
      at += random(3) === 0 ? 0 : random(6 * 86_400) * 1000;
    }
  }
  return rows;
}

function linesOf(rows: readonly string[]): LogLine[] {
  return rows.map((row) => row.split(',')).map(([id, at, activity]) => ({ case: id!, at: at!, activity: activity! }));
}

interface Report {
  asOf: string;
  [field: string]: unknown;
}

async function compare(
  id: string,
  lines: readonly LogLine[],
  periods: readonly [string, string, string][],
): Promise<void> {
  for (const [from, to, text] of periods) {
    const args = ['report', 'service', '--community', id, '--from', from, '--to', to, '--as-of', text];
    const { asOf, ...figures } = await json<Report>(...args);
    expect(figures).toEqual(naiveFigures(lines, { from, to, asOf }, special));
  }
}

describe('cases, from a log to the figures', () => {
  const rows = sampleLog();
  const file = join(folder.path, 'cases.csv');
  const ofCommunity = ['--community', community];

  it('are imported once, bad lines reported', async () => {
    const bad = [
      'C-1,2026-02-30T00:00:00Z,noted,1,a,t,c',
      ',2026-02-03T00:00:00Z,noted,1,a,t,c',
      'C-1,2026-02-03T00:00:00,noted,1,a,t,c',
    ];
    writeFileSync(file, [HEADER, ...bad, ...rows].join('\n'));
    const { status, stdout } = await run('import', 'cases', file, ...ofCommunity, '--json');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ lines: rows.length + 3, imported: rows.length, unchanged: 0, skipped: 0 },
      rejected: [
        { line: 2, code: 'INSTANT_INVALID' },
        { line: 3, code: 'CASE_MISSING' },
        { line: 4, code: 'INSTANT_INVALID' },
      ],
    });
    writeFileSync(file, [HEADER, ...rows].join('\n'));
    const again = await json('import', 'cases', file, ...ofCommunity);
    expect(again).toEqual({ lines: rows.length, imported: 0, unchanged: rows.length, skipped: 0, rejected: [] });
  }, 120_000);

  it('give the figures of an independent computation', async () => {
    await compare(community, linesOf(rows), [
      ['2026-01-01', '2026-12-31', '2026-12-31'],
      ['2026-02-01', '2026-02-10', '2026-02-25'],
      ['2026-01-26', '2026-01-31', '2026-02-03T12:00:00+08:00'],
      ['2030-01-01', '2030-12-31', '2031-01-01'],
    ]);
  }, 120_000);

  it('break down by team to the same sums', async () => {
    const args = [
      'report',
      'service',
      ...ofCommunity,
      '--from',
      '2026-01-01',
      '--to',
      '2026-12-31',
      '--as-of',
      '2026-03-01',
      '--by',
      'team',
    ];
    const { opened, slices } = await json<{ opened: number; slices: { value: string; opened: number }[] }>(...args);
    expect(slices.map(({ value }) => value)).toEqual(['team-0', 'team-1']);
    expect(slices.reduce((sum, slice) => sum + slice.opened, 0)).toBe(opened);
  }, 120_000);

  it('queue by the clock that ends next', async () => {
    const { cases } = await json<{
      cases: { case: string; state: string; dueAt: string | null; minutesLeft: number | null }[];
    }>('report', 'cases', ...ofCommunity, '--state', 'open');
    expect(cases.length).toBeGreaterThan(3);
    expect(cases.every(({ state }) => state === 'open')).toBe(true);
    const due = cases.map(({ dueAt }) => dueAt).filter((at) => at !== null);
    expect(due).toEqual([...due].sort());
    const breached = await json<{ cases: { case: string }[] }>('report', 'cases', ...ofCommunity, '--breached');
    expect(breached.cases.length).toBeGreaterThan(0);
  }, 120_000);

  it('replay, and show in the audit trail and under verification', async () => {
    const replay = await json<{ kind: string; states: { type: string; state: { status: string } }[] }>(
      'replay',
      ...ofCommunity,
      '--case',
      'C-3',
    );
    expect(replay.kind).toBe('complaint');
    expect(replay.states[0]).toMatchObject({ type: 'ComplaintOpened', state: { status: 'Open' } });
    const audit = await json<{ events: { stream: string }[]; verified: boolean }>('report', 'audit', ...ofCommunity);
    expect(audit.verified).toBe(true);
    expect(audit.events.filter(({ stream }) => stream === `complaint-${community}.C-3`)).toHaveLength(
      replay.states.length,
    );
    const verified = await json<{
      projections: { name: string; differences: number }[];
      identities: { holds: boolean }[];
    }>('verify');
    expect(verified.projections.filter(({ differences }) => differences !== 0)).toEqual([]);
    expect(verified.projections.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['service-quality', 'case-queue']),
    );
    expect(verified.identities.every(({ holds }) => holds)).toBe(true);
  }, 120_000);

  it.each([
    [['report', 'service', '--from', '2026-02-01', '--to', '2026-01-01'], 'PERIOD_INVALID'],
    [['report', 'service', '--from', '2026-02-30', '--to', '2026-03-01'], 'DATE_INVALID'],
    [['report', 'service', '--from', '2026-02-01', '--to', '2026-03-01', '--as-of', 'soon'], 'INSTANT_INVALID'],
    [['report', 'service', '--from', '2026-02-01', '--to', '2026-03-01', '--by', 'moon'], 'DIMENSION_INVALID'],
    [['report', 'cases', '--state', 'lost'], 'STATE_INVALID'],
    [['replay', '--case', 'C-999'], 'CASE_NOT_FOUND'],
    [['replay', '--case', 'C-1', '--account', 'A'], 'USAGE_INVALID'],
  ])(
    '%j is refused with %s',
    async (args, code) => {
      const { status, stdout, stderr } = await run(...args, ...ofCommunity, '--json');
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain(`estate: ${code}: `);
    },
    60_000,
  );

  (existsSync(REAL_LOG) ? it : it.skip)(
    'of the real log give the figures of an independent computation',
    async () => {
      const id = uniqueCommunity();
      const real = readFileSync(REAL_LOG, 'utf8').trim().split('\n').slice(1);
      const report = await json('import', 'cases', REAL_LOG, '--community', id);
      expect(report).toEqual({ lines: 7444, imported: 7444, unchanged: 0, skipped: 0, rejected: [] });
      await compare(id, linesOf(real), [
        ['2010-01-01', '2011-12-31', '2012-12-31'],
        ['2010-03-01', '2010-06-30', '2010-07-15T08:00:00Z'],
        ['2010-10-01', '2010-10-31', '2010-10-20'],
      ]);
    },
    300_000,
  );
});
