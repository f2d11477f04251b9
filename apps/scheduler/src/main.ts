import { runScheduler } from './run-scheduler.js';

await runScheduler(process.argv.slice(2), process.env);
