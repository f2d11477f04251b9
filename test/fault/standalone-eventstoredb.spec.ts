import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const run = promisify(execFile);

it('kill -9 of the event store under load loses nothing acknowledged and shows nothing half-written', async () => {
  const script = join(import.meta.dirname, 'eventstoredb-kills.mjs');
  const { stdout } = await run(process.execPath, [script, '--kills', '5']);
  expect(JSON.parse(stdout)).toMatchObject({ kills: 5, lost: 0, halfWritten: 0, failures: 0 });
}, 300_000);
