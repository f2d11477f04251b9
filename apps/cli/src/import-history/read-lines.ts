import type { FileHandle } from 'node:fs/promises';
import { DomainError } from '#libs/kernel';
import { readCsvFile } from './csv-file.js';
import type { CsvRecord, Fault } from './csv-record.js';
import type { ImportTally } from './import-report.js';

export type LineOutcome<Line> =
  | { readonly kind: 'line'; readonly line: Line }
  | { readonly kind: 'skipped' }
  | { readonly kind: 'rejected'; readonly fault: Fault };

/** A kind of file: its header, and how the fields of a record are checked. */
export interface LineFormat<Line> {
  readonly columns: readonly string[];
  read(line: number, fields: readonly string[]): LineOutcome<Line>;
}

export interface ReadLinesOptions<Line> {
  readonly tally: ImportTally;
  readonly signal?: AbortSignal;
  readonly onProgress?: (bytes: number) => void;
  /** Given each good line in the order of the file; a promise makes the reading wait. */
  readonly onLine: (line: Line) => Promise<void> | undefined;
}

/**
 * Reads and checks a file; bad and skipped lines are tallied.
 * @throws DomainError HEADER_INVALID before any line is read
 */
export async function readLines<Line>(
  file: FileHandle,
  format: LineFormat<Line>,
  options: ReadLinesOptions<Line>,
): Promise<void> {
  const { signal, onProgress } = options;
  const reading = { columns: format.columns.length, ...(signal && { signal }), ...(onProgress && { onProgress }) };
  let isHeaderRead = false;
  for await (const records of readCsvFile(file, reading)) {
    for (const record of records) {
      if (!isHeaderRead) {
        requireHeader(record, format.columns);
        isHeaderRead = true;
        continue;
      }
      const added = takeRecord(record, format, options);
      if (added) await added;
    }
  }
  if (!isHeaderRead) requireHeader(undefined, format.columns);
}

function takeRecord<Line>(
  record: CsvRecord,
  format: LineFormat<Line>,
  { tally, onLine }: ReadLinesOptions<Line>,
): Promise<void> | undefined {
  if (record.fault) {
    tally.reject(record.line, record.fault);
    return undefined;
  }
  const outcome = format.read(record.line, record.fields);
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

function requireHeader(record: CsvRecord | undefined, columns: readonly string[]): void {
  const found = record?.line === 1 && columns.every((name, index) => record.fields[index] === name);
  if (!found) throw new DomainError('HEADER_INVALID', `line 1 must be ${columns.join(',')}`);
}
