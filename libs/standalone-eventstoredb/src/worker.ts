import { parentPort, workerData } from 'node:worker_threads';
import { type EventStoreServerOptions, startEventStoreServer } from './server.js';

/**
 * Entry of a worker thread: workerData is {dataDir, host, port}. Posts {type: 'ready', port}; on {type: 'close'} closes and
 * posts {type: 'closed'}; a failure is {type: 'failed', message}.
 */
async function main(): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('this module is the entry of a worker thread');
  const failed = (error: unknown): void => port.postMessage({ type: 'failed', message: (error as Error).message });
  try {
    const server = await startEventStoreServer(workerData as EventStoreServerOptions);
    server.failed.catch(failed);
    port.on('message', (message: { type?: string }) => {
      if (message.type !== 'close') return;
      server
        .close()
        .then(() => {
          port.postMessage({ type: 'closed' });
          port.close();
        })
        .catch(failed);
    });
    port.postMessage({ type: 'ready', port: server.port });
  } catch (error) {
    failed(error);
  }
}

void main();
