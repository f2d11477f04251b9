import { DomainError, parseCommunityId, parseCurrency } from '#libs/kernel';
import { importHistory } from '../import-history/import-history.js';
import type { ImportReport } from '../import-history/import-report.js';
import { importStores } from '../import-history/import-stores.js';
import { addJsonWithList } from '../io/output.js';
import { progressBar } from '../io/progress.js';
import type { CommandRun, Session } from '../session.js';

export interface ImportHistoryOptions {
  readonly community: string;
  readonly currency?: string;
  readonly dryRun?: boolean;
}

const REJECTED_SHOWN = 20;
const BAD_LINES = 2;

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
  if (session.json) await addJson(session, report);
  else await addSummary(session, report, { communityId, dryRun });
  return report.rejected.length > 0 ? BAD_LINES : 0;
};

async function addJson({ answer }: Session, { rejected, ...counts }: ImportReport): Promise<void> {
  await addJsonWithList(answer, counts, { name: 'rejected', items: rejected }, () => ({}));
}

async function addSummary(
  { answer }: Session,
  { lines, imported, unchanged, skipped, rejected }: ImportReport,
  { communityId, dryRun }: { communityId: string; dryRun: boolean },
): Promise<void> {
  await answer.line(dryRun ? `Dry run for ${communityId}: nothing was stored` : `Import into ${communityId}`);
  const count = (number: number): string => number.toLocaleString('en').padStart(12);
  await answer.line(`${count(lines)} lines`);
  await answer.line(`${count(imported)} ${dryRun ? 'would be imported' : 'imported'}`);
  await answer.line(`${count(unchanged)} unchanged (imported before)`);
  await answer.line(`${count(skipped)} skipped (amount 0)`);
  await answer.line(`${count(rejected.length)} rejected`);
  for (const { line, code, message } of rejected.slice(0, REJECTED_SHOWN)) {
    await answer.line(`  line ${line}: ${code}: ${message}`);
  }
  const more = rejected.length - REJECTED_SHOWN;
  if (more > 0) await answer.line(`  and ${more.toLocaleString('en')} more: --json lists them all`);
}
