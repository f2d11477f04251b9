/** Fuzzers: `npm run fuzz -- NAME [--minutes M] [--seed N]`; see test/bench/fuzz, and test/e2e for `api`. */
const fuzzers = {
  api: () => import('./fuzz-api.mjs'),
  eventstoredb: () => import('../test/bench/fuzz/eventstoredb.mjs'),
  mongodb: () => import('../test/bench/fuzz/mongodb.mjs'),
};

const [name, ...args] = process.argv.slice(2);
const load = Object.hasOwn(fuzzers, name ?? '') ? fuzzers[name] : undefined;
if (load) {
  process.argv = [...process.argv.slice(0, 2), ...args];
  await load();
} else {
  process.stderr.write(`fuzz: name one of ${Object.keys(fuzzers).join(', ')}\n`);
  process.exitCode = 2;
}
