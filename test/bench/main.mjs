/**
 * Benchmarks, as ratios within one run: `npm run bench -- [NAME] [--lines N] [--events N] [--documents N] [--rounds N]
 * [--json]`, after a build. Without a name: `all`.
 */
import { parseArgs } from 'node:util';

const benches = {
  import: () => import('./import.mjs'),
  eventstoredb: () => import('./eventstoredb.mjs'),
  mongodb: () => import('./mongodb.mjs'),
  replay: () => import('./replay.mjs'),
  query: () => import('./query.mjs'),
  http: () => import('./http.mjs'),
  all: () => import('./all.mjs'),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    lines: { type: 'string' },
    events: { type: 'string' },
    documents: { type: 'string' },
    rounds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const load = benches[positionals[0] ?? 'all'];
if (!load || positionals.length > 1) {
  process.stderr.write(`bench: name one of ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
const { run } = await load();
const say = (line) => process.stderr.write(`${line}\n`);
const { lines, events, documents, rounds } = values;
const sizes = Object.entries({ lines, events, documents, rounds }).map(([name, text]) => [name, count(text)]);
const result = await run({ ...Object.fromEntries(sizes), say });
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(18)} ${shown(value)}\n`);

function count(text) {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  process.stderr.write(`bench: not a number of lines, events, documents or rounds: ${text}\n`);
  process.exit(2);
}

function shown(value) {
  return typeof value === 'object' ? JSON.stringify(value) : value;
}
