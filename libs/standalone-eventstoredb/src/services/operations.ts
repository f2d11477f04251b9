import { randomUUID } from 'node:crypto';
import operationsPb from '@eventstore/db-client/generated/operations_pb.js';
import type { ScavengeResp, StopScavengeReq } from '@eventstore/db-client/generated/operations_pb.js';
import sharedPb from '@eventstore/db-client/generated/shared_pb.js';
import { type UntypedServiceImplementation, status } from '@grpc/grpc-js';
import { RpcError } from '../errors.js';
import type { Groups } from '../persistent/groups.js';
import type { EventLog } from '../store/event-log.js';
import { Scavenger } from '../store/scavenger.js';
import { unary } from './unary.js';

/** Runs one scavenge at a time. */
export class Scavenges {
  private current: { readonly id: string; readonly stop: AbortController; readonly done: Promise<unknown> } | undefined;

  constructor(private readonly log: EventLog) {}

  start(): ScavengeResp {
    const { STARTED, INPROGRESS } = operationsPb.ScavengeResp.ScavengeResult;
    if (this.current !== undefined) return answer(this.current.id, INPROGRESS);
    const id = randomUUID();
    const stop = new AbortController();
    const done = new Scavenger(this.log).run(stop.signal).finally(() => (this.current = undefined));
    done.catch((error: unknown) => console.error(`scavenge ${id}: ${(error as Error).message}`));
    this.current = { id, stop, done };
    return answer(id, STARTED);
  }

  async stop(id: string): Promise<ScavengeResp> {
    if (this.current?.id !== id) {
      throw new RpcError(status.NOT_FOUND, 'Scavenge id was invalid.', {
        exception: 'scavenge-not-found',
        'scavenge-id': id,
      });
    }
    await this.stopAny();
    return answer(id, operationsPb.ScavengeResp.ScavengeResult.STOPPED);
  }

  async stopAny(): Promise<void> {
    this.current?.stop.abort();
    await Promise.allSettled([this.current?.done]);
  }
}

function answer(id: string, result: Parameters<ScavengeResp['setScavengeResult']>[0]): ScavengeResp {
  return new operationsPb.ScavengeResp().setScavengeId(id).setScavengeResult(result);
}

/** The methods of Operations, as a single node answers them: there is nothing to merge, nobody to resign to. */
export function operationsService(
  scavenges: Scavenges,
  groups: Groups,
  shutdown: () => Promise<void>,
): UntypedServiceImplementation {
  const nothing = unary(() => new sharedPb.Empty());
  return {
    startScavenge: unary(() => scavenges.start()),
    stopScavenge: unary((request: StopScavengeReq) => scavenges.stop(request.getOptions()?.getScavengeId() ?? '')),
    shutdown: unary(() => {
      setTimeout(() => void shutdown(), 50);
      return new sharedPb.Empty();
    }),
    mergeIndexes: nothing,
    resignNode: nothing,
    setNodePriority: nothing,
    restartPersistentSubscriptions: unary(() => {
      groups.restart();
      return new sharedPb.Empty();
    }),
  } as unknown as UntypedServiceImplementation;
}
