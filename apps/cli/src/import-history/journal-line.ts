import { DomainError, parseId, parseLocalDate, parseMinor, parseReference } from '#libs/kernel';
import type { LocalDate } from '#libs/kernel';
import type { LineFormat, LineOutcome } from './read-lines.js';

/** The header of a journal of receivables, and the order of its fields. */
export const JOURNAL_COLUMNS = ['occurredOn', 'account', 'entry', 'amountMinor', 'dueOn', 'reference'] as const;

export const HISTORY_ENTRIES = [
  'fee',
  'expense',
  'late-fee',
  'payment',
  'reminder',
  'legal-referral',
  'dispute-opened',
  'dispute-progress',
] as const;
export type HistoryEntry = (typeof HISTORY_ENTRIES)[number];

/** A line that can be recorded. `account` is NFC; all else is as it was read, since command ids are made of it. */
export interface JournalLine {
  readonly line: number;
  readonly occurredOn: LocalDate;
  readonly account: string;
  readonly accountAsRead: string;
  readonly entry: HistoryEntry;
  readonly amountMinor: string;
  readonly dueOn: string;
  readonly reference: string;
}

/** What an entry says about its amount and its due date. */
interface EntryShape {
  readonly amount: 'needed' | 'none';
  readonly dueOn: 'needed' | 'ignored' | 'none';
}

const CHARGE: EntryShape = { amount: 'needed', dueOn: 'needed' };
const NOTE: EntryShape = { amount: 'none', dueOn: 'none' };
const SHAPES: ReadonlyMap<string, EntryShape> = new Map<HistoryEntry, EntryShape>([
  ['fee', CHARGE],
  ['expense', CHARGE],
  ['late-fee', CHARGE],
  ['payment', { amount: 'needed', dueOn: 'ignored' }],
  ['reminder', NOTE],
  ['legal-referral', NOTE],
  ['dispute-opened', NOTE],
  ['dispute-progress', NOTE],
]);

/**
 * Checks the six fields of a record (issue contract, domain.md §7): validation first, then the skipping of zero.
 * The first fault in the order of the columns is the one reported.
 */
export function readJournalLine(line: number, fields: readonly string[]): LineOutcome<JournalLine> {
  const [occurredOn, accountAsRead, entry, amountMinor, dueOn, reference] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  try {
    parseLocalDate(occurredOn);
    const account = parseId(accountAsRead);
    const shape = SHAPES.get(entry);
    if (!shape) throw new DomainError('ENTRY_UNKNOWN', `unknown entry ${shorten(entry)}`);
    const isZero = checkAmount(entry, shape, amountMinor);
    checkDueOn(entry, shape, dueOn);
    parseReference(reference);
    if (isZero) return { kind: 'skipped' };
    return {
      kind: 'line',
      line: { line, occurredOn, account, accountAsRead, entry: entry as HistoryEntry, amountMinor, dueOn, reference },
    };
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    return { kind: 'rejected', fault: { code: error.code, message: error.message } };
  }
}

/** Whether the amount is 0. */
function checkAmount(entry: string, shape: EntryShape, text: string): boolean {
  if (shape.amount === 'none') {
    if (text !== '') throw new DomainError('AMOUNT_NOT_ALLOWED', `${entry} has no amount`);
    return false;
  }
  if (text === '') throw new DomainError('AMOUNT_MISSING', `${entry} needs an amount`);
  return parseMinor(text) === 0n;
}

function checkDueOn(entry: string, shape: EntryShape, text: string): void {
  if (text === '') {
    if (shape.dueOn === 'needed') throw new DomainError('DUE_ON_MISSING', `${entry} needs a due date`);
    return;
  }
  if (shape.dueOn === 'none') throw new DomainError('DUE_ON_NOT_ALLOWED', `${entry} has no due date`);
  try {
    parseLocalDate(text);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw new DomainError('DUE_ON_INVALID', `due date: ${error.message}`);
  }
}

function shorten(text: string): string {
  return JSON.stringify(text.slice(0, 40));
}

/** A journal of receivables as a file. */
export const JOURNAL_FORMAT: LineFormat<JournalLine> = { columns: JOURNAL_COLUMNS, read: readJournalLine };
