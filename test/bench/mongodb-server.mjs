/**
 * The standalone MongoDB server in a process of its own; prints its port, ends when stdin does.
 *
 *   node mongodb-server.mjs '{"dataDir": FOLDER}'      after a build
 */
import { startMongoServer } from '../../dist/libs/standalone-mongodb/src/index.js';

const { dataDir } = JSON.parse(process.argv[2]);
const server = await startMongoServer({ dataDir, host: '127.0.0.1', port: 0 });
process.stdin.on('end', () => void server.close().then(() => process.exit(0))).resume();
process.stdout.write(`${server.port}\n`);
