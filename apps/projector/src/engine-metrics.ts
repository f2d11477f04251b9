import type { BatchReport, LeaseChange } from '#libs/projection-engine';
import { family, Histogram } from '#libs/telemetry';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];
const SIZES = [1, 2, 5, 10, 25, 50, 100, 250, 500, 1_000];

/** What this process has folded, in Prometheus' text format. */
export class EngineMetrics {
  private readonly batches = new Histogram('projection_batch_events', 'Events of a batch.', SIZES);
  private readonly documents = new Histogram('projection_batch_documents', 'Documents written of a batch.', SIZES);
  private readonly loads = new Histogram('projection_load_seconds', 'Time to load the documents of a batch.', SECONDS);
  private readonly folds = new Histogram('projection_fold_seconds', 'Time to fold a batch in memory.', SECONDS);
  private readonly writes = new Histogram(
    'projection_write_seconds',
    'Time to write the documents of a batch.',
    SECONDS,
  );
  private readonly events = new Map<string, number>();
  private readonly parked = new Map<string, number>();
  private fence = 0;

  batch({ projection, events, documents, loadMs, foldMs, writeMs }: BatchReport): void {
    const labels = `projection="${projection}"`;
    // In a catch-up several batches share a write, which is told of apart.
    if (events.length > 0) {
      this.batches.observe(labels, events.length);
      this.loads.observe(labels, loadMs / 1_000);
      this.folds.observe(labels, foldMs / 1_000);
    }
    if (documents > 0) {
      this.documents.observe(labels, documents);
      this.writes.observe(labels, writeMs / 1_000);
    }
    this.events.set(labels, (this.events.get(labels) ?? 0) + events.length);
  }

  countParked(projection: string): void {
    const labels = `projection="${projection}"`;
    this.parked.set(labels, (this.parked.get(labels) ?? 0) + 1);
  }

  lease(change: LeaseChange): void {
    if (change.kind !== 'unreachable') this.fence = change.kind === 'taken' ? Number(change.fence) : 0;
  }

  lines(): string[] {
    const [held, fence] = [new Map([['', this.fence > 0 ? 1 : 0]]), new Map([['', this.fence]])];
    return [
      ...family('projection_events_total', 'counter', 'Events folded by this process.', this.events),
      ...[this.batches, this.documents, this.loads, this.folds, this.writes].flatMap((each) => each.lines()),
      ...family(
        'projection_parked_total',
        'counter',
        'Events that failed and were parked by this process.',
        this.parked,
      ),
      ...family('projection_lease_held', 'gauge', 'Whether this process folds.', held),
      ...family('projection_lease_fence', 'gauge', 'Token of the lease that it holds; 0 without.', fence),
    ];
  }
}
