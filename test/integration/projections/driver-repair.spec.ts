import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MongoClient } from 'mongodb';
import '#libs/read-store';
import { openTestStores, type TestStores, uniqueCommunity } from '../../support/stores.js';

/** What of the driver's inside the test reaches for: the connections that commands are under way on. */
interface Inside {
  readonly topology: {
    readonly s: { readonly servers: Map<string, { pool: { checkedOut: Iterable<{ socket: { destroy(): void } }> } }> };
  };
}

let stores: TestStores;
let client: MongoClient;
beforeAll(async () => {
  stores = await openTestStores();
  client = await new MongoClient(stores.mongodbUrl, { monitorCommands: true }).connect();
});
afterAll(async () => {
  await client.close();
  await stores.close();
});

describe('the driver, when a connection closes just before a command is written on it', () => {
  it('fails the command, or tries it again, and does not wait for ever', async () => {
    const things = client.db(uniqueCommunity()).collection('things');
    await things.insertOne({ n: 1 });
    const closing = (): void => {
      for (const { pool } of (client as unknown as Inside).topology.s.servers.values())
        for (const { socket } of pool.checkedOut) socket.destroy();
    };
    client.once('commandStarted', closing);
    await expect(things.createIndex({ n: 1 })).rejects.toMatchObject({ name: 'MongoNetworkError' });
    client.once('commandStarted', closing);
    expect(await things.countDocuments()).toBe(1);
  });
});
