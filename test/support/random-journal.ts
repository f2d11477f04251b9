import fc from 'fast-check';
import type { NaiveRow } from './naive-books.js';

const HEADER = 'occurredOn,account,entry,amountMinor,dueOn,reference';

const account = fc.constantFrom('B1/0101', 'B1/0102', '阳光苑-3.1', 'Z');
const day = fc.integer({ min: 0, max: 180 }).map((n) => new Date(Date.UTC(2020, 0, 1 + n)).toISOString().slice(0, 10));
const amount = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 3000 }) }, fc.constant(0)).map(String);
const reference = fc.constantFrom('', 'R-1', '据 2', '𠀀');
const charge = fc.tuple(day, account, fc.constantFrom('fee', 'fee', 'expense', 'late-fee'), amount, day, reference);
const payment = fc.tuple(day, account, fc.constant('payment'), amount, fc.constantFrom('', '2020-02-01'), reference);
const note = fc.tuple(
  day,
  account,
  fc.constantFrom('reminder', 'legal-referral', 'dispute-opened', 'dispute-progress'),
  fc.constant(''),
  fc.constant(''),
  reference,
);
const row: fc.Arbitrary<NaiveRow> = fc.oneof(
  { weight: 5, arbitrary: charge },
  { weight: 4, arbitrary: payment },
  { weight: 1, arbitrary: note },
);

/** Good rows in any order: identical ones, zero amounts, payments before fees and due dates in the past among them. */
export const journalRows: fc.Arbitrary<NaiveRow[]> = fc
  .tuple(fc.array(row, { maxLength: 30 }), fc.array(fc.nat(), { maxLength: 4 }))
  .map(([rows, again]) => [...rows, ...again.flatMap((n) => (rows.length > 0 ? [rows[n % rows.length]!] : []))]);

/** Several files of one community: each may repeat rows of those before it, and add back-dated ones. */
export const journalFiles: fc.Arbitrary<NaiveRow[][]> = fc
  .array(journalRows, { minLength: 1, maxLength: 3 })
  .chain((files) =>
    fc
      .array(fc.boolean(), { minLength: files.length, maxLength: files.length })
      .map((repeats) => files.map((rows, n) => (repeats[n] && n > 0 ? [...rows, ...files[n - 1]!] : rows))),
  );

export function csvOf(rows: readonly NaiveRow[]): string {
  return [HEADER, ...rows.map((fields) => fields.join(',')), ''].join('\n');
}
