import { runProjector } from './run-projector.js';

await runProjector(process.env);
