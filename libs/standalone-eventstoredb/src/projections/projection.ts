import { randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { ALL, type EventLog } from '../store/event-log.js';
import type { ProjectionRow } from '../store/files.js';
import type { LogReader } from '../store/log-reader.js';
import { appendReviving } from '../store/revival.js';
import { type ProposedEvent, StoredRecord } from '../wire/record.js';
import type { Emission, Handler } from './emission.js';

/** What is written for many events is more than one commit, if it is long. */
const COMMIT_BYTES = 8 * 1024 * 1024;

/** How long a projection may keep everybody else waiting; a call of its query that has begun goes on to its end. */
const TURN_MS = 20;
/**
 * What comes within this is taken up together. EventStoreDB's projections lag as well, and programs rely on it: they append, and
 * then subscribe to what is linked from now on.
 */
const GATHERING_MS = 150;

export type ProjectionStatus = 'Running' | 'Stopped' | 'Aborted' | 'Completed' | 'Faulted';

/** A projection that follows $all and writes to streams, each event exactly once: its place is stored with what it wrote. */
export class Projection {
  processed = 0;
  fault: string | undefined;
  private stopping: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    readonly name: string,
    private handler: Handler,
    private readonly log: EventLog,
    private readonly reader: LogReader,
    private row: ProjectionRow,
  ) {
    if (row.enabled) this.start();
  }

  get status(): ProjectionStatus {
    if (this.fault !== undefined) return 'Faulted';
    return this.row.enabled ? 'Running' : (this.row.ended ?? 'Stopped');
  }
  get settings(): Readonly<ProjectionRow> {
    return this.row;
  }
  /** Position of the last event looked at. */
  get position(): number {
    return this.row.next - 1;
  }

  async enable(): Promise<void> {
    if (this.row.enabled && this.fault === undefined) return;
    await this.stop();
    await this.save({ ...this.row, enabled: true });
    this.start();
  }

  /** `aborted`: as EventStoreDB calls it when no checkpoint was to be written. */
  async disable(aborted = false): Promise<void> {
    await this.stop();
    const { ended: _, ...row } = this.row;
    await this.save({ ...row, enabled: false, ...(aborted ? { ended: 'Aborted' as const } : {}) });
  }

  /** Starts over: what was written stays. */
  async reset(): Promise<void> {
    await this.stop();
    await this.handler.clear();
    await this.save({ ...this.row, next: 1 });
    if (this.row.enabled) this.start();
  }

  /** Goes on from where it is by other rules. */
  async change(handler: Handler, settings: Pick<ProjectionRow, 'query' | 'emitEnabled'>): Promise<void> {
    await this.stop();
    this.handler = handler;
    await this.save({ ...this.row, ...settings });
    if (this.row.enabled) this.start();
  }

  async stop(): Promise<void> {
    this.stopping?.abort();
    this.stopping = undefined;
    await this.running;
  }

  private start(): void {
    const stopping = new AbortController();
    this.stopping = stopping;
    this.fault = undefined;
    this.running = this.follow(stopping.signal).catch((error: unknown) => {
      this.handler.forget();
      this.fault = (error as Error).message;
    });
  }

  private async follow(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const page = this.reader.allForwards(this.row.next);
      if (page.records.length > 0) await this.write(page.records, page.next);
      else this.row = { ...this.row, next: page.next };
      if (!page.end) await nextTurn();
      else if (this.log.head < page.next) {
        if (this.row.once === true) return this.save({ ...this.row, enabled: false, ended: 'Completed' });
        await this.log.notifier.wait(ALL, signal);
        await delay(GATHERING_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  private async write(records: readonly Buffer[], next: number): Promise<void> {
    let byStream = new Map<string, ProposedEvent[]>();
    let bytes = 0;
    let turnSince = performance.now();
    for (const stored of records) {
      // A query may take long on each event, and there is one thread for all.
      if (performance.now() - turnSince > TURN_MS) {
        await nextTurn();
        turnSince = performance.now();
      }
      const record = new StoredRecord(stored);
      for (const emission of this.handler.handle(record)) {
        this.track(emission.stream, byStream, record);
        const event = this.emittedEvent(emission, record);
        bytes += event.data.length;
        addTo(byStream, emission.stream, event);
      }
      this.processed++;
      if (bytes < COMMIT_BYTES) continue;
      await this.commit(byStream, record.position + 1);
      byStream = new Map();
      bytes = 0;
    }
    await this.commit(byStream, next);
  }

  /** Notes the streams that it makes, if it was asked to. */
  private track(stream: string, byStream: Map<string, ProposedEvent[]>, record: StoredRecord): void {
    if (this.row.trackEmitted !== true || byStream.has(stream) || this.log.streams.open(stream).last >= 0) return;
    const tracked = { stream: trackingStreamOf(this.name), type: '$StreamTracked', data: stream };
    addTo(byStream, tracked.stream, this.emittedEvent(tracked, record));
  }

  /** One turn, so one commit: what is written, what is remembered and how far the projection is. */
  private async commit(byStream: ReadonlyMap<string, ProposedEvent[]>, next: number): Promise<void> {
    const writes: Promise<unknown>[] = [...this.handler.save()];
    for (const [stream, events] of byStream) {
      const info = this.log.streams.open(stream);
      // What would go to a stream that has ended for ever is lost.
      if (!info.tombstoned) writes.push(appendReviving(this.log, this.reader, info, events));
    }
    if (writes.length > 0) writes.push(this.save({ ...this.row, next }));
    else this.row = { ...this.row, next };
    await Promise.all(writes);
  }

  private async save(row: ProjectionRow): Promise<void> {
    const before = this.row;
    this.row = row;
    try {
      await this.log.write(() => void this.log.files.projections.put(this.name, row));
    } catch (error) {
      this.row = before;
      throw error;
    }
  }

  private emittedEvent({ type, data, isJson, metadata: own }: Emission, record: StoredRecord): ProposedEvent {
    const { position, id } = record;
    const stream = record.streamName.toString('utf8');
    // A query's projection knows its own events by this again.
    const version = this.row.query === undefined ? {} : { $v: `${this.name}:-1:0:4` };
    const metadata = { ...own, ...version, $c: position, $p: position, $o: stream, $causedBy: id };
    return {
      id: randomUUID(),
      type: Buffer.from(type),
      isJson: isJson === true,
      data: Buffer.from(data),
      metadata: Buffer.from(JSON.stringify(metadata)),
    };
  }
}

/** Where a projection notes the streams that it has made. */
export function trackingStreamOf(name: string): string {
  return `$projections-${name}-emittedstreams`;
}

function addTo(byStream: Map<string, ProposedEvent[]>, stream: string, event: ProposedEvent): void {
  const events = byStream.get(stream);
  if (events === undefined) byStream.set(stream, [event]);
  else events.push(event);
}
