import type { Collection, Db, MongoClient } from 'mongodb';
import type { ReadStore } from '#libs/read-store';
import type { Call } from './interrupter.js';

/** Lets a call through, now, later or never. */
export type Gate = (call: Call) => Promise<unknown>;

/** What changes something on the server. Making an index that is there does not. */
const WRITES = new Set([
  ...['insertOne', 'insertMany', 'updateOne', 'updateMany', 'replaceOne', 'findOneAndUpdate', 'bulkWrite'],
  ...['deleteOne', 'deleteMany', 'dropCollection', 'command'],
]);

/** The same read store, in whose driver every write passes a gate: whatever holds it up, it is what the server sees that is held up. */
export function behindGate(store: ReadStore, gate: Gate): ReadStore {
  const client = Reflect.get(store, 'client') as MongoClient;
  const open = client.db.bind(client);
  client.db = (...args) => gatedDb(open(...args), gate);
  // A store takes its database when it is made.
  return store.withFence(0n);
}

function gatedDb(db: Db, gate: Gate): Db {
  return gated(db, 'db', gate, (name, value) =>
    name === 'collection'
      ? (collection: string) => gatedCollection(value(collection) as Collection, db, gate)
      : undefined,
  );
}

function gatedCollection(collection: Collection, db: Db, gate: Gate): Collection {
  return gated(collection, collection.collectionName, gate, (name) => (name === 'db' ? gatedDb(db, gate) : undefined));
}

type Method = (...args: unknown[]) => unknown;

function gated<T extends object>(
  port: T,
  place: string,
  gate: Gate,
  other: (name: string, value: Method) => unknown,
): T {
  return new Proxy(port, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      const method = typeof value === 'function' ? (value.bind(target) as Method) : undefined;
      const name = String(property);
      const own = other(name, method!);
      if (own !== undefined) return own;
      if (!method || !WRITES.has(name)) return method ?? value;
      const run = (args: readonly unknown[]): Promise<unknown> => Promise.resolve(method(...args));
      return (...args: unknown[]) => gate({ place: `${place}.${name}`, args, run });
    },
  });
}
