/** Benchmarks, as ratios within one run: `npm run bench -- NAME [--lines N] [--rounds N] [--json]`, after a build. */
import { parseArgs } from 'node:util';

const benches = {
  import: () => import('./import.mjs'),
};

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { lines: { type: 'string' }, rounds: { type: 'string' }, json: { type: 'boolean', default: false } },
});
const load = benches[positionals[0]];
if (!load || positionals.length !== 1) {
  process.stderr.write(`bench: name one of ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
const { run } = await load();
const say = (line) => process.stderr.write(`${line}\n`);
const result = await run({ lines: count(values.lines), rounds: count(values.rounds), say });
if (values.json) process.stdout.write(`${JSON.stringify(result)}\n`);
else for (const [name, value] of Object.entries(result)) process.stdout.write(`${name.padEnd(18)} ${value}\n`);

function count(text) {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  process.stderr.write(`bench: not a number of lines or rounds: ${text}\n`);
  process.exit(2);
}
