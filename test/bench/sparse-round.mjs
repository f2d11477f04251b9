/**
 * A read model of one event type, which is one in about 1,000 events, against the bare client's filtered read of the same.
 *
 *   node sparse-round.mjs '{"way": "bare" | "rebuild", "eventstoreUrl": URL, "mongodbUrl": URL, "wanted": N}' → {"milliseconds"}
 */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, eventTypeFilter, START } from '@eventstore/db-client';
import { EventStore } from '#libs/event-store';
import { Drain } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { answer } from './child.mjs';
import { stopwatch } from './figures.mjs';

const TYPE = 'LegalReferralMade';
const { way, eventstoreUrl, mongodbUrl, wanted } = JSON.parse(process.argv[2]);

const referrals = {
  name: 'bench-referrals',
  version: 1,
  eventTypes: [TYPE],
  indexes: [],
  keys: ({ stream }) => [stream],
  evolve: (doc, { metadata }) => ({ count: (doc?.count ?? 0) + 1, last: metadata.effectiveOn }),
};

/** The client has no filtered read that ends: its filtered subscription, up to the last event that there is. */
async function bareRead(client) {
  let seen = 0;
  const subscription = client.subscribeToAll({
    fromPosition: START,
    filter: eventTypeFilter({ prefixes: [TYPE] }),
  });
  for await (const { event } of subscription) if (event && (seen += 1) === wanted) break;
  await subscription.unsubscribe();
}

async function rebuild(source) {
  const stores = await ReadStore.connect(mongodbUrl, { database: `bench_${randomUUID().slice(0, 8)}` });
  const elapsed = stopwatch();
  await new Drain({ source, stores, projections: [referrals] }).catchUp(await source.headPosition());
  const result = elapsed();
  const folded = await stores.projectionStore(referrals).readCheckpoint();
  if (Number(folded?.counts[TYPE]) !== wanted) throw new Error(`folded ${folded?.counts[TYPE]} of ${wanted} events`);
  await stores.dropDatabase();
  await stores.close();
  return result;
}

async function run() {
  if (way === 'rebuild') {
    const source = EventStore.connect(eventstoreUrl);
    await source.headPosition();
    const result = await rebuild(source);
    await source.close();
    return result;
  }
  const client = EventStoreDBClient.connectionString(eventstoreUrl);
  for await (const _ of client.readAll({ maxCount: 1 }));
  const elapsed = stopwatch();
  await bareRead(client);
  const result = elapsed();
  await client.dispose();
  return result;
}

answer(await run());
