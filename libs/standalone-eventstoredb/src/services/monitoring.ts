import { setTimeout as delay } from 'node:timers/promises';
import monitoringPb from '@eventstore/db-client/generated/monitoring_pb.js';
import type { StatsReq } from '@eventstore/db-client/generated/monitoring_pb.js';
import type { ServerWritableStream, UntypedServiceImplementation } from '@grpc/grpc-js';
import type { EventLog } from '../store/event-log.js';
import type { Outlets } from './outlet.js';

const LEAST_PERIOD_MS = 100;
/** Longer ones a timer can't take. */
const LONGEST_PERIOD_MS = 2 ** 31 - 1;

/** What the node says of itself, by EventStoreDB's names. */
export function statistics(log: EventLog): Record<string, string | number> {
  const { rss, heapUsed } = process.memoryUsage();
  return {
    'proc-startTime': new Date(Date.now() - process.uptime() * 1000).toISOString(),
    'proc-id': process.pid,
    'proc-mem': rss,
    'proc-gc-totalBytesInHeaps': heapUsed,
    'es-writer-lastFlushedPosition': log.head,
  };
}

/** Monitoring.Stats: again and again, as often as the client wishes. */
export function monitoringService(log: EventLog, outlets: Outlets): UntypedServiceImplementation {
  const follow = async (call: ServerWritableStream<StatsReq, Buffer>): Promise<void> => {
    const outlet = outlets.outletOf(call);
    const wishedMs = Number(call.request.getRefreshTimePeriodInMs()) || 0;
    const periodMs = Math.min(LONGEST_PERIOD_MS, Math.max(LEAST_PERIOD_MS, wishedMs));
    while (!outlet.closed) {
      const response = new monitoringPb.StatsResp();
      for (const [name, value] of Object.entries(statistics(log))) response.getStatsMap().set(name, String(value));
      if (!outlet.send(Buffer.from(response.serializeBinary()))) await outlet.drained();
      await delay(periodMs, undefined, { signal: outlet.signal }).catch(() => undefined);
    }
  };
  return {
    stats: (call: ServerWritableStream<StatsReq, Buffer>) => void follow(call),
  } as unknown as UntypedServiceImplementation;
}
