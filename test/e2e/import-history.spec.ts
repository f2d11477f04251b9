import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { estate, temporaryFolder, type Ended } from '../support/processes.js';

const HEADER = 'occurredOn,account,entry,amountMinor,dueOn,reference';
const folder = temporaryFolder();
const dataDir = join(folder.path, 'data');
afterAll(() => folder.remove());

function file(name: string, ...lines: string[]): string {
  writeFileSync(join(folder.path, name), lines.map((line) => `${line}\n`).join(''));
  return name;
}

/** Relative paths are against the caller's folder. */
const importHistory = (...args: string[]): Promise<Ended> =>
  estate(['import', 'history', ...args], dataDir, { env: { INIT_CWD: folder.path } });

it('import history: one JSON document, exit status 2 for bad lines, nothing stored by a dry run', async () => {
  const journal = file(
    'journal.csv',
    HEADER,
    '2026-01-05,B1/0101,fee,25040,2026-01-20,"F,1"',
    '2026-01-06,B1/0101,fee,12.5,2026-01-20,F2',
    '2026-01-07,B1/0101,payment,0,,P0',
    '2026-01-08,B1/0101,payment,100,,P1',
    '2026-01-09,B1/0101,refund,100,,X',
  );
  const rejected = [
    { line: 3, code: 'AMOUNT_INVALID', message: expect.any(String) },
    { line: 6, code: 'ENTRY_UNKNOWN', message: expect.any(String) },
  ];
  const first = { lines: 5, imported: 2, unchanged: 0, skipped: 1, rejected };
  for (const options of [['--dry-run'], []]) {
    const { status, stdout, stderr } = await importHistory(journal, '--community', 'c', '--json', ...options);
    expect({ status, report: JSON.parse(stdout), stderr }).toEqual({ status: 2, report: first, stderr: '' });
  }
  const again = await importHistory(journal, '--community', 'c', '--json');
  expect(JSON.parse(again.stdout)).toEqual({ ...first, imported: 0, unchanged: 2 });
  const people = await importHistory(journal, '--community', 'c');
  expect(people).toMatchObject({ status: 2, stderr: '' });
  expect(people.stdout).toMatch(/2 rejected\n {2}line 3: AMOUNT_INVALID/);
}, 60_000);

it.each([
  ['a file that is not there', ['none.csv', '--community', 'c'], 'FILE_NOT_FOUND'],
  ['a wrong header', [file('header.csv', `${HEADER},more`), '--community', 'c'], 'HEADER_INVALID'],
  ['another currency', [file('empty.csv', HEADER), '--community', 'c', '--currency', 'EUR'], 'CURRENCY_MISMATCH'],
  ['a community id that cannot be one', [file('empty.csv', HEADER), '--community', 'a-b'], 'ID_INVALID'],
])(
  'refuses %s as a whole: exit status 2, nothing on stdout',
  async (_what, args, code) => {
    const { status, stdout, stderr } = await importHistory(...args, '--json');
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(`estate: ${code}: `);
  },
  30_000,
);
