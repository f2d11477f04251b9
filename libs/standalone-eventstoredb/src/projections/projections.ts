import { randomUUID } from 'node:crypto';
import { status } from '@grpc/grpc-js';
import { RpcError, invalidArgument, unimplemented } from '../errors.js';
import { EventPresenter } from '../services/event-presenter.js';
import type { EventLog } from '../store/event-log.js';
import type { ProjectionRow } from '../store/files.js';
import type { LogReader } from '../store/log-reader.js';
import { metastreamOf, softDeletion } from '../store/stream-metadata.js';
import { StoredRecord } from '../wire/record.js';
import type { Handler } from './emission.js';
import { Projection, trackingStreamOf } from './projection.js';
import { QueryHandler, removeStates } from './query-handler.js';
import { ScriptError } from './script/values.js';
import { SYSTEM_PROJECTIONS } from './system-projections.js';

const OFF: ProjectionRow = { enabled: false, next: 1 };

export type ProjectionMode = 'Continuous' | 'OneTime' | 'Transient';

export interface NewProjection {
  readonly mode: ProjectionMode;
  readonly name: string;
  readonly query: string;
  readonly emitEnabled: boolean;
  readonly trackEmitted: boolean;
}

/** EventStoreDB 24.2 answers what its projections refuse with UNKNOWN and the name of the message that came instead. */
export function refused(expected: string, received: 'NotFound' | 'Conflict' | 'OperationFailed'): RpcError {
  return new RpcError(status.UNKNOWN, `Envelope callback expected ${expected}, received ${received} instead`);
}

/** The system projections, off until enabled, and those that clients have made from queries. */
export class Projections {
  private readonly projections = new Map<string, Projection>();
  private readonly queries = new Map<string, QueryHandler>();
  private readonly links: EventPresenter;

  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {
    this.links = new EventPresenter(log, reader, { resolveLinks: true, structuredIds: false });
    for (const [name, handler] of SYSTEM_PROJECTIONS) {
      const row = log.files.projections.get(name) ?? OFF;
      this.projections.set(name, new Projection(name, handler, log, reader, row));
    }
    for (const { key, value } of log.files.projections.getRange({})) {
      if (value.query !== undefined) this.add(key, value, this.storedHandler(key, value));
    }
  }

  /** Makes a projection that starts at the first event. */
  async create({ mode, name: given, query, emitEnabled, trackEmitted }: NewProjection): Promise<void> {
    if (trackEmitted && !emitEnabled) {
      throw invalidArgument('EmitEnabled must be set to true to track emitted streams.');
    }
    const name = mode === 'OneTime' ? randomUUID() : given;
    if (name === '') throw invalidArgument('the name of the projection is empty');
    if (this.projections.has(name)) throw refused('Updated', 'Conflict');
    const once = mode === 'Continuous' ? {} : { once: true };
    const row: ProjectionRow = { enabled: true, next: 1, query, emitEnabled, trackEmitted, ...once };
    const handler = this.newHandler('Create', name, row);
    await this.log.write(() => void this.log.files.projections.put(name, row));
    this.add(name, row, handler);
  }

  /** Changes a query; it goes on from where it is, with what it remembers. */
  async update(name: string, query: string, emitEnabled: boolean | undefined): Promise<void> {
    const projection = this.get(name, 'Updated');
    if (SYSTEM_PROJECTIONS.has(name)) throw refused('Updated', 'OperationFailed');
    const emits = emitEnabled ?? projection.settings.emitEnabled === true;
    const settings = { query, emitEnabled: emits };
    const handler = this.newHandler('Update', name, { ...projection.settings, ...settings });
    await projection.change(handler, settings);
    this.queries.set(name, handler);
  }

  /** Ends a projection that a client has made and that is stopped. */
  async delete(name: string, deleteEmittedStreams: boolean): Promise<void> {
    const projection = this.get(name, 'Updated');
    if (SYSTEM_PROJECTIONS.has(name) || projection.status === 'Running') throw refused('Updated', 'OperationFailed');
    await projection.stop();
    this.projections.delete(name);
    this.queries.delete(name);
    await this.log.write(() => void this.log.files.projections.remove(name));
    await removeStates(this.log, name);
    if (deleteEmittedStreams) await this.deleteEmitted(name);
  }

  /** `expected`: the answer that the caller waits for, which an error names. */
  get(name: string, expected: string): Projection {
    const projection = this.projections.get(name);
    if (projection === undefined) throw refused(expected, 'NotFound');
    return projection;
  }

  /** State of a partition as JSON; undefined where nothing has been folded. */
  stateOf(name: string, partition: string): string | undefined {
    this.get(name, 'ProjectionState');
    return this.queries.get(name)?.state(partition);
  }

  resultOf(name: string, partition: string): string | undefined {
    this.get(name, 'ProjectionResult');
    return this.queries.get(name)?.result(partition);
  }

  list(): Projection[] {
    return [...this.projections.values()];
  }

  async restart(): Promise<void> {
    for (const projection of this.projections.values()) {
      if (projection.status !== 'Running') continue;
      await projection.disable();
      await projection.enable();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.list().map((projection) => projection.stop()));
  }

  private add(name: string, row: ProjectionRow, handler: Handler): void {
    if (handler instanceof QueryHandler) this.queries.set(name, handler);
    this.projections.set(name, new Projection(name, handler, this.log, this.reader, row));
  }

  private handlerOf(name: string, { query = '', emitEnabled }: ProjectionRow): QueryHandler {
    const target = (link: StoredRecord): StoredRecord | undefined => this.links.target(link);
    return new QueryHandler(query, name, emitEnabled === true, this.log, target);
  }

  private newHandler(method: string, name: string, row: ProjectionRow): QueryHandler {
    try {
      return this.handlerOf(name, row);
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      throw unimplemented(`Projections.${method} of such a query (${error.message})`);
    }
  }

  /** A query that an earlier version of this server took, and this one does not, is a projection that has failed. */
  private storedHandler(name: string, row: ProjectionRow): Handler {
    try {
      return this.handlerOf(name, row);
    } catch (error) {
      const fail = (): never => {
        throw error;
      };
      return { handle: fail, save: () => [], forget: () => undefined, clear: () => Promise.resolve() };
    }
  }

  private async deleteEmitted(name: string): Promise<void> {
    const tracking = this.log.streams.open(trackingStreamOf(name));
    const deletions: Promise<unknown>[] = [];
    const remove = (stream: string): void => {
      deletions.push(this.log.append(this.log.streams.open(metastreamOf(stream)), [softDeletion()]));
    };
    for (let next = 0, end = tracking.committed < 0; !end;) {
      const page = this.reader.streamForwards(tracking, next);
      for (const record of page.records) remove(new StoredRecord(record).data.toString('utf8'));
      ({ next, end } = page);
    }
    if (deletions.length > 0) remove(tracking.name);
    await Promise.all(deletions);
  }
}
