import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const run = promisify(execFile);

it('read models whose projector is killed at random moments are, byte by byte, those of an undisturbed one', async () => {
  const script = join(import.meta.dirname, 'projection-kills.mjs');
  const { stdout } = await run(process.execPath, [script, '--kills', '4', '--events', '150']);
  expect(JSON.parse(stdout)).toMatchObject({ kills: 4, failures: 0 });
}, 300_000);
