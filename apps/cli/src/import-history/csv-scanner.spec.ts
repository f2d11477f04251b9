import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_FIELD_BYTES } from './csv-record.js';
import type { CsvRecord } from './csv-record.js';
import { CsvScanner } from './csv-scanner.js';

/** Scans bytes as the file reader does, in chunks of a given size. */
function scan(input: string | Buffer, columns = 3, chunkBytes = 1 << 20): CsvRecord[] {
  const bytes = Buffer.isBuffer(input) ? input : Buffer.from(input);
  const scanner = new CsvScanner(columns);
  const records: CsvRecord[] = [];
  for (let position = 0; ;) {
    const chunk = bytes.subarray(position, position + chunkBytes);
    const result = chunk.length > 0 ? scanner.push(chunk) : scanner.end();
    records.push(...result.records);
    if (chunk.length === 0 && result.rewindTo === undefined) return records;
    position = result.rewindTo ?? position + chunk.length;
  }
}

const shapes = (records: CsvRecord[]): unknown[] => records.map((r) => [r.line, r.fault?.code ?? r.fields]);
/** The same outcome whatever the chunks. */
function scanned(input: string | Buffer, columns = 3): unknown[] {
  const whole = shapes(scan(input, columns));
  for (const size of [1, 2, 3, 7, 64]) expect(shapes(scan(input, columns, size))).toEqual(whole);
  return whole;
}

describe('CSV scanner', () => {
  it('reads LF and CRLF lines, with or without a last line end', () => {
    expect(scanned('a,b,c\r\nd,e,f\ng,h,i')).toEqual([
      [1, ['a', 'b', 'c']],
      [2, ['d', 'e', 'f']],
      [3, ['g', 'h', 'i']],
    ]);
    expect(scanned('a,b,\r\n,,\n')).toEqual([
      [1, ['a', 'b', '']],
      [2, ['', '', '']],
    ]);
    expect(scanned('')).toEqual([]);
    expect(scanned('a,b,')).toEqual([[1, ['a', 'b', '']]]);
  });

  it('accepts a byte order mark at the very start only', () => {
    expect(scan('\ufeffa,b,c\n\ufeffd,e,f\n').map((r) => r.fields[0])).toEqual(['a', '\ufeffd']);
  });

  it('undoes quotes, and keeps line ends and commas within them; the line is where the record starts', () => {
    expect(scanned('"a","b,""x""","c\r\nd"\r\n1,2,3\n"","",""\n')).toEqual([
      [1, ['a', 'b,"x"', 'c\r\nd']],
      [3, ['1', '2', '3']],
      [4, ['', '', '']],
    ]);
    expect(scanned('a,b,"c"')).toEqual([[1, ['a', 'b', 'c']]]);
    expect(scanned('a,b,"c"\r')).toEqual([[1, ['a', 'b', 'c']]]);
  });

  it('takes a quote inside an unquoted field literally', () => {
    expect(scanned('a"b,c"",d\n1,2,3\n')).toEqual([
      [1, ['a"b', 'c""', 'd']],
      [2, ['1', '2', '3']],
    ]);
  });

  it('ignores blank lines and counts them as physical lines', () => {
    expect(scanned('\n\r\na,b,c\n\n\nd,e,f\n\n')).toEqual([
      [3, ['a', 'b', 'c']],
      [6, ['d', 'e', 'f']],
    ]);
    expect(scanned(' \n')).toEqual([[1, 'COLUMN_MISSING']]);
  });

  it('refuses a wrong number of columns, and goes on', () => {
    expect(scanned('a,b\na,b,c,d\n"a","b"\n"a",b,c,d\na,b,c\n')).toEqual([
      [1, 'COLUMN_MISSING'],
      [2, 'COLUMN_EXTRA'],
      [3, 'COLUMN_MISSING'],
      [4, 'COLUMN_EXTRA'],
      [5, ['a', 'b', 'c']],
    ]);
  });

  it('refuses text after a closing quote, and goes on with the next physical line', () => {
    expect(scanned('"a"x,b,c\n1,2,3\n')).toEqual([
      [1, 'CSV_INVALID'],
      [2, ['1', '2', '3']],
    ]);
    expect(scanned('"a"\rx,b,c\n1,2,3\n"a"\r"b,c\n')).toEqual([
      [1, 'CSV_INVALID'],
      [2, ['1', '2', '3']],
      [3, 'CSV_INVALID'],
    ]);
  });

  it('a quote never closed costs its own line only', () => {
    expect(scanned('a,b,c\nd,"e,f\n1,2,3\n4,5,6')).toEqual([
      [1, ['a', 'b', 'c']],
      [2, 'CSV_INVALID'],
      [3, ['1', '2', '3']],
      [4, ['4', '5', '6']],
    ]);
    expect(scanned('a,b,"c')).toEqual([[1, 'CSV_INVALID']]);
    expect(scanned('a,b,"c\n')).toEqual([[1, 'CSV_INVALID']]);
  });

  it('a quote never closed before a line that is quoted well costs its own line only', () => {
    expect(scanned('d,"e,f\n1,2,3\n4,"5",6\n7,"8\n",9\n')).toEqual([
      [1, 'CSV_INVALID'],
      [2, ['1', '2', '3']],
      [3, ['4', '5', '6']],
      [4, ['7', '8\n', '9']],
    ]);
  });

  it('refuses a line that is not UTF-8, and only that', () => {
    const gbk = Buffer.from([0xd6, 0xd0]);
    const bytes = Buffer.concat([
      Buffer.from('中,b,c\n'),
      gbk,
      Buffer.from(',b,c\n"'),
      gbk,
      Buffer.from('",b,c\n业,b,c\n'),
    ]);
    expect(scanned(bytes)).toEqual([
      [1, ['中', 'b', 'c']],
      [2, 'ENCODING_INVALID'],
      [3, 'ENCODING_INVALID'],
      [4, ['业', 'b', 'c']],
    ]);
  });

  it('keeps NUL bytes as data', () => {
    expect(scanned('a\0,b,"\0"\n')).toEqual([[1, ['a\0', 'b', '\0']]]);
  });

  it('takes a field of 64 KiB and refuses one byte more, quoted or not', () => {
    const full = 'x'.repeat(MAX_FIELD_BYTES);
    for (const end of ['\n', '\r\n', '']) {
      const fine = `a,b,${full}${end}`;
      expect(scan(fine).map((r) => r.fields[2]?.length)).toEqual([MAX_FIELD_BYTES]);
      expect(shapes(scan(`a,b,${full}x${end}`))).toEqual([[1, 'FIELD_TOO_LARGE']]);
      expect(shapes(scan(`${full}x,b,c${end}`, 3, 1000))).toEqual([[1, 'FIELD_TOO_LARGE']]);
    }
    expect(scan(`a,b,"${full}"\n`).map((r) => r.fields[2]?.length)).toEqual([MAX_FIELD_BYTES]);
    expect(shapes(scan(`a,b,"${full}\n"\nd,e,f`))).toEqual([
      [1, 'FIELD_TOO_LARGE'],
      [3, ['d', 'e', 'f']],
    ]);
  });

  it('reads back what a careful writer wrote, whatever the chunks', () => {
    const field = fc.string({
      unit: fc.constantFrom('a', '"', ',', '\n', '\r', '\r\n', '中', '𠀀', ' ', '\0'),
      maxLength: 6,
    });
    const written = (value: string): string => `"${value.replaceAll('"', '""')}"`;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(field, field, field), { maxLength: 8 }),
        fc.integer({ min: 1, max: 9 }),
        (rows, size) => {
          const text = rows.map((row) => row.map(written).join(',') + '\n').join('');
          expect(scan(text, 3, size).map((r) => r.fields)).toEqual(rows);
        },
      ),
    );
  });

  it('never loses a good line to a bad one, whatever bytes stand between', () => {
    const noise = fc.string({ unit: fc.constantFrom('a', '"', ',', ' ', '\r'), maxLength: 8 });
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 6 }), fc.integer({ min: 1, max: 50 }), (lines, size) => {
        const text = [...lines, 'good,"line",here'].join('\n') + '\n';
        expect(shapes(scan(text, 3, size)).at(-1)).toEqual([lines.length + 1, ['good', 'line', 'here']]);
      }),
    );
  });
});
