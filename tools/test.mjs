/**
 * The README's test command, after install and build: static checks first, then every test; stops at the first check that fails.
 * `--also-node-24` runs the tests on Node 24 as well. The last line is `N passed, N failed`, over all of it (static checks count as one
 * each). Other arguments go to jest.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { otherNode } from './test/other-node.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bin = (path) => join('node_modules', ...path.split('/'));
const checks = [
  ['lint', bin('eslint/bin/eslint.js'), ['.']],
  ['format', bin('prettier/bin/prettier.cjs'), ['--check', '--log-level', 'warn', '.']],
  ['types', bin('typescript/bin/tsc'), ['-p', 'tsconfig.json']],
  ['dependency rules', bin('dependency-cruiser/bin/dependency-cruise.mjs'), ['apps', 'libs', 'projections', 'test']],
];

const running = new Set();
let stopped = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    stopped = true;
    for (const child of running) child.kill(signal);
    process.exitCode = 130;
  });
}

/** Runs a Node script to its end, on this Node or on the one in a folder; resolves to its exit status and what it printed into a pipe. */
function node(args, { folder, stdio = 'inherit' } = {}) {
  // The children of the tests call npm and Node by name.
  const env = folder === undefined ? process.env : { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` };
  return new Promise((resolve, reject) => {
    const child = spawn(folder === undefined ? process.execPath : join(folder, 'node'), args, { stdio, env });
    const printed = [];
    running.add(child);
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => printed.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      running.delete(child);
      resolve({ status: code ?? 1, printed: Buffer.concat(printed) });
    });
  });
}

function finish({ passed, failed }) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : (process.exitCode ?? 0);
}

async function runJest(args, nodeFolder) {
  const folder = mkdtempSync(join(tmpdir(), 'estate-test-'));
  const report = join(folder, 'jest.json');
  try {
    const jest = ['--experimental-vm-modules', '--no-warnings', bin('jest/bin/jest.js')];
    // jest leaves a core to itself: of two cores that is half of them.
    const workers = `--maxWorkers=${Math.max(2, availableParallelism() - 1)}`;
    const { status } = await node([...jest, workers, '--json', '--outputFile', report, ...args], {
      folder: nodeFolder,
    });
    if (!existsSync(report)) return { passed: 0, failed: 1 }; // jest was stopped, or could not start
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    if (numPendingTests > 0) console.log(`${numPendingTests} skipped`);
    // A suite that could not even be loaded has no failed test, yet it is a failure.
    const failed = Math.max(numFailedTests, numFailedTestSuites, status === 0 ? 0 : 1);
    return { passed: numPassedTests, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** All checks side by side, each with a core of its own; told in their order. @returns how many passed, and whether one failed */
async function runChecks() {
  const started = checks.map(([name, script, args]) => [
    name,
    node([script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
  ]);
  for (const [done, [name, ended]] of started.entries()) {
    console.log(`── ${name}`);
    const { status, printed } = await ended;
    process.stdout.write(printed);
    if (status === 0) continue;
    console.log(`${name} failed`);
    for (const child of running) child.kill();
    return { passed: done, failed: 1 };
  }
  return { passed: checks.length, failed: 0 };
}

/** The same tests on the next Node. That it cannot be had is a failure: what was to be shown has not been shown. */
async function runOnOtherNode(args) {
  console.log('── tests on Node 24');
  const other = await otherNode(root);
  if (other.bin !== undefined) return runJest(args, other.bin);
  console.log(other.failed ?? `skipped: ${other.skipped}`);
  return { passed: 0, failed: other.failed === undefined ? 0 : 1 };
}

async function run(args) {
  const also = args.includes('--also-node-24');
  const jestArgs = args.filter((arg) => arg !== '--also-node-24');
  const results = [await runChecks()];
  const add = async (work) => results.push(await work());
  if (results[0].failed === 0) {
    console.log(`── tests on Node ${process.versions.node}`);
    await add(() => runJest(jestArgs));
    if (also && !stopped && results[1].failed === 0) await add(() => runOnOtherNode(jestArgs));
  }
  const sum = (field) => results.reduce((total, result) => total + result[field], 0);
  finish({ passed: sum('passed'), failed: sum('failed') });
}

await run(process.argv.slice(2));
