import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { estate, estateJson, ROOT, start, startApp, temporaryFolder, type Running } from '../support/processes.js';

const JOURNAL = `occurredOn,account,entry,amountMinor,dueOn,reference
2026-01-05,B1/0101,fee,25040,2026-01-20,F1
2026-02-10,B1/0101,payment,5000,,P1
`;
const READY =
  /^ready eventstore=(esdb:\/\/127\.0\.0\.1:(\d+)\S*) mongodb=(mongodb:\/\/127\.0\.0\.1:(\d+)\S*)(?: api=\S+)?$/m;
const AGING = ['report', 'aging', '--community', 'yinghu', '--as-of', '2026-03-31'];

const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
const journal = join(folder.path, 'journal.csv');
const running: Running[] = [];

function serve(...args: string[]): Running {
  const server = startApp('standalone', args, dataDir);
  running.push(server);
  return server;
}

/** Owns the folder without serving it, as a command does that runs for long. */
async function hold(): Promise<Running> {
  const ownership = join(ROOT, 'dist', 'libs', 'runtime', 'src', 'ownership.js');
  const code = `const { tryOwn } = await import(${JSON.stringify(ownership)}); console.log(Boolean(await tryOwn(${JSON.stringify(dataDir)}))); setInterval(() => 0, 1000);`;
  const holder = start(process.execPath, ['--input-type=module', '-e', code]);
  running.push(holder);
  await holder.until('stdout', /true/);
  return holder;
}

function isOpen(port: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

beforeAll(async () => {
  writeFileSync(journal, JOURNAL);
  const told = await estateJson(['import', 'history', journal, '--community', 'yinghu'], dataDir);
  expect(told).toMatchObject({ imported: 2 });
}, 120_000);

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => folder.remove());

describe('a data folder', () => {
  it('is served all in one; commands join and leave projecting to it; SIGTERM ends it cleanly', async () => {
    const server = serve('--serve');
    const [, , eventstorePort, , mongodbPort] = await server.until('stdout', READY);
    expect(JSON.parse(readFileSync(join(dataDir, 'address.json'), 'utf8'))).toMatchObject({
      pid: server.child.pid,
      projecting: true,
    });
    const more = join(folder.path, 'more.csv');
    writeFileSync(more, `${JOURNAL.split('\n')[0]}\n2026-03-01,B1/0101,payment,1000,,P2\n`);
    expect(await estateJson(['import', 'history', more, '--community', 'yinghu'], dataDir)).toMatchObject({
      imported: 1,
    });
    const both = await Promise.all([estateJson(AGING, dataDir), estateJson(AGING, dataDir)]);
    for (const report of both) expect(report).toMatchObject({ outstanding: '19040' });
    server.child.kill('SIGTERM');
    expect(await server.ended).toMatchObject({ status: 0, stderr: '' });
    expect(server.stdout().trimEnd().split('\n')).toHaveLength(1);
    expect(existsSync(join(dataDir, 'address.json'))).toBe(false);
    expect(await Promise.all([isOpen(eventstorePort!), isOpen(mongodbPort!)])).toEqual([false, false]);
  }, 120_000);

  it('is served bare for other programs; a command that joins folds itself', async () => {
    const server = serve();
    await server.until('stdout', READY);
    expect(JSON.parse(readFileSync(join(dataDir, 'address.json'), 'utf8'))).toMatchObject({ projecting: false });
    expect(await estateJson(AGING, dataDir)).toMatchObject({ outstanding: '19040' });
  }, 120_000);

  it('is served once', async () => {
    await serve('--serve').until('stdout', READY);
    const second = await serve('--serve').ended;
    expect(second).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^estate: DATA_FOLDER_IN_USE: [^\n]+\n$/),
    });
  }, 120_000);

  it('is free at once when its server is killed, and the address left behind is void', async () => {
    const server = serve('--serve');
    await server.until('stdout', READY);
    server.child.kill('SIGKILL');
    await server.ended;
    expect(existsSync(join(dataDir, 'address.json'))).toBe(true);
    const { status, stderr, stdout } = await estate([...AGING, '--json'], dataDir);
    expect([status, stderr]).toEqual([0, '']);
    expect(JSON.parse(stdout)).toMatchObject({ outstanding: '19040' });
    expect(existsSync(join(dataDir, 'address.json'))).toBe(false);
  }, 120_000);

  it('tells a command that has joined at once when its owner is gone', async () => {
    const server = serve();
    await server.until('stdout', READY);
    const lines = Array.from({ length: 20_000 }, (_, n) => `2026-03-01,C${n % 50},reminder,,,R${n}`);
    const long = join(folder.path, 'long.csv');
    writeFileSync(long, [JOURNAL.split('\n')[0], ...lines, ''].join('\n'));
    const importing = startApp('cli', ['import', 'history', long, '--community', 'yinghu', '--json'], dataDir);
    running.push(importing);
    const { size } = statSync(join(dataDir, 'events', 'data.mdb'));
    while (statSync(join(dataDir, 'events', 'data.mdb')).size <= size + 100_000) await sleep(5);
    server.child.kill('SIGKILL');
    expect(await importing.ended).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(/^estate: OWNER_GONE: /),
    });
    expect(await estateJson(['import', 'history', long, '--community', 'yinghu'], dataDir)).toMatchObject({
      lines: 20_000,
      rejected: [],
    });
  }, 240_000);

  it('is waited for while another command has it, with a word about it, and taken at once when that is killed', async () => {
    const holder = await hold();
    const waiting = startApp('cli', [...AGING, '--json'], dataDir);
    running.push(waiting);
    await waiting.until('stderr', /waiting for another estate command that is using /);
    holder.child.kill('SIGKILL');
    await holder.ended;
    const { status, stdout } = await waiting.ended;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ outstanding: '19040' });
  }, 120_000);

  it('a command that waits, or works, stops when told to', async () => {
    await hold();
    const waiting = startApp('cli', AGING, dataDir);
    running.push(waiting);
    await waiting.until('stderr', /waiting/);
    waiting.child.kill('SIGTERM');
    expect(await waiting.ended).toMatchObject({
      status: 143,
      stdout: '',
      stderr: expect.stringContaining('estate: stopped by SIGTERM'),
    });
  }, 120_000);

  it('of a later format is refused', async () => {
    const marker = readFileSync(join(dataDir, 'format.json'), 'utf8');
    writeFileSync(join(dataDir, 'format.json'), '{"format":99}');
    expect(await estate(AGING, dataDir)).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^estate: DATA_FORMAT_UNKNOWN: /),
    });
    writeFileSync(join(dataDir, 'format.json'), marker);
  });

  it('is not opened on half a configuration', async () => {
    const options = { env: { EVENTSTORE_URL: 'esdb://127.0.0.1:1?tls=false' } };
    expect(await estate(AGING, dataDir, options)).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^estate: CONFIG_INVALID: /),
    });
  });

  it('is let go when npm is told to stop', async () => {
    const npm = start('npm', ['start'], {
      cwd: ROOT,
      env: { ESTATE_DATA_DIR: dataDir, EVENTSTORE_URL: undefined, MONGODB_URL: undefined, PORT: '0' },
    });
    running.push(npm);
    const [, , eventstorePort] = await npm.until('stdout', READY);
    const { pid } = JSON.parse(readFileSync(join(dataDir, 'address.json'), 'utf8')) as { pid: number };
    npm.child.kill('SIGTERM');
    await npm.ended;
    expect(await isOpen(eventstorePort!)).toBe(false);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    expect(existsSync(join(dataDir, 'address.json'))).toBe(false);
  }, 120_000);
});
