import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const run = promisify(execFile);

it('an import of cases killed at random moments and run again is as if it had never been killed', async () => {
  const script = join(import.meta.dirname, 'case-kills.mjs');
  const { stdout } = await run(process.execPath, [script, '--kills', '3', '--cases', '200']);
  expect(JSON.parse(stdout)).toEqual({ kills: 3, failures: 0 });
}, 300_000);
