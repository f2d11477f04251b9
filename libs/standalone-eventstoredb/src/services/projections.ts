import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import projectionsPb from '@eventstore/db-client/generated/projections_pb.js';
import type {
  CreateReq,
  CreateResp,
  DeleteReq,
  DisableReq,
  EnableReq,
  ResetReq,
  StatisticsReq,
  StatisticsResp,
} from '@eventstore/db-client/generated/projections_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import { status } from '@grpc/grpc-js';
import { RpcError, invalidArgument, toRpcError, unimplemented } from '../errors.js';
import { Projection } from '../projections/projection.js';
import { queryEmitter } from '../projections/query-emitter.js';
import { QueryError } from '../projections/query-tokens.js';
import { parseQuery } from '../projections/query.js';
import { SYSTEM_PROJECTIONS } from '../projections/system-projections.js';
import type { ProjectionRow } from '../store/files.js';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { unary } from './unary.js';

const OFF: ProjectionRow = { enabled: false, next: 1 };

/** The system projections, off until enabled, and those that clients have made from queries. */
export class Projections {
  private readonly projections = new Map<string, Projection>();

  constructor(
    private readonly log: EventLog,
    private readonly reader: LogReader,
  ) {
    for (const [name, emit] of SYSTEM_PROJECTIONS) {
      const row = log.files.projections.get(name) ?? OFF;
      this.projections.set(name, new Projection(name, emit, log, reader, row));
    }
    for (const { key, value } of log.files.projections.getRange({})) {
      if (value.query !== undefined) this.add(key, value, value.query);
    }
  }

  /** Makes a projection that starts at the first event. */
  async create(name: string, query: string, emitEnabled: boolean): Promise<void> {
    if (this.projections.has(name)) throw new RpcError(status.ALREADY_EXISTS, `Projection '${name}' exists`);
    const row: ProjectionRow = { enabled: true, next: 1, query, emitEnabled };
    parseQuery(query);
    await this.log.write(() => void this.log.files.projections.put(name, row));
    this.add(name, row, query);
  }

  /** Ends a projection that a client has made; what it has written stays. */
  async delete(name: string): Promise<void> {
    const projection = this.get(name);
    if (SYSTEM_PROJECTIONS.has(name)) throw new RpcError(status.FAILED_PRECONDITION, `'${name}' is the system's`);
    await projection.disable();
    this.projections.delete(name);
    await this.log.write(() => void this.log.files.projections.remove(name));
  }

  private add(name: string, row: ProjectionRow, query: string): void {
    const emit = queryEmitter(parseQuery(query), row.emitEnabled === true);
    this.projections.set(name, new Projection(name, emit, this.log, this.reader, row));
  }

  get(name: string): Projection {
    const projection = this.projections.get(name);
    if (projection !== undefined) return projection;
    throw new RpcError(status.NOT_FOUND, `Projection '${name}' does not exist`);
  }

  list(): Projection[] {
    return [...this.projections.values()];
  }

  async restart(): Promise<void> {
    for (const projection of this.projections.values()) {
      if (!projection.enabled) continue;
      await projection.disable();
      await projection.enable();
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.list().map((projection) => projection.stop()));
  }
}

/** The methods of Projections. Of JavaScript there is only what {@link parseQuery} understands. */
export function projectionsService(projections: Projections): UntypedServiceImplementation {
  const missing = (name: string) =>
    unary(() => {
      throw unimplemented(`Projections.${name}`);
    });
  const named = (request: EnableReq | DisableReq | ResetReq): Projection =>
    projections.get(request.getOptions()?.getName() ?? '');
  return {
    create: unary((request: CreateReq) => create(projections, request)),
    update: missing('Update'),
    delete: unary(async (request: DeleteReq) => {
      await projections.delete(request.getOptions()?.getName() ?? '');
      return new projectionsPb.DeleteResp();
    }),
    state: missing('State'),
    result: missing('Result'),
    statistics: (call: ServerWritableStream<StatisticsReq, StatisticsResp>) => statistics(projections, call),
    enable: unary(async (request: EnableReq) => {
      await named(request).enable();
      return new projectionsPb.EnableResp();
    }),
    disable: unary(async (request: DisableReq) => {
      await named(request).disable();
      return new projectionsPb.DisableResp();
    }),
    reset: unary(async (request: ResetReq) => {
      await named(request).reset();
      return new projectionsPb.ResetResp();
    }),
    restartSubsystem: unary(async () => {
      await projections.restart();
      return new sharedPb.Empty();
    }),
  } as unknown as UntypedServiceImplementation;
}

async function create(projections: Projections, request: CreateReq): Promise<CreateResp> {
  const options = request.getOptions();
  const continuous = options?.getContinuous();
  if (options === undefined || continuous === undefined) {
    throw unimplemented('Projections.Create of any but continuous projections');
  }
  if (continuous.getName() === '') throw invalidArgument('the name of the projection is empty');
  try {
    await projections.create(continuous.getName(), options.getQuery(), continuous.getEmitEnabled());
  } catch (error) {
    if (error instanceof QueryError) throw unimplemented(`Projections.Create of such a query (${error.message})`);
    throw error;
  }
  return new projectionsPb.CreateResp();
}

function statistics(projections: Projections, call: ServerWritableStream<StatisticsReq, StatisticsResp>): void {
  try {
    const options = call.request.getOptions();
    const name = options?.getName() ?? '';
    const none = options?.hasOneTime() === true || options?.hasTransient() === true;
    const wanted = none ? [] : name === '' ? projections.list() : [projections.get(name)];
    for (const projection of wanted) call.write(new projectionsPb.StatisticsResp().setDetails(detailsOf(projection)));
    call.end();
  } catch (error) {
    call.emit('error', toRpcError(error));
  }
}

function detailsOf(projection: Projection): StatisticsResp.Details {
  const { name, enabled, position, fault, processed } = projection;
  const state = fault === undefined ? (enabled ? 'Running' : 'Stopped') : 'Faulted';
  return new projectionsPb.StatisticsResp.Details()
    .setCoreprocessingtime('0')
    .setVersion('0')
    .setEpoch('0')
    .setEffectivename(name)
    .setName(name)
    .setMode('Continuous')
    .setStatus(state)
    .setStatereason(fault ?? '')
    .setPosition(`C:${position}/P:${position}`)
    .setLastcheckpoint(`C:${position}/P:${position}`)
    .setProgress(100)
    .setEventsprocessedafterrestart(String(processed))
    .setBufferedevents('0');
}
