/**
 * Folds all read models as the projector does, under its lease, when told to; killed at any moment by whoever started it.
 *
 *   node projection-runner.mjs '{"eventstoreUrl", "mongodbUrl", "database", "mode": "catch-up" | "live", "head"}'
 *   → the line `ready`; folds once stdin says anything; the line `done` when the position is reached
 */
import { once } from 'node:events';
import { EventStore, Upcasters } from '#libs/event-store';
import { Drain, LeaseContender } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';

const { eventstoreUrl, mongodbUrl, database, mode, head } = JSON.parse(process.argv[2]);
const source = EventStore.connect(eventstoreUrl);
const store = await ReadStore.connect(mongodbUrl, { database });
const upcasters = new Upcasters();

process.stdout.write('ready\n');
await once(process.stdin, 'data');
// The one before was killed: nobody else can hold the lease, and there is no need to wait for it.
const now = () => new Date().toISOString();
const lease = { leases: store.leases, group: 'projections', holder: `${process.pid}`, exclusive: true, now };
const held = await new LeaseContender(lease).look();
const drain = new Drain({
  ...{ source, projections, stores: store.withFence(held.fence) },
  upcast: (event) => upcasters.dataOf(event),
  maxBatchEvents: 100,
  checkpointIntervalMs: 40,
});
if (mode === 'catch-up') await drain.catchUp(BigInt(head));
else {
  const stop = new AbortController();
  await drain.live(stop.signal, (upTo) => upTo >= BigInt(head) && stop.abort());
}
process.stdout.write('done\n');
