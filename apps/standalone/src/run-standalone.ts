import { once } from 'node:events';
import { LiveRunner } from '#libs/projection-engine';
import {
  exitStatusOf,
  failureLine,
  exitStatus,
  openRuntime,
  resolveUserPath,
  stopSignal,
  type Environment,
  type Runtime,
} from '#libs/runtime';
import type { WorkCalendars } from '#libs/service-desk';
import { projections } from '#projections';
import { publishedSchedule } from '../../scheduler/src/published-schedule.js';
import { watchClocks } from '../../scheduler/src/watch-clocks.js';
import { parseOptions, type StandaloneOptions } from './options.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Folds until told to stop. A store that is away is waited for; a projection that fails is not got over silently. */
async function project(runtime: Runtime, signal: AbortSignal): Promise<void> {
  const runner = new LiveRunner({
    source: runtime.eventStore,
    stores: runtime.readStore,
    projections,
    upcast: (event) => runtime.upcasters.dataOf(event),
    onRetry: (error, pauseMs) => say(`estate: projector: ${String(error)}; again in ${pauseMs} ms`),
  });
  await runner.run(signal);
}

/** What runs beside the servers in `npm start`. */
function startWork(runtime: Runtime, calendars: () => WorkCalendars, signal: AbortSignal): Promise<void>[] {
  return [project(runtime, signal), watchClocks(runtime, { calendars, say }, signal)];
}

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function serve(options: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<void> {
  // This program is the servers: addresses of others in the environment are not its own.
  const ownEnv = { ...env, EVENTSTORE_URL: undefined, MONGODB_URL: undefined };
  const { dataDir, serve: served, publishedDays } = options;
  const calendars = publishedSchedule(publishedDays && resolveUserPath(publishedDays, env));
  // A file that cannot be read is said now, not at the first deadline.
  calendars();
  const runtime = await openRuntime({ env: ownEnv, dataDir, serve: served, say, signal });
  const working = new AbortController();
  const works = served.projecting ? startWork(runtime, calendars, working.signal) : [];
  try {
    const { eventstore, mongodb } = runtime.addresses;
    process.stdout.write(`ready eventstore=${eventstore} mongodb=${mongodb}\n`);
    await Promise.race([untilStopped(signal), runtime.failed, ...works]);
  } finally {
    working.abort();
    await Promise.allSettled(works);
    await runtime.close();
  }
}

/** Owns a data folder and serves it until SIGTERM or SIGINT, then closes cleanly; exit status 0 then, 1 after a failure, 2 for bad input. */
export async function runStandalone(args: readonly string[], env: Environment): Promise<void> {
  const signal = stopSignal();
  try {
    await serve(parseOptions(args), env, signal);
    process.exit(0);
  } catch (error) {
    if (signal.aborted) process.exit(exitStatusOf(signal.reason));
    say(failureLine(error));
    process.exit(exitStatus(error));
  }
}
