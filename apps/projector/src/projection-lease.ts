import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { LeaseOptions } from '#libs/projection-engine';
import { systemClock } from '#libs/kernel';
import type { Runtime } from '#libs/runtime';

/** All read models share one drain, so one process folds them all. */
export const PROJECTION_GROUP = 'projections';

/** How this process contends for the right to fold. The owner of a data folder is alone with it: nobody else can hold the lease by now. */
export function projectionLease({ mode, readStore }: Pick<Runtime, 'mode' | 'readStore'>): LeaseOptions {
  return {
    leases: readStore.leases,
    group: PROJECTION_GROUP,
    holder: `${hostname()}/${process.pid}/${randomUUID().slice(0, 8)}`,
    exclusive: mode === 'standalone-owner',
    now: () => systemClock.now(),
  };
}
