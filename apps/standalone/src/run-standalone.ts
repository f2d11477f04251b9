import { once } from 'node:events';
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
import { checkAtStart } from '#projections';
import { openTracing, type Tracing } from '#libs/telemetry';
import { serveApi, type ServedApi } from '../../api/src/index.js';
import { EngineMetrics } from '../../projector/src/engine-metrics.js';
import { foldLive } from '../../projector/src/fold-live.js';
import { publishedSchedule } from '../../scheduler/src/published-schedule.js';
import { watchClocks } from '../../scheduler/src/watch-clocks.js';
import { parseOptions, type StandaloneOptions } from './options.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

interface Work {
  readonly calendars: () => WorkCalendars;
  readonly metrics: EngineMetrics;
  readonly tracing: Tracing | undefined;
}

/** What runs beside the servers in `npm start`. */
function startWork(runtime: Runtime, { calendars, metrics, tracing }: Work, signal: AbortSignal): Promise<void>[] {
  return [foldLive(runtime, { say, metrics, tracing }, signal), watchClocks(runtime, { calendars, say }, signal)];
}

function apiParts({ metrics, tracing }: Omit<Work, 'calendars'>) {
  return { figures: () => metrics.lines(), ...(tracing ? { tracing } : {}) };
}

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** `npm start` uses servers that the environment names; the bare servers are this program, and others' addresses are not its own. */
function open({ dataDir, serve }: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<Runtime> {
  if (serve.projecting && env['EVENTSTORE_URL'] && env['MONGODB_URL'])
    return openRuntime({ env, dataDir, say, signal });
  const ownEnv = { ...env, EVENTSTORE_URL: undefined, MONGODB_URL: undefined };
  return openRuntime({ env: ownEnv, dataDir, serve, say, signal });
}

async function serve(options: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<void> {
  const { serve: served, publishedDays } = options;
  const calendars = publishedSchedule(publishedDays && resolveUserPath(publishedDays, env));
  // A file that cannot be read is said now, not at the first deadline.
  calendars();
  const runtime = await open(options, env, signal);
  const metrics = new EngineMetrics();
  const tracing = served.projecting ? await openTracing(env, 'estate') : undefined;
  const working = new AbortController();
  let works: Promise<void>[] = [];
  let api: ServedApi | undefined;
  try {
    if (served.projecting) await checkAtStart(runtime.readStore, { folds: true });
    if (served.projecting) works = startWork(runtime, { calendars, metrics, tracing }, working.signal);
    // Raced below; a failure while the API starts must not end the process before that.
    for (const work of works) work.catch(() => undefined);
    if (served.projecting) api = await serveApi(runtime, env, apiParts({ metrics, tracing }));
    const { eventstore, mongodb } = runtime.addresses;
    process.stdout.write(`ready eventstore=${eventstore} mongodb=${mongodb}${api ? ` api=${api.url}` : ''}\n`);
    await Promise.race([untilStopped(signal), runtime.failed, ...works]);
  } finally {
    // What was asked is answered first, while the stores are there.
    await api?.close();
    working.abort();
    await Promise.allSettled(works);
    await tracing?.close().catch(() => undefined);
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
