import { localDateOf } from '#libs/kernel';
import type { LocalDate } from '#libs/kernel';
import type { Surroundings, Envelope } from '#libs/service-desk';
import { ImportTally } from '../import-history/import-report.js';
import type { ImportReport } from '../import-history/import-report.js';
import { LineSorter } from '../import-history/line-sorter.js';
import { openSource } from '../import-history/open-source.js';
import { readLines } from '../import-history/read-lines.js';
import { caseRecorder } from './case-recorder.js';
import type { CaseStream } from './case-recorder.js';
import { CASE_CODEC, CASE_FORMAT } from './case-row.js';
import type { CaseRow } from './case-row.js';

/** Where a log is recorded. A dry run gets stores that read and decide but do not write. */
export interface CaseStores {
  /** What the community's cases are opened under; it is registered as of the day of its first fact if it is not known. */
  surroundings(communityId: string, firstDay: (timeZone: string) => LocalDate | undefined): Promise<Surroundings>;
  openCase(communityId: string, caseId: string): Promise<CaseStream>;
  sealCustomer(communityId: string, caseId: string, customer: string): Promise<Envelope | null>;
}

export interface ImportCasesRequest {
  readonly path: string;
  /** Parsed (D17). */
  readonly communityId: string;
  readonly signal?: AbortSignal;
  /** Bytes read and checked so far; `total` is undefined for a pipe. */
  readonly onRead?: (bytes: number, total: number | undefined) => void;
  /** Lines recorded or found unchanged so far. */
  readonly onRecorded?: (lines: number, total: number) => void;
}

/**
 * Imports a help-desk log: reads and checks the whole file, sorts its lines by case, instant and place, and records them. The
 * same file again changes nothing; after a failure or a stop the same file again goes on.
 * @throws DomainError FILE_NOT_FOUND, FILE_INVALID, HEADER_INVALID: the file was refused, nothing was stored; the store's
 *   errors; the signal's reason
 */
export async function importCases(stores: CaseStores, request: ImportCasesRequest): Promise<ImportReport> {
  const { communityId, signal } = request;
  const tally = new ImportTally();
  const sorter = new LineSorter<CaseRow>(CASE_CODEC);
  try {
    const { lines, firstAt } = await collect(request, tally, sorter);
    signal?.throwIfAborted();
    const around = await stores.surroundings(communityId, (zone) => firstAt && localDateOf(firstAt, zone));
    let settled = 0;
    const recorder = caseRecorder({
      ...{ communityId, around, tally },
      open: (caseId) => stores.openCase(communityId, caseId),
      seal: (caseId, customer) => stores.sealCustomer(communityId, caseId, customer),
      ...(signal && { signal }),
      onProgress: (count) => request.onRecorded?.((settled += count), lines),
    });
    await recorder.record(sorter.sorted());
  } finally {
    await sorter.close();
  }
  return tally.report();
}

interface Collected {
  /** Lines to be recorded. */
  readonly lines: number;
  readonly firstAt: string | undefined;
}

/** Reads, checks and sorts. */
async function collect(
  request: ImportCasesRequest,
  tally: ImportTally,
  sorter: LineSorter<CaseRow>,
): Promise<Collected> {
  let lines = 0;
  let firstAt: string | undefined;
  const source = await openSource(request.path, request.signal);
  try {
    await readLines(source.file, CASE_FORMAT, {
      tally,
      ...(request.signal && { signal: request.signal }),
      onProgress: (bytes) => request.onRead?.(bytes, source.bytes),
      onLine: (row) => {
        lines += 1;
        if (firstAt === undefined || row.at < firstAt) firstAt = row.at;
        return sorter.add(row);
      },
    });
  } finally {
    await source.close();
  }
  return { lines, firstAt };
}
