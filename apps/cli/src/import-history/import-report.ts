import type { Fault } from './csv-record.js';

export interface RejectedLine {
  /** Physical line on which the record starts; the header is line 1. */
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

/** What became of the records of a file; `lines` = imported + unchanged + skipped + rejected.length. */
export interface ImportReport {
  readonly lines: number;
  readonly imported: number;
  readonly unchanged: number;
  readonly skipped: number;
  readonly rejected: readonly RejectedLine[];
}

/** Counts what becomes of each record. */
export class ImportTally {
  imported = 0;
  unchanged = 0;
  skipped = 0;
  readonly #rejected: RejectedLine[] = [];

  reject(line: number, { code, message }: Fault): void {
    this.#rejected.push({ line, code, message });
  }

  report(): ImportReport {
    const { imported, unchanged, skipped } = this;
    const rejected = this.#rejected.sort((a, b) => a.line - b.line);
    return { lines: imported + unchanged + skipped + rejected.length, imported, unchanged, skipped, rejected };
  }
}
