import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import { streamDeleted } from '../errors.js';
import { ALL, type EventLog } from '../store/event-log.js';
import { type LogReader, PAGE_EVENTS } from '../store/log-reader.js';
import type { StreamInfo } from '../store/stream-info.js';
import { firstVisibleRevision, isSoftDeleted } from '../store/stream-metadata.js';
import { StoredRecord } from '../wire/record.js';
import { confirmation, firstStreamPosition, lastStreamPosition, streamNotFoundResponse } from '../wire/responses.js';
import { EventPresenter } from './event-presenter.js';
import type { Outlet } from './outlet.js';
import { Checkpoints, FAR_BEHIND, Liveness } from './progress.js';
import { type ReadQuery, readQueryOf } from './read-query.js';

/** Streams.Read: reads and catch-up subscriptions, of a stream or of $all. */
export class ReadService {
  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {}

  handle(request: ReadReq, outlet: Outlet): void {
    this.serve(request, outlet).then(
      () => outlet.end(),
      (error: unknown) => outlet.fail(error),
    );
  }

  private async serve(request: ReadReq, outlet: Outlet): Promise<void> {
    const query = readQueryOf(request);
    const presenter = new EventPresenter(this.log, this.reader, query);
    if (query.stream === undefined) {
      if (query.maxCount === undefined) await this.subscribeAll(query, presenter, outlet);
      else await this.readAll(query, query.maxCount, presenter, outlet);
    } else if (query.maxCount === undefined) await this.subscribeStream(query.stream, query, presenter, outlet);
    else await this.readStream(query.stream, query, query.maxCount, presenter, outlet);
  }

  private async readAll(query: ReadQuery, maxCount: number, presenter: EventPresenter, outlet: Outlet): Promise<void> {
    const { filter, backwards } = query;
    let left = maxCount;
    let next = startOfAll(query, this.log.head);
    while (left > 0 && !outlet.closed) {
      const limit = filter === undefined ? Math.min(left, PAGE_EVENTS) : PAGE_EVENTS;
      const page = backwards ? this.reader.allBackwards(next, limit) : this.reader.allForwards(next, limit);
      for (const buffer of page.records) {
        const record = new StoredRecord(buffer);
        if (filter !== undefined && !filter.accepts(record)) continue;
        const sent = outlet.send(presenter.present(record));
        if (--left === 0) return;
        if (!sent) await outlet.drained();
      }
      next = page.next;
      if (page.end) return;
      await nextTurn();
    }
  }

  private async readStream(
    stream: Buffer,
    query: ReadQuery,
    maxCount: number,
    presenter: EventPresenter,
    outlet: Outlet,
  ): Promise<void> {
    const info = this.log.streams.open(stream.toString('utf8'));
    if (info.tombstoned) throw streamDeleted(info.name);
    if (info.committed < 0 || isSoftDeleted(info)) {
      outlet.send(streamNotFoundResponse(stream));
      return;
    }
    const first = query.compatibility > 0 ? firstToTell(info, query, maxCount) : undefined;
    if (first !== undefined) outlet.send(firstStreamPosition(first));
    await this.sendStream(info, query, maxCount, presenter, outlet);
    if (query.compatibility > 0) outlet.send(lastStreamPosition(info.committed));
  }

  private async sendStream(
    info: StreamInfo,
    query: ReadQuery,
    maxCount: number,
    presenter: EventPresenter,
    outlet: Outlet,
  ): Promise<void> {
    let left = maxCount;
    let next = startOfStream(query, info.committed);
    while (left > 0 && !outlet.closed) {
      const limit = Math.min(left, PAGE_EVENTS);
      const page = query.backwards
        ? this.reader.streamBackwards(info, next, limit)
        : this.reader.streamForwards(info, next, limit);
      for (const buffer of page.records) {
        if (!outlet.send(presenter.present(new StoredRecord(buffer)))) await outlet.drained();
        if (--left === 0) return;
      }
      next = page.next;
      if (page.end) return;
      await nextTurn();
    }
  }

  private async subscribeAll(query: ReadQuery, presenter: EventPresenter, outlet: Outlet): Promise<void> {
    outlet.send(confirmation(randomUUID()));
    const { filter } = query;
    const liveness = new Liveness(outlet);
    let next = query.from === 'start' ? 1 : (query.from === 'end' ? this.log.head : query.from) + 1;
    const checkpoints = filter === undefined ? undefined : new Checkpoints(outlet, filter.checkpointEvery, next - 1);
    while (!outlet.closed) {
      const page = this.reader.allForwards(next);
      for (const buffer of page.records) {
        const record = new StoredRecord(buffer);
        const accepted = filter === undefined || filter.accepts(record);
        if (accepted) {
          if (!outlet.send(presenter.present(record))) await outlet.drained();
          if (outlet.closed) return;
        }
        if (checkpoints?.passed(record.position, accepted) === false) await outlet.drained();
      }
      next = page.next;
      const left = this.log.head - next + 1;
      if (liveness.left(left)) checkpoints?.fellBehind();
      if (!page.end || left >= FAR_BEHIND) await nextTurn();
      else {
        if (liveness.behind) checkpoints?.reachedEnd(next - 1);
        liveness.reachedEnd();
        if (this.log.head < next) await this.log.notifier.wait(ALL, outlet.signal);
      }
    }
  }

  private async subscribeStream(
    stream: Buffer,
    query: ReadQuery,
    presenter: EventPresenter,
    outlet: Outlet,
  ): Promise<void> {
    const name = stream.toString('utf8');
    const first = this.log.streams.open(name);
    if (first.tombstoned) throw streamDeleted(name);
    outlet.send(confirmation(randomUUID()));
    const liveness = new Liveness(outlet);
    let next = query.from === 'start' ? 0 : (query.from === 'end' ? first.committed : query.from) + 1;
    while (!outlet.closed) {
      const info = this.log.streams.open(name);
      if (info.tombstoned) throw streamDeleted(name);
      const page = this.reader.streamForwards(info, next);
      for (const buffer of page.records) {
        if (!outlet.send(presenter.present(new StoredRecord(buffer)))) await outlet.drained();
        if (outlet.closed) return;
      }
      next = page.next;
      const left = this.log.streams.open(name).committed - next + 1;
      liveness.left(left);
      if (!page.end || left >= FAR_BEHIND) await nextTurn();
      else {
        liveness.reachedEnd();
        if (this.log.streams.open(name).committed < next) await this.log.notifier.wait(name, outlet.signal);
      }
    }
  }
}

/** Events that EventStoreDB reads at once: what it says of a stream's beginning depends on it. */
const SERVER_PAGE = 32;

/**
 * The revision at which a reader will find something, told when it would not in EventStoreDB's first page: it asked beyond the
 * end, or for much of what has been cut off.
 */
function firstToTell(info: StreamInfo, query: ReadQuery, maxCount: number): number | undefined {
  if (query.backwards || query.from === 'end') return undefined;
  const start = query.from === 'start' ? 0 : query.from;
  const last = info.committed;
  if (start > last) return start === last + 1 ? undefined : last + 1;
  const first = firstVisibleRevision(info);
  return start + Math.min(maxCount, SERVER_PAGE) <= first ? first : undefined;
}

function startOfAll(query: ReadQuery, head: number): number {
  if (query.from === 'start') return query.backwards ? 0 : 1;
  if (query.from === 'end') return head + 1;
  return query.from;
}

function startOfStream(query: ReadQuery, last: number): number {
  if (query.from === 'start') return 0;
  if (query.from === 'end') return query.backwards ? last : last + 1;
  return query.from;
}
