import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import projectionsPb from '@eventstore/db-client/generated/projections_pb.js';
import type {
  CreateReq,
  CreateResp,
  DeleteReq,
  DisableReq,
  EnableReq,
  ResetReq,
  ResultReq,
  StateReq,
  StatisticsReq,
  StatisticsResp,
  UpdateReq,
} from '@eventstore/db-client/generated/projections_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import structPb from 'google-protobuf/google/protobuf/struct_pb.js';
import { invalidArgument, toRpcError } from '../errors.js';
import type { Projection } from '../projections/projection.js';
import type { Projections } from '../projections/projections.js';
import { unary } from './unary.js';

/** The methods of Projections. Of JavaScript there is what ScriptInterpreter understands. */
export function projectionsService(projections: Projections): UntypedServiceImplementation {
  const named = (request: EnableReq | DisableReq | ResetReq): Projection =>
    projections.get(request.getOptions()?.getName() ?? '', 'Updated');
  return {
    create: unary((request: CreateReq) => create(projections, request)),
    update: unary(async (request: UpdateReq) => {
      const options = request.getOptions();
      const emitEnabled = options?.hasEmitEnabled() === true ? options.getEmitEnabled() : undefined;
      await projections.update(options?.getName() ?? '', options?.getQuery() ?? '', emitEnabled);
      return new projectionsPb.UpdateResp();
    }),
    delete: unary(async (request: DeleteReq) => {
      const options = request.getOptions();
      await projections.delete(options?.getName() ?? '', options?.getDeleteEmittedStreams() === true);
      return new projectionsPb.DeleteResp();
    }),
    state: unary((request: StateReq) => {
      const options = request.getOptions();
      const state = projections.stateOf(options?.getName() ?? '', options?.getPartition() ?? '');
      return new projectionsPb.StateResp().setState(valueOf(state));
    }),
    result: unary((request: ResultReq) => {
      const options = request.getOptions();
      const result = projections.resultOf(options?.getName() ?? '', options?.getPartition() ?? '');
      return new projectionsPb.ResultResp().setResult(valueOf(result));
    }),
    statistics: (call: ServerWritableStream<StatisticsReq, StatisticsResp>) => statistics(projections, call),
    enable: unary(async (request: EnableReq) => {
      await named(request).enable();
      return new projectionsPb.EnableResp();
    }),
    disable: unary(async (request: DisableReq) => {
      await named(request).disable(request.getOptions()?.getWriteCheckpoint() !== true);
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
  if (options === undefined) throw invalidArgument('the options of the projection are missing');
  const continuous = options.getContinuous();
  const transient = options.getTransient();
  if (continuous === undefined && transient === undefined && !options.hasOneTime()) {
    throw invalidArgument('the mode of the projection is not set');
  }
  await projections.create({
    mode: continuous !== undefined ? 'Continuous' : transient !== undefined ? 'Transient' : 'OneTime',
    name: continuous?.getName() ?? transient?.getName() ?? '',
    query: options.getQuery(),
    emitEnabled: continuous?.getEmitEnabled() === true,
    trackEmitted: continuous?.getTrackEmittedStreams() === true,
  });
  return new projectionsPb.CreateResp();
}

/** JSON as the protocol has it; an empty object where there is none. */
function valueOf(json: string | undefined): InstanceType<typeof structPb.Value> {
  return structPb.Value.fromJavaScript(JSON.parse(json ?? '{}') as structPb.JavaScriptValue);
}

function statistics(projections: Projections, call: ServerWritableStream<StatisticsReq, StatisticsResp>): void {
  try {
    const options = call.request.getOptions();
    const name = options?.getName() ?? '';
    const once = options?.hasOneTime() === true || options?.hasTransient() === true;
    const ofMode = ({ settings }: Projection): boolean =>
      options?.hasAll() === true || (settings.once === true) === once;
    const wanted = name === '' ? projections.list().filter(ofMode) : [projections.get(name, 'Statistics')];
    for (const projection of wanted) call.write(new projectionsPb.StatisticsResp().setDetails(detailsOf(projection)));
    call.end();
  } catch (error) {
    call.emit('error', toRpcError(error));
  }
}

function detailsOf(projection: Projection): StatisticsResp.Details {
  const { name, position, fault, processed, status, settings } = projection;
  return new projectionsPb.StatisticsResp.Details()
    .setCoreprocessingtime('0')
    .setVersion('0')
    .setEpoch('0')
    .setEffectivename(name)
    .setName(name)
    .setMode(settings.once === true ? 'OneTime' : 'Continuous')
    .setStatus(status)
    .setStatereason(fault ?? '')
    .setPosition(`C:${position}/P:${position}`)
    .setLastcheckpoint(`C:${position}/P:${position}`)
    .setProgress(100)
    .setEventsprocessedafterrestart(String(processed))
    .setBufferedevents('0');
}
