import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import projectionsPb from '@eventstore/db-client/generated/projections_pb.js';
import type {
  DisableReq,
  EnableReq,
  ResetReq,
  StatisticsReq,
  StatisticsResp,
} from '@eventstore/db-client/generated/projections_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import { status } from '@grpc/grpc-js';
import { RpcError, toRpcError, unimplemented } from '../errors.js';
import { Projection } from '../projections/projection.js';
import { SYSTEM_PROJECTIONS } from '../projections/system-projections.js';
import type { ProjectionRow } from '../store/files.js';
import type { EventLog } from '../store/event-log.js';
import type { LogReader } from '../store/log-reader.js';
import { unary } from './unary.js';

const OFF: ProjectionRow = { enabled: false, next: 1 };

/** The system projections: off until enabled, as on a node that runs projections. */
export class Projections {
  private readonly projections = new Map<string, Projection>();

  constructor(log: EventLog, reader: LogReader) {
    for (const [name, emit] of SYSTEM_PROJECTIONS) {
      const row = log.files.projections.get(name) ?? OFF;
      this.projections.set(name, new Projection(name, emit, log, reader, row));
    }
  }

  get(name: string): Projection {
    const projection = this.projections.get(name);
    if (projection !== undefined) return projection;
    throw new RpcError(
      status.NOT_FOUND,
      `Projection '${name}' does not exist; this server has the system projections only`,
    );
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

/** The methods of Projections. Projections in JavaScript are not part of this server. */
export function projectionsService(projections: Projections): UntypedServiceImplementation {
  const missing = (name: string) =>
    unary(() => {
      throw unimplemented(`Projections.${name} (projections other than the system's)`);
    });
  const named = (request: EnableReq | DisableReq | ResetReq): Projection =>
    projections.get(request.getOptions()?.getName() ?? '');
  return {
    create: missing('Create'),
    update: missing('Update'),
    delete: missing('Delete'),
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
