/**
 * Both standalone servers on a folder, each in a worker thread as the application has them, in a process of its own.
 *
 *   node stores-server.mjs '{"dataDir": FOLDER}' → one line {"eventstoreUrl", "mongodbUrl"}; ends when stdin does
 */
import { join } from 'node:path';
import { whenInputEnds } from './child.mjs';
import { startServer } from './standalone-server.mjs';

const { dataDir } = JSON.parse(process.argv[2]);
const events = await startServer('standalone-eventstoredb', join(dataDir, 'events'));
const documents = await startServer('standalone-mongodb', join(dataDir, 'documents'));
const addresses = {
  eventstoreUrl: `esdb://127.0.0.1:${events.port}?tls=false`,
  mongodbUrl: `mongodb://127.0.0.1:${documents.port}/?directConnection=true`,
};
process.stdout.write(`${JSON.stringify(addresses)}\n`);
whenInputEnds(() => Promise.all([events.close(), documents.close()]));
