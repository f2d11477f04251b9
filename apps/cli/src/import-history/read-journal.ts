import type { FileHandle } from 'node:fs/promises';
import { DomainError } from '#libs/kernel';
import type { CsvRecord } from './csv-record.js';
import { readCsvFile } from './csv-file.js';
import type { ImportTally } from './import-report.js';
import { JOURNAL_COLUMNS, readJournalLine } from './journal-line.js';
import type { JournalLine } from './journal-line.js';

export interface ReadJournalOptions {
  readonly tally: ImportTally;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** Given each good line in the order of the file; a promise makes the reading wait. */
  readonly onLine: (line: JournalLine) => Promise<void> | undefined;
}

/**
 * Reads and checks a journal; bad lines and zero amounts are tallied.
 * @throws DomainError HEADER_INVALID before any line is read
 */
export async function readJournal(file: FileHandle, options: ReadJournalOptions): Promise<void> {
  const { tally, signal, onProgress, onLine } = options;
  const reading = { columns: JOURNAL_COLUMNS.length, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  let isHeaderRead = false;
  for await (const records of readCsvFile(file, reading)) {
    for (const record of records) {
      if (!isHeaderRead) {
        requireHeader(record);
        isHeaderRead = true;
        continue;
      }
      const added = takeRecord(record, tally, onLine);
      if (added) await added;
    }
  }
  if (!isHeaderRead) requireHeader(undefined);
}

function takeRecord(
  record: CsvRecord,
  tally: ImportTally,
  onLine: ReadJournalOptions['onLine'],
): Promise<void> | undefined {
  if (record.fault) {
    tally.reject(record.line, record.fault);
    return undefined;
  }
  const outcome = readJournalLine(record.line, record.fields);
  switch (outcome.kind) {
    case 'line':
      return onLine(outcome.line);
    case 'skipped':
      tally.skipped += 1;
      return undefined;
    case 'rejected':
      tally.reject(record.line, outcome.fault);
      return undefined;
  }
}

function requireHeader(record: CsvRecord | undefined): void {
  const found = record?.line === 1 && JOURNAL_COLUMNS.every((name, index) => record.fields[index] === name);
  if (!found) throw new DomainError('HEADER_INVALID', `line 1 must be ${JOURNAL_COLUMNS.join(',')}`);
}
