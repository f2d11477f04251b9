import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CommandRunner, EventStore } from '#libs/event-store';
import type { Decider, NewEvent } from '#libs/kernel';
import { estate, estateJson, ROOT, startApp, temporaryFolder, type Running } from '../support/processes.js';

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const COMMUNITY = ['--community', 'yinghu'];
const run = (...args: string[]) => estate(args, dataDir);
const json = <T>(...args: string[]) => estateJson<T>(args, dataDir);

interface Status {
  projections: { name: string; live: string; previous: string | null; builds: { build: string; state: string }[] }[];
}
interface Parked {
  parked: { id: string; model: string; key: string; cause: string; stack: string; state: string; version: number }[];
}
interface Audit {
  events: { type: string; actor: object }[];
  verified: boolean;
}

let server: Running;
let eventstoreUrl = '';

async function serve(): Promise<void> {
  server = startApp('standalone', ['--serve'], dataDir);
  eventstoreUrl = (await server.until('stdout', /^ready eventstore=(\S+)/))[1]!;
}

async function ofType(type: string): Promise<Audit['events']> {
  const { events, verified } = await json<Audit>('report', 'audit', ...COMMUNITY);
  expect(verified).toBe(true);
  return events.filter((event) => event.type === type);
}

beforeAll(async () => {
  await serve();
  const journal = join(ROOT, 'samples', 'journal.csv');
  expect((await run('import', 'history', journal, ...COMMUNITY)).status).toBe(0);
}, 120_000);

afterAll(async () => {
  server.child.kill('SIGTERM');
  await server.ended;
  folder.remove();
});

describe('a build of a read model, beside a program that serves', () => {
  const statusOf = async (name: string) => (await json<Status>('projections', 'status', name)).projections[0]!;

  it('is made, compared, switched to, gone back from and dropped', async () => {
    expect((await json<Status>('projections', 'list')).projections.map(({ live }) => live)).toContain('1');
    const rebuilt = await json<{ build: string; events: number }>('projections', 'rebuild', 'ledger');
    expect(rebuilt).toMatchObject({ build: '1.r2', parked: 0 });
    expect(rebuilt.events).toBeGreaterThan(300);
    const compared = await run('projections', 'compare', 'ledger');
    expect([compared.status, compared.stdout]).toEqual([0, expect.stringContaining('equal but for what is declared')]);
    const before = await json('report', 'ledger', ...COMMUNITY, '--account', 'B1/0101');
    expect(await json('projections', 'switch', 'ledger')).toMatchObject({ from: '1', to: '1.r2', reason: null });
    expect(await statusOf('ledger')).toMatchObject({ live: '1.r2', previous: '1' });
    const after = await json<object>('report', 'ledger', ...COMMUNITY, '--account', 'B1/0101');
    expect({ ...after, position: null }).toEqual({ ...(before as object), position: null });
    expect(await json('projections', 'rollback', 'ledger')).toMatchObject({ from: '1.r2', to: '1' });
    expect(await json('projections', 'drop', 'ledger')).toMatchObject({ dropped: ['1.r2'] });
    expect(await statusOf('ledger')).toMatchObject({ live: '1', builds: [{ build: '1', state: 'live' }] });
    expect(await ofType('ReadModelSwitched')).toMatchObject([
      { actor: { role: 'administrator' } },
      { actor: { role: 'administrator' } },
    ]);
  }, 120_000);

  it('is carried on after a kill, by whoever folds next', async () => {
    const asking = startApp('cli', ['projections', 'rebuild', 'audit-trail', '--json'], dataDir);
    await new Promise((resolve) => setTimeout(resolve, 700));
    server.child.kill('SIGKILL');
    await Promise.all([server.ended, asking.ended]);
    await serve();
    await json('projections', 'rebuild', 'audit-trail');
    const compared = await json<{ undeclared: object; documents: number }>('projections', 'compare', 'audit-trail');
    expect(compared.undeclared).toMatchObject({ count: 0 });
    expect(compared.documents).toBeGreaterThan(700);
    await json('projections', 'drop', 'audit-trail');
  }, 120_000);

  it('refuses what cannot be, with a stable code', async () => {
    const refused = async (...args: string[]) => {
      const { status, stderr } = await run('projections', ...args);
      return [status, /estate: ([A-Z_]+):/.exec(stderr)?.[1]];
    };
    expect(await refused('switch', 'ledger')).toEqual([1, 'READ_MODEL_NOT_BUILT']);
    expect(await refused('rebuild', 'legder')).toEqual([2, 'READ_MODEL_NOT_FOUND']);
    expect(await refused('drop', 'ledger', '--build', '1')).toEqual([1, 'READ_MODEL_LIVE']);
    expect(await refused('drop', 'ledger', '--build', 'x y')).toEqual([2, 'BUILD_INVALID']);
  }, 120_000);
});

describe('an event that a read model cannot fold', () => {
  /** As a program with a fault might have stored it. */
  async function storeBroken(): Promise<void> {
    const store = EventStore.connect(eventstoreUrl);
    const decider = {
      category: 'account',
      initialState: () => null,
      evolve: () => null,
      handles: new Set(),
    } as unknown;
    const actor = { id: 'x', role: 'x' };
    const context = { commandId: randomUUID(), input: null, actor, communityId: 'yinghu' };
    const times = { effectiveOn: '2026-03-01', occurredAt: '2026-03-01T00:00:00.000Z' };
    await new CommandRunner(store).execute(decider as Decider<null, NewEvent>, 'B1/0101', context, () => [
      { type: 'FeeAssessed', data: { item: 'broken' }, ...times },
    ]);
    await store.close();
  }

  it('is parked, said, and left out by a decision that the audit trail keeps', async () => {
    const ledger = async () =>
      json<{ lines: object[]; staleSince?: string }>('report', 'ledger', ...COMMUNITY, '--account', 'B1/0101');
    const { lines } = await ledger();
    await storeBroken();
    await server.until('stderr', /ledger\.v1@\d+\/stream is parked, stream account-yinghu\.B1\/0101 stands still: \w+/);
    expect(await ledger()).toMatchObject({ lines, staleSince: expect.stringMatching(/^\d+$/) });
    const { parked } = await json<Parked>('parked', 'list');
    expect(parked.map(({ model }) => model)).toContain('ledger');
    const one = parked.find(({ model }) => model === 'ledger')!;
    expect(await json('parked', 'show', one.id)).toMatchObject({
      ...{ id: one.id, state: 'failed', version: 1, waiting: 1, stack: expect.stringContaining('    at ') },
    });
    const verified = await run('verify');
    expect([verified.status, verified.stdout]).toEqual([1, expect.stringContaining('parked is since')]);
    expect((await run('parked', 'retry', '--all')).status).toBe(1);
    for (const { id } of parked) await json('parked', 'discard', id, '--reason', 'stored by mistake');
    expect((await json<Parked>('parked', 'list')).parked).toEqual([]);
    expect(await ledger()).not.toHaveProperty('staleSince');
    expect(await ofType('ParkedEventDiscarded')).toHaveLength(parked.length);
  }, 180_000);
});
