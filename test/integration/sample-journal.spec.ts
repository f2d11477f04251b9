import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { naiveRows } from '../support/naive-books.js';

const root = join(import.meta.dirname, '..', '..');

it('the sample journal is what its generator writes, and shows every entry', async () => {
  const sample = await readFile(join(root, 'samples', 'journal.csv'), 'utf8');
  const generator = join(root, 'tools', 'make-sample-journal.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [generator, '-'], { maxBuffer: 1 << 24 });
  expect(stdout).toBe(sample);
  const rows = naiveRows(sample);
  expect(new Set(rows.map((row) => row[2]))).toEqual(
    new Set([
      'fee',
      'expense',
      'late-fee',
      'payment',
      'reminder',
      'legal-referral',
      'dispute-opened',
      'dispute-progress',
    ]),
  );
  expect(new Set(rows.map((row) => row[1])).size).toBe(40);
});
