import { once } from 'node:events';
import {
  exitStatusOf,
  failureLine,
  exitStatus,
  openRuntime,
  openServers,
  resolveUserPath,
  stopSignal,
  type Environment,
  type OpenServers,
  type Runtime,
  type RuntimeOptions,
} from '#libs/runtime';
import { parseOptions, type StandaloneOptions } from './options.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function untilStopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

/** `npm start` uses servers that the environment names. */
function open({ dataDir, serve }: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<Runtime> {
  if (env['EVENTSTORE_URL'] && env['MONGODB_URL']) return openRuntime({ env, dataDir, say, signal });
  return openRuntime(ownServers({ dataDir, serve }, env, signal));
}

/** The bare servers are this program, and others' addresses are not its own. */
function ownServers(
  { dataDir, serve }: Pick<StandaloneOptions, 'dataDir' | 'serve'>,
  env: Environment,
  signal: AbortSignal,
): RuntimeOptions {
  return { env: { ...env, EVENTSTORE_URL: undefined, MONGODB_URL: undefined }, dataDir, serve, say, signal };
}

function sayReady({ addresses: { eventstore, mongodb } }: Pick<OpenServers, 'addresses'>, apiUrl?: string): void {
  process.stdout.write(`ready eventstore=${eventstore} mongodb=${mongodb}${apiUrl ? ` api=${apiUrl}` : ''}\n`);
}

async function serveServers(options: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<void> {
  const servers = await openServers(ownServers(options, env, signal));
  try {
    sayReady(servers);
    await Promise.race([untilStopped(signal), servers.failed]);
  } finally {
    await servers.close();
  }
}

async function serveAll(options: StandaloneOptions, env: Environment, signal: AbortSignal): Promise<void> {
  // Most of what this program loads: the bare servers are there at once without it.
  const { calendarsOf, startBeside } = await import('./beside.js');
  const { publishedDays } = options;
  const calendars = calendarsOf(publishedDays && resolveUserPath(publishedDays, env));
  const runtime = await open(options, env, signal);
  try {
    const beside = await startBeside(runtime, env, calendars);
    try {
      sayReady(runtime, beside.apiUrl);
      await Promise.race([untilStopped(signal), runtime.failed, ...beside.works]);
    } finally {
      await beside.close();
    }
  } finally {
    await runtime.close();
  }
}

/** Owns a data folder and serves it until SIGTERM or SIGINT, then closes cleanly; exit status 0 then, 1 after a failure, 2 for bad input. */
export async function runStandalone(args: readonly string[], env: Environment): Promise<void> {
  const signal = stopSignal();
  try {
    const options = parseOptions(args);
    await (options.serve.projecting ? serveAll : serveServers)(options, env, signal);
    process.exit(0);
  } catch (error) {
    if (signal.aborted) process.exit(exitStatusOf(signal.reason));
    say(failureLine(error));
    process.exit(exitStatus(error));
  }
}
