import { DomainError, parseCommunityId, parseCurrency } from '#libs/kernel';
import { importHistory } from '../import-history/import-history.js';
import { importStores } from '../import-history/import-stores.js';
import { addImportReport } from '../import-history/import-answer.js';
import { progressBar } from '../io/progress.js';
import type { CommandRun } from '../session.js';

export interface ImportHistoryOptions {
  readonly community: string;
  readonly currency?: string;
  readonly dryRun?: boolean;
}

/** `estate import history FILE`: records a journal of receivables as facts (docs/import-history.md). */
export const run: CommandRun<ImportHistoryOptions> = async (session, [file], options) => {
  if (file === undefined) throw new DomainError('FILE_REQUIRED', 'name the file to import');
  const communityId = parseCommunityId(options.community);
  const currency = options.currency === undefined ? {} : { currency: parseCurrency(options.currency) };
  const dryRun = options.dryRun === true;
  const reading = progressBar('reading', 'KiB');
  const recording = progressBar('recording', 'lines');
  const report = await session.withRuntime((runtime) =>
    importHistory(importStores(runtime, { dryRun }), {
      path: session.path(file),
      communityId,
      ...currency,
      signal: session.signal,
      onRead: (bytes, total) => reading.update(Math.ceil(bytes / 1024), total && Math.ceil(total / 1024)),
      onRecorded: (lines, total) => recording.update(lines, total),
    }).finally(() => {
      reading.end();
      recording.end();
    }),
  );
  return addImportReport(session, report, { communityId, dryRun });
};
