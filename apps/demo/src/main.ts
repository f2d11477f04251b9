import { runDemo } from './run-demo.js';

await runDemo(process.argv.slice(2), process.env);
