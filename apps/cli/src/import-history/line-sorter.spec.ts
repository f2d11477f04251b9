import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JournalLine } from './journal-line.js';
import { JOURNAL_CODEC } from './line-codec.js';
import { LineOrdinals } from './line-ordinals.js';
import { LineSorter } from './line-sorter.js';
import type { SorterLimits } from './line-sorter.js';

function line(number: number, account: string, occurredOn: string, reference = ''): JournalLine {
  const rest = { entry: 'payment', amountMinor: '1', dueOn: '', reference } as const;
  return { line: number, occurredOn, account, accountAsRead: account, ...rest };
}

async function sort(lines: readonly JournalLine[], limits: Partial<SorterLimits> = {}): Promise<JournalLine[]> {
  const sorter = new LineSorter(JOURNAL_CODEC, limits);
  const sorted: JournalLine[] = [];
  try {
    for (const each of lines) await sorter.add(each);
    for await (const batch of sorter.sorted()) sorted.push(...batch);
  } finally {
    await sorter.close();
  }
  return sorted;
}

const account = fc.constantFrom('A', 'A1', 'B1/0101', '阳光', 'A-', 'a');
const date = fc.constantFrom('2020-01-01', '2020-01-02', '2019-12-31');
const journal = fc
  .array(fc.tuple(account, date, fc.constantFrom('', 'r1', '中文', 'two\n\tlines', '\\t\\n\\', 'r'.repeat(100))), {
    maxLength: 60,
  })
  .map((rows) => rows.map(([a, d, r], index) => line(index + 2, a, d, r)));

describe('line sorter', () => {
  it('sorts by account, date and the order of the file, in memory or spilled', async () => {
    await fc.assert(
      fc.asyncProperty(journal, fc.integer({ min: 1, max: 20 }), async (lines, limit) => {
        const expected = [...lines].sort(
          (a, b) =>
            Number(a.account > b.account) - Number(a.account < b.account) ||
            Number(a.occurredOn > b.occurredOn) - Number(a.occurredOn < b.occurredOn) ||
            a.line - b.line,
        );
        expect(await sort(lines)).toEqual(expected);
        expect(await sort(lines, { lines: limit, mergeBytes: 1 })).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('reads lines longer than its blocks back, and an account id as it was read', async () => {
    const long = { ...line(2, 'A', '2020-01-01'), amountMinor: '0'.repeat(60_000) + '1', accountAsRead: 'other' };
    const lines = [line(1, 'A', '2020-01-02'), long];
    expect(await sort(lines, { lines: 1, mergeBytes: 1 })).toEqual([long, lines[0]]);
  });

  it('spills when the fields are long, though the lines are few', async () => {
    const sorter = new LineSorter(JOURNAL_CODEC, { characters: 50 });
    await sorter.add(line(2, 'A', '2020-01-01', 'x'.repeat(60)));
    expect(sorter.runs).toBe(1);
    await sorter.close();
  });

  it('leaves nothing in the temp folder', async () => {
    const spills = async (): Promise<string[]> =>
      (await readdir(tmpdir())).filter((name) => name.startsWith('estate-import-'));
    const before = await spills();
    await sort([line(2, 'A', '2020-01-01'), line(3, 'A', '2020-01-01')], { lines: 1 });
    expect(await spills()).toEqual(before);
  });
});

describe('line ordinals', () => {
  it('number identical lines of an account and date', () => {
    const ordinals = new LineOrdinals(JOURNAL_CODEC);
    const rows = [
      ['A', 'x'],
      ['A', 'y'],
      ['A', 'x'],
      ['A', 'x'],
      ['B', 'x'],
    ] as const;
    expect(rows.map(([a, r], index) => ordinals.next(line(index, a, '2020-01-01', r)))).toEqual([0, 0, 1, 2, 0]);
    expect(ordinals.next(line(9, 'B', '2020-01-02', 'x'))).toBe(0);
  });
});
