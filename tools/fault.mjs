/** Fault tests at length: `npm run fault -- import [--kills N] [--lines N] [--seed N]`; `npm test` runs a short one of each. */
const faults = {
  import: () => import('../test/fault/import-kills.mjs'),
  cases: () => import('../test/fault/case-kills.mjs'),
  eventstoredb: () => import('../test/fault/eventstoredb-kills.mjs'),
  mongodb: () => import('../test/fault/mongodb-kills.mjs'),
  projections: () => import('../test/fault/projection-kills.mjs'),
};

const [name, ...args] = process.argv.slice(2);
const load = Object.hasOwn(faults, name ?? '') ? faults[name] : undefined;
if (load) {
  process.argv = [...process.argv.slice(0, 2), ...args];
  await load();
} else {
  process.stderr.write(`fault: name one of ${Object.keys(faults).join(', ')}\n`);
  process.exitCode = 2;
}
