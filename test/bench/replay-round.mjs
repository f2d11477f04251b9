/**
 * One round of the replay bench, in a process of its own; each is warmed up with the first events.
 *
 *   node replay-round.mjs '{"way": WAY, "eventstoreUrl": URL, "mongodbUrl": URL, "sinkPort": N, "upTo": POSITION}'
 *   → {"events", "milliseconds", "cpuMilliseconds", "peakRssMiB"}
 *
 * Ways: `bare` drains $all by the bare client. `sink` does that and writes the documents of all read models, made by the same pure
 * functions, to a server that stores nothing; it guards nothing, loads nothing and keeps no checkpoint. `rebuild` is the engine.
 */
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient } from '@eventstore/db-client';
import { MongoClient } from 'mongodb';
import { EventStore, Upcasters } from '#libs/event-store';
import { Drain, EventReader, documentId, typeFilter } from '#libs/projection-engine';
import { ReadStore } from '#libs/read-store';
import { projections } from '#projections';
import { answer } from './child.mjs';
import { stopwatch } from './figures.mjs';

const WARM_UP_EVENTS = 5_000;
const BATCH_EVENTS = 500;
const BATCHES_IN_FLIGHT = 2;
const { way, eventstoreUrl, mongodbUrl, sinkPort, upTo } = JSON.parse(process.argv[2]);
const last = upTo === undefined ? undefined : BigInt(upTo);

/** Events up to the position by the bare client, system events left out, in batches. */
async function* bareBatches(client, maxCount) {
  let batch = [];
  for await (const { event } of client.readAll(maxCount === undefined ? {} : { maxCount })) {
    if (event.type.startsWith('$')) continue;
    if (last !== undefined && event.position.commit > last) break;
    batch.push(event);
    if (batch.length < BATCH_EVENTS) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

async function bare() {
  const client = EventStoreDBClient.connectionString(eventstoreUrl);
  const run = async (maxCount) => {
    let events = 0;
    for await (const batch of bareBatches(client, maxCount)) events += batch.length;
    return events;
  };
  return { run, close: () => client.dispose() };
}

/** A read model's documents, each as its events make it; folded ones stay in memory. */
class Documents {
  folded = new Map();

  constructor(projection) {
    this.projection = projection;
    this.accepts = typeFilter(projection);
  }

  writesOf(events) {
    const wanted = events.filter((event) => this.accepts(event.type));
    return this.projection.appendOnly ? this.inserts(wanted) : this.replacements(wanted);
  }

  inserts(events) {
    return events.flatMap((event) =>
      this.projection
        .documents(event)
        .map((doc, n) => ({ _id: documentId(event, n), position: event.position, ...doc })),
    );
  }

  replacements(events) {
    const changed = new Map();
    for (const event of events) {
      for (const key of this.projection.keys(event)) {
        const doc = this.projection.evolve(this.folded.get(key), event, key);
        this.folded.set(key, doc);
        changed.set(key, { _id: key, position: event.position, ...(doc ?? { removed: true }) });
      }
    }
    return [...changed.values()];
  }
}

async function write(collection, appendOnly, documents) {
  if (documents.length === 0) return;
  if (appendOnly) return collection.insertMany(documents, { ordered: false });
  const writes = documents.map((document) => ({
    replaceOne: { filter: { _id: document._id }, replacement: document, upsert: true },
  }));
  return collection.bulkWrite(writes, { ordered: false });
}

async function sink() {
  const client = EventStoreDBClient.connectionString(eventstoreUrl);
  const url = `mongodb://127.0.0.1:${sinkPort}/?directConnection=true`;
  const mongo = await MongoClient.connect(url, { useBigInt64: true, writeConcern: { w: 'majority', journal: true } });
  const run = async (maxCount) => {
    const models = projections.map((projection) => new Documents(projection));
    const reader = new EventReader();
    const inFlight = [];
    let events = 0;
    for await (const batch of bareBatches(client, maxCount)) {
      events += batch.length;
      const read = reader.read(batch.map(storedForm));
      const writes = models.map((model) => {
        const { name, appendOnly } = model.projection;
        return write(mongo.db('sink').collection(name), appendOnly, model.writesOf(read));
      });
      inFlight.push(Promise.all(writes));
      if (inFlight.length >= BATCHES_IN_FLIGHT) await inFlight.shift();
    }
    await Promise.all(inFlight);
    return events;
  };
  return { run, close: () => Promise.all([client.dispose(), mongo.close()]) };
}

const storedForm = ({ streamId: stream, revision, position, id, type, data, metadata }) => {
  return { stream, revision, position: position.commit, id, type, data, metadata };
};

async function rebuild() {
  const source = EventStore.connect(eventstoreUrl);
  const upcasters = new Upcasters();
  const head = last ?? (await source.headPosition());
  const run = async (maxCount) => {
    const store = await ReadStore.connect(mongodbUrl, { database: `bench_${randomUUID().slice(0, 8)}` });
    const drain = new Drain({ source, stores: store, projections, upcast: (event) => upcasters.dataOf(event) });
    let events = 0;
    const to = maxCount === undefined ? head : await positionOf(source, maxCount);
    await drain.catchUp(to, { onProgress: (progress) => (events = progress.events) });
    return { events, forget: () => store.dropDatabase().then(() => store.close()) };
  };
  return { run, close: () => source.close() };
}

async function positionOf(source, count) {
  let position = 0n;
  for await (const page of source.readAll({ limit: count })) position = page.at(-1).position;
  return position;
}

const { run, close } = await { bare, sink, rebuild }[way]();
await (await run(WARM_UP_EVENTS)).forget?.();
const elapsed = stopwatch();
const done = await run();
const result = { events: done.events ?? done, ...elapsed() };
await done.forget?.();
await close();
answer(result);
