/**
 * The README's test command, after install and build: static checks first, then every test; stops at the first check that fails.
 * The last line is `N passed, N failed` (static checks count as one each).
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const bin = (path) => join('node_modules', ...path.split('/'));
const checks = [
  ['lint', bin('eslint/bin/eslint.js'), ['.']],
  ['format', bin('prettier/bin/prettier.cjs'), ['--check', '--log-level', 'warn', '.']],
  ['types', bin('typescript/bin/tsc'), ['-p', 'tsconfig.json']],
  ['dependency rules', bin('dependency-cruiser/bin/dependency-cruise.mjs'), ['apps', 'libs', 'projections', 'test']],
];

let running;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    running?.kill(signal);
    process.exitCode = 130;
  });
}

/** Runs a Node script to its end; resolves to its exit status. */
function node(args) {
  return new Promise((resolve, reject) => {
    running = spawn(process.execPath, args, { stdio: 'inherit' });
    running.once('error', reject);
    running.once('exit', (code) => resolve(code ?? 1));
  });
}

function finish(passed, failed) {
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : (process.exitCode ?? 0);
}

async function runJest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'estate-test-'));
  const report = join(folder, 'jest.json');
  try {
    const jest = ['--experimental-vm-modules', '--no-warnings', bin('jest/bin/jest.js')];
    const code = await node([...jest, '--json', '--outputFile', report, ...args]);
    if (!existsSync(report)) return { passed: 0, failed: 1 }; // jest was stopped, or could not start
    const { numPassedTests, numFailedTests, numFailedTestSuites, numPendingTests } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    if (numPendingTests > 0) console.log(`${numPendingTests} skipped`);
    // A suite that could not even be loaded has no failed test, yet it is a failure.
    const failed = Math.max(numFailedTests, numFailedTestSuites, code === 0 ? 0 : 1);
    return { passed: numPassedTests, failed };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let passed = 0;
for (const [name, script, args] of checks) {
  console.log(`── ${name}`);
  if ((await node([script, ...args])) !== 0) {
    console.log(`${name} failed`);
    finish(passed, 1);
    process.exit();
  }
  passed += 1;
}
console.log('── tests');
const tests = await runJest(process.argv.slice(2));
finish(passed + tests.passed, tests.failed);
