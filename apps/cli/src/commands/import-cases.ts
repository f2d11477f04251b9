import { DomainError, parseCommunityId } from '#libs/kernel';
import { caseStores } from '../import-cases/case-stores.js';
import { addImportReport } from '../import-history/import-answer.js';
import { importCases } from '../import-cases/import-cases.js';
import { progressBar } from '../io/progress.js';
import type { CommandRun } from '../session.js';

export interface ImportCasesOptions {
  readonly community: string;
  readonly dryRun?: boolean;
}

/** `estate import cases FILE`: records a help-desk log as facts of cases (docs/import-cases.md). */
export const run: CommandRun<ImportCasesOptions> = async (session, [file], options) => {
  if (file === undefined) throw new DomainError('FILE_REQUIRED', 'name the file to import');
  const communityId = parseCommunityId(options.community);
  const dryRun = options.dryRun === true;
  const reading = progressBar('reading', 'KiB');
  const recording = progressBar('recording', 'lines');
  const report = await session.withRuntime(async (runtime) => {
    const stores = await caseStores(runtime, { dryRun });
    return importCases(stores, {
      path: session.path(file),
      communityId,
      signal: session.signal,
      onRead: (bytes, total) => reading.update(Math.ceil(bytes / 1024), total && Math.ceil(total / 1024)),
      onRecorded: (lines, total) => recording.update(lines, total),
    }).finally(async () => {
      reading.end();
      recording.end();
      await stores.close();
    });
  });
  return addImportReport(session, report, { communityId, dryRun });
};
