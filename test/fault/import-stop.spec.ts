import { readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from '@jest/globals';
import type { ImportReport } from '../../apps/cli/src/import-history/import-report.js';
import { estate, startApp, temporaryFolder } from '../support/processes.js';

const LINES = 12_000;
const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
afterAll(() => folder.remove());

const spills = (): string[] => readdirSync(tmpdir()).filter((name) => name.startsWith('estate-import-'));

function bytesOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

it('SIGTERM stops an import cleanly between appends, and the same import again goes on', async () => {
  const journal = join(folder.path, 'journal.csv');
  const generator = (await import(new URL('../bench/generate-journal.mjs', import.meta.url).href)) as {
    generateJournal(path: string, lines: number): Promise<number>;
  };
  await generator.generateJournal(journal, LINES);
  const before = spills();
  const args = ['import', 'history', journal, '--community', 'c', '--json'];

  const stopped = startApp('cli', args, dataDir);
  let isOver = false;
  void stopped.ended.then(() => (isOver = true));
  const events = join(dataDir, 'events', 'data.mdb');
  while (!isOver && bytesOf(events) < 2_000_000) await sleep(5);
  stopped.child.kill('SIGTERM');
  const { status, stdout, stderr } = await stopped.ended;
  expect({ status, stdout, stderr }).toEqual({ status: 143, stdout: '', stderr: 'estate: stopped by SIGTERM\n' });
  expect(spills()).toEqual(before);

  const resumed = await estate(args, dataDir);
  const report = JSON.parse(resumed.stdout) as ImportReport;
  expect(report).toMatchObject({ lines: LINES, skipped: 0, rejected: [] });
  expect(report.imported + report.unchanged).toBe(LINES);
  expect(report.imported).toBeGreaterThan(0);
  expect(report.unchanged).toBeGreaterThan(0);
}, 180_000);
