import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DomainError } from '#libs/kernel';
import { problemOf } from './problem.js';
import { PROBLEMS } from './problem-table.js';

const listed = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'problems.md');

describe('problem documents', () => {
  it('are all listed in docs/problems.md', () => {
    const rows = [...readFileSync(listed, 'utf8').matchAll(/^\| (\d{3}) +\| `([A-Z_]+)` +\| (.+?) +\|$/gm)];
    const table = new Map(rows.map(([, status, code, title]) => [code!, { status: Number(status), title: title! }]));
    expect(table).toEqual(new Map(PROBLEMS));
  });

  it('say nothing about what was not expected', () => {
    expect(problemOf(new TypeError('secret of 王小明'), 'r1')).toEqual({
      ...{ type: 'urn:estate-ledger:problem:INTERNAL_ERROR', status: 500, code: 'INTERNAL_ERROR', requestId: 'r1' },
      ...{ title: 'Something went wrong on our side', detail: 'Something went wrong on our side' },
    });
    expect(problemOf(new DomainError('NOT_IN_THE_TABLE', 'x'), 'r1')).toMatchObject({ status: 500 });
  });
});
