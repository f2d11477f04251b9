import { LeasedRunner, type LeaseChange } from '#libs/projection-engine';
import type { Runtime } from '#libs/runtime';
import type { Tracing } from '#libs/telemetry';
import { projections } from '#projections';
import type { EngineMetrics } from './engine-metrics.js';
import { traceBatch } from './trace-batch.js';
import { projectionLease } from './projection-lease.js';
import { controlDesk } from './control-desk.js';

/**
 * Keeps the read models fresh until told to stop, for as long as this process holds the lease; stands by otherwise. A store that is away is
 * waited for; a projection that fails as a whole is not got over silently.
 */
export function foldLive(
  runtime: Runtime,
  {
    say,
    metrics,
    tracing,
  }: { readonly say: (line: string) => void; readonly metrics: EngineMetrics; readonly tracing?: Tracing | undefined },
  signal: AbortSignal,
): Promise<void> {
  const tell = (text: string): void => say(`estate: projector: ${text}`);
  // Alone on its data folder, it has nothing to tell as long as all goes well.
  const tellCourse = runtime.mode === 'standalone-owner' ? (): void => undefined : tell;
  const runner = new LeasedRunner({
    source: runtime.eventStore,
    projections,
    upcast: (event) => runtime.upcasters.dataOf(event),
    lease: projectionLease(runtime),
    fencedStores: (fence) => runtime.readStore.withFence(fence),
    onLease: (change) => {
      metrics.lease(change);
      (change.kind === 'taken' ? tellCourse : tell)(lineOf(change));
    },
    onBatch: (report) => {
      metrics.batch(report);
      if (tracing) traceBatch(tracing, report);
    },
    onCaughtUp: () => tellCourse('caught up'),
    onParked: ({ _id, model, scope, key, cause }) => {
      metrics.countParked(model);
      tell(`${_id} is parked, ${scope} ${key} stands still: ${cause}`);
    },
    beside: (folding, until) => controlDesk(runtime, folding, say).run(until),
    onRetry: (error, pauseMs) => tell(`${String(error)}; again in ${pauseMs} ms`),
  });
  return runner.run(signal);
}

function lineOf(change: LeaseChange): string {
  switch (change.kind) {
    case 'taken':
      return `folds under lease ${change.fence}`;
    case 'lost':
      return `stands by: lease ${change.fence} is another's`;
    case 'unreachable':
      return `cannot look for the lease: ${String(change.error)}`;
  }
}
