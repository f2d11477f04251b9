import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { DomainError } from '#libs/kernel';
import type { StoreAddresses } from './configuration.js';
import type { DataFolder } from './data-folder.js';
import { projectRoot } from './project-root.js';

const HOST = '127.0.0.1';
/** How long a server may take to finish what it has begun; what it had acknowledged is on disk anyway. */
const CLOSE_LIMIT_MS = 10_000;

type ServerMessage = { type: 'ready'; port: number } | { type: 'closed' } | { type: 'failed'; message: string };

interface RunningServer {
  readonly port: number;
  /** Rejects when the server ends without having been asked to. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

export interface StandaloneServers {
  readonly addresses: StoreAddresses;
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

function startWorker(lib: string, dataDir: string, port: number): Worker {
  const file = join(projectRoot(), 'dist', 'libs', lib, 'src', 'worker.js');
  if (!existsSync(file)) throw new DomainError('NOT_BUILT', `${file} is missing: run 'npm run build'`);
  // No flags of the parent's: a test runner's would not fit a worker.
  return new Worker(file, { workerData: { dataDir, host: HOST, port }, name: lib, execArgv: [] });
}

function failure(lib: string, reason: string): DomainError {
  return new DomainError('STANDALONE_SERVER_FAILED', `${lib} failed: ${reason}`);
}

async function startServer(lib: string, dataDir: string, port: number): Promise<RunningServer> {
  const worker = startWorker(lib, dataDir, port);
  let closing = false;
  let onClosed: () => void = () => undefined;
  const closed = new Promise<void>((resolve) => (onClosed = resolve));
  const failed = new Promise<never>((_, reject) => {
    worker.on('message', (message: ServerMessage) => {
      if (message.type === 'failed') reject(failure(lib, message.message));
      if (message.type === 'closed') onClosed();
    });
    worker.on('error', (error) => reject(failure(lib, error.message)));
    worker.on('exit', (code) => {
      onClosed();
      if (!closing) reject(failure(lib, `its thread ended with ${code}`));
    });
  });
  failed.catch(() => undefined); // whoever cares awaits it; nobody has to
  const close = async () => {
    closing = true;
    worker.postMessage({ type: 'close' });
    await Promise.race([closed, sleep(CLOSE_LIMIT_MS, undefined, { ref: false })]);
    await worker.terminate();
  };
  const ready = new Promise<number>((resolve) => {
    worker.on('message', (message: ServerMessage) => (message.type === 'ready' ? resolve(message.port) : undefined));
  });
  try {
    return { port: await Promise.race([ready, failed]), failed, close };
  } catch (error) {
    closing = true;
    await worker.terminate();
    throw error;
  }
}

/**
 * Starts both standalone servers on an owned data folder, each in a worker thread, bound to 127.0.0.1.
 * @param ports 0 for any free port
 */
export async function startStandaloneServers(
  folder: DataFolder,
  ports: { readonly eventstore: number; readonly mongodb: number },
): Promise<StandaloneServers> {
  const starting = [
    startServer('standalone-eventstoredb', folder.events, ports.eventstore),
    startServer('standalone-mongodb', folder.documents, ports.mongodb),
  ] as const;
  const settled = await Promise.allSettled(starting);
  const refused = settled.find((result) => result.status === 'rejected');
  if (refused) {
    await Promise.all(settled.map((result) => (result.status === 'fulfilled' ? result.value.close() : undefined)));
    throw refused.reason;
  }
  const [eventstore, mongodb] = await Promise.all(starting);
  const failed = Promise.race([eventstore.failed, mongodb.failed]);
  failed.catch(() => undefined);
  return {
    addresses: {
      eventstore: `esdb://${HOST}:${eventstore.port}?tls=false`,
      mongodb: `mongodb://${HOST}:${mongodb.port}/?directConnection=true`,
    },
    failed,
    close: async () => {
      await Promise.all([eventstore.close(), mongodb.close()]);
    },
  };
}
