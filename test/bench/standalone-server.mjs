import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

const root = join(import.meta.dirname, '..', '..');

/** Starts a standalone server of the project on a folder, in a worker thread as the application does; resolves to its port. */
export async function startServer(lib, dataDir) {
  const file = join(root, 'dist', 'libs', lib, 'src', 'worker.js');
  const worker = new Worker(file, { workerData: { dataDir, host: '127.0.0.1', port: 0 } });
  const said = (type) =>
    new Promise((resolve, reject) => {
      worker.on('error', reject);
      worker.on('message', (message) => {
        if (message.type === 'failed') reject(new Error(message.message));
        if (message.type === type) resolve(message);
      });
    });
  const { port } = await said('ready');
  return {
    port,
    async close() {
      const closed = said('closed');
      worker.postMessage({ type: 'close' });
      await closed;
      await worker.terminate();
    },
  };
}

/** The standalone event store by its address. */
export async function startEventStore(dataDir) {
  const { port, close } = await startServer('standalone-eventstoredb', dataDir);
  return { url: `esdb://127.0.0.1:${port}?tls=false`, close };
}
