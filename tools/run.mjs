/**
 * Runs a program of the project straight after cloning: installs what is missing, builds what is stale, then imports the
 * program into this process, so that a signal sent to npm's `exec node …` reaches it. Built-in modules only; all output of
 * its own goes to stderr.
 *
 *   node tools/run.mjs NAME [ARGS…]             apps/NAME, built
 *   node tools/run.mjs --built TOOL [ARGS…]     a tool (bin of a dependency, or a script's path) after install and build
 *   node tools/run.mjs --installed TOOL [ARGS…] the same after install alone
 *   node tools/run.mjs --build | --install      nothing but the preparation
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuilt } from './run/build.mjs';
import { ensureInstalled } from './run/install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

class UsageError extends Error {}

/** The script behind a dependency's command (`eslint`, `tsc` …), or the path of a script of the project. */
function toolEntry(name) {
  if (/\.[cm]?js$/.test(name)) return resolve(root, name);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const names = Object.keys({ ...manifest.dependencies, ...manifest.devDependencies });
  for (const dependency of [name, ...names].filter((candidate) => names.includes(candidate))) {
    const folder = join(root, 'node_modules', dependency);
    const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    if (typeof bin === 'string' && dependency === name) return join(folder, bin);
    if (bin && typeof bin === 'object' && bin[name]) return join(folder, bin[name]);
  }
  throw new UsageError(`no dependency of the project has a command '${name}'`);
}

function appEntry(name) {
  const entry = join(root, 'dist', 'apps', name, 'src', 'main.js');
  if (!/^[a-z][a-z0-9-]*$/.test(name) || !existsSync(entry))
    throw new UsageError(`there is no program '${name}' in apps/`);
  return entry;
}

async function prepare(mode) {
  await ensureInstalled(root);
  if (mode !== '--install' && mode !== '--installed') await ensureBuilt(root);
}

async function importProgram(entry, args) {
  process.argv = [process.execPath, entry, ...args];
  await import(pathToFileURL(entry).href);
}

/** Prepares and runs what `args` (as in the header) ask for. */
export async function run(args) {
  const [first, ...rest] = args;
  if (first === undefined)
    throw new UsageError('node tools/run.mjs NAME|--build|--install|--built TOOL|--installed TOOL …');
  await prepare(first);
  if (first === '--build' || first === '--install') return;
  if (first === '--built' || first === '--installed') {
    const [tool, ...toolArgs] = rest;
    if (tool === undefined) throw new UsageError(`${first} needs the name of a tool`);
    return importProgram(toolEntry(tool), toolArgs);
  }
  return importProgram(appEntry(first), rest);
}

/** As `run`, and ends with status 2 for a wrong call, 1 for any other failure; what the user can mend is said in one line. */
export async function main(args) {
  try {
    await run(args);
  } catch (error) {
    const expected = error instanceof UsageError || error?.expected === true;
    process.stderr.write(expected ? `estate-ledger: ${error.message}\n` : `${error?.stack ?? error}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

if (process.argv[1] && resolve(process.argv[1]) === fileURLToPath(import.meta.url)) await main(process.argv.slice(2));
