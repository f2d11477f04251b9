import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { Binary, Double, Int32, Long, MongoClient } from 'mongodb';
import { systemClock } from '#libs/kernel';
import { backupDataFolder, openRuntime } from '#libs/runtime';
import { estate, estateJson, startApp, temporaryFolder, type Running } from '../support/processes.js';

const folder = temporaryFolder();
const running: Running[] = [];
const at = (name: string): string => join(folder.path, name);

afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => folder.remove());

function writeJournal(path: string, accounts: number, linesEach: number): void {
  const lines = ['occurredOn,account,entry,amountMinor,dueOn,reference'];
  for (let n = 0; n < accounts * linesEach; n += 1) {
    const day = String((n % 28) + 1).padStart(2, '0');
    const account = `A${n % accounts}`;
    lines.push(
      n % 3 === 2
        ? `2026-02-${day},${account},payment,900,,P${n}`
        : `2026-01-${day},${account},fee,1000,2026-02-${day},F${n}`,
    );
  }
  writeFileSync(path, `${lines.join('\n')}\n`);
}

/** Reports that two data folders must agree on; positions and instants of recording are of each log. */
async function figures(dataDir: string): Promise<unknown> {
  const { position: _position, ...aging } = await estateJson<{ position: string }>(
    ['report', 'aging', '--community', 'yinghu', '--as-of', '2026-03-31'],
    dataDir,
  );
  return aging;
}

async function putKeys(mongodb: string): Promise<object[]> {
  const client = await MongoClient.connect(mongodb);
  const keys = client.db('estate_vault').collection<{ _id: string }>('samples');
  const documents = [1, 2].map((n) => ({
    _id: `k${n}`,
    wrapped: new Binary(Buffer.from([n, 255])),
    long: Long.fromString('9007199254740993'),
    int: new Int32(n),
    double: new Double(n),
  }));
  await keys.insertMany(documents);
  await client.close();
  return documents;
}

async function readKeys(mongodb: string): Promise<Buffer[]> {
  const client = await MongoClient.connect(mongodb);
  const found = await client
    .db('estate_vault')
    .collection('samples')
    .find({}, { raw: true })
    .sort({ _id: 1 })
    .toArray();
  await client.close();
  return found.map((document) => Buffer.from(document as unknown as Buffer));
}

const READY = /mongodb=(\S+)/;

interface Serving {
  readonly server: Running;
  readonly mongodb: string;
}

async function serve(dataDir: string): Promise<Serving> {
  const server = startApp('standalone', ['--serve'], dataDir);
  running.push(server);
  const [, mongodb] = await server.until('stdout', READY);
  return { server, mongodb: mongodb! };
}

/** In this process, so that the backup begins as soon as another one has begun to write. */
async function backupWhileWriting(dataDir: string, target: string): Promise<void> {
  const runtime = await openRuntime({ env: {}, dataDir });
  expect(runtime.mode).toBe('standalone-joined');
  while ((await runtime.eventStore.headPosition()) < 200n) await sleep(5);
  await backupDataFolder(runtime, target, systemClock);
  await runtime.close();
}

interface Resumed {
  readonly imported: number;
  readonly unchanged: number;
}

describe('backup and restore', () => {
  it('are a round trip while an import runs, keys of the vault included', async () => {
    writeJournal(at('journal.csv'), 60, 100);
    const importing = ['import', 'history', at('journal.csv'), '--community', 'yinghu'];
    const { server, mongodb } = await serve(at('data'));
    await putKeys(mongodb);
    const rawKeys = await readKeys(mongodb);
    const import1 = startApp('cli', [...importing, '--json'], at('data'));
    running.push(import1);
    await backupWhileWriting(at('data'), at('b1'));
    expect(await import1.ended).toMatchObject({ status: 0 });
    server.child.kill('SIGTERM');
    await server.ended;
    const expected = await figures(at('data'));

    const restored = at('restored-b1');
    expect(await estateJson(['restore', at('b1')], restored)).toMatchObject({ restored });
    expect(await estate(['verify'], restored)).toMatchObject({ status: 0 });
    const resumed = await estateJson<Resumed>(importing, restored);
    expect(resumed).toMatchObject({ lines: 6000, rejected: [] });
    // Taken in the middle: some lines were in the copy, and the rest came with the second import.
    expect(Math.min(resumed.imported, resumed.unchanged)).toBeGreaterThan(0);
    expect(await figures(restored)).toEqual(expected);
    const [key, restoredKey] = [at('data'), restored].map((dir) =>
      readFileSync(join(dir, 'vault', 'master.key'), 'utf8'),
    );
    expect(restoredKey).toBe(key);
    const again = await serve(at('restored-b1'));
    expect(await readKeys(again.mongodb)).toEqual(rawKeys);
  }, 240_000);

  it('need no running owner, and are private', async () => {
    await estateJson(['backup', at('b4')], at('data'));
    expect(statSync(at('b4')).mode & 0o77).toBe(0);
    expect(statSync(join(at('b4'), 'master.key')).mode & 0o77).toBe(0);
    expect(readdirSync(at('b4')).sort()).toEqual(['backup.json', 'events', 'master.key', 'vault.ndjson']);
    expect((await estate(['restore', at('b4')], at('restored-b4'))).stdout).toContain('restored from');
  }, 120_000);

  it('refuse what would overwrite or mix', async () => {
    expect(await estate(['backup', at('b1')], at('data'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('BACKUP_TARGET_NOT_EMPTY'),
    });
    expect(await estate(['restore', at('b1')], at('data'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('DATA_FOLDER_NOT_EMPTY'),
    });
  }, 120_000);

  it.each([
    ['damaged', 'BACKUP_INVALID', (dir: string) => flipByte(join(dir, 'events', 'data.mdb'))],
    ['cut short', 'BACKUP_INVALID', (dir: string) => writeFileSync(join(dir, 'vault.ndjson'), '')],
    ['without a manifest', 'BACKUP_INVALID', (dir: string) => writeFileSync(join(dir, 'backup.json'), '')],
    [
      'of another format',
      'BACKUP_FORMAT_UNKNOWN',
      (dir: string) => writeFileSync(join(dir, 'backup.json'), '{"format":2}'),
    ],
  ])(
    'a %s backup is not restored',
    async (name, code, spoil) => {
      const dir = at(`spoilt ${name}`);
      await estateJson(['backup', dir], at('data'));
      spoil(dir);
      const target = at(`target ${name}`);
      const { stderr } = await estate(['restore', dir], target);
      expect(stderr).toMatch(new RegExp(`^estate: ${code}: `));
      expect(existsSync(target) ? readdirSync(target) : []).toEqual([]);
    },
    120_000,
  );

  it('a folder that is no backup is not restored', async () => {
    mkdirSync(at('empty'));
    expect(await estate(['restore', at('empty')], at('none'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('BACKUP_INVALID'),
    });
  });
});

function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[5000] = bytes[5000]! ^ 1;
  writeFileSync(path, bytes);
}
