import { addJsonWithList } from '../io/output.js';
import type { Session } from '../session.js';
import type { ImportReport } from './import-report.js';

const REJECTED_SHOWN = 20;
const BAD_LINES = 2;

interface ImportedWhere {
  readonly communityId: string;
  readonly dryRun: boolean;
}

/** Tells what became of a file's lines; resolves to the exit status. */
export async function addImportReport(session: Session, report: ImportReport, where: ImportedWhere): Promise<number> {
  if (session.json) await addJson(session, report);
  else await addSummary(session, report, where);
  return report.rejected.length > 0 ? BAD_LINES : 0;
}

async function addJson({ answer }: Session, { rejected, ...counts }: ImportReport): Promise<void> {
  await addJsonWithList(answer, counts, { name: 'rejected', items: rejected }, () => ({}));
}

async function addSummary(
  { answer }: Session,
  { lines, imported, unchanged, skipped, rejected }: ImportReport,
  { communityId, dryRun }: ImportedWhere,
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
