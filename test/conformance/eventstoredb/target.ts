import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { EventStoreDBClient, type JSONEventType, jsonEvent } from '@eventstore/db-client';
import { startEventStoreServer } from '#libs/standalone-eventstoredb';

/** The server under test: the one that EVENTSTORE_URL names, or else a standalone one in this process. */
export interface Target {
  readonly url: string;
  readonly client: EventStoreDBClient;
  stop(): Promise<void>;
}

export async function startTarget(): Promise<Target> {
  const given = process.env['EVENTSTORE_URL'];
  if (given !== undefined && given !== '') {
    const client = EventStoreDBClient.connectionString(given);
    return { url: given, client, stop: () => client.dispose() };
  }
  const dataDir = mkdtempSync(join(tmpdir(), 'eventstore-conformance-'));
  const server = await startEventStoreServer({ dataDir, host: '127.0.0.1', port: 0 });
  const url = `esdb://127.0.0.1:${server.port}?tls=false`;
  const client = EventStoreDBClient.connectionString(url);
  const stop = async (): Promise<void> => {
    await client.dispose();
    await server.close();
    rmSync(dataDir, { recursive: true, force: true });
  };
  return { url, client, stop };
}

/** Whether the node runs projections. */
export function projects(client: EventStoreDBClient): Promise<boolean> {
  return client.listProjections().then(
    () => true,
    () => false,
  );
}

/** A stream name that no other test (or run, on a server that is kept) uses. */
export function freshStream(category = 'conformance'): string {
  return `${category}-${randomUUID()}`;
}

export type NumberedEvent = JSONEventType<'Numbered', { n: number }>;

export function numbered(count: number, from = 0, type = 'Numbered'): ReturnType<typeof jsonEvent<NumberedEvent>>[] {
  return Array.from({ length: count }, (_, index) =>
    jsonEvent<NumberedEvent>({ type: type as 'Numbered', data: { n: from + index } }),
  );
}

export async function collect<E>(events: AsyncIterable<E>, limit = Infinity): Promise<E[]> {
  const collected: E[] = [];
  for await (const event of events) {
    collected.push(event);
    if (collected.length >= limit) break;
  }
  return collected;
}

/** The `n` of each event's data, in order. */
export function numbersOf(events: readonly { event?: { data: unknown } }[]): number[] {
  return events.map(({ event }) => (event?.data as { n: number }).n);
}
