import { describe, expect, it } from '@jest/globals';
import { readJournalLine } from './journal-line.js';

const outcome = (text: string): string => {
  const result = readJournalLine(7, text.split('|'));
  return result.kind === 'rejected' ? result.fault.code : result.kind;
};

describe('a line of a journal', () => {
  it.each([
    ['2020-01-31|B1/0101|fee|25040|2020-02-05|R-1', 'line'],
    ['2020-02-29|B1/0101|expense|1|2020-02-05|', 'line'],
    ['2020-01-31|阳光-1.2|late-fee|0000009223372036854775807|2020-02-05|R', 'line'],
    ['2020-01-31|A|payment|5||R', 'line'],
    ['2020-01-31|A|payment|5|2020-02-05|R', 'line'],
    ['2020-01-31|A|reminder|||R', 'line'],
    ['2020-01-31|A|legal-referral|||', 'line'],
    ['2020-01-31|A|dispute-opened|||', 'line'],
    ['2020-01-31|A|dispute-progress|||', 'line'],
    ['2020-01-31|A|fee|0|2020-02-05|R', 'skipped'],
    ['2020-01-31|A|payment|000||R', 'skipped'],
    ['2019-02-29|A|fee|1|2020-02-05|', 'DATE_INVALID'],
    ['0000-01-01|A|fee|1|2020-02-05|', 'DATE_INVALID'],
    ['2020-1-31|A|fee|1|2020-02-05|', 'DATE_INVALID'],
    [' 2020-01-31|A|fee|1|2020-02-05|', 'DATE_INVALID'],
    ['|A|fee|1|2020-02-05|', 'DATE_INVALID'],
    ['2020-01-31||fee|1|2020-02-05|', 'ID_INVALID'],
    ['2020-01-31|A B|fee|1|2020-02-05|', 'ID_INVALID'],
    ['2020-01-31|Ünit|fee|1|2020-02-05|', 'ID_INVALID'],
    [`2020-01-31|${'x'.repeat(65)}|fee|1|2020-02-05|`, 'ID_INVALID'],
    ['2020-01-31|A\0|fee|1|2020-02-05|', 'ID_INVALID'],
    ['2020-01-31|A|Fee|1|2020-02-05|', 'ENTRY_UNKNOWN'],
    ['2020-01-31|A|refund|1|2020-02-05|', 'ENTRY_UNKNOWN'],
    ['2020-01-31|A||1|2020-02-05|', 'ENTRY_UNKNOWN'],
    ['2020-01-31|A|fee||2020-02-05|', 'AMOUNT_MISSING'],
    ['2020-01-31|A|payment|||', 'AMOUNT_MISSING'],
    ['2020-01-31|A|fee|-1|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee|+1|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee|1.5|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee|1e3|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee| 1|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee|１２|2020-02-05|', 'AMOUNT_INVALID'],
    ['2020-01-31|A|fee|9223372036854775808|2020-02-05|', 'AMOUNT_TOO_LARGE'],
    [`2020-01-31|A|fee|${'9'.repeat(60_000)}|2020-02-05|`, 'AMOUNT_TOO_LARGE'],
    ['2020-01-31|A|reminder|0||', 'AMOUNT_NOT_ALLOWED'],
    ['2020-01-31|A|dispute-opened|x||', 'AMOUNT_NOT_ALLOWED'],
    ['2020-01-31|A|fee|1||', 'DUE_ON_MISSING'],
    ['2020-01-31|A|fee|0||', 'DUE_ON_MISSING'],
    ['2020-01-31|A|expense|1|2020-02-30|', 'DUE_ON_INVALID'],
    ['2020-01-31|A|payment|1|soon|', 'DUE_ON_INVALID'],
    ['2020-01-31|A|payment|0|soon|', 'DUE_ON_INVALID'],
    ['2020-01-31|A|reminder||2020-02-05|', 'DUE_ON_NOT_ALLOWED'],
    [`2020-01-31|A|payment|1||${'r'.repeat(129)}`, 'REFERENCE_INVALID'],
    ['2020-01-31|A|payment|1||a\nb', 'line'],
    ['2020-01-31|A|payment|0||a\u0085b', 'REFERENCE_INVALID'],
    ['2020-01-31|A|payment|1||a\0', 'REFERENCE_INVALID'],
  ])('%j is %s', (text, expected) => expect(outcome(text)).toBe(expected));

  it('counts a reference in characters, not in code units', () => {
    expect(outcome(`2020-01-31|A|payment|1||${'𠀀'.repeat(128)}`)).toBe('line');
    expect(outcome(`2020-01-31|A|payment|1||${'𠀀'.repeat(129)}`)).toBe('REFERENCE_INVALID');
  });

  it('brings an account id to NFC and keeps what was read', () => {
    const compatibility = '\uf900'; // a compatibility form of 豈
    const result = readJournalLine(2, `2020-01-31|${compatibility}|payment|1||`.split('|'));
    expect(result).toMatchObject({ kind: 'line', line: { account: '\u8c48', accountAsRead: compatibility } });
  });

  it('never repeats a long or broken value in its message', () => {
    const result = readJournalLine(2, ['2020-01-31', 'A', 'x'.repeat(60_000), '', '', '']);
    expect(result.kind === 'rejected' && result.fault.message.length).toBeLessThan(100);
  });
});
