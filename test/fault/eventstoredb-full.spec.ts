import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

const run = promisify(execFile);
const script = join(import.meta.dirname, 'eventstoredb-full.mjs');
const mount = 'mount -t tmpfs -o size=8m none "$1"';
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'standalone-full-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A file system of its own is a matter of Linux, and of permission. */
const mayMount = spawnSync('unshare', ['-rm', 'sh', '-c', mount, 'sh', tmpdir()]).status === 0;

(mayMount ? it : it.skip)(
  'a full disk refuses appends as a whole, in words, and serves what it has',
  async () => {
    const command = `${mount} && exec "$2" "$3" "$1"`;
    const { stdout } = await run('unshare', ['-rm', 'sh', '-c', command, 'sh', folder, process.execPath, script]);
    const { beforeFull, afterMoreSpace, refusals } = JSON.parse(stdout) as Record<string, number & string[]>;
    expect(beforeFull).toBeGreaterThan(100);
    expect(afterMoreSpace).toBeGreaterThan(beforeFull! + 100);
    expect(refusals).toHaveLength(2);
    expect(refusals).toContain('8 RESOURCE_EXHAUSTED: no space is left to write on: nothing of this is stored');
  },
  120_000,
);
