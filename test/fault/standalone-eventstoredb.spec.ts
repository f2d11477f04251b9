import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { EventStoreDBClient, jsonEvent } from '@eventstore/db-client';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/** More rounds by STANDALONE_KILLS=200; the built server is needed (`npm run build`). */
const KILLS = Number(process.env['STANDALONE_KILLS'] ?? 6);
const WRITERS = 12;
const entry = resolve('dist/libs/standalone-eventstoredb/src/index.js');

const program = `
  import { startEventStoreServer } from ${JSON.stringify(pathToFileURL(entry).href)};
  const server = await startEventStoreServer({ dataDir: process.argv[1], host: '127.0.0.1', port: 0 });
  console.log(server.port);
`;

let dataDir: string;
let child: ChildProcess;
let client: EventStoreDBClient;

async function start(): Promise<void> {
  child = spawn(process.execPath, ['--input-type=module', '-e', program, dataDir], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [port] = (await once(createInterface(child.stdout!), 'line')) as [string];
  client = EventStoreDBClient.connectionString(`esdb://127.0.0.1:${port}?tls=false`);
}

async function kill(): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  await client.dispose();
}

/** Numbers acknowledged, and numbers sent, by stream: what is stored lies in between. */
class Journal {
  readonly acknowledged = new Map<string, number>();
  readonly sent = new Map<string, number>();

  /** Appends 1 to 5 numbers at a time until the server is gone. */
  async write(stream: string): Promise<void> {
    for (let n = this.acknowledged.get(stream) ?? 0; ;) {
      const count = 1 + (n % 5);
      const events = Array.from({ length: count }, (_, index) =>
        jsonEvent({ type: 'Numbered', data: { n: n + index, padding: 'x'.repeat((n * 37) % 3000) } }),
      );
      this.sent.set(stream, n + count);
      try {
        const expectedRevision = n === 0 ? ('no_stream' as const) : BigInt(n - 1);
        await client.appendToStream(stream, events, { expectedRevision });
      } catch {
        return;
      }
      n += count;
      this.acknowledged.set(stream, n);
    }
  }

  /** What the server has now counts as acknowledged. */
  async check(stream: string): Promise<void> {
    const numbers: number[] = [];
    try {
      for await (const { event } of client.readStream(stream))
        numbers.push((event!.data as unknown as { n: number }).n);
    } catch (error) {
      if ((error as { type?: string }).type !== 'stream-not-found') throw error;
    }
    expect(numbers).toEqual(numbers.map((_, index) => index));
    expect(numbers.length).toBeGreaterThanOrEqual(this.acknowledged.get(stream) ?? 0);
    expect(numbers.length).toBeLessThanOrEqual(this.sent.get(stream) ?? 0);
    this.acknowledged.set(stream, numbers.length);
  }
}

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'standalone-kill-'));
});
afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) await kill();
  rmSync(dataDir, { recursive: true, force: true });
});

(existsSync(entry) ? describe : describe.skip)('kill -9 under load', () => {
  it(`loses nothing acknowledged and shows nothing half-written, ${KILLS} times`, async () => {
    const journal = new Journal();
    const streams = Array.from({ length: WRITERS }, (_, index) => `killed-${index}`);
    await start();
    for (let round = 0; round < KILLS; round++) {
      const writing = Promise.all(streams.map((stream) => journal.write(stream)));
      await delay(50 + Math.random() * 250);
      await kill();
      await writing;
      await start();
      for (const stream of streams) await journal.check(stream);
      const revisions = new Map<string, bigint>();
      for await (const { event } of client.readAll()) {
        expect(event!.revision).toBe((revisions.get(event!.streamId) ?? -1n) + 1n);
        revisions.set(event!.streamId, event!.revision);
      }
    }
    expect(Math.min(...streams.map((stream) => journal.acknowledged.get(stream)!))).toBeGreaterThan(0);
  }, 600_000);
});
