import { DomainError } from '#libs/kernel';
import { exitStatus, failureLine, openRuntime, stopSignal, type Environment } from '#libs/runtime';
import { openTracing } from '#libs/telemetry';
import { checkAtStart } from '#projections';
import { EngineMetrics } from './engine-metrics.js';
import { foldLive } from './fold-live.js';
import { serveProbes } from './serve-probes.js';

const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function project(env: Environment, signal: AbortSignal): Promise<void> {
  const runtime = await openRuntime({ env, say, signal });
  try {
    if (runtime.mode === 'standalone-owner') {
      throw new DomainError(
        'CONFIG_INVALID',
        'a projector alone needs servers: set EVENTSTORE_URL and MONGODB_URL, or use npm start',
      );
    }
    if (runtime.projecting)
      throw new DomainError('ALREADY_PROJECTING', 'the program that serves this data folder projects itself');
    await checkAtStart(runtime.readStore, { folds: true });
    const metrics = new EngineMetrics();
    const tracing = await openTracing(env, 'estate-projector');
    const probes = await serveProbes(runtime, env, () => metrics.lines());
    try {
      await foldLive(runtime, { say, metrics, tracing }, signal);
    } finally {
      await Promise.allSettled([probes?.close(), tracing?.close()]);
    }
  } finally {
    await runtime.close();
  }
}

/**
 * Keeps the read models of real servers (or of bare standalone ones) up to date until SIGTERM or SIGINT. Any number may run: one folds, the
 * others stand by and take over within seconds.
 */
export async function runProjector(env: Environment): Promise<void> {
  const signal = stopSignal();
  try {
    await project(env, signal);
    process.exit(0);
  } catch (error) {
    say(failureLine(error));
    process.exit(exitStatus(error));
  }
}
