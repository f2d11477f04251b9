import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandRunner, EventStore } from '#libs/event-store';
import { commandIdOf } from '#libs/kernel';
import { caseDecider, openCase, surroundingsOf } from '#libs/service-desk';
import { estate, estateJson, startApp, temporaryFolder, type Running } from '../support/processes.js';

/** A case of somebody else's log that was never answered, and one whose deadline is in a year that is not published. */
const LOG = [
  'case,at,activity,severity,agent,team,customer',
  'L,2026-02-02T01:00:00Z,opened,1,ann,day,c',
  'M,2026-12-28T01:00:00Z,opened,1,ann,day,c',
];
const around = surroundingsOf('Asia/Shanghai');

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const log = join(folder.path, 'log.csv');
const days = join(folder.path, 'days.csv');
const json = <T>(...args: string[]) => estateJson<T>(args, dataDir);
const clocksRun = (...args: string[]) => json<Record<string, unknown>>('clocks', 'run', ...args);
const service = () =>
  json('report', 'service', '--community', 'c1', '--from', '2026-01-01', '--to', '2026-12-31', '--as-of', '2026-06-30');

async function serve(...args: string[]): Promise<{ server: Running; eventstore: string }> {
  const server = startApp('standalone', args, dataDir);
  const [, eventstore] = await server.until('stdout', /^ready eventstore=(\S+)/);
  return { server, eventstore: eventstore! };
}

async function stop(server: Running): Promise<void> {
  server.child.kill('SIGTERM');
  expect(await server.ended).toMatchObject({ status: 0 });
}

/** By the commands of the service desk: a case of one's own. */
async function openOwn(eventstore: string, caseId: string, openedAt: string): Promise<void> {
  const store = EventStore.connect(eventstore);
  const who = { severity: 'normal', team: 'day', handler: null, agent: 'ann', activity: null };
  const what = { channel: 'phone', unitId: null, customer: null, text: null } as const;
  const command = { caseId, kind: 'request', openedAt, now: openedAt, ...who, ...what } as const;
  const actor = { id: 'ann', role: 'service-agent' };
  const context = { commandId: commandIdOf('c1', 'test', caseId), input: null, actor, communityId: 'c1' };
  const decide = (state: Parameters<typeof openCase>[1]) => openCase(command, state, around);
  await new CommandRunner(store).execute(caseDecider('request'), caseId, context, decide);
  await store.close();
}

const breaches = async (caseId: string) =>
  (
    await json<{ events: { type: string; actor: { id: string } }[]; verified: boolean }>(
      ...['report', 'audit', '--community', 'c1', '--case', caseId],
    )
  ).events.filter(({ type }) => type === 'MilestoneBreached');

beforeAll(async () => {
  writeFileSync(log, `${LOG.join('\n')}\n`);
  writeFileSync(days, 'date,day\n2027-01-01,off\n');
  expect(await estate(['import', 'cases', log, '--community', 'c1'], dataDir)).toMatchObject({ status: 0 });
  // The bare servers: nobody watches the clocks.
  const { server, eventstore } = await serve();
  await openOwn(eventstore, '2026/000001', '2026-03-02T01:00:00.000Z');
  await stop(server);
}, 120_000);

afterAll(() => folder.remove());

describe('the service clocks, from the outside', () => {
  it('are run by a call, up to an instant, and change no figure', async () => {
    const before = await service();
    const first = await clocksRun('--community', 'c1', '--at', '2026-03-04T01:00:00.000Z');
    expect(first).toEqual({ at: '2026-03-04T01:00:00.000Z', breachesRecorded: 2, deadlinesProjected: 0 });
    expect(await clocksRun('--community', 'c1', '--at', '2026-03-31')).toEqual({
      ...{ at: '2026-03-31T15:59:59.999Z', breachesRecorded: 2, deadlinesProjected: 0 },
    });
    expect(await clocksRun('--published-days', days)).toMatchObject({ breachesRecorded: 0, deadlinesProjected: 1 });
    expect(await clocksRun('--published-days', days)).toMatchObject({ breachesRecorded: 0, deadlinesProjected: 0 });
    expect(await service()).toEqual(before);
    expect(await breaches('2026-000001')).toHaveLength(4);
    expect(await breaches('L')).toEqual([]);
  }, 120_000);

  it('refuse what is still to come, and files that are none', async () => {
    const refused = async (...args: string[]) => await estate(['clocks', 'run', ...args], dataDir);
    for (const [code, ...args] of [
      ['INSTANT_INVALID', '--at', '2099-01-01T00:00:00Z'],
      ['COMMUNITY_NOT_FOUND', '--community', 'none'],
      ['SCHEDULE_INVALID', '--published-days', log],
    ] as const) {
      const { status, stdout, stderr } = await refused(...args);
      expect({ status, stdout, code: stderr.includes(code) }).toEqual({ status: 2, stdout: '', code: true });
    }
    const both = ['report', 'audit', '--community', 'c1', '--account', 'a', '--case', 'L'];
    expect(await estate(both, dataDir)).toMatchObject({ status: 2, stdout: '' });
  }, 120_000);

  it('run inside npm start, and catch up with what was missed', async () => {
    const { server: bare, eventstore } = await serve();
    await openOwn(eventstore, '2026/000002', '2026-03-09T01:00:00.000Z');
    await stop(bare);
    const { server } = await serve('--serve', '--published-days', days);
    await server.until('stderr', /clocks: 4 breaches recorded, 0 deadlines/);
    expect((await breaches('2026-000002')).map(({ actor }) => actor.id)).toEqual(Array(4).fill('service-clocks'));
    expect(await clocksRun()).toMatchObject({ breachesRecorded: 0, deadlinesProjected: 0 });
    await stop(server);
    expect(await estate(['verify'], dataDir)).toMatchObject({ status: 0 });
  }, 120_000);

  it('run beside a projector as a program of their own', async () => {
    const { server, eventstore } = await serve();
    await openOwn(eventstore, '2026/000003', '2026-03-16T01:00:00.000Z');
    const projector = startApp('projector', [], dataDir);
    const scheduler = startApp('scheduler', [], dataDir);
    await scheduler.until('stderr', /clocks: 4 breaches recorded/);
    for (const program of [scheduler, projector, server]) await stop(program);
    const alone = startApp('scheduler', [], join(folder.path, 'empty'));
    expect(await alone.ended).toMatchObject({ status: 2, stderr: expect.stringContaining('CONFIG_INVALID') });
  }, 120_000);
});
