import type { BatchReport } from '#libs/projection-engine';
import type { Tracing } from '#libs/telemetry';

/** A batch may hold the events of very many commands; a trace of some is worth more than the time to tell of all. */
const MOST_SPANS = 100;

/** A span for each command whose events a projection has written: under the trace that its events carry. */
export function traceBatch(tracing: Tracing, report: BatchReport): void {
  const { projection, events, startedAtMs, loadMs, foldMs, writeMs } = report;
  const positions = new Map<string, bigint>();
  for (const { metadata, position } of events) {
    if (metadata.traceparent !== undefined) positions.set(metadata.traceparent, position);
    if (positions.size >= MOST_SPANS) break;
  }
  const endedAtMs = performance.timeOrigin + performance.now();
  for (const [parent, position] of positions) {
    const attributes = {
      ...{ 'estate.projection': projection, 'estate.position': `${position}`, 'estate.batch.events': events.length },
      ...{ 'estate.load_ms': loadMs, 'estate.fold_ms': foldMs, 'estate.write_ms': writeMs },
    };
    tracing.record(`project ${projection}`, { parent, kind: 'consumer', attributes, startedAtMs, endedAtMs });
  }
}
