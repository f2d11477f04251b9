import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where the databases of a test run. On real servers tests share them: use `uniqueCommunity()` and a database prefix of one's own. */
export interface TestStores {
  readonly eventstoreUrl: string;
  readonly mongodbUrl: string;
  close(): Promise<void>;
}

export interface TestEventStore {
  readonly eventstoreUrl: string;
  close(): Promise<void>;
}

interface Started {
  readonly port: number;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** EVENTSTORE_URL and MONGODB_URL if both are set, else servers of this process on a temporary folder. */
export async function openTestStores(): Promise<TestStores> {
  const [eventstoreUrl, mongodbUrl] = [process.env['EVENTSTORE_URL'], process.env['MONGODB_URL']];
  if (eventstoreUrl && mongodbUrl) return { eventstoreUrl, mongodbUrl, close: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'estate-test-'));
  const { startEventStoreServer } = await import('#libs/standalone-eventstoredb');
  const { startMongoServer } = await import('#libs/standalone-mongodb');
  const events = await startEventStoreServer({ dataDir: join(folder, 'events'), host: HOST, port: 0 });
  const documents = await startMongoServer({ dataDir: join(folder, 'documents'), host: HOST, port: 0 });
  return {
    eventstoreUrl: eventstoreUrlOf(events.port),
    mongodbUrl: `mongodb://${HOST}:${documents.port}/?directConnection=true`,
    close: () => closeAll([events, documents], folder),
  };
}

/** As `openTestStores`, for tests that only need the event store. */
export async function openTestEventStore(): Promise<TestEventStore> {
  const eventstoreUrl = process.env['EVENTSTORE_URL'];
  if (eventstoreUrl) return { eventstoreUrl, close: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'estate-test-'));
  const { startEventStoreServer } = await import('#libs/standalone-eventstoredb');
  const events = await startEventStoreServer({ dataDir: join(folder, 'events'), host: HOST, port: 0 });
  return { eventstoreUrl: eventstoreUrlOf(events.port), close: () => closeAll([events], folder) };
}

export function eventstoreUrlOf(port: number): string {
  return `esdb://${HOST}:${port}?tls=false`;
}

/** A community id that no other test uses, for servers that are shared. */
export function uniqueCommunity(): string {
  return `t${randomUUID().replaceAll('-', '').slice(0, 16)}`;
}

async function closeAll(servers: readonly Started[], folder: string): Promise<void> {
  for (const server of servers) await server.close();
  await rm(folder, { recursive: true, force: true });
}
