import { DomainError } from '#libs/kernel';
import type { LocalDate } from '#libs/kernel';
import type { HistoryBooks } from './history-facts.js';
import { DEFAULT_CURRENCY, DEFAULT_TIME_ZONE } from '#libs/portfolio';
import { historyRecorder } from './history-recorder.js';
import type { AccountStream } from './history-recorder.js';
import { ImportTally } from './import-report.js';
import type { ImportReport } from './import-report.js';
import { JOURNAL_FORMAT } from './journal-line.js';
import type { JournalLine } from './journal-line.js';
import { JOURNAL_CODEC } from './line-codec.js';
import { LineSorter } from './line-sorter.js';
import { openSource } from './open-source.js';
import { readLines } from './read-lines.js';

/** Where a journal is recorded. A dry run gets stores that read and decide but do not write. */
export interface ImportStores {
  /** The community's books; undefined when nobody has registered it. */
  findBooks(communityId: string): Promise<HistoryBooks | undefined>;
  /** Registers the community as of the day of its first fact. */
  register(books: HistoryBooks, firstDay: LocalDate | undefined): Promise<void>;
  openAccount(communityId: string, account: string): Promise<AccountStream>;
}

export interface ImportRequest {
  readonly path: string;
  /** Parsed (D17). */
  readonly communityId: string;
  /** The books' currency; a new community gets CNY without it. */
  readonly currency?: string;
  readonly signal?: AbortSignal;
  /** Bytes read and checked so far; `total` is undefined for a pipe. */
  readonly onRead?: (bytes: number, total: number | undefined) => void;
  /** Lines recorded or found unchanged so far. */
  readonly onRecorded?: (lines: number, total: number) => void;
}

/**
 * Imports a journal of receivables: reads and checks the whole file, sorts its lines by account, date and place, and records
 * them. The same file again changes nothing; after a failure or a stop the same file again goes on.
 * @throws DomainError FILE_NOT_FOUND, FILE_INVALID, HEADER_INVALID, CURRENCY_MISMATCH: the file was refused, nothing was stored;
 *   the store's errors; the signal's reason
 */
export async function importHistory(stores: ImportStores, request: ImportRequest): Promise<ImportReport> {
  const known = await stores.findBooks(request.communityId);
  const books = booksFor(request, known);
  const tally = new ImportTally();
  const sorter = new LineSorter(JOURNAL_CODEC);
  try {
    const { lines, firstDay } = await collect(request, tally, sorter);
    request.signal?.throwIfAborted();
    if (!known) {
      await stores.register(books, firstDay);
      booksFor(request, await stores.findBooks(request.communityId)); // somebody else may have been faster
    }
    await record(stores, request, { books, tally, sorter, lines });
  } finally {
    await sorter.close();
  }
  return tally.report();
}

function booksFor({ communityId, currency }: ImportRequest, known: HistoryBooks | undefined): HistoryBooks {
  if (!known) return { communityId, currency: currency ?? DEFAULT_CURRENCY, timeZone: DEFAULT_TIME_ZONE };
  if (currency === undefined || currency === known.currency) return known;
  const message = `the books of ${communityId} are kept in ${known.currency}, not in ${currency}`;
  throw new DomainError('CURRENCY_MISMATCH', message);
}

interface Collected {
  /** Lines to be recorded. */
  readonly lines: number;
  readonly firstDay: LocalDate | undefined;
}

/** Reads, checks and sorts. */
async function collect(
  request: ImportRequest,
  tally: ImportTally,
  sorter: LineSorter<JournalLine>,
): Promise<Collected> {
  let lines = 0;
  let firstDay: LocalDate | undefined;
  const source = await openSource(request.path, request.signal);
  try {
    await readLines(source.file, JOURNAL_FORMAT, {
      tally,
      ...(request.signal && { signal: request.signal }),
      onProgress: (bytes) => request.onRead?.(bytes, source.bytes),
      onLine: (line) => {
        lines += 1;
        if (firstDay === undefined || line.occurredOn < firstDay) firstDay = line.occurredOn;
        return sorter.add(line);
      },
    });
  } finally {
    await source.close();
  }
  return { lines, firstDay };
}

interface Recording {
  readonly books: HistoryBooks;
  readonly tally: ImportTally;
  readonly sorter: LineSorter<JournalLine>;
  readonly lines: number;
}

async function record(stores: ImportStores, request: ImportRequest, recording: Recording): Promise<void> {
  const { books, tally, sorter, lines } = recording;
  let settled = 0;
  const recorder = historyRecorder({
    open: (account) => stores.openAccount(books.communityId, account),
    books,
    tally,
    ...(request.signal && { signal: request.signal }),
    onProgress: (count) => request.onRecorded?.((settled += count), lines),
  });
  await recorder.record(sorter.sorted());
}
