import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, symlinkSync, unlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { publishAddress } from './address-file.js';
import { claimDataFolder, type ClaimOptions } from './claim-data-folder.js';
import { dataFolderAt } from './data-folder.js';
import { tryOwn } from './ownership.js';
import { projectRoot } from './project-root.js';

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'estate-owner-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const QUIET: ClaimOptions = { mustOwn: false, say: () => undefined, signal: undefined };

/** Another process that owns the folder until it is killed. */
async function otherOwner(): Promise<{ kill(): void; readonly gone: Promise<unknown> }> {
  const built = join(projectRoot(), 'dist', 'libs', 'runtime', 'src', 'ownership.js');
  const code = `import(${JSON.stringify(built)}).then(async ({ tryOwn }) => { console.log(Boolean(await tryOwn(${JSON.stringify(root)}))); setInterval(() => 0, 1000); })`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  expect(said.toString()).toBe('true\n');
  return { kill: () => void child.kill('SIGKILL'), gone: once(child, 'exit') };
}

describe('ownership of a folder', () => {
  it('is held once, by whatever path, and comes back with its release', async () => {
    const link = `${root}-link`;
    symlinkSync(root, link);
    const first = await tryOwn(root);
    expect(first).toBeDefined();
    expect(await tryOwn(link)).toBeUndefined();
    await first!.release();
    const second = await tryOwn(link);
    expect(second).toBeDefined();
    await second!.release();
    unlinkSync(link);
  });

  it('is free at once when its holder is killed', async () => {
    const other = await otherOwner();
    expect(await tryOwn(root)).toBeUndefined();
    other.kill();
    await other.gone;
    const mine = await tryOwn(root);
    expect(mine).toBeDefined();
    await mine!.release();
  });
});

describe('claiming a data folder', () => {
  it('waits for an owner that does not serve, and says so once', async () => {
    const other = await otherOwner();
    const said: string[] = [];
    setTimeout(() => other.kill(), 800);
    const claim = await claimDataFolder(dataFolderAt(root), { ...QUIET, say: (line) => said.push(line) });
    expect(said).toEqual([`waiting for another estate command that is using ${root} …`]);
    expect(claim.kind).toBe('owned');
    if (claim.kind === 'owned') await claim.ownership.release();
  });

  it('stops waiting when told to', async () => {
    const held = await tryOwn(root);
    const signal = AbortSignal.timeout(100);
    await expect(claimDataFolder(dataFolderAt(root), { ...QUIET, signal })).rejects.toThrow();
    await held!.release();
  });

  it('joins an owner that serves; a second server refuses', async () => {
    const held = await tryOwn(root);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const address = {
      pid: process.pid,
      eventstore: `esdb://127.0.0.1:${port}?tls=false`,
      mongodb: `mongodb://127.0.0.1:${port}/`,
      projecting: true,
    };
    publishAddress(dataFolderAt(root), address);
    expect(await claimDataFolder(dataFolderAt(root), QUIET)).toEqual({ kind: 'joined', owner: address });
    const serving = claimDataFolder(dataFolderAt(root), { ...QUIET, mustOwn: true });
    await expect(serving).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
    server.close();
    await held!.release();
  });

  it('creates the folder, and clears away the address of an owner that was killed', async () => {
    const folder = dataFolderAt(join(root, 'new', 'data'));
    const first = await claimDataFolder(folder, QUIET);
    publishAddress(folder, {
      pid: process.pid,
      eventstore: 'esdb://127.0.0.1:1',
      mongodb: 'mongodb://127.0.0.1:1',
      projecting: true,
    });
    if (first.kind === 'owned') await first.ownership.release();
    const second = await claimDataFolder(folder, QUIET);
    expect(second.kind).toBe('owned');
    expect(existsSync(folder.addressFile)).toBe(false);
    if (second.kind === 'owned') await second.ownership.release();
  });
});
