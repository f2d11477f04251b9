/**
 * Another program that follows the events: a persistent subscription of its own, with an official EventStoreDB client and nothing of this
 * project. The server remembers what was acknowledged; several of these with the same group share the work, one that starts again goes on.
 *
 *   EVENTSTORE_URL='esdb://127.0.0.1:2113?tls=false' node samples/subscriber.mjs GROUP [COMMUNITY]
 */
import {
  EventStoreDBClient,
  PersistentSubscriptionExistsError,
  persistentSubscriptionToAllSettingsFromDefaults,
  START,
  streamNameFilter,
} from '@eventstore/db-client';

const [group, community] = process.argv.slice(2);
if (!group || !process.env.EVENTSTORE_URL) {
  console.error('EVENTSTORE_URL=esdb://… node samples/subscriber.mjs GROUP [COMMUNITY]');
  process.exit(2);
}
const client = EventStoreDBClient.connectionString(process.env.EVENTSTORE_URL);
// <category>-<community>.<id>: system streams begin with $, and a community's id holds neither - nor a full stop.
const streams = `^[a-z]+-${community ?? '[^-.]+'}\\.`;
const settings = persistentSubscriptionToAllSettingsFromDefaults({ startFrom: START });
try {
  await client.createPersistentSubscriptionToAll(group, settings, { filter: streamNameFilter({ regex: streams }) });
} catch (error) {
  if (!(error instanceof PersistentSubscriptionExistsError)) throw error;
}

const subscription = client.subscribeToPersistentSubscriptionToAll(group);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void subscription.unsubscribe());

for await (const resolved of subscription) {
  const { event } = resolved;
  if (event) {
    const { effectiveOn, recordedAt, actor } = event.metadata;
    console.log(
      JSON.stringify({ stream: event.streamId, type: event.type, effectiveOn, recordedAt, actor, data: event.data }),
    );
  }
  // Only now: whatever ends this program before comes again. Handle an event id twice as if it were once.
  await subscription.ack(resolved);
}
await client.dispose();
