import { once } from 'node:events';
import { DomainError } from '#libs/kernel';
import { exitStatus, failureLine, openRuntime, stopSignal, type Environment } from '#libs/runtime';
import { checkAtStart } from '#projections';
import { openTracing } from '#libs/telemetry';
import { serveApi } from './serve-api.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function serve(env: Environment, signal: AbortSignal): Promise<void> {
  const runtime = await openRuntime({ env, say, signal });
  try {
    if (runtime.mode === 'standalone-owner') {
      throw new DomainError(
        'CONFIG_INVALID',
        'an API alone needs servers: set EVENTSTORE_URL and MONGODB_URL, or use npm start',
      );
    }
    await checkAtStart(runtime.readStore, { folds: false });
    const tracing = await openTracing(env, 'estate-api');
    const api = await serveApi(runtime, env, tracing ? { tracing } : {});
    process.stdout.write(`ready api=${api.url}\n`);
    if (!signal.aborted) await once(signal, 'abort');
    await api.close();
    await tracing?.close().catch(() => undefined);
  } finally {
    await runtime.close();
  }
}

/** The API alone, beside a projector: over real servers, or joined to a data folder that is served. Ends cleanly on SIGTERM or SIGINT. */
export async function runApi(env: Environment): Promise<void> {
  const signal = stopSignal();
  try {
    await serve(env, signal);
    process.exit(0);
  } catch (error) {
    say(failureLine(error));
    process.exit(exitStatus(error));
  }
}
