import { parentPort, workerData } from 'node:worker_threads';
import { startMongoServer, type MongoServer, type MongoServerOptions } from './server.js';

/**
 * The server in a worker thread: posts {type: 'ready', port}; on {type: 'close'} it closes cleanly and posts {type: 'closed'}; what
 * goes wrong is posted as {type: 'failed', message}.
 */
async function run(): Promise<void> {
  let server: MongoServer;
  try {
    server = await startMongoServer(workerData as MongoServerOptions);
  } catch (error) {
    failed(error);
    return;
  }
  parentPort?.on('message', (message: { type?: string }) => {
    if (message.type !== 'close') return;
    server.close().then(() => {
      parentPort?.postMessage({ type: 'closed' });
      parentPort?.close();
    }, failed);
  });
  void server.failed.then(failed);
  parentPort?.postMessage({ type: 'ready', port: server.port });
}

function failed(error: unknown): void {
  parentPort?.postMessage({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
}

void run();
