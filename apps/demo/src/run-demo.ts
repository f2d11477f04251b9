import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DomainError } from '#libs/kernel';
import {
  dataFolderAt,
  exitStatus,
  exitStatusOf,
  failureLine,
  isEmptyFolder,
  resolveUserPath,
  stopSignal,
  type Environment,
} from '#libs/runtime';
import { DemoCommunity } from './demo-community.js';
import { parseOptions, type DemoOptions } from './options.js';
import { printReports } from './print-reports.js';
import { linkLines } from './links.js';
import { monthLine, summaryLines } from './summary.js';
import { planYear } from './year/plan-year.js';

const print = (line = ''): void => void process.stdout.write(`${line}\n`);

/** A folder of the user's, which stays, or a temporary one, which goes. @throws DomainError DATA_FOLDER_NOT_EMPTY */
function folderFor({ dataDir }: DemoOptions, env: Environment): { readonly path: string; remove(): void } {
  if (dataDir === undefined) {
    const path = mkdtempSync(join(tmpdir(), 'estate-demo-'));
    return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
  }
  const path = resolveUserPath(dataDir, env);
  if (!isEmptyFolder(dataFolderAt(path).root))
    throw new DomainError('DATA_FOLDER_NOT_EMPTY', `the demo needs a new folder, and ${path} holds something`);
  return { path, remove: () => undefined };
}

async function live(options: DemoOptions, env: Environment, dataDir: string, signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  const plan = planYear(options);
  const community = await DemoCommunity.open(plan, dataDir, { env, serve: !options.exit, signal });
  try {
    print(
      `A year in the life of ${plan.name} (community ${plan.communityId}): ${plan.units.length} units, ${plan.year}, seed ${options.seed}`,
    );
    const counts = await community.liveYear((month, soFar) => print(monthLine(month, soFar)));
    for (const line of summaryLines(counts, performance.now() - startedAt)) print(line);
    await printReports(community, print);
    if (options.exit) return;
    for (const line of await linkLines(community)) print(line);
    await community.goOn(once(signal, 'abort'));
  } finally {
    await community.close();
  }
}

/**
 * The demo: status 0 at its end, also by Ctrl-C while it serves; of a signal before that, the status that a shell gives it; 1 after a failure, 2
 * for a wrong call. The temporary folder is removed in any case.
 */
export async function runDemo(args: readonly string[], env: Environment): Promise<void> {
  const signal = stopSignal();
  let status = 0;
  try {
    const options = parseOptions(args);
    const folder = folderFor(options, env);
    try {
      await live(options, env, folder.path, signal);
    } finally {
      folder.remove();
    }
  } catch (error) {
    status = signal.aborted ? exitStatusOf(signal.reason) : exitStatus(error);
    if (!signal.aborted) process.stderr.write(`${failureLine(error)}\n`);
  }
  process.stdout.end(() => process.exit(status));
}
