/** `npm run fuzz -- api [--minutes M] [--seed N]`: requests made from the OpenAPI document, as the short run of the tests, for longer. */
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';

const options = { minutes: { type: 'string', default: '5' }, seed: { type: 'string' } };
const { minutes, seed } = parseArgs({ options }).values;
const env = { ...process.env, FUZZ_SECONDS: String(Number(minutes) * 60), ...(seed ? { FUZZ_SEED: seed } : {}) };
const jest = [
  '--experimental-vm-modules',
  '--no-warnings',
  'node_modules/jest/bin/jest.js',
  'test/e2e/api-fuzz.spec.ts',
];
const run = spawn(process.execPath, jest, { env, stdio: 'inherit' });
run.on('exit', (code) => (process.exitCode = code ?? 1));
