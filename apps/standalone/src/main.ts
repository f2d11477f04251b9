import { runStandalone } from './run-standalone.js';

await runStandalone(process.argv.slice(2), process.env);
