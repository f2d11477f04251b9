/** Benchmarks: `npm run bench -- import [--lines N] [--rounds N] [--json]`; see test/bench. */
await import('../test/bench/main.mjs');
