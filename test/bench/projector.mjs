/**
 * Keeps the read models of a database up to date, as the projector does.
 *
 *   node projector.mjs '{"eventstoreUrl": URL, "mongodbUrl": URL, "database": NAME}' → {} when it has caught up; ends when stdin does
 */
import { EventStore, Upcasters } from '#libs/event-store';
import { LiveRunner } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { whenInputEnds } from './child.mjs';

const { eventstoreUrl, mongodbUrl, database } = JSON.parse(process.argv[2]);
const source = EventStore.connect(eventstoreUrl);
const stores = await ReadStore.connect(mongodbUrl, { database });
const upcasters = new Upcasters();
const stop = new AbortController();
const runner = new LiveRunner({
  ...{ source, stores, projections },
  upcast: (event) => upcasters.dataOf(event),
  onCaughtUp: () => process.stdout.write('{}\n'),
  onRetry: (error) => process.stderr.write(`projector: ${String(error)}\n`),
});
const running = runner.run(stop.signal);
whenInputEnds(async () => {
  stop.abort();
  await running;
  await Promise.all([source.close(), stores.close()]);
});
