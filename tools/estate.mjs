#!/usr/bin/env node
import { main } from './run.mjs';

// Called by its own name, not through npm's scripts: the caller's folder is the current one.
process.env.INIT_CWD = process.cwd();
await main(['cli', ...process.argv.slice(2)]);
