import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterAll, describe, expect, it } from '@jest/globals';
import { addJsonWithList, Answer } from './output.js';
import { barText, progressBar } from './progress.js';
import { displayWidth, formatMinor, tableLines } from './table.js';

/** Collects what is written, slowly enough to push back. */
function sink(): { readonly out: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const out = new Writable({
    highWaterMark: 1024,
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      setImmediate(done);
    },
  });
  return { out, text: () => Buffer.concat(chunks).toString('utf8') };
}

async function delivered(answer: Answer): Promise<string> {
  const { out, text } = sink();
  await answer.deliver(out);
  await new Promise<void>((resolve) => out.end(resolve));
  return text();
}

const temporary = mkdtempSync(join(tmpdir(), 'estate-output-'));
const spills = (): string[] => readdirSync(temporary);
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

describe('an answer', () => {
  it('is delivered whole, from memory or from a temporary file that goes away', async () => {
    for (const lines of [0, 3, 300_000]) {
      const answer = new Answer(temporary);
      for (let n = 0; n < lines; n += 1) await answer.line(`line ${n} 甲 with some more text to fill it`);
      const text = await delivered(answer);
      expect(text.split('\n')).toHaveLength(lines + 1);
      expect(text.startsWith(lines === 0 ? '' : 'line 0 甲')).toBe(true);
    }
    expect(spills()).toEqual([]);
  });

  it('that is discarded leaves nothing', async () => {
    const answer = new Answer(temporary);
    await answer.add('x'.repeat(20_000_000));
    expect(spills()).toHaveLength(1);
    await answer.discard();
    expect(spills()).toEqual([]);
    expect(await delivered(answer)).toBe('');
  });
});

describe('addJsonWithList', () => {
  it.each([
    [{}, [], {}, { items: [] }],
    [{ a: 1 }, [1, 'x'], {}, { a: 1, items: [1, 'x'] }],
    [{}, [{ b: null }], { c: '2' }, { items: [{ b: null }], c: '2' }],
  ])('writes one document: %j %j %j', async (head, items, tail, expected) => {
    const answer = new Answer(temporary);
    await addJsonWithList(answer, head, { name: 'items', items }, () => tail);
    const text = await delivered(answer);
    expect(JSON.parse(text)).toEqual(expected);
    expect(text.endsWith('}\n')).toBe(true);
  });
});

describe('tables', () => {
  it('align by what a terminal shows: Chinese characters take two columns', () => {
    const columns = [
      { title: 'name', value: (row: string[]) => row[0]! },
      { title: 'n', value: (row: string[]) => row[1]!, alignRight: true },
    ];
    expect([
      ...tableLines(columns, [
        ['甲乙丙', '1'],
        ['a', '23'],
      ]),
    ]).toEqual(['name     n', '──────  ──', '甲乙丙   1', 'a       23']);
    expect(displayWidth('甲b𠀀')).toBe(5);
    expect([...tableLines(columns, [['two\nlines\u001b[2J', '1']])].at(-1)).toBe('two␊lines␛[2J  1');
  });

  it.each([
    ['0', 'CNY', '0.00'],
    ['5', 'CNY', '0.05'],
    ['-123456', 'CNY', '-1,234.56'],
    ['9223372036854775807', 'EUR', '92,233,720,368,547,758.07'],
    ['1234', 'JPY', '1,234'],
  ])('show %s of %s as %s', (minor, currency, text) => {
    expect(formatMinor(BigInt(minor), currency)).toBe(text);
  });
});

describe('a progress bar', () => {
  it('is drawn on terminals only', () => {
    const written: string[] = [];
    const terminal = (isTTY: boolean) =>
      ({ isTTY, write: (text: string) => written.push(text) }) as unknown as NodeJS.WriteStream;
    const silent = progressBar('x', 'lines', terminal(false));
    silent.update(1, 2);
    silent.end();
    expect(written).toEqual([]);
    const bar = progressBar('x', 'lines', terminal(true));
    bar.update(1, 2);
    bar.update(2, 2);
    bar.end();
    expect(written).toEqual([`\r\x1b[2K${barText('x', 'lines', 1, 2)}`, '\r\x1b[2K']);
  });

  it('shows share and count', () => {
    expect(barText('read', 'lines', 1500, 3000)).toBe(
      `read ${'█'.repeat(15)}${'░'.repeat(15)} 50 % 1,500 of 3,000 lines`,
    );
    expect(barText('read', 'lines', 7)).toBe('read 7 lines');
    expect(barText('read', 'lines', 9, 3)).toContain(' 100 % ');
  });
});
